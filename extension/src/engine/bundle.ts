/**
 * Mirrors `compiler/bundle.py`, and refuses anything that is not what the compiler writes: after `parseBundle`, and
 * `SetTable` for the sets, every number is in range, so that no later stage has to look.
 */

import { ENTITY_KINDS } from "./entities";
import { ReleaseError } from "./errors";
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

/** Numbered in this order: literals, spaced, entities, sets. */
export interface Atoms {
  readonly literals: Literals;
  readonly spaced: readonly number[];
  readonly entities: readonly Entity[];
  /** Not checked yet: `SetTable` does while it reads them. */
  readonly sets: readonly unknown[];
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
}

const LEVELS: readonly string[] = ["block", "warn", "remind", "hint"];
const MAX_GAP = 40;

type Json = Record<string, unknown>;

function fail(what: string): never {
  throw new ReleaseError(`bundle: ${what}`);
}

function object(value: unknown, what: string): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) fail(`${what} is not an object`);
  return value as Json;
}

function list(value: unknown, what: string): unknown[] {
  if (!Array.isArray(value)) fail(`${what} is not a list`);
  return value;
}

function text(fields: Json, name: string, otherwise?: string): string {
  const value = fields[name] ?? otherwise;
  if (typeof value !== "string") fail(`${name} is not a text`);
  return value;
}

function texts(fields: Json, name: string, otherwise: unknown = []): string[] {
  const items = list(fields[name] ?? otherwise, name);
  for (const item of items) if (typeof item !== "string") fail(`${name} holds more than texts`);
  return items as string[];
}

function flag(fields: Json, name: string): boolean {
  const value = fields[name] ?? false;
  if (typeof value !== "boolean") fail(`${name} is not true or false`);
  return value;
}

/** A whole number in [low, high]. */
function whole(value: unknown, low: number, high: number, what: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < low || value > high) fail(`${what} is off`);
  return value;
}

function scalars<T>(value: unknown, what: string, kinds: readonly string[]): Readonly<Record<string, T>> {
  const fields = object(value, what);
  for (const item of Object.values(fields)) if (!kinds.includes(typeof item)) fail(`${what} holds more than scalars`);
  return fields as Readonly<Record<string, T>>;
}

function atoms(value: unknown): Atoms {
  const fields = object(value, "atoms");
  const literals = new Literals(text(fields, "literals"));
  const spaced = list(fields.spaced, "spaced").map((n) => whole(n, 0, literals.count - 1, "spaced"));
  const entities = list(fields.entities, "entities").map((entry) => {
    const entity = object(entry, "entity");
    return {
      kind: ENTITY_KINDS.includes(text(entity, "kind")) ? (entity.kind as string) : fail("kind"),
      allow: texts(entity, "allow"),
      only: texts(entity, "only"),
    };
  });
  return { literals, spaced, entities, sets: list(fields.sets, "sets") };
}

/** The bundle in `data`; throws `ReleaseError` when it is not one, or of a format that this engine does not know. */
export function parseBundle(data: ArrayBuffer): Bundle {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch {
    fail("not JSON");
  }
  const fields = object(value, "the document");
  if (fields.format !== FORMAT) fail(`format ${String(fields.format)} is not ${FORMAT}`);
  const table = atoms(fields.atoms);
  const top = table.literals.count + table.spaced.length + table.entities.length + table.sets.length - 1;
  const atom = (of: Json, name: string): number => whole(of[name] ?? -1, -1, top, name);
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
  if (!LEVELS.includes(level)) fail("level");
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
  };
}
