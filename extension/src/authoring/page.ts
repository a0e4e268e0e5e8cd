/** The page's fixed parts, looked up once. */

const part = <T extends HTMLElement = HTMLElement>(id: string): T => {
  const element = document.getElementById(id);
  if (!element) throw new Error(`author.html has no #${id}`);
  return element as T;
};

export const page = {
  outline: part("outline"),
  filter: part<HTMLInputElement>("filter"),
  newRule: part("new-rule"),
  files: part("files"),
  language: part("language"),
  editor: part("editor"),
  form: part("form"),
  textTab: part("tab-text"),
  formTab: part("tab-form"),
  foldAll: part("fold-all"),
  place: part("place"),
  status: part("status"),
  find: part("find"),
  channel: part<HTMLSelectElement>("channel"),
  save: part<HTMLButtonElement>("save"),
  review: part<HTMLButtonElement>("review"),
  who: part("who"),
  sideTabs: [...document.querySelectorAll<HTMLElement>("[data-side]")],
  chat: part("side-chat"),
  problems: part("side-problems"),
  impact: part("side-impact"),
  problemCount: part("problem-count"),
  banner: part("banner"),
  main: part("main"),
};

/** Tabs of one list: arrow keys move, the chosen one's panel is shown. */
export function tabs(
  buttons: readonly HTMLElement[],
  chosen: (button: HTMLElement) => void,
): (button: HTMLElement) => void {
  const select = (wanted: HTMLElement) => {
    for (const button of buttons) {
      const on = button === wanted;
      button.setAttribute("aria-selected", String(on));
      button.tabIndex = on ? 0 : -1;
      const panel = document.getElementById(button.getAttribute("aria-controls")!);
      if (panel) panel.hidden = !on;
    }
    chosen(wanted);
  };
  buttons.forEach((button, n) => {
    button.addEventListener("click", () => select(button));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = buttons[(n + step + buttons.length) % buttons.length]!;
      event.preventDefault();
      next.focus();
      select(next);
    });
  });
  return select;
}
