/**
 * evaluate, first half: hits of literals and entities → hits of the sets that anybody asks for.
 *
 * Of each sequence one element is its *key*: the one that is least likely to occur. From what a reading is for (a reply:
 * what rules `find`; a buyer's message: what they have `asked`) the keys are followed down to literals once, at load: a
 * `Plan`. Only these wake anything, so the cost of a check follows the text and not the number of rules. All other sets
 * (the rest of a sequence, exceptions, cues) are worked out when a rule that woke looks at them.
 */

import type { Atoms } from "./bundle";
import { type Hit, unique } from "./hits";
import { MAX_SYMBOLS } from "./scan";
import { type Edges, isSymbol } from "./text";

const SOFT = -50;
const CLAUSE_START = -100;
const CLAUSE_END = -101;
const MESSAGE_START = -102;
const MESSAGE_END = -103;

/** Of texts that hold a given unit, one in so many goes on with a given other unit: how much rarer a longer literal is. */
const COMMON = 30;
/** How rare an entity is taken to be, as if it were a literal of so many units. */
const ENTITY_LENGTH = 3;
const NO_HITS: readonly Hit[] = [];
/** Sets with more sequences than this are not gone through one by one: a group may hold hundreds of ways of saying it. */
const LARGE = 12;

/** The sets of a bundle as flat tables and, for each of their sequences, its key. */
export class SetTable {
  readonly entityBase: number;
  readonly base: number;
  readonly count: number;
  /** Sequence s has the elements `elements[starts[s]] … elements[starts[s + 1] - 1]`. */
  readonly elements: Int32Array;
  readonly starts: Int32Array;
  /** First sequence of each set, and one past the last. */
  readonly first: Int32Array;
  readonly keys: Int32Array;
  /** Sequences of large sets by their key, when it is a literal or entity: pairs of (set, sequence). */
  readonly touches: PairsByAtom;
  /** Sequences of large sets whose key is a set, by that large set: pairs of (key, sequence). */
  readonly keyedBySets: PairsByAtom;

  constructor(atoms: Atoms) {
    const { literals, spaced, entities, sets } = atoms;
    this.entityBase = literals.length + spaced.length;
    this.base = this.entityBase + entities.length;
    this.count = this.base + sets.length;
    const frequency = new Float64Array(this.count);
    literals.forEach((text, n) => {
      frequency[n] = COMMON ** -text.length;
    });
    spaced.forEach((literal, n) => {
      frequency[literals.length + n] = frequency[literal]!;
    });
    frequency.fill(COMMON ** -ENTITY_LENGTH, this.entityBase, this.base);

    const elements: number[] = [];
    const starts: number[] = [];
    const keys: number[] = [];
    this.first = new Int32Array(sets.length + 1);
    for (let n = 0; n < sets.length; n++) {
      for (const sequence of sets[n]!) {
        starts.push(elements.length);
        let key = -1;
        if (typeof sequence === "number") {
          elements.push(sequence);
          key = sequence;
        } else {
          for (const element of sequence) {
            elements.push(element);
            if (element >= 0 && (key < 0 || frequency[element]! < frequency[key]!)) key = element;
          }
        }
        keys.push(key);
        frequency[this.base + n]! += frequency[key]!;
      }
      this.first[n + 1] = starts.length;
    }
    starts.push(elements.length);
    this.elements = Int32Array.from(elements);
    this.starts = Int32Array.from(starts);
    this.keys = Int32Array.from(keys);
    const touches: Edge[] = [];
    const keyedBySets: Edge[] = [];
    for (let n = 0; n < sets.length; n++) {
      if (sets[n]!.length <= LARGE) continue;
      for (let s = this.first[n]!; s < this.first[n + 1]!; s++) {
        const key = keys[s]!;
        if (key < this.base) touches.push([key, this.base + n, s]);
        else keyedBySets.push([this.base + n, key, s]);
      }
    }
    this.touches = new PairsByAtom(this.count, touches);
    this.keyedBySets = new PairsByAtom(this.count, keyedBySets);
  }

  isLarge(atom: number): boolean {
    const n = atom - this.base;
    return this.first[n + 1]! - this.first[n]! > LARGE;
  }

