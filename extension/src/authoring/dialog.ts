/** Modal dialogs of the platform: focus is kept inside, Escape closes, focus returns where it was. */

import { el } from "../dom";
import { T } from "./texts";

export interface Dialog {
  readonly element: HTMLDialogElement;
  readonly body: HTMLElement;
  readonly actions: HTMLElement;
  close(): void;
}

export function openDialog(title: string, wide = false, onClose: () => void = () => undefined): Dialog {
  const body = el("div", { class: "dialog-body" });
  const actions = el("footer", { class: "dialog-actions" });
  const id = `dialog-${Math.random().toString(36).slice(2)}`;
  const close = button(T.dialog.close, () => element.close(), "square", "✕");
  const element = el(
    "dialog",
    { class: wide ? "wide" : "", "aria-labelledby": id },
    el("header", { class: "dialog-head" }, el("h2", { id }, title), close),
    body,
    actions,
  );
  element.addEventListener("close", () => {
    element.remove();
    onClose();
  });
  document.body.append(element);
  element.showModal();
  return { element, body, actions, close: () => element.close() };
}

/** @param label what a screen reader says, when `shown` is only a sign */
export function button(label: string, act: () => void, kind = "", shown = label): HTMLButtonElement {
  const signed = shown !== label;
  return el(
    "button",
    { type: "button", class: kind, onclick: act, "aria-label": signed ? label : null, title: signed ? label : null },
    shown,
  );
}

/** Says something to everybody: a line at the foot of the page that a screen reader reads out. */
export function notify(text: string, tone: "good" | "bad" | "" = ""): void {
  const place = document.querySelector<HTMLElement>("#toast")!;
  place.textContent = text;
  place.dataset.tone = tone;
  place.hidden = false;
  clearTimeout(Number(place.dataset.timer));
  place.dataset.timer = String(setTimeout(() => (place.hidden = true), tone === "bad" ? 9000 : 4500));
}

/** @returns null when it was dismissed */
export function ask<T extends string>(
  title: string,
  text: string,
  choices: Readonly<Record<T, string>>,
): Promise<T | null> {
  return new Promise((resolve) => {
    let chosen: T | null = null;
    const dialog = openDialog(title, false, () => resolve(chosen));
    dialog.body.append(...text.split("\n").map((line) => el("p", {}, line)));
    (Object.entries(choices) as [T, string][]).forEach(([key, label], n, all) => {
      const choose = () => {
        chosen = key;
        dialog.close();
      };
      dialog.actions.append(button(label, choose, n === all.length - 1 ? "main" : ""));
    });
  });
}
