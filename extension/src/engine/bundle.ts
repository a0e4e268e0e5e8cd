/**
 * Mirrors `compiler/bundle.py`, and refuses anything that is not what the compiler writes: after `parseBundle`, and
 * `SetTable` for the sets, every number is in range, so that no later stage has to look.
 */

import { ENTITY_KINDS } from "./entities";
import { off } from "./errors";
import { MAX_GAP } from "./join";
import { Literals } from "./literals";
import * as schema from "./schema";
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
  /** What it was read from, and where its binary part begins. */
  readonly file: ArrayBuffer;
  readonly tables: number;
}

/** Whether two values are written alike. */
const same = (some: unknown, others: unknown) => JSON.stringify(some) === JSON.stringify(others);

/** Whether two files are the same from these places on. */
export function sameFrom(some: ArrayBufferLike, from: number, others: ArrayBufferLike, at: number): boolean {
  let left = some.byteLength - from;
  if (left < 0 || left !== others.byteLength - at) return false;
  const ours = new Uint8Array(some, from);
  const theirs = new Uint8Array(others, at);
  while (left > 0 && ours[left - 1] === theirs[left - 1]) left--;
  return left === 0;
}

/** The binary part of the file, which begins at `at`; sets and literals are those of `before`, when they are written alike. */
function tables(data: ArrayBuffer, at: number, before: Bundle | null) {
  if (data.byteLength < at + 12) off("size");
  const [count, length, weighing] = new Uint32Array(data, at, 3) as unknown as [number, number, number];
  const end = at + 12 + 4 * length;
  const units = data.byteLength - weighing - end;
  if (units < 0 || units % 2 > 0 || count > length) off("size");
  const known = before && sameFrom(data, at, before.file, before.tables) ? before.atoms : null;
  return {
    sets: known?.sets ?? { count, integers: new Int32Array(data, at + 12, length) },
    literals: known?.literals ?? new Literals(new Uint16Array(data, end, units >> 1), before?.atoms.literals),
    weights: new Int8Array(data, end + units),
  };
}

/** The number of what the file has by this handle: `compiler/handles.py`. */
export function numberOf(bases: Bases, handle: number): number {
  const number = bases[handle & 3]! + (handle >> 2);
  if (number >= bases[(handle & 3) + 1]!) off("atom");
  return number;
}

/** The JSON of a file, and where its binary part begins, as `compiler/bundle.py` draws it; throws `ReleaseError`. */
export function readDocument(data: ArrayBuffer): [document: Readonly<Record<string, unknown>>, tables: number] {
  const bytes = new Uint8Array(data);
  const end = bytes.indexOf(0);
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(end < 0 ? bytes : bytes.subarray(0, end)));
  } catch {
    off("JSON");
  }
  return [schema.object(value, "the document"), end < 0 ? bytes.length : (end | 3) + 1];
}

const { text, flag, finite, whole, list, record, dictionary, scalar, or } = schema;
const texts = or(list(text), []);
const fact = scalar<Fact>("string", "number", "boolean");
const facts = or(dictionary(fact), {});
const LEVELS: readonly Level[] = ["block", "warn", "remind", "hint"];

const readEntity = record<Entity>({ kind: schema.either(ENTITY_KINDS), allow: texts, only: texts });
/** The number of its weights is checked where they are read: `Classifier`. */
const readModel = record<Omit<Model, "weights">>({
  topics: list(text),
  reply: text,
  buyer: text,
  scale: finite,
  bias: list(finite),
});

/**
 * The bundle in `data`; throws `ReleaseError` when it is not one, or of a format that this engine does not know. Atoms,
 * folding and classifier are those of `before`, the very same objects, when they are written alike.
 */
export function parseBundle(data: ArrayBuffer, before: Bundle | null = null): Bundle {
  const [fields, at] = readDocument(data);
  if (fields.format !== FORMAT) off("format");
  const { weights, sets, literals } = tables(data, at, before);
  const { spaced, entities } = record<Pick<Atoms, "spaced" | "entities">>({
    spaced: list(whole(0, literals.count - 1)),
    entities: list(readEntity),
  })(fields.atoms, "atoms");
  const entityBase = literals.count + spaced.length;
  const base = entityBase + entities.length;
  const bases = [0, literals.count, entityBase, base, base + sets.count] as const;
  const handle = whole(0, 1e9);
  const required: schema.Read<number> = (value, name) => numberOf(bases, handle(value, name));
  const atom: schema.Read<number> = (value, name) => (value === -1 ? -1 : or(required, -1)(value, name));
  const atoms: Atoms = { bases, literals, spaced, entities, sets };
  const known = before?.atoms.literals === literals ? before.atoms : atoms;
  const alike = same([spaced, entities], [known.spaced, known.entities]);
  const model = or(readModel, null)(fields.classifier, "classifier");
  const heard = before?.classifier;
  // The long texts one by one, which is quick.
  const unheard =
    model?.reply !== heard?.reply ||
    model?.buyer !== heard?.buyer ||
    !same({ ...model, reply: 0, buyer: 0 }, { ...heard, reply: 0, buyer: 0, weights: undefined }) ||
    (heard && !sameFrom(data, weights.byteOffset, heard.weights.buffer, heard.weights.byteOffset));
  const folding = record<Folding>({ one_from: text, one_to: text, dropped: text, many: dictionary(text) })(
    fields.folding,
    "folding",
  );
  if (model && (model.topics[0] !== "" || model.bias.length !== model.topics.length)) off("classifier");
  const negations = list(
    record<Negation>({
      before: atom,
      after: atom,
      pseudo: atom,
      double: atom,
      stop: atom,
      reach: or(whole(1, MAX_GAP), 8),
    }),
  )(fields.negations, "negations");
  const topics = list(record<{ id: string; title: string }>({ id: text, title: text }))(fields.topics, "topics");
  const topic = whole(0, topics.length - 1);
  const percent = or(whole(0, 99), 0);
  const said = or(text, "");
  const rule = record<Rule>({
    id: text,
    topic,
    title: text,
    level: schema.either(LEVELS),
    why: said,
    say: texts,
    source: said,
    penalty: or(dictionary(scalar<number | string>("number", "string")), {}),
    platforms: texts,
    categories: texts,
    given: (value, name) => Object.entries(facts(value, name)),
    asked: atom,
    unless_asked: atom,
    find: atom,
    near: atom,
    not_near: atom,
    except: atom,
    unless: atom,
    turns: or(whole(1, 20), 3),
    negation: or(whole(-1, negations.length - 1), -1),
    unless_quoted: or(flag, false),
    across: or(flag, false),
    since: said,
    until: said,
    draft: or(flag, false),
    follow_up: or(record<{ do: string; within: string }>({ do: text, within: text }), null),
    likely: percent,
    likely_topic: percent,
  });
  const reply = record<BundleReply>({ id: text, topic, title: text, say: list(text), ask: atom, initials: said });
  return {
    ...record<Omit<Bundle, "atoms" | "classifier" | "file" | "folding" | "negations" | "tables" | "topics">>({
      name: text,
      channel: text,
      fillers: atom,
      allow: atom,
      rules: list(rule),
      replies: or(list(reply), []),
      sites: or(
        list((value) => value),
        [],
      ),
      platform: said,
      categories: texts,
      facts,
    })(fields, "the document"),
    file: data,
    tables: at,
    atoms: alike ? known : atoms,
    negations,
    topics,
    classifier: model && (!heard || unheard ? { ...model, weights } : heard),
    folding: before && same(folding, before.folding) ? before.folding : folding,
  };
}