  /** The literals of a set that holds nothing but literals (the fillers); the atom itself when it is one. */
  members(atom: number): number[] {
    if (atom < this.base) return atom < 0 ? [] : [atom];
    const n = atom - this.base;
    const found: number[] = [];
    for (let s = this.first[n]!; s < this.first[n + 1]!; s++) found.push(this.elements[this.starts[s]!]!);
    return found;
  }
}

type Edge = readonly [atom: number, one: number, other: number];

/** Pairs by atom: those of atom a are `pairs[starts[a]] … pairs[starts[a + 1] - 1]`. */
class PairsByAtom {
  readonly starts: Int32Array;
  readonly pairs: Int32Array;

  constructor(atoms: number, edges: readonly Edge[]) {
    this.starts = new Int32Array(atoms + 1);
    for (const [atom] of edges) this.starts[atom + 1]! += 2;
    for (let a = 0; a < atoms; a++) this.starts[a + 1]! += this.starts[a]!;
    this.pairs = new Int32Array(2 * edges.length);
    const at = this.starts.slice();
    for (const [atom, one, other] of edges) {
      this.pairs[at[atom]!++] = one;
      this.pairs[at[atom]!++] = other;
    }
  }
}

/** What can make any of `roots` occur, followed down along the keys. */
export class Plan {
  readonly roots: readonly number[];
  /** Atom → 1 when it is a set that a reading completes. */
  readonly active: Uint8Array;
  /** By atom: pairs of (set, sequence) that it is the key of. */
  readonly wakes: PairsByAtom;

  constructor(table: SetTable, roots: readonly number[]) {
    this.roots = [...new Set(roots)].filter((atom) => atom >= 0).sort((a, b) => a - b);
    this.active = new Uint8Array(table.count);
    const edges: Edge[] = [];
    const waiting = this.roots.filter((atom) => atom >= table.base);
    for (let atom = waiting.pop(); atom !== undefined; atom = waiting.pop()) {
      if (this.active[atom]) continue;
      this.active[atom] = 1;
      const n = atom - table.base;
      for (let s = table.first[n]!; s < table.first[n + 1]!; s++) {
        const key = table.keys[s]!;
        edges.push([key, atom, s]);
        if (key >= table.base) waiting.push(key);
      }
    }
    this.wakes = new PairsByAtom(table.count, edges);
  }
}

/**
 * Hits of one text, by atom; emptied, not made anew, for the next text. Sets of the plan are complete after `complete`,
 * others when they are asked for.
 */
export class HitTable {
  private readonly lists: (readonly Hit[] | null)[];
  private readonly filled: number[] = [];
  private readonly queue = new Heap();
  /** Set → head of its list of woken sequences in `next`, + 1; 0 when it is not waiting. */
  private readonly waiting: Int32Array;
  private readonly woken: number[] = [];
  private readonly next: number[] = [];
  /** Large set → head of its list of touched sequences in `touchedNext`, + 1; filled by the first question for one. */
  private touched = false;
  private readonly touchedHeads: Int32Array;
  private readonly touchedSequences: number[] = [];
  private readonly touchedNext: number[] = [];
  private readonly touchedSets: number[] = [];
  private plan: Plan | null = null;
  private text = "";
  private breaks: Uint32Array = new Uint32Array(0);
  private edges: Edges | null = null;

  constructor(private readonly table: SetTable) {
    this.lists = new Array<readonly Hit[] | null>(table.count).fill(null);
    this.waiting = new Int32Array(table.count);
    this.touchedHeads = new Int32Array(table.count);
  }

  clear(): void {
    for (const atom of this.filled) this.lists[atom] = null;
    this.filled.length = 0;
    if (this.touched) {
      for (const set of this.touchedSets) this.touchedHeads[set] = 0;
      this.touchedSets.length = this.touchedSequences.length = this.touchedNext.length = 0;
      this.touched = false;
    }
    this.plan = null;
  }

  /** Before `complete`: a hit of a literal, spaced literal or entity. */
  add(atom: number, hit: Hit): void {
    const hits = this.lists[atom] as Hit[] | null | undefined;
    if (hits) hits.push(hit);
    else this.set(atom, [hit]);
  }

