/**
 * Mirrors `compiler/bundle.py`, and refuses anything that is not what the compiler writes: after `parseBundle`, and
 * `SetTable` for the sets, every number is in range, so that no later stage has to look.
 */

import { ENTITY_KINDS } from "./entities";
import { off } from "./errors";
import { Literals } from "./literals";
import type { Fact, Level } from "./types";

export const FORMAT = 1;

/** The folding table. `one_from[i]` folds to the single unit `one_to[i]`; all of them BMP characters. */
export interface Folding {
  readonly one_from: string;
  readonly one_to: string;
  /** BMP characters that fold to nothing: inclusive ranges, two characters each. */
  readonly dropped: string;
  /** A character → zero to four units ("" = dropped); the key may be astral. */
  readonly many: Readonly<Record<string, string>>;
}

export interface Entity {
  readonly kind: string;
  readonly allow: readonly string[];
  readonly only: readonly string[];
}

/** Set atoms of the cues (-1 = none) and their reach in units. */
export interface Negation {
  readonly before: number;
  readonly after: number;
  readonly pseudo: number;
  readonly double: number;
  readonly stop: number;
  readonly reach: number;
}

/** Where each kind of atoms begins: literals, spaced, entities, sets; at last, how many atoms there are. */
export type Bases = readonly [literals: number, spaced: number, entities: number, sets: number, end: number];

export interface Atoms {
  readonly bases: Bases;
  readonly literals: Literals;
  readonly spaced: readonly number[];
  readonly entities: readonly Entity[];
  /** Not checked yet: `SetTable` does while it reads them. */
  readonly sets: SetList;
}

/** `compiler/sets_in_file.py` says how sets are written. */
export interface SetList {
  readonly count: number;
  readonly integers: Int32Array;
}

export interface Rule {
  readonly id: string;
  readonly topic: number;
  readonly title: string;
  readonly level: Level;
  readonly why: string;
  readonly say: readonly string[];
  readonly source: string;
  readonly penalty: Readonly<Record<string, number | string>>;
  readonly platforms: readonly string[];
  readonly categories: readonly string[];
  readonly given: readonly (readonly [name: string, value: Fact])[];
  readonly asked: number;
  readonly unless_asked: number;
  readonly find: number;
  readonly near: number;
  readonly not_near: number;
  readonly except: number;
  readonly unless: number;
  readonly turns: number;
  readonly negation: number;
  readonly unless_quoted: boolean;
  readonly across: boolean;
  readonly since: string;
  readonly until: string;
  readonly draft: boolean;
  readonly follow_up: { readonly do: string; readonly within: string } | null;
  /** Percent; 0 = the classifier is not asked. */
  readonly likely: number;
  readonly likely_topic: number;
}

/** A linear model over n-grams: `classifier.ts` says how it is read. */
export interface Model {
  /** Ids of topics; "" first, for compliant replies. */
  readonly topics: readonly string[];
  /** N-grams, joined by U+FFFF. */
  readonly reply: string;
  readonly buyer: string;
  readonly scale: number;
  readonly bias: readonly number[];
  /** A row of `topics` for each n-gram, those of `reply` first. */
  readonly weights: Int8Array;
}

export interface BundleReply {
  readonly id: string;
  readonly topic: number;
  readonly title: string;
  readonly say: readonly string[];
  readonly ask: number;
  readonly initials: string;
}

export interface Bundle {
  readonly name: string;
  readonly channel: string;
  readonly folding: Folding;
  readonly atoms: Atoms;
  readonly fillers: number;
  readonly allow: number;
  readonly negations: readonly Negation[];
  readonly topics: readonly { readonly id: string; readonly title: string }[];
  readonly rules: readonly Rule[];
  readonly replies: readonly BundleReply[];
  readonly sites: readonly unknown[];
  readonly platform: string;
  readonly categories: readonly string[];
  readonly facts: Readonly<Record<string, Fact>>;
  readonly classifier: Model | null;
}

const LEVELS: readonly string[] = ["block", "warn", "remind", "hint"];
const MAX_GAP = 40;

type Json = Record<string, unknown>;

