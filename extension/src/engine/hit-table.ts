/**
 * evaluate, first half: the hits of one text, by atom.
 *
 * Two questions, each answered once a text. In which clauses may it occur? (`occurrence.ts`) Where? Sets are joined only
 * for a rule that is still awake then.
 */

import { CLAUSE_START } from "./edges";
import { HitStore } from "./hits";
import { IntList } from "./int-list";
import { Joiner } from "./join";
import { LeafHits } from "./leaf-hits";
import { FROM, TO } from "./notes";
import { Occurrence, type Surroundings } from "./occurrence";
import type { Plan } from "./plan";
import type { SetTable } from "./sets";

/** Hits of one text, by atom; emptied, not made anew, for the next text. */
export class HitTable {
  readonly store = new HitStore();
  readonly leaves: LeafHits;
  readonly #occurrence: Occurrence;
  /** Lists, as pairs of from and to, that will be one. */
  readonly #parts = new IntList();
  readonly #ways = new IntList();
  readonly #joiner = new Joiner(this.store);
  #around: Surroundings | null = null;

  readonly #table: SetTable;

  constructor(table: SetTable) {
    this.#table = table;
    this.leaves = new LeafHits(table.entityBase, this.store);
    this.#occurrence = new Occurrence(table, this.leaves, this.store);
  }

  /** Ready for the literals of a text with these breaks: `leaves.add`, then `wake`. */
  reset(breaks: Uint32Array): void {
    this.store.clear();
    this.leaves.reset(breaks);
    this.#occurrence.reset();
  }

  /** Finds what of the plan may occur, now that all literals are known. */
  wake(plan: Plan, around: Surroundings): void {
    this.#around = around;
    this.#occurrence.wake(plan, around);
  }

  /** Roots of the plan that may occur, after `wake`. */
  get woken(): IntList {
    return this.#occurrence.woken;
  }

  /** Roots of the plan that occur. */
  occurring(): number[] {
    return Array.from(this.woken.data.subarray(0, this.woken.length)).filter((atom) => this.has(atom));
  }

  /** Whether the atom occurs; then its hits are listed. False for -1. */
  has(atom: number): boolean {
    const { leaves } = this;
    if (atom < this.#table.entityBase) {
      if (atom < 0 || !leaves.has(atom)) return false;
      leaves.list(atom);
      return true;
    }
    const occurrence = this.#occurrence;
    const { notes } = occurrence;
    const at = occurrence.index(atom);
    if (!occurrence.isListed(at)) {
      if (occurrence.clausesOf(atom) === 0) return false;
      if (!occurrence.isListed(at)) this.#list(atom, at);
    }
    return notes[at + FROM]! < notes[at + TO]!;
  }

  /** Of an atom that `has` said yes to, sorted: its hits are `from … to - 1` of the store. */
  from(atom: number): number {
    return this.#note(atom, FROM);
  }

  to(atom: number): number {
    return this.#note(atom, TO);
  }

  #note(atom: number, which: typeof FROM | typeof TO): number {
    if (atom < this.#table.entityBase) return this.leaves.note(atom, which);
    const occurrence = this.#occurrence;
    return occurrence.notes[occurrence.index(atom) + which]!;
  }

  /** Lists the hits of a set. */
  #list(set: number, at: number): void {
    const { store } = this;
    const occurrence = this.#occurrence;
    const parts = this.#parts;
    const firstPart = parts.length;
    if (!this.#addWoken(set, at)) this.#addEach(set);
    if (parts.length === firstPart + 2) {
      occurrence.listed(at, parts.data[firstPart]!, parts.data[firstPart + 1]!);
    } else {
      const from = store.length;
      for (let n = firstPart; n < parts.length; n += 2) {
        const end = parts.data[n + 1]!;
        for (let hit = parts.data[n]!; hit < end; hit++) store.copy(hit);
      }
      store.unique(from);
      occurrence.listed(at, from, store.length);
    }
    parts.length = firstPart;
  }

  /** Adds the hits of a set of the plan, false for another. */
  #addWoken(set: number, at: number): boolean {
    const ways = this.#ways;
    const first = ways.length;
    if (!this.#occurrence.waysOf(set, at, ways)) return false;
    const last = ways.length;
    for (let n = first; n < last; n++) {
      const way = ways.data[n]!;
      if (way < 0) this.#join(~way);
      else this.#addAtom(way);
    }
    ways.length = first;
    return true;
  }

  #addEach(set: number): void {
    const { present } = this.leaves;
    const { base, words, firstWord, ways, firstWay } = this.#table;
    const n = set - base;
    for (let at = firstWord[n]!; at < firstWord[n + 1]!; at += 2) {
      const word = words[at]!;
      for (let rest = present[word]! & words[at + 1]!; rest !== 0; rest &= rest - 1) {
        this.#addAtom(32 * word + 31 - Math.clz32(rest & -rest));
      }
    }
    for (let at = firstWay[n]!; at < firstWay[n + 1]!; at++) {
      const way = ways[at]!;
      if (way >= 0) this.#addAtom(way);
      else if (this.#occurrence.clausesOfWay(way) !== 0) this.#join(~way);
    }
  }

  #addAtom(atom: number): void {
    if (!this.has(atom)) return;
    this.#parts.push(this.from(atom));
    this.#parts.push(this.to(atom));
  }

  /** Adds the spans where the elements of a sequence follow each other as its gaps and edges ask. */
  #join(sequence: number): void {
    const table = this.#table;
    const joiner = this.#joiner;
    const { elements, starts } = table;
    const to = starts[sequence + 1]!;
    let from = -1;
    let end = 0;
    let gap = 0;
    let leading = 0;
    for (let n = starts[sequence]!; n < to; n++) {
      const element = elements[n]!;
      if (element < 0) {
        if (element > CLAUSE_START) gap = element;
        else if ((element & 1) === 0) leading = element;
        else if (!joiner.atEdge(this.#around!, from, end, element)) return;
        else {
          from = joiner.from;
          end = joiner.to;
        }
        continue;
      }
      if (!this.has(element)) return;
      if (from < 0) {
        from = this.from(element);
        end = this.to(element);
        if (leading === 0) continue;
        if (!joiner.atEdge(this.#around!, from, end, leading)) return;
      } else {
        if (!joiner.extend(this.#around!, from, end, this.from(element), this.to(element), gap)) return;
        gap = 0;
      }
      from = joiner.from;
      end = joiner.to;
    }
    this.#parts.push(from);
    this.#parts.push(end);
  }
}
