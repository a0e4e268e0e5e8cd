/** A rule file as rules, groups and replies with the place of each, read by a YAML library that keeps places and comments. */

import { isMap, isScalar, isSeq, type Pair, parseDocument, type Scalar, type YAMLMap, type YAMLSeq } from "yaml";

export interface RuleAt {
  readonly id: string;
  readonly title: string;
  readonly level: string;
  readonly status: string;
  readonly file: string;
  readonly index: number;
  /** From the dash of the list item to the end of the last value. */
  readonly from: number;
  readonly to: number;
  readonly map: YAMLMap;
}
export interface GroupAt {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly any: readonly string[];
  /** Symbols between its characters count too. */
  readonly spaced?: boolean;
  /** The compiler generates spellings by sound, pinyin or initials. */
  readonly sounds?: boolean;
}
export interface FileModel {
  readonly name: string;
  readonly text: string;
  readonly kind: "rules" | "words" | "rulebook" | "shop" | "site";
  readonly topic: string;
  readonly title: string;
  readonly rules: readonly RuleAt[];
  readonly groups: readonly GroupAt[];
  readonly replies: number;
  readonly defaults: Readonly<Record<string, string>>;
  /** False while the text is no valid YAML: places are then of what could be read. */
  readonly sound: boolean;
  readonly root: YAMLMap | null;
}

export interface Item {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}

const KINDS: Readonly<Record<string, FileModel["kind"]>> = { "rulebook.yaml": "rulebook", "words.yaml": "words" };

export function fileKind(name: string): FileModel["kind"] {
  if (name.startsWith("shops/")) return "shop";
  if (name.startsWith("sites/")) return "site";
  return KINDS[name] ?? "rules";
}

/** Texts that were read last: fixes and proposals ask for the same ones again and again. */
const KEPT = 48;
const kept = new Map<string, FileModel>();

export function readFile(name: string, text: string): FileModel {
  const key = `${name}\n${text}`;
  const known = kept.get(key);
  if (known) return known;
  const model = parseFile(name, text);
  kept.set(key, model);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
  return model;
}

function parseFile(name: string, text: string): FileModel {
  // "failsafe": every scalar is a text, as the compiler has it.
  const document = parseDocument(text, { schema: "failsafe", strict: false, uniqueKeys: false, logLevel: "silent" });
  const root = isMap(document.contents) ? document.contents : null;
  const defaults: Record<string, string> = {};
  const shared = root && value(root, "defaults");
  if (isMap(shared)) for (const pair of shared.items) defaults[plain(pair.key)] = plain(pair.value);
  const rules = root && value(root, "rules");
  const groups = root && value(root, "groups");
  const replies = root && value(root, "replies");
  return {
    name,
    text,
    kind: fileKind(name),
    topic: root ? field(root, "topic") : "",
    title: root ? field(root, "title") || field(root, "name") : "",
    rules: isSeq(rules) ? rules.items.flatMap((item, n) => (isMap(item) ? [ruleAt(name, text, item, n)] : [])) : [],
    groups: isMap(groups) ? groups.items.map(groupAt) : [],
    replies: isSeq(replies) ? replies.items.length : 0,
    defaults,
    sound: document.errors.length === 0,
    root,
  };
}

function ruleAt(file: string, text: string, map: YAMLMap, index: number): RuleAt {
  const start = map.range?.[0] ?? 0;
  const line = text.lastIndexOf("\n", start - 1) + 1;
  return {
    id: field(map, "id"),
    title: field(map, "title"),
    level: field(map, "level"),
    status: field(map, "status") || "on",
    file,
    index,
    from: line + (text.slice(line, start).search(/\S/) + 1 || 1) - 1,
    to: endOf(map, text),
    map,
  };
}

function groupAt(pair: Pair): GroupAt {
  const key = pair.key as Scalar;
  const body = pair.value;
  const list = isMap(body) ? value(body, "any") : body;
  return {
    name: plain(key),
    from: key.range?.[0] ?? 0,
    to: (body as { range?: [number, number, number] } | null)?.range?.[1] ?? key.range?.[1] ?? 0,
    any: isSeq(list) ? list.items.map(plain) : [],
    spaced: isMap(body) && field(body, "spaced") === "true",
    sounds: isMap(body) && pairOf(body, "sounds_like") !== undefined,
  };
}

export function pairOf(map: YAMLMap, key: string): Pair | undefined {
  return map.items.find((pair) => plain(pair.key) === key);
}

export function value(map: YAMLMap, key: string): unknown {
  return pairOf(map, key)?.value;
}

/** The text at `key`; "" when it is absent or no scalar. */
export function field(map: YAMLMap, key: string): string {
  return plain(value(map, key));
}

/** The entries of the list at `key` (one text counts as a list of one). */
export function items(map: YAMLMap, key: string): Item[] {
  const found = value(map, key);
  const list = isSeq(found) ? found.items : isScalar(found) && plain(found) !== "" ? [found] : [];
  return list.filter(isScalar).map((item) => ({
    text: plain(item),
    from: item.range?.[0] ?? 0,
    to: item.range?.[1] ?? 0,
  }));
}

/** Key → text of a small mapping such as `penalty`. */
export function record(map: YAMLMap, key: string): Record<string, string> {
  const found = value(map, key);
  return isMap(found) ? Object.fromEntries(found.items.map((pair) => [plain(pair.key), plain(pair.value)])) : {};
}

export function plain(node: unknown): string {
  if (!isScalar(node)) return "";
  return node.value === null || node.value === undefined ? "" : String(node.value);
}

/** Where what `node` says ends, without comments and blank lines behind it. */
export function endOf(node: unknown, text: string): number {
  if (isMap(node) && !node.flow && node.items.length > 0) {
    const last = node.items.at(-1)!;
    return Math.max(endOf(last.key, text), last.value === null ? 0 : endOf(last.value, text));
  }
  if (isSeq(node) && !node.flow && node.items.length > 0) return endOf(node.items.at(-1), text);
  const range = (node as YAMLSeq | Scalar | null)?.range;
  let end = range?.[1] ?? 0;
  while (end > (range?.[0] ?? 0) && /\s/.test(text[end - 1]!)) end--;
  return end;
}
