/** evaluate: the hits of one text, by atom; of sets, those that a plan wakes or that somebody asks for. */

import { Heap } from "./heap";
import { type Hit, unique } from "./hits";
import { IntList } from "./int-list";
import { MAX_SYMBOLS } from "./scan";
import type { Plan, SetTable } from "./sets";
import { type Edges, isSymbol } from "./text";

const SOFT = -50;
const CLAUSE_START = -100;
const CLAUSE_END = -101;
const MESSAGE_START = -102;
const MESSAGE_END = -103;
const NO_HITS: readonly Hit[] = [];

/**
 * Hits of one text, by atom; emptied, not made anew, for the next text. Sets of the plan are complete after `complete`,
 * others when they are asked for.
 */
export class HitTable {
  private readonly lists: (readonly Hit[] | null)[];
  private readonly filled = new IntList();
  private readonly queue = new Heap();
  /** Set → head of its list of woken sequences in `next`, + 1; 0 when it is not waiting. */
  private readonly waiting: Int32Array;
  private readonly woken = new IntList();
  private readonly next = new IntList();
  /** Large set → head of its list of touched sequences in `touchedNext`, + 1; filled by the first question for one. */
  private touched = false;
  private readonly touchedHeads: Int32Array;
  private readonly touchedSequences = new IntList();
  private readonly touchedNext = new IntList();
  private readonly touchedSets = new IntList();
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
    const { filled, touchedSets, lists, touchedHeads } = this;
    for (let n = 0; n < filled.length; n++) lists[filled.data[n]!] = null;
    filled.clear();
    if (this.touched) {
      for (let n = 0; n < touchedSets.length; n++) touchedHeads[touchedSets.data[n]!] = 0;
      touchedSets.clear();
      this.touchedSequences.clear();
      this.touchedNext.clear();
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
    const wanted: number[] = [];
    for (let n = 0; n < this.filled.length; n++) {
      const atom = this.filled.data[n]!;
      if (this.lists[atom]!.length > 0 && this.isRoot(atom)) wanted.push(atom);
    }
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
    for (let n = 0; n < given; n++) this.wake(plan, this.filled.data[n]!);
    // Lowest first: what a set is made of is complete before it.
    for (let target = queue.pop(); target >= 0; target = queue.pop()) {
      let found: Hit[] = [];
      for (let link = waiting[target]!; link > 0; link = next.data[link - 1]!) {
        const sequence = woken.data[link - 1]!;
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
    woken.clear();
    next.clear();
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
      for (let link = this.touchedHeads[atom]!; link > 0; link = this.touchedNext.data[link - 1]!) {
        found = this.addSequence(found, this.touchedSequences.data[link - 1]!);
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
    const { filled, touchedHeads, touchedSets, touchedSequences, touchedNext } = this;
    const { base } = this.table;
    const { starts, pairs } = this.table.touches;
    this.touched = true;
    for (let i = 0; i < filled.length; i++) {
      const atom = filled.data[i]!;
      if (atom >= base) continue;
      const end = starts[atom + 1]!;
      for (let n = starts[atom]!; n < end; n += 2) {
        const set = pairs[n]!;
        const head = touchedHeads[set]!;
        if (head === 0) touchedSets.push(set);
        touchedSequences.push(pairs[n + 1]!);
        touchedNext.push(head);
        touchedHeads[set] = touchedSequences.length;
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
        found.push({
          start,
          end: next.end,
          gaps: gaps.length + next.gaps.length === 0 ? gaps : [...gaps, ...next.gaps],
        });
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
