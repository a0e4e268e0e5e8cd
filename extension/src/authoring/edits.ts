/**
 * Changes to one rule as splices of the file's text: whatever is not touched, comments and order included, stays as the
 * author wrote it, byte for byte.
 */

import { isMap, isScalar, isSeq, parse, type YAMLMap } from "yaml";
import { endOf, type Item, items, pairOf } from "./model";

export interface Change {
  readonly from: number;
  readonly to: number;
  readonly insert: string;
}

/** The order in which a rule's keys are written. */
export const ORDER = [
  "id",
  "title",
  "level",
  "status",
  "penalty",
  "platforms",
  "categories",
  "given",
  "asked",
  "unless_asked",
  "turns",
  "find",
  "near",
  "not_near",
  "except",
  "unless",
  "negation",
  "unless_quoted",
  "across",
  "likely",
  "likely_topic",
  "why",
  "say",
  "source",
  "follow_up",
  "bad",
  "good",
  "known_bad",
  "known_good",
  "since",
  "until",
  "replaces",
] as const;

/** `text` as a YAML scalar: plain where that reads back the same, else in double quotes. */
export function scalar(text: string, flow: boolean): string {
  const quoted = JSON.stringify(text);
  if (text === "" || /[\n\t]|: | #|^\s|\s$|^[-?:,[\]{}#&*!|>'"%@`]|:$/.test(text) || (flow && /[,[\]{}]/.test(text))) {
    return quoted;
  }
  try {
    const [back] = parse(flow ? `[${text}]` : `- ${text}`, { schema: "failsafe", logLevel: "silent" }) as unknown[];
    return back === text ? text : quoted;
  } catch {
    return quoted;
  }
}

const lineStart = (text: string, at: number): number => text.lastIndexOf("\n", at - 1) + 1;
const lineEnd = (text: string, at: number): number => {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
};

function indentOf(text: string, map: YAMLMap): string {
  const start = map.range?.[0] ?? 0;
  return " ".repeat(start - lineStart(text, start));
}

/** Whether the rule is written as a block, the only form that is edited in place. */
export function editable(map: YAMLMap): boolean {
  return !map.flow && map.items.length > 0;
}

/** Set, replace or (with null) remove the value of `key`; `written` is YAML. */
export function setRaw(text: string, map: YAMLMap, key: string, written: string | null): Change {
  const pair = pairOf(map, key);
  if (!pair) {
    if (written === null) return { from: 0, to: 0, insert: "" };
    const at = insertionPoint(text, map, key);
    return { from: at, to: at, insert: `\n${indentOf(text, map)}${key}: ${written}` };
  }
  const keyNode = pair.key as { range?: [number, number, number] };
  const from = keyNode.range?.[0] ?? 0;
  const to = Math.max(endOf(pair.value, text), endOf(pair.key, text));
  if (written !== null) return { from, to: Math.max(to, colonAfter(text, from)), insert: `${key}: ${written}` };
  // The first key stands beside the dash of the list; it is never removed.
  return { from: lineStart(text, from), to: Math.min(text.length, lineEnd(text, to) + 1), insert: "" };
}

function colonAfter(text: string, from: number): number {
  const colon = text.indexOf(":", from);
  return colon < 0 ? from : colon + 1;
}

export function setText(text: string, map: YAMLMap, key: string, said: string): Change {
  return setRaw(text, map, key, said === "" ? null : scalar(said, false));
}

/** Behind the last key that stands before `key` in the usual order. */
function insertionPoint(text: string, map: YAMLMap, key: string): number {
  const rank = (name: string): number => {
    const at = (ORDER as readonly string[]).indexOf(name);
    return at < 0 ? ORDER.length : at;
  };
  let after = map.items[0]!;
  for (const pair of map.items) {
    const name = isScalar(pair.key) ? String(pair.key.value) : "";
    if (rank(name) <= rank(key)) after = pair;
  }
  return lineEnd(text, Math.max(endOf(after.value, text), endOf(after.key, text)));
}

export function setItem(text: string, map: YAMLMap, key: string, index: number, said: string): Change {
  const item = items(map, key)[index];
  if (!item) return addItem(text, map, key, said);
  return { from: item.from, to: item.to, insert: scalar(said, isFlow(map, key)) };
}

