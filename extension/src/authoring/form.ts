/** One rule as a form, for people who do not want YAML. Every field edits the same text beneath, in place. */

import { el } from "../dom";
import { button } from "./dialog";
import type { Drafting } from "./drafting";
import { addItem, type Change, editable } from "./edits";
import { type Apply, Fields } from "./form-fields";
import { FormList, faultsOf } from "./form-list";
import { CATEGORY_NAMES, FIELD_NAMES, LEVEL_NAMES, NEGATION_NAMES, PLATFORM_NAMES, STATUS_NAMES } from "./labels";
import { field, items, type RuleAt, record } from "./model";
import { T } from "./texts";
import type { Workspace } from "./workspace";

interface Focus {
  readonly name: string;
  readonly start: number;
  /** Typed and not yet taken over. */
  readonly unsaid: string | null;
}

export class Form {
  private shown = "";
  private wanted: RuleAt | null = null;
  private frame = 0;
  private pressed = false;
  /** A field to go to when it has been drawn. */
  private next = "";
  private readonly fields: Fields;
  private readonly lists: FormList;

  constructor(
    private readonly host: HTMLElement,
    private readonly workspace: Workspace,
    private readonly drafting: Drafting,
    apply: (file: string, changes: readonly Change[]) => void,
  ) {
    // Places are read again: the text may have changed since the field was drawn.
    const change: Apply = (rule, make) => {
      const now = workspace.model(rule.file).rules[rule.index];
      const made = now && make(workspace.text(rule.file), now.map);
      if (made) apply(rule.file, [made]);
    };
    this.fields = new Fields(change);
    this.lists = new FormList(workspace, drafting, change, (name) => {
      this.next = name;
      this.render(this.wanted);
    });
    host.addEventListener("pointerdown", () => (this.pressed = true));
    const release = () => {
      if (!this.pressed) return;
      // After the click that follows.
      setTimeout(() => {
        this.pressed = false;
        this.render(this.wanted);
      });
    };
    addEventListener("pointerup", release);
    addEventListener("pointercancel", release);
  }

  /**
   * Drawn with the next frame, and not between the press and the release of a mouse button: a field that is exchanged
   * under the pointer would lose the click or the focus.
   *
   * @param rule null when the cursor is in no rule
   */
  render(rule: RuleAt | null): void {
    this.wanted = rule;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      if (!this.pressed) this.draw(this.wanted);
    });
  }

  private draw(rule: RuleAt | null): void {
    if (!rule) {
      this.shown = "";
      this.host.replaceChildren(el("p", { class: "empty" }, T.form.empty));
      return;
    }
    const text = this.workspace.text(rule.file);
    const faults = faultsOf(rule, this.workspace, this.drafting);
    const state = `${rule.file}#${rule.index}\n${text.slice(rule.from, rule.to)}\n${JSON.stringify(faults)}`;
    if (state === this.shown) {
      this.refocus(null);
      return;
    }
    const focus = this.focused();
    this.shown = state;
    if (!editable(rule.map)) {
      this.host.replaceChildren(el("p", { class: "empty" }, T.form.flow));
      return;
    }
    this.host.replaceChildren(...this.groups(rule));
    this.refocus(focus);
  }

  private groups(rule: RuleAt): HTMLElement[] {
    const group = (title: string, ...children: (HTMLElement | null)[]) =>
      el("fieldset", {}, el("legend", {}, title), ...children.filter((child) => child !== null));
    const columns = (...children: HTMLElement[]) => el("div", { class: "columns" }, ...children);
    const { fields, lists } = this;
    const follow = record(rule.map, "follow_up");
    const level = field(rule.map, "level") || this.workspace.model(rule.file).defaults.level || "warn";
    return [
      group(
        T.form.rule,
        fields.line(rule, "title", T.form.titleHint),
        columns(
          fields.line(rule, "id", T.form.idHint),
          fields.choice(rule, "level", LEVEL_NAMES, level),
          fields.choice(rule, "status", STATUS_NAMES, "on"),
        ),
        fields.area(rule, "why", T.form.whyHint),
      ),
      group(
        T.form.when,
        lists.list(rule, "find"),
        lists.list(rule, "asked"),
        this.optional(rule, ["unless_asked", "near", "not_near"]),
      ),
      group(
        T.form.whenNot,
        lists.list(rule, "except"),
        lists.list(rule, "unless"),
        fields.choice(rule, "negation", NEGATION_NAMES, "excuses"),
        columns(fields.line(rule, "likely", "12"), fields.line(rule, "likely_topic", "60")),
      ),
      group(
        T.form.examples,
        lists.list(rule, "bad"),
        lists.list(rule, "good"),
        this.optional(rule, ["known_bad", "known_good"]),
      ),
      group(T.form.instead, lists.list(rule, "say")),
      group(
        T.form.scope,
        fields.checks(rule, "platforms", PLATFORM_NAMES),
        fields.checks(rule, "categories", CATEGORY_NAMES),
        fields.points(rule),
        columns(fields.line(rule, "since", "2026-01-31"), fields.line(rule, "until", "2026-12-31")),
        fields.line(rule, "source", T.form.sourceHint),
      ),
      level === "remind"
        ? group(
            T.form.followUp,
            columns(
              fields.part(rule, "follow_up", "do", T.form.todo, follow),
              fields.part(rule, "follow_up", "within", T.form.within, follow),
            ),
          )
        : null,
    ].filter((part) => part !== null);
  }

  /** Seldom used lists are shown once they hold something, else as buttons. */
  private optional(rule: RuleAt, keys: readonly string[]): HTMLElement {
    const used = keys.filter((key) => items(rule.map, key).length > 0);
    const rest = keys.filter((key) => !used.includes(key));
    const add = (key: string) => {
      this.fields.change(rule, (text, map) => addItem(text, map, key, "…"));
      this.next = `${key}.0`;
    };
    return el(
      "div",
      { class: "optional" },
      ...used.map((key) => this.lists.list(rule, key)),
      el("p", { class: "more" }, ...rest.map((key) => button(`＋ ${FIELD_NAMES[key]}`, () => add(key), "plain"))),
    );
  }

  private focused(): Focus | null {
    const active = document.activeElement;
    if (!(active instanceof HTMLElement) || !this.host.contains(active) || !active.dataset.field) return null;
    const name = active.dataset.field;
    const typed =
      active instanceof HTMLTextAreaElement || (active instanceof HTMLInputElement && active.type === "text");
    if (!typed) return { name, start: 0, unsaid: null };
    return {
      name,
      start: active.selectionStart ?? 0,
      unsaid: active.value === active.defaultValue ? null : active.value,
    };
  }

  private refocus(focus: Focus | null): void {
    const name = this.next || focus?.name;
    if (!name) return;
    const again = this.host.querySelector<HTMLElement>(`[data-field="${CSS.escape(name)}"]`);
    again?.focus();
    const typed = again instanceof HTMLTextAreaElement || (again instanceof HTMLInputElement && again.type === "text");
    if (typed && focus && !this.next) {
      if (focus.unsaid !== null) again.value = focus.unsaid;
      again.setSelectionRange(focus.start, focus.start);
    }
    this.next = "";
  }
}
