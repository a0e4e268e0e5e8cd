/**
 * A long reply, checked in pieces: of one that is being typed only those are read again that a key can have changed.
 *
 * What rules find in the pieces is what they find in the whole (`cuts.ts`). What is asked of the whole, `unless` and the
 * sound of the reply, is asked of all pieces together. `tests/engine/test_typing.py` holds it equal to a check from nothing.
 */

import type { Bundle } from "./bundle";
import type { Classifier } from "./classifier";
import { MESSAGE_END, MESSAGE_START } from "./edges";
import { type Edit, editOf } from "./edit";
import type { EntityHit } from "./entities";
import * as evaluate from "./evaluate";
import { Folded } from "./fold";
import { Hearing } from "./hearing";
import type { Part, Reader, Reading } from "./reading";
import type { Conversation } from "./types";

/** Rule number, and the span in folded units; -1 for a whole-reply finding. */
export type Found = readonly [start: number, rule: number, end: number];
export const WHOLE: readonly number[] = [-1, -1];

/** Units that a piece has at least; */
const LEAST = 32;
/** of the last one, and of one that ends where one ended before. */
const LEAST_LEFT = 12;

/** Where a piece is, and what is known of it. */
interface Piece extends Part {
  start: number;
  end: number;
  /** Only rules that may find something in what is harmless were asked. */
  readonly harmless: boolean;
  /** What rules find in it, whatever it sounds like, with the piece's start as 0. */
  readonly found: readonly Found[];
  /** Atom → whether it occurs, of those that were asked for. */
  readonly has: Map<number, boolean>;
}

type Place = Omit<Piece, "harmless" | "found" | "has">;

/** The last reply, and what was known of it. */
interface Memory {
  readonly text: string;
  readonly conversation: Conversation | null;
  readonly buyer: readonly evaluate.BuyerMessage[];
  readonly passages: readonly number[];
  readonly pieces: readonly Piece[];
}

const NOTHING: Memory = { text: "", conversation: null, buyer: [], passages: [], pieces: [] };

/** One reply in its conversation. */
interface Task {
  readonly text: string;
  readonly conversation: Conversation;
  readonly buyer: readonly evaluate.BuyerMessage[];
  /** Rules that something else than their words may wake. */
  readonly called: readonly number[];
  readonly hearing: Hearing | null;
}

export class LongReply {
  readonly #bundle: Bundle;
  readonly #reader: Reader;
  readonly #classifier: Classifier | null;
  /** Topic → its place in the classifier. */
  readonly #topics: readonly number[];
  readonly #woken: (reading: Reading) => number[];
  #memory = NOTHING;
  /** Atoms that were asked for in all pieces. */
  #wanted: readonly number[] = [];

  /** `woken`: the rules that the words of a reading wake. */
  constructor(
    bundle: Bundle,
    reader: Reader,
    classifier: Classifier | null,
    topics: readonly number[],
    woken: (reading: Reading) => number[],
  ) {
    this.#bundle = bundle;
    this.#reader = reader;
    this.#classifier = classifier;
    this.#topics = topics;
    this.#woken = woken;
  }