function object(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) off(what);
  return value as Json;
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) off(what);
  return value;
}

function text(fields: Json, name: string, otherwise?: string): string {
  const value = fields[name] ?? otherwise;
  if (typeof value !== "string") off(name);
  return value;
}

function texts(fields: Json, name: string, otherwise: unknown = []): string[] {
  const items = list(fields[name] ?? otherwise, name);
  for (const item of items) if (typeof item !== "string") off(name);
  return items as string[];
}

function flag(fields: Json, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value !== "boolean") off(name);
  return value;
}

/** A whole number in [low, high]. */
function whole(value: unknown, low: number, high: number, what: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high) off(what);
  return value;
}

function scalars<T>(value: unknown, what: string, kinds: readonly string[]): Readonly<Record<string, T>> {
  const fields = object(value, what);
  for (const item of Object.values(fields)) if (!kinds.includes(typeof item)) off(what);
  return fields as Readonly<Record<string, T>>;
}

/** The binary part of the file, which begins at `at`. */
function tables(data: ArrayBuffer, at: number): { sets: SetList; literals: Literals; weights: Int8Array } {
  if (data.byteLength < at + 12) off("size");
  const [count, length, weighing] = new Uint32Array(data, at, 3) as unknown as [number, number, number];
  const end = at + 12 + 4 * length;
  const units = data.byteLength - weighing - end;
  if (units < 0 || units % 2 > 0 || count > length) off("size");
  return {
    sets: { count, integers: new Int32Array(data, at + 12, length) },
    literals: new Literals(new Uint16Array(data, end, units >> 1)),
    weights: new Int8Array(data, end + units),
  };
}

function atoms(value: unknown, { sets, literals }: Pick<Atoms, "sets" | "literals">): Atoms {
  const fields = object(value, "atoms");
  const spaced = list(fields.spaced, "spaced").map((n) => whole(n, 0, literals.count - 1, "spaced"));
  const entities = list(fields.entities, "entities").map((entry) => {
    const entity = object(entry, "entity");
    return {
      kind: ENTITY_KINDS.includes(text(entity, "kind")) ? (entity.kind as string) : off("kind"),
      allow: texts(entity, "allow"),
      only: texts(entity, "only"),
    };
  });
  const entityBase = literals.count + spaced.length;
  const base = entityBase + entities.length;
  const bases = [0, literals.count, entityBase, base, base + sets.count] as const;
  return { bases, literals, spaced, entities, sets };
}

/** The number of what the file has by this handle: `compiler/handles.py`. */
export function numberOf(bases: Bases, handle: number): number {
  const number = bases[handle & 3]! + (handle >> 2);
  if (number >= bases[(handle & 3) + 1]!) off("atom");
  return number;
}

/** The JSON of a file, and where its binary part begins, as `compiler/bundle.py` draws it; throws `ReleaseError`. */
export function readDocument(data: ArrayBuffer): [document: Json, tables: number] {
  const bytes = new Uint8Array(data);
  const end = bytes.indexOf(0);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(end < 0 ? bytes : bytes.subarray(0, end)));
  } catch {
    off("JSON");
  }
  return [object(value, "the document"), end < 0 ? bytes.length : (end | 3) + 1];
}

