/** The page's language: Chinese unless English was chosen in this browser. One table each; a change reloads the page. */

import { en } from "./en";
import { zh } from "./zh";

export type Texts = typeof zh;
export type Language = "zh" | "en";

const CHOSEN = "replyguard-language";

export const language: Language = localStorage.getItem(CHOSEN) === "en" ? "en" : "zh";
export const T: Texts = language === "en" ? en : zh;

export function chooseLanguage(wanted: Language): void {
  localStorage.setItem(CHOSEN, wanted);
  location.reload();
}

/** The texts of author.html itself: `data-t` its content, `data-t-label`, `-hint` and `-title` its attributes. */
export function translatePage(): void {
  if (language === "zh") return;
  document.documentElement.lang = "en";
  const said = (key: string | undefined): string => T.page[key as keyof Texts["page"]];
  for (const node of document.querySelectorAll<HTMLElement>("[data-t]")) node.textContent = said(node.dataset.t);
  for (const [data, attribute] of [
    ["tLabel", "aria-label"],
    ["tHint", "placeholder"],
    ["tTitle", "title"],
  ] as const) {
    const selector = `[data-${data.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}]`;
    for (const node of document.querySelectorAll<HTMLElement>(selector))
      node.setAttribute(attribute, said(node.dataset[data]));
  }
}
