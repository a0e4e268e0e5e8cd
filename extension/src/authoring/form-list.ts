/** The form's lists: phrases, examples, safe replies; a line each, with what the compiler says of it. */

import { el } from "../dom";
import { button } from "./dialog";
import type { Drafting } from "./drafting";
import { addItem, removeItem, setItem } from "./edits";
import type { Apply } from "./form-fields";
import { FIELD_NAMES } from "./labels";
import { items, type RuleAt } from "./model";
import { lineCounter } from "./outline";
import { language, T } from "./texts";
import type { Workspace } from "./workspace";

interface Fault {
  readonly line: number;
  readonly severity: string;
  readonly message: string;
}

/** What the compiler says about a rule. */
export function faultsOf(rule: RuleAt, workspace: Workspace, drafting: Drafting): Fault[] {
  const lineOf = lineCounter(workspace.text(rule.file));
  const [first, last] = [lineOf(rule.from), lineOf(rule.to)];
  return (drafting.state?.answer.diagnostics ?? [])
    .filter((d) => d.file === rule.file && first <= d.line && d.line <= last)
    .map((d) => ({
      line: d.line,
      severity: d.severity,
      message: [d.message[language], d.hint[language]].filter(Boolean).join(" · "),
    }));
}

export class FormList {
  /** @param goTo puts the focus on a field once it has been drawn again */
  constructor(
    private readonly workspace: Workspace,
    private readonly drafting: Drafting,
    private readonly change: Apply,
    private readonly goTo: (name: string) => void,
  ) {}

  list(rule: RuleAt, key: string): HTMLElement {
    const now = items(rule.map, key);
    const faults = faultsOf(rule, this.workspace, this.drafting);
    const lineOf = lineCounter(this.workspace.text(rule.file));
    const name = FIELD_NAMES[key] ?? key;
    const help = T.help[key as keyof typeof T.help];
    return el(
      "div",
      { class: "field list", role: "group", "aria-label": name },
      el("span", {}, name, help ? el("small", {}, help) : null),
      el(
        "ul",
        {},
        ...now.map((item, n) => {
          const line = lineOf(item.from);
          return this.row(rule, key, item.text, n, false, faults.find((one) => one.line === line) ?? null);
        }),
        this.row(rule, key, "", now.length, true, null),
      ),
    );
  }

  /** @param fresh the empty line behind the last item */
  private row(rule: RuleAt, key: string, said: string, n: number, fresh: boolean, fault: Fault | null): HTMLElement {
    const name = T.form.item(FIELD_NAMES[key] ?? key, n + 1);
    const input = el("input", {
      type: "text",
      value: said,
      "data-field": `${key}.${n}`,
      "aria-label": name,
      placeholder: fresh ? T.form.another : "",
    });
    let taken = said;
    const commit = () => {
      const value = input.value.trim();
      if (value === taken) return;
      taken = value;
      this.change(rule, (text, map) => {
        // The list may be another one by now (undo, a merge, the same said by the field that this one was exchanged for).
        if (items(map, key)[n]?.text !== (fresh ? undefined : said)) return null;
        if (fresh) return addItem(text, map, key, value);
        return value === "" ? removeItem(text, map, key, n) : setItem(text, map, key, n, value);
      });
    };
    input.addEventListener("change", commit);
    input.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      commit();
      this.goTo(`${key}.${n + 1}`);
    });
    const judged = (key === "bad" || key === "good") && !fresh;
    const verdict = el(
      "span",
      { class: `verdict ${fault ? "bad" : "good"}`, title: fault ? T.form.fails : T.form.passes },
      fault ? "✗" : "✓",
    );
    const remove = () => this.change(rule, (text, map) => removeItem(text, map, key, n));
    return el(
      "li",
      { class: fault ? "faulty" : "" },
      judged ? verdict : null,
      input,
      fresh ? null : button(T.form.remove(name), remove, "square", "✕"),
      fault ? el("small", { class: fault.severity }, fault.message) : null,
    );
  }
}