/** The bundle in `data`; throws `ReleaseError` when it is not one, or of a format that this engine does not know. */
export function parseBundle(data: ArrayBuffer): Bundle {
  const [fields, at] = readDocument(data);
  if (fields.format !== FORMAT) off("format");
  const { weights, ...parts } = tables(data, at);
  const table = atoms(fields.atoms, parts);
  const atom = (of: Json, name: string): number => {
    const handle = whole(of[name] ?? -1, -1, 1e9, name);
    return handle < 0 ? -1 : numberOf(table.bases, handle);
  };
  const negations = list(fields.negations, "negations").map((entry) => {
    const cues = object(entry, "negation");
    return {
      before: atom(cues, "before"),
      after: atom(cues, "after"),
      pseudo: atom(cues, "pseudo"),
      double: atom(cues, "double"),
      stop: atom(cues, "stop"),
      reach: whole(cues.reach ?? 8, 1, MAX_GAP, "reach"),
    };
  });
  const topics = list(fields.topics, "topics").map((entry) => {
    const topic = object(entry, "topic");
    return { id: text(topic, "id"), title: text(topic, "title") };
  });
  const lastTopic = topics.length - 1;
  const rules = list(fields.rules, "rules").map((entry) => parseRule(entry, atom, lastTopic, negations.length - 1));
  const replies = list(fields.replies ?? [], "replies").map((entry) => {
    const reply = object(entry, "reply");
    return {
      id: text(reply, "id"),
      topic: whole(reply.topic, 0, lastTopic, "topic"),
      title: text(reply, "title"),
      say: texts(reply, "say", null),
      ask: atom(reply, "ask"),
      initials: text(reply, "initials", ""),
    };
  });
  const folding = object(fields.folding, "folding");
  return {
    name: text(fields, "name"),
    channel: text(fields, "channel"),
    folding: {
      one_from: text(folding, "one_from"),
      one_to: text(folding, "one_to"),
      dropped: text(folding, "dropped"),
      many: scalars<string>(folding.many, "many", ["string"]),
    },
    atoms: table,
    fillers: atom(fields, "fillers"),
    allow: atom(fields, "allow"),
    negations,
    topics,
    rules,
    replies,
    sites: list(fields.sites ?? [], "sites"),
    platform: text(fields, "platform", ""),
    categories: texts(fields, "categories"),
    facts: scalars<Fact>(fields.facts ?? {}, "facts", ["string", "number", "boolean"]),
    classifier: fields.classifier == null ? null : model(object(fields.classifier, "classifier"), weights),
  };
}

/** The number of its weights is checked where they are read: `Classifier`. */
function model(fields: Json, weights: Int8Array): Model {
  const number = (value: unknown): number => (Number.isFinite(value) ? (value as number) : off("classifier"));
  const topics = texts(fields, "topics");
  const bias = list(fields.bias, "bias").map(number);
  if (topics[0] !== "" || bias.length !== topics.length) off("classifier");
  return {
    topics,
    reply: text(fields, "reply"),
    buyer: text(fields, "buyer"),
    scale: number(fields.scale),
    bias,
    weights,
  };
}

function parseRule(
  value: unknown,
  atom: (of: Json, name: string) => number,
  lastTopic: number,
  lastNegation: number,
): Rule {
  const rule = object(value, "rule");
  const level = text(rule, "level");
  if (!LEVELS.includes(level)) off("level");
  const follow = rule.follow_up == null ? null : object(rule.follow_up, "follow_up");
  return {
    id: text(rule, "id"),
    topic: whole(rule.topic, 0, lastTopic, "topic"),
    title: text(rule, "title"),
    level: level as Level,
    why: text(rule, "why", ""),
    say: texts(rule, "say"),
    source: text(rule, "source", ""),
    penalty: scalars<number | string>(rule.penalty ?? {}, "penalty", ["number", "string"]),
    platforms: texts(rule, "platforms"),
    categories: texts(rule, "categories"),
    given: Object.entries(scalars<Fact>(rule.given ?? {}, "given", ["string", "number", "boolean"])),
    asked: atom(rule, "asked"),
    unless_asked: atom(rule, "unless_asked"),
    find: atom(rule, "find"),
    near: atom(rule, "near"),
    not_near: atom(rule, "not_near"),
    except: atom(rule, "except"),
    unless: atom(rule, "unless"),
    turns: whole(rule.turns ?? 3, 1, 20, "turns"),
    negation: whole(rule.negation ?? -1, -1, lastNegation, "negation"),
    unless_quoted: flag(rule, "unless_quoted"),
    across: flag(rule, "across"),
    since: text(rule, "since", ""),
    until: text(rule, "until", ""),
    draft: flag(rule, "draft"),
    follow_up: follow && { do: text(follow, "do"), within: text(follow, "within") },
    likely: whole(rule.likely ?? 0, 0, 99, "likely"),
    likely_topic: whole(rule.likely_topic ?? 0, 0, 99, "likely"),
  };
}
