/**
 * evaluate, first half: hits of literals and entities → hits of every set they wake.
 *
 * A set's sequences are woken by their *key*, the element that is least likely to occur, so the cost of a check follows
 * the text and not the number of rules. Sets only refer to lower atoms: one ascending pass is enough.
 */

import type { Atoms } from "./bundle";
import { type Hit, type HitTable, unique } from "./hits";
import { MAX_SYMBOLS } from "./scan";
import { type Edges, isSymbol } from "./text";

const SOFT = -50;
const CLAUSE_START = -100;
const CLAUSE_END = -101;
const MESSAGE_START = -102;
const MESSAGE_END = -103;

/** How rare an entity is taken to be, as if it were a literal of so many units. */
const ENTITY_LENGTH = 5;

export class SetTable {
  readonly entityBase: number;
  readonly base: number;
  readonly count: number;
  /** Sequence s has the elements `elements[starts[s]] … elements[starts[s + 1] - 1]`. */
  private readonly elements: Int32Array;
  private readonly starts: Int32Array;
  /** First sequence of each set, and one past the last. */
  private readonly first: Int32Array;
  /** Atom a is the key of `wakes[wakeStarts[a]] … `, pairs of (set atom, sequence). */
  private readonly wakes: Int32Array;
  private readonly wakeStarts: Int32Array;
  private readonly queue = new Heap();
  /** Set → head of its list of woken sequences in `next`, + 1; 0 when it is not waiting. */
  private readonly waiting: Int32Array;
  private readonly woken: number[] = [];
  private readonly next: number[] = [];

  constructor(atoms: Atoms) {
    const { literals, spaced, entities, sets } = atoms;
    this.entityBase = literals.length + spaced.length;
    this.base = this.entityBase + entities.length;
    this.count = this.base + sets.length;
    this.waiting = new Int32Array(sets.length);
    const rarity = new Int32Array(this.count);
    literals.forEach((text, n) => {
      rarity[n] = text.length;
    });
    spaced.forEach((literal, n) => {
      rarity[literals.length + n] = literals[literal]!.length;
    });
    rarity.fill(ENTITY_LENGTH, this.entityBase, this.base);

    const elements: number[] = [];
    const starts: number[] = [];
    const keys: number[] = [];
    const owners: number[] = [];
    this.first = new Int32Array(sets.length + 1);
    const uses = new Int32Array(this.count + 1);
    sets.forEach((sequences, n) => {
      let least = Number.POSITIVE_INFINITY;
      for (const sequence of sequences) {
        starts.push(elements.length);
        let key = -1;
        if (typeof sequence === "number") {
          elements.push(sequence);
          key = sequence;
        } else {
          for (const element of sequence) {
            elements.push(element);
            if (element >= 0 && (key < 0 || rarity[element]! > rarity[key]!)) key = element;
          }
        }
        keys.push(key);
        owners.push(this.base + n);
        uses[key]!++;
        least = Math.min(least, rarity[key]!);
      }
      rarity[this.base + n] = least;
      this.first[n + 1] = starts.length;
    });
    starts.push(elements.length);
    this.elements = Int32Array.from(elements);
    this.starts = Int32Array.from(starts);
    this.wakeStarts = new Int32Array(this.count + 1);
    for (let a = 0; a < this.count; a++) this.wakeStarts[a + 1] = this.wakeStarts[a]! + 2 * uses[a]!;
    this.wakes = new Int32Array(2 * keys.length);
    const at = this.wakeStarts.slice();
    keys.forEach((key, s) => {
      this.wakes[at[key]!++] = owners[s]!;
      this.wakes[at[key]!++] = s;
    });
  }

  /** The literals of a set that holds nothing but literals (the fillers); the atom itself when it is one. */
  members(atom: number): number[] {
    if (atom < this.base) return atom < 0 ? [] : [atom];
    const n = atom - this.base;
    const found: number[] = [];
    for (let s = this.first[n]!; s < this.first[n + 1]!; s++) found.push(this.elements[this.starts[s]!]!);
    return found;
  }

  /** Adds to `hits` the hits of all sets; `hits` holds those of literals, spaced literals and entities. */
  complete(hits: HitTable, text: string, breaks: Uint32Array, edges: Edges): void {
    const { queue, waiting, woken, next, base } = this;
    const present = hits.present;
    const given = present.length;
    for (let n = 0; n < given; n++) this.wake(present[n]!);
    for (let target = queue.pop(); target >= 0; target = queue.pop()) {
      let found: Hit[] = [];
      for (let link = waiting[target - base]!; link > 0; link = next[link - 1]!) {
        const sequence = woken[link - 1]!;
        const from = this.starts[sequence]!;
        const to = this.starts[sequence + 1]!;
        const more = to - from === 1 ? hits.get(this.elements[from]!) : this.join(from, to, hits, text, breaks, edges);
        if (more.length === 0) continue;
        if (found.length === 0) found = [...more];
        else for (const hit of more) found.push(hit);
      }
      waiting[target - base] = 0;
      if (found.length > 0) {
        hits.set(target, unique(found));
        this.wake(target);
      }
    }
    woken.length = 0;
    next.length = 0;
  }

  private wake(atom: number): void {
    const end = this.wakeStarts[atom + 1]!;
    for (let n = this.wakeStarts[atom]!; n < end; n += 2) {
      const target = this.wakes[n]!;
      const head = this.waiting[target - this.base]!;
      if (head === 0) this.queue.push(target);
      this.woken.push(this.wakes[n + 1]!);
      this.next.push(head);
      this.waiting[target - this.base] = this.woken.length;
    }
  }

  /** Spans where the elements of the sequence follow each other as its gaps and edges ask. */
  private join(
    from: number,
    to: number,
    hits: HitTable,
    text: string,
    breaks: Uint32Array,
    edges: Edges,
  ): readonly Hit[] {
    const { elements } = this;
    for (let n = from; n < to; n++) if (elements[n]! >= 0 && !hits.has(elements[n]!)) return [];
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
        current = hits.get(element);
        if (leading !== 0) current = current.filter((hit) => edges.starts(hit.start, leading === MESSAGE_START));
      } else {
        current = extend(current, hits.get(element), gap, text, breaks);
        gap = 0;
      }
      if (current !== null && current.length === 0) return current;
    }
    return current ?? [];
  }
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