  set(atom: number, hits: readonly Hit[]): void {
    if (this.lists[atom] === null) this.filled.push(atom);
    this.lists[atom] = hits;
  }

  /** Hits of an atom, sorted; none for -1. */
  get(atom: number): readonly Hit[] {
    if (atom < 0) return NO_HITS;
    const hits = this.lists[atom];
    if (hits) return hits;
    if (atom < this.table.base || this.plan === null || this.plan.active[atom]) return NO_HITS;
    return this.workOut(atom);
  }

  has(atom: number): boolean {
    return this.get(atom).length > 0;
  }

  /** Roots of the plan that occur, in ascending order. */
  occurring(): number[] {
    const { roots } = this.plan!;
    // The shorter list decides: a large rulebook has thousands of roots, a text wakes a few.
    if (roots.length < this.filled.length) return roots.filter((atom) => (this.lists[atom]?.length ?? 0) > 0);
    const wanted = this.filled.filter((atom) => this.isRoot(atom) && this.lists[atom]!.length > 0);
    return wanted.sort((a, b) => a - b);
  }

  private isRoot(atom: number): boolean {
    const { roots } = this.plan!;
    let low = 0;
    let high = roots.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (roots[middle]! < atom) low = middle + 1;
      else high = middle;
    }
    return roots[low] === atom;
  }

  /** Completes the sets of the plan from the hits that were added. */
  complete(plan: Plan, text: string, breaks: Uint32Array, edges: Edges): void {
    this.plan = plan;
    this.text = text;
    this.breaks = breaks;
    this.edges = edges;
    const { queue, waiting, woken, next, table, lists } = this;
    const given = this.filled.length;
    for (let n = 0; n < given; n++) this.wake(plan, this.filled[n]!);
    // Lowest first: what a set is made of is complete before it.
    for (let target = queue.pop(); target >= 0; target = queue.pop()) {
      let found: Hit[] = [];
      for (let link = waiting[target]!; link > 0; link = next[link - 1]!) {
        const sequence = woken[link - 1]!;
        const from = table.starts[sequence]!;
        const more = table.starts[sequence + 1]! - from === 1 ? lists[table.elements[from]!]! : this.join(sequence);
        if (more.length > 0) found = append(found, more);
      }
      waiting[target] = 0;
      if (found.length > 0) {
        this.set(target, unique(found));
        this.wake(plan, target);
      }
    }
    woken.length = 0;
    next.length = 0;
  }

  private wake(plan: Plan, atom: number): void {
    const { starts, pairs } = plan.wakes;
    const end = starts[atom + 1]!;
    for (let n = starts[atom]!; n < end; n += 2) {
      const target = pairs[n]!;
      const head = this.waiting[target]!;
      if (head === 0) this.queue.push(target);
      this.woken.push(pairs[n + 1]!);
      this.next.push(head);
      this.waiting[target] = this.woken.length;
    }
  }

  private workOut(atom: number): readonly Hit[] {
    const { table } = this;
    let found: Hit[] = [];
    if (table.isLarge(atom)) {
      if (!this.touched) this.touch();
      for (let link = this.touchedHeads[atom]!; link > 0; link = this.touchedNext[link - 1]!) {
        found = this.addSequence(found, this.touchedSequences[link - 1]!);
      }
      const { starts, pairs } = table.keyedBySets;
      for (let n = starts[atom]!; n < starts[atom + 1]!; n += 2) {
        if (this.get(pairs[n]!).length > 0) found = this.addSequence(found, pairs[n + 1]!);
      }
    } else {
      const n = atom - table.base;
      for (let s = table.first[n]!; s < table.first[n + 1]!; s++) {
        if (this.get(table.keys[s]!).length > 0) found = this.addSequence(found, s);
      }
    }
    const hits = found.length === 0 ? NO_HITS : unique(found);
    this.set(atom, hits);
    return hits;
  }

  private addSequence(found: Hit[], sequence: number): Hit[] {
    const { starts, elements } = this.table;
    const from = starts[sequence]!;
    const more = starts[sequence + 1]! - from === 1 ? this.get(elements[from]!) : this.join(sequence);
    return more.length > 0 ? append(found, more) : found;
  }

  /** Finds for every large set the sequences whose key, a literal or entity, occurs. */
  private touch(): void {
    const { touches, base } = this.table;
    this.touched = true;
    for (const atom of this.filled) {
      if (atom >= base) continue;
      for (let n = touches.starts[atom]!; n < touches.starts[atom + 1]!; n += 2) {
        const set = touches.pairs[n]!;
        if (this.touchedHeads[set] === 0) this.touchedSets.push(set);
        this.touchedSequences.push(touches.pairs[n + 1]!);
        this.touchedNext.push(this.touchedHeads[set]!);
        this.touchedHeads[set] = this.touchedSequences.length;
      }
    }
  }

  /** Spans where the elements of the sequence follow each other as its gaps and edges ask. */
  private join(sequence: number): readonly Hit[] {
    const { elements, starts } = this.table;
    const edges = this.edges!;
    const from = starts[sequence]!;
    const to = starts[sequence + 1]!;
    for (let n = from; n < to; n++) if (elements[n]! >= 0 && this.get(elements[n]!).length === 0) return NO_HITS;
    let current: readonly Hit[] | null = null;
    let gap = 0;
    let leading = 0;
    for (let n = from; n < to; n++) {
      const element = elements[n]!;
      if (element === CLAUSE_START || element === MESSAGE_START) {
        leading = element;
      } else if (element === CLAUSE_END || element === MESSAGE_END) {
        current = current!.filter((hit) => edges.ends(hit.end, element === MESSAGE_END));
      } else if (element < 0) {
        gap = element;
      } else if (current === null) {
        current = this.get(element);
        if (leading !== 0) current = current.filter((hit) => edges.starts(hit.start, leading === MESSAGE_START));
      } else {
        current = extend(current, this.get(element), gap, this.text, this.breaks);
        gap = 0;
      }
      if (current !== null && current.length === 0) return NO_HITS;
    }
    return current ?? NO_HITS;
  }
}