  /** What the rules find in a folded text, in any order. */
  find(
    text: string,
    conversation: Conversation,
    buyer: readonly evaluate.BuyerMessage[],
    called: readonly number[],
  ): Found[] {
    const reading = this.#reader.open(new Folded(text, text.length, null));
    const all = reading.entities();
    const entities = all.length > 1 ? all.toSorted((a, b) => a.start - b.start) : all;
    const hearing = this.#classifier && new Hearing(this.#classifier, reading, buyer);
    const passages = hearing?.passages ?? [];
    const memory = isAlike(this.#memory, conversation, buyer) ? this.#memory : NOTHING;
    // What is not put back stays forgotten.
    this.#memory = NOTHING;
    const edit = editOf(memory, { text, passages });
    if (hearing && this.#classifier!.passages === memory.passages) hearing.kept = edit;
    const task = { text, conversation, buyer, called, hearing };
    const ends = this.#ends(reading, entities, memory, edit);
    const pieces =
      this.#pieces(ends, entities, memory, edit, task) ?? this.#pieces([text.length], entities, NOTHING, edit, task)!;
    this.#memory = { text, conversation, buyer, passages, pieces };
    return this.#together(pieces, task);
  }

  /** Where the pieces of a text end, if possible where they did. */
  #ends({ text, breaks }: Reading, entities: readonly EntityHit[], memory: Memory, edit: Edit): number[] {
    const { cuts } = this.#reader;
    const before = new Set<number>();
    for (const { end } of memory.pieces) {
      if (end <= edit.from) before.add(end);
      else if (end + edit.shift >= edit.to) before.add(end + edit.shift);
    }
    const ends: number[] = [];
    const last = text.length - LEAST_LEFT;
    let start = 0;
    for (let at = LEAST_LEFT; at <= last; at++) {
      if (breaks[at] === breaks[at - 1] || (at - start < LEAST && !before.has(at))) continue;
      if (!cuts.isSafe(text, at, entities)) continue;
      ends.push(at);
      start = at;
      at += LEAST_LEFT - 1;
    }
    ends.push(text.length);
    return ends;
  }

  /** The pieces that end there; null when one cannot be read by itself. */
  #pieces(
    ends: readonly number[],
    entities: readonly EntityHit[],
    { pieces }: Memory,
    { from, to, shift }: Edit,
    task: Task,
  ): Piece[] | null {
    const found: Piece[] = [];
    let start = 0;
    let k = 0;
    let e = 0;
    for (const end of ends) {
      const inside: EntityHit[] = [];
      for (; e < entities.length && entities[e]!.start < end; e++) {
        const { kind, value, start: from, end: to } = entities[e]!;
        inside.push({ kind, value, start: from - start, end: to - start });
      }
      const part = { start, end, first: start === 0, last: end === task.text.length, entities: inside };
      const by = start < to ? 0 : shift;
      while (k < pieces.length && pieces[k]!.start + by < start) k++;
      const before = end <= from || start >= to ? pieces[k] : undefined;
      const same =
        before?.start === start - by &&
        before.end === end - by &&
        before.first === part.first &&
        before.last === part.last &&
        before.entities.length === inside.length &&
        (inside.length === 0 || JSON.stringify(before.entities) === JSON.stringify(inside)) &&
        (!before.harmless || this.#isHarmless(part, task));
      const piece = same ? before : this.#read(part, task);
      if (piece === null) return null;
      // From here on it stands where it is now, and is looked for no more.
      if (same) k++;
      piece.start = start;
      piece.end = end;
      found.push(piece);
      start = end;
    }
    return found;
  }

  /** Reads a piece; null when what begins or ends the message goes on in the next one. */
  #read(part: Place, task: Task): Piece | null {
    const { start, end, first, last } = part;
    const { text, conversation, buyer, called } = task;
    const bundle = this.#bundle;
    const reading = this.#open(part, text);
    const { dropped } = this.#reader;
    const harmless = this.#isHarmless(part, task);
    this.#reader.readReply(reading, harmless);
    if (!last && reading.edges.isAt(end - start, MESSAGE_START)) return null;
    if (!first && reading.edges.isAt(0, MESSAGE_END)) return null;
    const has = new Map<number, boolean>();
    if (!harmless) for (const atom of this.#wanted) has.set(atom, reading.hits.has(atom));
    const found: Found[] = [];
    const woken = this.#woken(reading);
    for (let i = 0; i < woken.length + called.length; i++) {
      const n = i < woken.length ? woken[i]! : called[i - woken.length]!;
      const rule = bundle.rules[n]!;
      if (rule.find < 0 || (harmless && dropped[n])) continue;
      if (evaluate.applies(rule, conversation, bundle) || evaluate.asked(rule, buyer)) continue;
      const spans = evaluate.find(rule, reading, bundle, buyer, null);
      for (let s = 0; s < spans.length; s += 2) found.push([spans[s]!, n, spans[s + 1]!]);
    }
    // A spread would be a call into V8's runtime, at every key.
    return { start, end, first, last, entities: part.entities, harmless, found, has };
  }

  #isHarmless({ start, end }: Place, { hearing }: Task): boolean {
    return hearing?.isBelow(this.#reader.limit, start, end) ?? false;
  }

  #open(part: Place, text: string): Reading {
    const piece = text.slice(part.start, part.end);
    return this.#reader.open(new Folded(piece, piece.length, null), part);
  }

  /** What is found in the pieces, less what the whole excuses, and what is found in the whole. */
  #together(pieces: readonly Piece[], { text, conversation, buyer, called, hearing }: Task): Found[] {
    const { rules } = this.#bundle;
    const topics = this.#topics;
    const isHeard = (n: number, span: readonly number[]): boolean =>
      hearing?.heard(rules[n]!, topics[rules[n]!.topic]!, span, null).length !== 0;
    const found: Found[] = [];
    const whole = new Set<number>();
    for (const { start, found: inside } of pieces) {
      for (const [from, n, to] of inside) {
        if (!isHeard(n, [from + start, to + start])) continue;
        if (rules[n]!.likely_topic > 0) whole.add(n);
        else found.push([from + start, n, to + start]);
      }
    }
    for (const n of called) {
      const rule = rules[n]!;
      if (rule.find >= 0 || (rule.unless < 0 && rule.likely_topic === 0) || text.trim() === "" || !isHeard(n, WHOLE)) {
        continue;
      }
      if (!evaluate.applies(rule, conversation, this.#bundle) && !evaluate.asked(rule, buyer)) whole.add(n);
    }
    for (const n of whole) found.push([-1, n, -1]);
    const wanted: number[] = [];
    for (const [, n] of found) {
      const { unless } = rules[n]!;
      if (unless >= 0 && !wanted.includes(unless)) wanted.push(unless);
    }
    this.#wanted = wanted;
    const excused = wanted.filter((atom) => pieces.some((piece) => this.#has(piece, atom, text)));
    return excused.length === 0 ? found : found.filter(([, n]) => !excused.includes(rules[n]!.unless));
  }

  #has(piece: Piece, atom: number, text: string): boolean {
    if (!piece.has.has(atom)) {
      const reading = this.#open(piece, text);
      this.#reader.readReply(reading, false);
      for (const wanted of this.#wanted) piece.has.set(wanted, reading.hits.has(wanted));
    }
    return piece.has.get(atom)!;
  }
}

/** Whether all that is asked besides the reply is as it was. */
function isAlike({ conversation: was, buyer: before }: Memory, now: Conversation, buyer: readonly unknown[]): boolean {
  if (
    was === null ||
    was.platform !== now.platform ||
    was.category !== now.category ||
    was.date !== now.date ||
    before.length !== buyer.length ||
    (was.facts !== now.facts && JSON.stringify(was.facts) !== JSON.stringify(now.facts))
  ) {
    return false;
  }
  for (let n = 0; n < buyer.length; n++) if (before[n] !== buyer[n]) return false;
  return true;
}
