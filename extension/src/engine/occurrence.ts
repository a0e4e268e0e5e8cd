/**
 * evaluate, first half: in which clauses of one text an atom may occur.
 *
 * In those where every element of some sequence does, wherever it stands there: cheap, exact for literals, and enough to
 * refuse nearly everything, since a rulebook's phrases are made of everyday words.
 *
 * Clauses are bits of a number (clause c is bit c modulo 32), 0 for none. What may reach from one clause into the next
 * (a literal with a comma, an entity, a gap for symbols) makes it -1, anywhere.
 */

import type { Edges } from "./edges";
import type { HitStore } from "./hits";
import { IntList } from "./int-list";
import type { LeafHits } from "./leaf-hits";
import { CLAUSES, FROM, TO, WIDTH_SHIFT } from "./notes";
import type { Plan } from "./plan";
import { GAP } from "./sequences";
import type { SetTable } from "./sets";

/** What a text gives to its hits besides literals. */
export interface Surroundings {
  readonly text: string;
  readonly breaks: Uint32Array;
  readonly edges: Edges;
  /** Adds the hits of an entity atom to the store. */
  addEntityHits(atom: number, store: HitStore): void;
}

export class Occurrence {
  /** Of the entity or set a from `index(a)` on: `CLAUSES`, and when `isListed`, `FROM` and `TO`. */
  readonly notes: Int32Array;
  /** Roots of the plan that may occur, after `wake`. */
  readonly woken = new IntList();
  /** Bit n: something wakes set n. */
  readonly #waiting: Int32Array;
  /** Ways in which sets of the plan may occur: a way and the place of the next one of the same set, 0 for none. */
  readonly #links = new IntList();
  /** What marks the notes of this text; those of an atom whose hits are listed bear one more. */
  #mark = 0;
  #plan: Plan | null = null;
  #around: Surroundings | null = null;

  readonly #table: SetTable;
  readonly #leaves: LeafHits;
  readonly #store: HitStore;

  constructor(table: SetTable, leaves: LeafHits, store: HitStore) {
    this.#table = table;
    this.#leaves = leaves;
    this.#store = store;
    this.notes = new Int32Array((table.count - table.entityBase) << WIDTH_SHIFT);
    this.#waiting = new Int32Array((table.count - table.base + 31) >> 5);
  }

  index(atom: number): number {
    return (atom - this.#table.entityBase) << WIDTH_SHIFT;
  }

  reset(): void {
    this.#mark += 2;
    this.woken.clear();
    this.#links.clear();
    this.#links.push(0); // 0 ends a list
  }

  /** Whether the hits of an entity or set, of which the notes are at `at`, are listed. */
  isListed(at: number): boolean {
    return this.notes[at]! > this.#mark;
  }

  listed(at: number, from: number, to: number): void {
    const { notes } = this;
    notes[at] = this.#mark + 1;
    notes[at + FROM] = from;
    notes[at + TO] = to;
  }

  /** Finds what of the plan may occur, now that all literals are known. */
  wake(plan: Plan, around: Surroundings): void {
    this.#plan = plan;
    this.#around = around;
    const table = this.#table;
    const waiting = this.#waiting;
    const { atoms } = this.#leaves;
    for (let n = 0; n < atoms.length; n++) {
      const atom = atoms.data[n]!;
      if ((plan.leaves[atom >> 5]! & (1 << atom)) !== 0) this.#wakeBy(plan, atom);
    }
    for (const atom of plan.entities) if (this.clausesOf(atom) !== 0) this.#wakeBy(plan, atom);
    // Ascending: what a set is made of is known before it.
    for (let word = 0; word < waiting.length; word++) {
      for (let rest = waiting[word]!; rest !== 0; rest = waiting[word]!) {
        waiting[word] = rest & (rest - 1);
        const set = table.base + 32 * word + 31 - Math.clz32(rest & -rest);
        if (this.#weigh(set)) this.#wakeBy(plan, set);
      }
    }
  }

  #wakeBy({ isRoot, starts, pairs }: Plan, atom: number): void {
    if (isRoot[atom]) this.woken.push(atom);
    const waiting = this.#waiting;
    const links = this.#links;
    const { notes } = this;
    const { base } = this.#table;
    const end = starts[atom + 1]!;
    for (let n = starts[atom]!; n < end; n += 2) {
      const target = pairs[n]!;
      const set = target - base;
      const head = this.index(target) + FROM;
      if ((waiting[set >> 5]! & (1 << set)) === 0) {
        waiting[set >> 5]! |= 1 << set;
        notes[head] = 0;
      }
      links.push(pairs[n + 1]!);
      links.push(notes[head]!);
      notes[head] = links.length - 2;
    }
  }

  /** Keeps of the ways in which a set of the plan is woken those in which it may occur; whether there are any. */
  #weigh(set: number): boolean {
    const links = this.#links;
    const { notes } = this;
    const at = this.index(set);
    let clauses = 0;
    let kept = 0;
    for (let link = notes[at + FROM]!; link > 0; ) {
      const next = links.data[link + 1]!;
      const way = links.data[link]!;
      const found = this.clausesOfWay(way);
      if (found !== 0) {
        links.data[link + 1] = kept;
        kept = link;
        clauses |= found;
      }
      link = next;
    }
    notes[at + FROM] = kept;
    this.#learn(at, clauses);
    return clauses !== 0;
  }

