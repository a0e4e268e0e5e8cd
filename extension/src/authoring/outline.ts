/** The rulebook by topic: every rule one keypress away, with what is wrong and what is not saved. */

import { el } from "../dom";
import type { Drafting } from "./drafting";
import { LEVEL_NAMES } from "./labels";
import type { FileModel } from "./model";
import { T } from "./texts";
import type { FileState, Workspace } from "./workspace";

export interface OutlineActions {
  open(file: string, offset: number | null): void;
  conflict(file: FileState): void;
}

const FIXED: Readonly<Record<string, string>> = { "words.yaml": T.outline.words, "rulebook.yaml": T.outline.settings };
/** Rows change only when their file does: thousands of rules stay quick. */
interface Section {
  readonly element: HTMLElement;
  readonly key: string;
}

export class Outline {
  private readonly sections = new Map<string, Section>();
  private readonly closed = new Set<string>();
  private filter = "";
  private here = { file: "", rule: -1 };

  constructor(
    private readonly host: HTMLElement,
    private readonly workspace: Workspace,
    private readonly drafting: Drafting,
    private readonly actions: OutlineActions,
  ) {
    host.addEventListener("keydown", (event) => this.key(event));
  }

  search(text: string): void {
    this.filter = text.trim().toLowerCase();
    this.render();
  }

  /** @param rule index of the rule at the cursor, -1 for none */
  mark(file: string, rule: number): void {
    if (this.here.file === file && this.here.rule === rule) return;
    this.here = { file, rule };
    this.render();
    this.host.querySelector('[aria-current="true"]')?.scrollIntoView({ block: "nearest" });
  }

  render(): void {
    const faults = new Map<string, { errors: number; lines: number[]; warned: number[] }>();
    for (const d of this.drafting.state?.answer.diagnostics ?? []) {
      const entry = faults.get(d.file) ?? { errors: 0, lines: [], warned: [] };
      if (d.severity === "error") {
        entry.errors++;
        entry.lines.push(d.line);
      } else entry.warned.push(d.line);
      faults.set(d.file, entry);
    }
    const shown: HTMLElement[] = [];
    for (const name of this.workspace.names()) {
      const file = this.workspace.files.get(name)!;
      const model = this.workspace.model(name);
      const faulty = faults.get(name);
      const current = this.here.file === name;
      const key = JSON.stringify([
        faulty,
        this.workspace.isDirty(file),
        file.theirs !== null,
        this.filter,
        this.closed.has(name),
        current,
        current && this.here.rule,
      ]);
      const known = this.sections.get(name);
      const section =
        known && known.key === key + model.text.length && known.element.dataset.text === String(hash(model.text))
          ? known
          : { element: this.section(file, model, faulty), key: key + model.text.length };
      section.element.dataset.text = String(hash(model.text));
      this.sections.set(name, section);
      if (!section.element.hidden) shown.push(section.element);
    }
    if (shown.length !== this.host.childElementCount || shown.some((node, n) => this.host.children[n] !== node)) {
      const held = (this.host.getRootNode() as Document).activeElement;
      const focus = held instanceof HTMLElement && this.host.contains(held) ? held.dataset.place : undefined;
      this.host.replaceChildren(...shown);
      if (focus) this.host.querySelector<HTMLElement>(`[data-place="${CSS.escape(focus)}"]`)?.focus();
    }
  }

