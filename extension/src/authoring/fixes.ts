/** One-click fixes: what a diagnostic's code and details say can be done, as changes to the text. */

import type { ServerDiagnostic } from "./api";
import { addItem, applied, type Change, removeItem, setItem } from "./edits";
import { items, type RuleAt, readFile } from "./model";
import { T } from "./texts";

export interface Fix {
  readonly name: string;
  readonly changes: readonly Change[];
}

const VERBS = ["find", "near", "not_near", "except", "unless", "asked", "unless_asked"];

/** @param from,to where the diagnostic stands in `text` */
export function fixesOf(d: ServerDiagnostic, text: string, from: number, to: number): Fix[] {
  const here = text.slice(from, to);
  const one = (name: string, change: Change): Fix[] => [{ name, changes: [change] }];
  const said = (key: string): string => (typeof d.detail[key] === "string" ? (d.detail[key] as string) : "");
  if (d.best) {
    // A phrase is marked as a whole or in part; only the wrong name is exchanged.
    const name = said("name") || said("value") || said("key");
    const wrong = d.best.startsWith("<") ? `<${name}>` : name;
    const at = wrong && here.includes(wrong) ? from + here.indexOf(wrong) : from;
    const end = wrong && here.includes(wrong) ? at + wrong.length : to;
    return one(T.fixes.change(d.best), { from: at, to: end, insert: d.best });
  }
  const line = {
    from: text.lastIndexOf("\n", from - 1) + 1,
    to: (text.indexOf("\n", from) + text.length + 1) % (text.length + 1),
  };
  const whole = text.slice(line.from, line.to);
  switch (d.code) {
    case "RG004":
      return one(T.fixes.dropChar, { from, to, insert: "" });
    case "RG005": {
      const lead = whole.match(/^[\s\u3000]*/)![0];
      return one(T.fixes.space, {
        from: line.from,
        to: line.from + lead.length,
        insert: lead.replace(/[\t\u3000]/g, "  "),
      });
    }
    case "RG006": {
      const colon = text.indexOf("：", line.from);
      return colon < 0 || colon >= line.to
        ? []
        : one(T.fixes.colon, { from: colon, to: colon + 1, insert: text[colon + 1] === " " ? ":" : ": " });
    }
    case "RG007": {
      const value = whole.match(/^(\s*(?:-\s+)?(?:[\w-]+:\s+)?)(.*)$/)!;
      return one(T.fixes.quote, { from: line.from + value[1]!.length, to: line.to, insert: JSON.stringify(value[2]) });
    }
    case "RG106":
      return one(T.fixes.split, { from, to, insert: here.replaceAll("，", ", ") });
    case "RG310":
      return ["今天", "24小时", "3天"].map((within) => ({
        name: T.fixes.within(within),
        changes: [{ from, to, insert: within }],
      }));
  }
  const rule = readFile("", text).rules.find((one) => one.from <= from && from <= one.to + 1);
  return rule ? ruleFixes(d, text, from, rule) : [];
}

function ruleFixes(d: ServerDiagnostic, text: string, at: number, rule: RuleAt): Fix[] {
  const place = (keys: readonly string[]) => {
    for (const key of keys) {
      const index = items(rule.map, key).findIndex((item) => item.from <= at && at <= item.to);
      if (index >= 0) return { key, index, text: items(rule.map, key)[index]!.text };
    }
    return null;
  };
  const move = (from: string, to: string): Fix[] => {
    const found = place([from]);
    if (!found) return [];
    const gone = removeItem(text, rule.map, from, found.index);
    const after = applied(text, gone);
    const moved = readFile("", after).rules[rule.index];
    if (!moved) return [];
    const change = addItem(after, moved.map, to, found.text);
    return [{ name: T.fixes.move(to), changes: [{ from: 0, to: text.length, insert: applied(after, change) }] }];
  };
  switch (d.code) {
    case "RG205":
    case "RG207":
    case "RG208":
    case "RG305": {
      const found = place(VERBS);
      return found ? [{ name: T.fixes.dropItem, changes: [removeItem(text, rule.map, found.key, found.index)] }] : [];
    }
    case "RG304":
      return [{ name: T.fixes.addBad, changes: [addItem(text, rule.map, "bad", T.fixes.addedBad)] }];
    case "RG402": {
      const found = place(["bad", "known_bad"]);
      const actual = typeof d.detail.actual === "string" ? d.detail.actual.split(" / ") : [];
      if (!found || actual.length === 0 || actual[0] === "整句") return [];
      const parts = found.text.split("=>");
      let reply = parts.pop()!.replace(/[〔〕]/g, "");
      let from = 0;
      for (const said of actual) {
        const start = reply.indexOf(said, from);
        if (start < 0) return [];
        reply = `${reply.slice(0, start)}〔${said}〕${reply.slice(start + said.length)}`;
        from = start + said.length + 2;
      }
      const change = setItem(text, rule.map, found.key, found.index, [...parts, reply].join("=>"));
      return [{ name: T.fixes.mark(actual.join(T.and)), changes: [change] }];
    }
    case "RG403": {
      const found = place(["good"]);
      const span = typeof d.detail.span === "string" ? d.detail.span : "";
      if (!found || d.detail.rule !== rule.id || !span) return [];
      return cover(found.text, span).map((phrase) => ({
        name: T.fixes.except(phrase),
        changes: [addItem(text, rule.map, "except", phrase)],
      }));
    }
    case "RG404": {
      const found = place(["say"]);
      return found ? [{ name: T.fixes.dropSay, changes: [removeItem(text, rule.map, "say", found.index)] }] : [];
    }
    case "RG405":
      return move("known_bad", "bad");
    case "RG406":
      return move("known_good", "good");
    default:
      return [];
  }
}

/** Longer phrases around `span`: two, then four characters before or behind it, inside its clause. */
export function cover(reply: string, span: string): string[] {
  const at = reply.lastIndexOf(span);
  if (at < 0) return [];
  const before = reply.slice(0, at).match(/[^，。！？；：、~\s〔〕>]*$/)![0];
  const after = reply.slice(at + span.length).match(/^[^，。！？；：、~\s〔〕]*/)![0];
  const wanted = [
    span + after.slice(0, 2),
    before.slice(-2) + span,
    span + after.slice(0, 4),
    before.slice(-2) + span + after.slice(0, 2),
  ];
  return [...new Set(wanted)].filter((phrase) => phrase.length > span.length).slice(0, 3);
}
