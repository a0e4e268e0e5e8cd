/** One rule as a form, for people who do not want YAML. Every field edits the same text beneath, in place. */

import { el } from "../dom";
import { button } from "./dialog";
import type { Drafting } from "./drafting";
import { addItem, type Change, editable, flowList, flowRecord, removeItem, setItem, setRaw, setText } from "./edits";
import { CATEGORY_NAMES, FIELD_NAMES, LEVEL_NAMES, NEGATION_NAMES, PLATFORM_NAMES, STATUS_NAMES } from "./labels";
import { field, items, type RuleAt, record } from "./model";
import { lineCounter } from "./outline";
import type { Workspace } from "./workspace";

type Apply = (file: string, changes: readonly Change[]) => void;

const HELP: Readonly<Record<string, string>> = {
  find: "每行一个说法。<词组> 用公用词汇，(甲|乙) 二选一，… 中间可以隔几个字",
  asked: "买家最近几句里说过其中之一，规则才看这句回复",
  except: "比命中更长的说法，盖住命中就放过，如「第一时间」盖住「第一」",
  bad: "真实的违规回复，用〔〕标出违规的部分；有买家的话写成：买家 => 回复",
  good: "看着像、其实没问题的回复：不能触发任何规则",
  say: "提醒卡上给客服直接用的话",
};

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

  constructor(
    private readonly host: HTMLElement,
    private readonly workspace: Workspace,
    private readonly drafting: Drafting,
    private readonly apply: Apply,
  ) {
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
      this.host.replaceChildren(
        el("p", { class: "empty" }, "在左边选一条规则，就可以在这里逐项填写。词组和规则库设置在「文本」里改。"),
      );
      return;
    }
    const text = this.workspace.text(rule.file);
    const state = `${rule.file}#${rule.index}\n${text.slice(rule.from, rule.to)}\n${JSON.stringify(this.faults(rule))}`;
    if (state === this.shown) {
      this.refocus(null);
      return;
    }
    const focus = this.focused();
    this.shown = state;
    if (!editable(rule.map)) {
      this.host.replaceChildren(el("p", { class: "empty" }, "这条规则写成了一行 { … }，请在「文本」里改。"));
      return;
    }
    this.host.replaceChildren(...this.fields(rule));
    this.refocus(focus);
  }

  private fields(rule: RuleAt): HTMLElement[] {
    const group = (title: string, ...children: (HTMLElement | null)[]) =>
      el("fieldset", {}, el("legend", {}, title), ...children.filter((child) => child !== null));
    const follow = record(rule.map, "follow_up");
    const level = field(rule.map, "level") || this.workspace.model(rule.file).defaults.level || "warn";
    return [
      group(
        "规则",
        this.line(rule, "title", "一句话：客服不能做什么"),
        el(
          "div",
          { class: "columns" },
          this.line(rule, "id", "永久编号，不重复使用"),
          this.choice(rule, "level", LEVEL_NAMES, level),
          this.choice(rule, "status", STATUS_NAMES, "on"),
        ),
        this.area(rule, "why", "给客服看：为什么不能说"),
      ),
      group(
        "什么时候算",
        this.list(rule, "find"),
        this.list(rule, "asked"),
        this.optional(rule, ["unless_asked", "near", "not_near"]),
      ),
      group(
        "什么时候不算",
        this.list(rule, "except"),
        this.list(rule, "unless"),
        this.choice(rule, "negation", NEGATION_NAMES, "excuses"),
      ),
      group("例子", this.list(rule, "bad"), this.list(rule, "good"), this.optional(rule, ["known_bad", "known_good"])),
      group("改成怎么说", this.list(rule, "say")),
      group(
        "范围和扣分",
        this.checks(rule, "platforms", PLATFORM_NAMES),
        this.checks(rule, "categories", CATEGORY_NAMES),
        this.points(rule),
        el("div", { class: "columns" }, this.line(rule, "since", "2026-01-31"), this.line(rule, "until", "2026-12-31")),
        this.line(rule, "source", "平台规则或法条，写明日期"),
      ),
      level === "remind"
        ? group(
            "承诺跟进",
            el(
              "div",
              { class: "columns" },
              this.part(rule, "follow_up", "do", "要跟进的事", follow),
              this.part(rule, "follow_up", "within", "期限，如 今天、24小时", follow),
            ),
          )
        : null,
    ].filter((part) => part !== null);
  }

  /** Places are read again: the text may have changed since the field was drawn. */
  private change(rule: RuleAt, make: (text: string, map: RuleAt["map"]) => Change | null): void {
    const now = this.workspace.model(rule.file).rules[rule.index];
    const change = now && make(this.workspace.text(rule.file), now.map);
    if (change) this.apply(rule.file, [change]);
  }

  private line(rule: RuleAt, key: string, placeholder: string): HTMLElement {
    const input = el("input", { type: "text", value: field(rule.map, key), placeholder, "data-field": key });
    input.addEventListener("change", () =>
      this.change(rule, (text, map) => setText(text, map, key, input.value.trim())),
    );
    return el("label", { class: "field" }, el("span", {}, FIELD_NAMES[key] ?? key), input);
  }

  private area(rule: RuleAt, key: string, placeholder: string): HTMLElement {
    const input = el("textarea", { rows: "2", placeholder, "data-field": key }, field(rule.map, key));
    input.addEventListener("change", () => {
      const said = input.value.replace(/\s*\n\s*/g, " ").trim();
      this.change(rule, (text, map) => setText(text, map, key, said));
    });
    return el("label", { class: "field" }, el("span", {}, FIELD_NAMES[key] ?? key), input);
  }

  private choice(rule: RuleAt, key: string, names: Readonly<Record<string, string>>, preset: string): HTMLElement {
    const now = field(rule.map, key) || preset;
    const select = el("select", { "data-field": key });
    for (const [value, name] of Object.entries(names))
      select.append(el("option", { value, selected: value === now }, name));
    if (!(now in names)) select.append(el("option", { value: now, selected: true }, now));
    select.addEventListener("change", () => this.change(rule, (text, map) => setText(text, map, key, select.value)));
    return el("label", { class: "field" }, el("span", {}, FIELD_NAMES[key] ?? key), select);
  }

  private checks(rule: RuleAt, key: "platforms" | "categories", names: Readonly<Record<string, string>>): HTMLElement {
    const chosen = items(rule.map, key).map((item) => item.text);
    const all = [...new Set([...Object.keys(names), ...chosen])];
    const boxes = all.map((id) => {
      const box = el("input", { type: "checkbox", checked: chosen.includes(id), "data-field": `${key}.${id}` });
      box.addEventListener("change", () => {
        const wanted = all.filter((one) => (one === id ? box.checked : chosen.includes(one)));
        this.change(rule, (text, map) => setRaw(text, map, key, flowList(wanted)));
      });
      return el("label", { class: "check" }, box, names[id] ?? id);
    });
    return el(
      "div",
      { class: "field", role: "group", "aria-label": FIELD_NAMES[key] ?? key },
      el("span", {}, `${FIELD_NAMES[key]}（不选=全部）`),
      el("div", { class: "checks" }, ...boxes),
    );
  }

  private points(rule: RuleAt): HTMLElement {
    const now = record(rule.map, "penalty");
    const inputs = [...new Set(["tmall", "taobao", "jd", "pdd", ...Object.keys(now)])].map((id) => {
      const input = el("input", {
        type: "text",
        value: now[id] ?? "",
        "data-field": `penalty.${id}`,
        "aria-label": `${PLATFORM_NAMES[id] ?? id} 扣分`,
        placeholder: "—",
      });
      input.addEventListener("change", () => {
        const written = flowRecord({ ...now, [id]: input.value.trim() });
        this.change(rule, (text, map) => setRaw(text, map, "penalty", written));
      });
      return el("label", { class: "point" }, PLATFORM_NAMES[id] ?? id, input);
    });
    return el(
      "div",
      { class: "field" },
      el("span", {}, "扣分（分数或文字；不写用本文件的默认）"),
      el("div", { class: "points" }, ...inputs),
    );
  }

  private part(
    rule: RuleAt,
    key: string,
    name: string,
    label: string,
    now: Readonly<Record<string, string>>,
  ): HTMLElement {
    const input = el("input", { type: "text", value: now[name] ?? "", "data-field": `${key}.${name}` });
    input.addEventListener("change", () => {
      const written = flowRecord({ ...now, [name]: input.value.trim() });
      this.change(rule, (text, map) => setRaw(text, map, key, written));
    });
    return el("label", { class: "field" }, el("span", {}, label), input);
  }

  /** Seldom used lists are shown once they hold something, else as buttons. */
  private optional(rule: RuleAt, keys: readonly string[]): HTMLElement {
    const used = keys.filter((key) => items(rule.map, key).length > 0);
    const rest = keys.filter((key) => !used.includes(key));
    const add = (key: string) => {
      this.change(rule, (text, map) => addItem(text, map, key, "…"));
      this.next = `${key}.0`;
    };
    return el(
      "div",
      { class: "optional" },
      ...used.map((key) => this.list(rule, key)),
      el("p", { class: "more" }, ...rest.map((key) => button(`＋ ${FIELD_NAMES[key]}`, () => add(key), "plain"))),
    );
  }

  private list(rule: RuleAt, key: string): HTMLElement {
    const now = items(rule.map, key);
    const faults = this.faults(rule);
    const lineOf = lineCounter(this.workspace.text(rule.file));
    const name = FIELD_NAMES[key] ?? key;
    const example = key === "bad" || key === "good";
    const row = (said: string, n: number) => {
      const fresh = n >= now.length;
      const input = el("input", {
        type: "text",
        value: said,
        "data-field": `${key}.${n}`,
        "aria-label": `${name} 第 ${n + 1} 项`,
        placeholder: fresh ? "＋ 再写一个" : "",
      });
      let taken = said;
      const commit = () => {
        const value = input.value.trim();
        if (value === taken) return;
        taken = value;
        this.change(rule, (text, map) => {
          // The list may be another one by now (undo, a merge).
          if (!fresh && items(map, key)[n]?.text !== said) return null;
          if (fresh) return addItem(text, map, key, value);
          return value === "" ? removeItem(text, map, key, n) : setItem(text, map, key, n, value);
        });
      };
      input.addEventListener("change", commit);
      input.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || event.isComposing) return;
        event.preventDefault();
        commit();
        this.next = `${key}.${n + 1}`;
        this.render(this.wanted);
      });
      const line = fresh ? 0 : lineOf(now[n]!.from);
      const fault = faults.find((one) => one.line === line && (one.column === undefined || one.column));
      const verdict =
        example && !fresh
          ? el(
              "span",
              { class: `verdict ${fault ? "bad" : "good"}`, title: fault ? "没有通过" : "通过" },
              fault ? "✗" : "✓",
            )
          : null;
      const remove = fresh
        ? null
        : button(
            `删除 ${name} 第 ${n + 1} 项`,
            () => this.change(rule, (text, map) => removeItem(text, map, key, n)),
            "square",
            "✕",
          );
      return el(
        "li",
        { class: fault ? "faulty" : "" },
        verdict,
        input,
        remove,
        fault && !fresh ? el("small", { class: fault.severity }, fault.message) : null,
      );
    };
    return el(
      "div",
      { class: "field list", role: "group", "aria-label": name },
      el("span", {}, name, HELP[key] ? el("small", {}, HELP[key]) : null),
      el("ul", {}, ...now.map((item, n) => row(item.text, n)), row("", now.length)),
    );
  }

  /** What the compiler says about this rule. */
  private faults(rule: RuleAt): { line: number; column: number; severity: string; message: string }[] {
    const lineOf = lineCounter(this.workspace.text(rule.file));
    const [first, last] = [lineOf(rule.from), lineOf(rule.to)];
    return (this.drafting.state?.answer.diagnostics ?? [])
      .filter((d) => d.file === rule.file && first <= d.line && d.line <= last)
      .map((d) => ({
        line: d.line,
        column: d.column,
        severity: d.severity,
        message: [d.message.zh, d.hint.zh].filter(Boolean).join(" · "),
      }));
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