  /** The ways in which a set of the plan may occur, of which the notes are at `at`, to `found`; false for another set. */
  waysOf(set: number, at: number, found: IntList): boolean {
    if (!this.#plan!.active[set]) return false;
    const links = this.#links.data;
    for (let link = this.notes[at + FROM]!; link > 0; link = links[link + 1]!) found.push(links[link]!);
    return true;
  }

  clausesOf(atom: number): number {
    const { notes } = this;
    const table = this.#table;
    if (atom < table.entityBase) return atom < 0 ? 0 : this.#leaves.clausesOf(atom);
    const at = this.index(atom);
    if (notes[at]! >= this.#mark) return notes[at + CLAUSES]!;
    if (atom < table.base) return this.#learn(at, this.#clausesOfEntity(atom, at));
    // Of a set of the plan, `wake` has told.
    return this.#plan!.active[atom] ? 0 : this.#learn(at, this.#clausesOfSet(atom));
  }

  #learn(at: number, clauses: number): number {
    const { notes } = this;
    if (notes[at]! < this.#mark) notes[at] = this.#mark;
    notes[at + CLAUSES] = clauses;
    return clauses;
  }

  #clausesOfEntity(atom: number, at: number): number {
    const store = this.#store;
    const from = store.length;
    this.#around!.addEntityHits(atom, store);
    this.listed(at, from, store.length);
    let clauses = 0;
    for (let hit = from; hit < store.length; hit++) {
      clauses |= this.#leaves.clausesBetween(store.start(hit), store.end(hit));
    }
    return clauses;
  }

  #clausesOfSet(set: number): number {
    const leaves = this.#leaves;
    const { present } = leaves;
    const { base, words, firstWord, ways, firstWay } = this.#table;
    const n = set - base;
    let clauses = 0;
    for (let at = firstWord[n]!; at < firstWord[n + 1]!; at += 2) {
      const word = words[at]!;
      for (let rest = present[word]! & words[at + 1]!; rest !== 0; rest &= rest - 1) {
        clauses |= leaves.clausesOf(32 * word + 31 - Math.clz32(rest & -rest));
      }
    }
    for (let at = firstWay[n]!; at < firstWay[n + 1]! && clauses !== -1; at++) clauses |= this.clausesOfWay(ways[at]!);
    return clauses;
  }

  /** An atom, or ~ the number of a sequence. */
  clausesOfWay(way: number): number {
    if (way >= 0) return this.clausesOf(way);
    const { byRarity, starts, reaches } = this.#table;
    const reach = reaches[~way]!;
    const end = starts[~way + 1]!;
    let common = -1;
    let anywhere = reach === GAP;
    for (let n = starts[~way]!; n < end && byRarity[n]! >= 0; n++) {
      const clauses = this.clausesOf(byRarity[n]!);
      if (clauses === 0) return 0;
      if (clauses === -1) anywhere = true;
      common &= clauses;
      if (common === 0 && reach === 0) return 0;
    }
    return reach !== 0 && anywhere ? -1 : common;
  }
}