/** At the end of the list, or at `index`; the list is made when there is none. */
export function addItem(
  text: string,
  map: YAMLMap,
  key: string,
  said: string,
  index = Number.POSITIVE_INFINITY,
): Change {
  const present = items(map, key);
  const pair = pairOf(map, key);
  if (!pair || !isSeq(pair.value) || pair.value.items.length === 0) {
    const all = [...present.map((item) => item.text), said];
    const inner = indentOf(text, map);
    return setRaw(text, map, key, `\n${all.map((one) => `${inner}  - ${scalar(one, false)}`).join("\n")}`.trimEnd());
  }
  const before = index >= present.length ? null : present[index]!;
  if (pair.value.flow) {
    const written = scalar(said, true);
    if (before) return { from: before.from, to: before.from, insert: `${written}, ` };
    const last = present.at(-1)!;
    return { from: last.to, to: last.to, insert: `, ${written}` };
  }
  const model = before ?? present.at(-1)!;
  const dash = itemStart(text, model);
  const indent = text.slice(lineStart(text, dash), dash);
  if (before)
    return { from: lineStart(text, dash), to: lineStart(text, dash), insert: `${indent}- ${scalar(said, false)}\n` };
  const end = lineEnd(text, endOf(pair.value, text));
  return { from: end, to: end, insert: `\n${indent}- ${scalar(said, false)}` };
}

/** With its line and the comment on it; with the key when it was the last one. */
export function removeItem(text: string, map: YAMLMap, key: string, index: number): Change {
  const present = items(map, key);
  const item = present[index];
  if (!item) return { from: 0, to: 0, insert: "" };
  if (present.length === 1) return setRaw(text, map, key, null);
  if (isFlow(map, key)) {
    const next = present[index + 1];
    return next
      ? { from: item.from, to: next.from, insert: "" }
      : { from: present[index - 1]!.to, to: item.to, insert: "" };
  }
  return {
    from: lineStart(text, itemStart(text, item)),
    to: Math.min(text.length, lineEnd(text, item.to) + 1),
    insert: "",
  };
}

function isFlow(map: YAMLMap, key: string): boolean {
  const found = pairOf(map, key)?.value;
  return isSeq(found) && found.flow === true;
}

/** The dash of a block list's item. */
function itemStart(text: string, item: Item): number {
  return text.lastIndexOf("-", item.from - 1);
}

/** A mapping of plain values, in one line: `{tmall: 6, jd: 4}`. */
export function flowRecord(values: Readonly<Record<string, string>>): string | null {
  const pairs = Object.entries(values).filter(([, said]) => said !== "");
  return pairs.length
    ? `{${pairs.map(([key, said]) => `${scalar(key, true)}: ${scalar(said, true)}`).join(", ")}}`
    : null;
}

export function flowList(values: readonly string[]): string | null {
  return values.length ? `[${values.map((said) => scalar(said, true)).join(", ")}]` : null;
}

/** The text of a new rule, to be put behind the last one. */
export function writeRule(fields: Readonly<Record<string, string | readonly string[]>>, indent: string): string {
  const lines: string[] = [];
  for (const key of ORDER) {
    const said = fields[key];
    if (said === undefined || said.length === 0) continue;
    const lead = lines.length === 0 ? `${indent}- ` : `${indent}  `;
    if (typeof said === "string") lines.push(`${lead}${key}: ${scalar(said, false)}`);
    else lines.push(`${lead}${key}:`, ...said.map((one) => `${indent}    - ${scalar(one, false)}`));
  }
  return lines.join("\n");
}

/** Put a written rule behind the last rule of the file; the list is made when there is none. */
export function addRule(text: string, root: YAMLMap | null, fields: Parameters<typeof writeRule>[0]): Change {
  const list = root && pairOf(root, "rules");
  if (list && isSeq(list.value) && !list.value.flow && list.value.items.length > 0) {
    const first = list.value.items[0];
    const start = isMap(first) ? (first.range?.[0] ?? 2) : 2;
    const dash = text.lastIndexOf("-", start - 1);
    const end = lineEnd(text, endOf(list.value, text));
    return { from: end, to: end, insert: `\n${writeRule(fields, text.slice(lineStart(text, dash), dash))}` };
  }
  if (list && root) return setRaw(text, root, "rules", `\n${writeRule(fields, "  ")}`);
  const end = text.trimEnd().length;
  return { from: end, to: end, insert: `${end ? "\n" : ""}rules:\n${writeRule(fields, "  ")}` };
}

/** A change over the text, for those who have no editor at hand. */
export function applied(text: string, change: Change): string {
  return text.slice(0, change.from) + change.insert + text.slice(change.to);
}