function append(found: Hit[], more: readonly Hit[]): Hit[] {
  if (found.length === 0) return [...more];
  for (const hit of more) found.push(hit);
  return found;
}

/** Each left hit with each right hit that follows it at once (0), within a gap, or after symbols (SOFT). */
function extend(
  left: readonly Hit[],
  right: readonly Hit[],
  gap: number,
  text: string,
  breaks: Uint32Array,
): readonly Hit[] {
  const found: Hit[] = [];
  const reach = gap === SOFT ? MAX_SYMBOLS : -gap;
  for (const { start, end, gaps } of left) {
    for (let n = firstFrom(right, end); n < right.length; n++) {
      const next = right[n]!;
      const distance = next.start - end;
      if (distance > reach) break;
      if (distance === 0 || (gap === SOFT && symbolsOnly(text, end, next.start))) {
        found.push({ start, end: next.end, gaps: gaps.length + next.gaps.length === 0 ? gaps : [...gaps, ...next.gaps] });
      } else if (gap !== SOFT && breaks[end] === breaks[next.start]) {
        found.push({ start, end: next.end, gaps: [...gaps, end, next.start, ...next.gaps] });
      }
    }
  }
  return unique(found);
}

/** Index of the first hit that starts at `at` or later. */
function firstFrom(hits: readonly Hit[], at: number): number {
  let low = 0;
  let high = hits.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (hits[middle]!.start < at) low = middle + 1;
    else high = middle;
  }
  return low;
}

function symbolsOnly(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isSymbol(text.charCodeAt(i))) return false;
  return true;
}

/** A binary heap of atoms, smallest first; `pop` gives -1 when empty. */
class Heap {
  private readonly items: number[] = [];

  push(item: number): void {
    const { items } = this;
    let at = items.length;
    items.push(item);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent]! <= item) break;
      items[at] = items[parent]!;
      at = parent;
    }
    items[at] = item;
  }

  pop(): number {
    const { items } = this;
    const least = items[0];
    if (least === undefined) return -1;
    const item = items.pop()!;
    if (items.length === 0) return least;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && items[child + 1]! < items[child]!) child++;
      if (items[child]! >= item) break;
      items[at] = items[child]!;
      at = child;
    }
    items[at] = item;
    return least;
  }
}
