/** Search over all rules: ids, titles, phrases, examples, groups, replies. Ctrl+K from anywhere. */

import { el } from "../dom";
import { openDialog } from "./dialog";
import { fold } from "./phrase";
import { T } from "./texts";
import type { Workspace } from "./workspace";

interface Place {
  readonly file: string;
  readonly offset: number;
  readonly line: string;
  readonly rule: string;
}

const SHOWN = 80;

export function openSearch(workspace: Workspace, open: (file: string, offset: number) => void): void {
  const dialog = openDialog(T.find.title);
  dialog.element.classList.add("search");
  const input = el("input", {
    type: "search",
    placeholder: T.find.hint,
    "aria-label": T.find.title,
    role: "combobox",
    "aria-expanded": "true",
    "aria-controls": "search-results",
  });
  const list = el("ul", { class: "results", id: "search-results", role: "listbox" });
  const count = el("p", { class: "soft", role: "status" });
  dialog.body.append(input, count, list);
  let places: Place[] = [];
  let at = 0;
  const go = (n: number) => {
    const place = places[n];
    if (!place) return;
    dialog.close();
    open(place.file, place.offset);
  };
  const select = (n: number) => {
    at = Math.max(0, Math.min(n, Math.min(places.length, SHOWN) - 1));
    for (const [k, row] of [...list.children].entries()) row.setAttribute("aria-selected", String(k === at));
    const row = list.children[at];
    row?.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", row?.id ?? "");
  };
  const render = () => {
    const wanted = input.value.trim();
    places = wanted ? look(workspace, wanted) : [];
    count.textContent = wanted ? T.find.count(places.length) : "";
    list.replaceChildren(
      ...places.slice(0, SHOWN).map((place, n) => {
        const hit = fold(place.line).indexOf(fold(wanted));
        const line = place.line.trim();
        const shift = place.line.length - place.line.trimStart().length;
        const mark =
          hit < 0 || fold(place.line).length !== place.line.length
            ? [line]
            : [
                line.slice(0, hit - shift),
                el("mark", {}, line.slice(hit - shift, hit - shift + wanted.length)),
                line.slice(hit - shift + wanted.length),
              ];
        return el(
          "li",
          { role: "option", id: `result-${n}`, onclick: () => go(n) },
          el("p", {}, ...mark),
          el("small", {}, `${place.file}${place.rule ? ` · ${place.rule}` : ""}`),
        );
      }),
    );
    select(0);
  };
  input.addEventListener("input", render);
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key];
    if (step) {
      event.preventDefault();
      select(at + step);
    } else if (event.key === "Enter") {
      event.preventDefault(); // the editor has the focus by the time the key is typed
      go(at);
    } else if (event.key === "Escape") dialog.close(); // a search field would only clear itself
  });
  input.focus();
}

function look(workspace: Workspace, wanted: string): Place[] {
  const needle = fold(wanted);
  const found: Place[] = [];
  for (const file of workspace.names()) {
    const { text, rules } = workspace.model(file);
    let offset = 0;
    for (const line of text.split("\n")) {
      const at = fold(line).indexOf(needle);
      if (at >= 0) {
        const rule = rules.find((one) => one.from <= offset + line.length && offset <= one.to);
        found.push({ file, offset: offset + Math.min(at, line.length), line, rule: rule?.title ?? "" });
      }
      offset += line.length + 1;
    }
  }
  return found;
}
