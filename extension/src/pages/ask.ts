/** How the extension's own pages speak to the background and to the page in the active tab. */
import { type Texts, useTexts } from "../i18n";
import type { Command, Commands, Kind, Requests } from "../messages";
import { readSettings } from "../settings";

export function ask<K extends Kind>(kind: K, body: Requests[K]["body"]): Promise<Requests[K]["reply"]> {
  return chrome.runtime.sendMessage({ replyguard: kind, body }) as Promise<Requests[K]["reply"]>;
}

export async function activeTab(): Promise<chrome.tabs.Tab | null> {
  const [tab] = await chrome.tabs.query({ active: true, lastFocusedWindow: true });
  return tab ?? null;
}

/** Asks the workbench in the active tab; null when no script of ours runs there. */
export async function command<K extends Command>(
  kind: K,
  body: Commands[K]["body"],
  tabId?: number,
  frameId?: number,
): Promise<Commands[K]["reply"] | null> {
  const id = tabId ?? (await activeTab())?.id;
  if (id === undefined) return null;
  try {
    const sent = chrome.tabs.sendMessage(id, { replyguard: kind, body }, frameId === undefined ? {} : { frameId });
    return ((await sent) as Commands[K]["reply"] | undefined) ?? null;
  } catch {
    return null;
  }
}

/** Of the texts, for dates and for screen readers; the browser's own until another was chosen. */
let language = "";
export const uiLanguage = () => language || chrome.i18n.getUILanguage();

/** Reads the texts of the language that was chosen by hand, before anything is drawn. */
export async function loadTexts(): Promise<void> {
  const stored = await chrome.storage.local.get(["texts", "effective"]);
  const chosen = readSettings(stored.effective).language;
  language = chosen === "auto" ? "" : chosen.replace("_", "-");
  useTexts((stored.texts as Texts | undefined) ?? null);
}

/** Puts the texts of `_locales` where the page's HTML names them. */
export function localise(texts: (key: string) => string): void {
  document.documentElement.lang = uiLanguage();
  for (const element of document.querySelectorAll<HTMLElement>("[data-t]"))
    element.textContent = texts(element.dataset.t!);
  for (const element of document.querySelectorAll<HTMLInputElement>("[data-placeholder]"))
    element.placeholder = texts(element.dataset.placeholder!);
}

/** "3 分钟前" in the interface's language. */
export function ago(ms: number, never: string): string {
  if (!ms) return never;
  const format = new Intl.RelativeTimeFormat(uiLanguage(), { numeric: "auto", style: "short" });
  const seconds = Math.round((ms - Date.now()) / 1000);
  if (Math.abs(seconds) < 60) return format.format(seconds, "second");
  if (Math.abs(seconds) < 3600) return format.format(Math.round(seconds / 60), "minute");
  if (Math.abs(seconds) < 86_400) return format.format(Math.round(seconds / 3600), "hour");
  return format.format(Math.round(seconds / 86_400), "day");
}