  private section(
    file: FileState,
    model: FileModel,
    faulty?: { errors: number; lines: number[]; warned: number[] },
  ): HTMLElement {
    const { name } = file;
    const fits = (text: string): boolean => text.toLowerCase().includes(this.filter);
    const rules = this.filter ? model.rules.filter((rule) => fits(`${rule.id} ${rule.title}`)) : model.rules;
    const hidden = this.filter !== "" && rules.length === 0 && !fits(`${name} ${model.title}`);
    const open = this.filter !== "" || !this.closed.has(name);
    const current = this.here.file === name;
    const state: HTMLElement[] = [];
    if (file.theirs) {
      const show = (event: Event) => {
        event.stopPropagation();
        this.actions.conflict(file);
      };
      state.push(el("button", { type: "button", class: "badge conflict", onclick: show }, T.outline.conflict));
    } else if (this.workspace.isDirty(file))
      state.push(el("span", { class: "badge dirty", title: T.outline.unsavedTitle }, T.outline.unsaved));
    if (faulty?.errors)
      state.push(el("span", { class: "badge bad", title: T.outline.faults(faulty.errors) }, String(faulty.errors)));
    const toggle = () => {
      if (this.closed.has(name)) this.closed.delete(name);
      else this.closed.add(name);
      this.render();
    };
    const head = el(
      "div",
      { class: "topic" },
      el(
        "button",
        {
          type: "button",
          class: "twist",
          "aria-label": open ? T.outline.close(name) : T.outline.open(name),
          "aria-expanded": String(open),
          tabindex: "-1",
          onclick: toggle,
        },
        open ? "▾" : "▸",
      ),
      el(
        "button",
        {
          type: "button",
          class: "file",
          "data-place": name,
          "aria-current": current && this.here.rule < 0 ? "true" : null,
          onclick: () => this.actions.open(name, 0),
        },
        el("b", {}, FIXED[name] ?? (model.title || name)),
        el("span", { class: "name" }, name),
      ),
      ...state,
    );
    const lineOf = lineCounter(model.text);
    const list = el("ul", { hidden: !open });
    for (const rule of open ? rules : []) {
      const [first, last] = [lineOf(rule.from), lineOf(rule.to)];
      const inside = (line: number): boolean => first <= line && line <= last;
      const tone = faulty?.lines.some(inside) ? "bad" : faulty?.warned.some(inside) ? "warned" : "";
      const here = current && this.here.rule === rule.index;
      list.append(
        el(
          "li",
          {},
          el(
            "button",
            {
              type: "button",
              class: `rule ${tone}`,
              "data-place": `${name}#${rule.index}`,
              "aria-current": here ? "true" : null,
              title: rule.id,
              onclick: () => this.actions.open(name, rule.from),
            },
            el("i", {
              class: `level ${rule.level || model.defaults.level || "warn"}`,
              title: LEVEL_NAMES[rule.level || model.defaults.level || "warn"] ?? "",
            }),
            el("span", {}, rule.title || rule.id || T.outline.untitled),
            rule.status === "on" ? null : el("em", {}, rule.status === "draft" ? T.outline.draft : T.outline.retired),
            tone === "bad" ? el("span", { class: "visually-hidden" }, T.outline.faulty) : null,
          ),
        ),
      );
    }
    return el("section", { hidden }, head, list);
  }

  /** Arrow keys move through the rows, as in any tree. */
  private key(event: KeyboardEvent): void {
    const rows = [...this.host.querySelectorAll<HTMLElement>("button.file, button.rule")];
    const at = rows.indexOf(event.target as HTMLElement);
    if (at < 0) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const row = step ? rows[at + step] : { Home: rows[0], End: rows.at(-1) }[event.key];
    if (row) {
      event.preventDefault();
      row.focus();
    } else if (event.key === "ArrowLeft" || event.key === "ArrowRight") {
      const name = rows[at]!.dataset.place!.split("#")[0]!;
      if (this.closed.has(name) === (event.key === "ArrowRight")) {
        event.preventDefault();
        if (event.key === "ArrowRight") this.closed.delete(name);
        else this.closed.add(name);
        this.render();
        this.host.querySelector<HTMLElement>(`[data-place="${CSS.escape(name)}"]`)?.focus();
      }
    }
  }
}

function hash(text: string): number {
  let sum = 0;
  for (let n = 0; n < text.length; n++) sum = (Math.imul(sum, 31) + text.charCodeAt(n)) | 0;
  return sum;
}

/** Line number (from 1) of ascending offsets. */
export function lineCounter(text: string): (offset: number) => number {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return (offset) => {
    let [low, high] = [0, starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle - 1;
    }
    return low + 1;
  };
}
