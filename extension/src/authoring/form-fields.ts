/** The form's single fields: a line, a text, a choice, boxes, points. Each changes its own key of the rule. */

import { el } from "../dom";
import { type Change, flowList, flowRecord, setRaw, setText } from "./edits";
import { FIELD_NAMES, PLATFORM_NAMES } from "./labels";
import { field, items, type RuleAt, record } from "./model";
import { T } from "./texts";

/** Change a rule's text; null changes nothing. */
export type Apply = (rule: RuleAt, make: (text: string, map: RuleAt["map"]) => Change | null) => void;

type Names = Readonly<Record<string, string>>;

export class Fields {
  constructor(readonly change: Apply) {}

  line(rule: RuleAt, key: string, placeholder: string): HTMLElement {
    const input = el("input", { type: "text", value: field(rule.map, key), placeholder, "data-field": key });
    input.addEventListener("change", () =>
      this.change(rule, (text, map) => setText(text, map, key, input.value.trim())),
    );
    return labelled(key, input);
  }

  area(rule: RuleAt, key: string, placeholder: string): HTMLElement {
    const input = el("textarea", { rows: "2", placeholder, "data-field": key }, field(rule.map, key));
    input.addEventListener("change", () => {
      const said = input.value.replace(/\s*\n\s*/g, " ").trim();
      this.change(rule, (text, map) => setText(text, map, key, said));
    });
    return labelled(key, input);
  }

  choice(rule: RuleAt, key: string, names: Names, preset: string): HTMLElement {
    const now = field(rule.map, key) || preset;
    const select = el("select", { "data-field": key });
    for (const [value, name] of Object.entries(names))
      select.append(el("option", { value, selected: value === now }, name));
    if (!(now in names)) select.append(el("option", { value: now, selected: true }, now));
    select.addEventListener("change", () => this.change(rule, (text, map) => setText(text, map, key, select.value)));
    return labelled(key, select);
  }

  checks(rule: RuleAt, key: "platforms" | "categories", names: Names): HTMLElement {
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
    const name = FIELD_NAMES[key] ?? key;
    return el(
      "div",
      { class: "field", role: "group", "aria-label": name },
      el("span", {}, T.form.noneIsAll(name)),
      el("div", { class: "checks" }, ...boxes),
    );
  }

  points(rule: RuleAt): HTMLElement {
    const now = record(rule.map, "penalty");
    const inputs = [...new Set(["tmall", "taobao", "jd", "pdd", ...Object.keys(now)])].map((id) => {
      const name = PLATFORM_NAMES[id] ?? id;
      const input = el("input", {
        type: "text",
        value: now[id] ?? "",
        "data-field": `penalty.${id}`,
        "aria-label": T.form.pointsOf(name),
        placeholder: "—",
      });
      input.addEventListener("change", () => {
        const written = flowRecord({ ...now, [id]: input.value.trim() });
        this.change(rule, (text, map) => setRaw(text, map, "penalty", written));
      });
      return el("label", { class: "point" }, name, input);
    });
    return el("div", { class: "field" }, el("span", {}, T.form.points), el("div", { class: "points" }, ...inputs));
  }

  /** One value of a small mapping. */
  part(rule: RuleAt, key: string, name: string, label: string, now: Names): HTMLElement {
    const input = el("input", { type: "text", value: now[name] ?? "", "data-field": `${key}.${name}` });
    input.addEventListener("change", () => {
      const written = flowRecord({ ...now, [name]: input.value.trim() });
      this.change(rule, (text, map) => setRaw(text, map, key, written));
    });
    return el("label", { class: "field" }, el("span", {}, label), input);
  }
}

function labelled(key: string, input: HTMLElement): HTMLElement {
  return el("label", { class: "field" }, el("span", {}, FIELD_NAMES[key] ?? key), input);
}
