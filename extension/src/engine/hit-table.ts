/**
 * evaluate, first half: the hits of one text, by atom.
 *
 * Two questions, each answered once a text. *May it occur?* Whether every element of some sequence does, wherever it
 * stands: cheap, exact for literals, and enough to refuse nearly everything, since a rulebook's phrases are made of
 * everyday words. *Where?* Sets are joined only for a rule that is still awake then.
 */

import type { Edges } from "./edges";
import { HitStore } from "./hits";
import { IntList } from "./int-list";
import { CLAUSE_END, CLAUSE_START, Joiner, MESSAGE_END, MESSAGE_START } from "./join";
import { LeafHits } from "./leaf-hits";
import type { Plan, SetTable } from "./sets";
import { WayLists } from "./way-lists";

/** What is known of an atom: nothing when 0. */
const MAY_OCCUR = 1;
const ABSENT = 2;
/** Its hits are `from … to - 1` of the store. */
const LISTED = 3;

/** What a text gives to its hits besides literals. */
export interface Surroundings {
  readonly text: string;
  readonly breaks: Uint32Array;
  readonly edges: Edges;
  /** Adds the hits of an entity atom to the store. */
  addEntityHits(atom: number, store: HitStore): void;
}

/** Hits of one text, by atom; emptied, not made anew, for the next text. */
export class HitTable {
  readonly store = new HitStore();
  readonly leaves: LeafHits;
  /** Roots of the plan that may occur, ascending, after `wake`. */
  readonly woken = new IntList();
  /** Of an atom that `has` said yes to: its hits in the store, sorted. */
  readonly from: Int32Array;
  readonly to: Int32Array;
  private readonly known: Uint8Array;
  private readonly knownAtoms = new IntList();
  private readonly waiting = new IntList();
  /** Of each set of the plan, the ways in which it may occur. */
  private readonly candidates: WayLists;
  /** Lists, as pairs of from and to, that will be one. */
  private readonly parts = new IntList();
  private readonly joiner = new Joiner(this.store);
  private plan: Plan | null = null;
  private awake = false;
  private around: Surroundings | null = null;

  constructor(private readonly table: SetTable) {
    this.leaves = new LeafHits(table.entityBase, this.store);
    this.from = new Int32Array(table.count);
    this.to = new Int32Array(table.count);
    this.known = new Uint8Array(table.count);
    this.candidates = new WayLists(table.count);
  }

  /** Ready for the literals of another text: `leaves.add`, then `wake`. */
  clear(): void {
    const { knownAtoms, known } = this;
    for (let n = 0; n < knownAtoms.length; n++) known[knownAtoms.data[n]!] = 0;
    knownAtoms.clear();
    this.store.clear();
    this.leaves.clear();
    this.candidates.clear();
    this.woken.clear();
    this.awake = false;
  }

  /** Finds what of the plan may occur, now that all literals are known. */
  wake(plan: Plan, around: Surroundings): void {
    this.plan = plan;
    this.around = around;
    const { waiting, woken } = this;
    const { atoms } = this.leaves;
    for (let n = 0; n < atoms.length; n++) {
      const atom = atoms.data[n]!;
      if ((plan.leaves[atom >> 5]! & (1 << atom)) !== 0) this.wakeFrom(plan, atom);
    }
    for (const atom of plan.entities) if (this.mayOccur(atom)) this.wakeFrom(plan, atom);
    while (waiting.length > 0) this.wakeFrom(plan, waiting.data[--waiting.length]!);
    this.awake = true;
    if (woken.length > 1) woken.data.subarray(0, woken.length).sort();
  }

  private wakeFrom(plan: Plan, atom: number): void {
    if (plan.isRoot[atom]) this.woken.push(atom);
    const { starts, pairs } = plan.wakes;
    const end = starts[atom + 1]!;
    for (let n = starts[atom]!; n < end; n += 2) {
      const way = pairs[n + 1]!;
      if (way < 0 && !this.allMayOccur(~way)) continue;
      const target = pairs[n]!;
      if (this.candidates.add(target, way)) {
        this.learn(target, MAY_OCCUR);
        this.waiting.push(target);
      }
    }
  }

  /** Whether the atom occurs; then its hits are listed. False for -1. */
  has(atom: number): boolean {
    if (atom < 0) return false;
    if (this.known[atom] !== LISTED) {
      if (!this.mayOccur(atom)) return false;
      if (this.known[atom] !== LISTED) this.list(atom);
    }
    return this.from[atom]! < this.to[atom]!;
  }

  /** Roots of the plan that occur, ascending. */
  occurring(): number[] {
    return Array.from(this.woken.data.subarray(0, this.woken.length)).filter((atom) => this.has(atom));
  }

  /** False when the atom certainly does not occur; cheaper than `has`. */
  mayOccur(atom: number): boolean {
    const { table } = this;
    if (atom < table.entityBase) return atom >= 0 && this.leaves.has(atom);
    const known = this.known[atom]!;
    if (known !== 0) return known === LISTED ? this.from[atom]! < this.to[atom]! : known === MAY_OCCUR;
    if (atom < table.base) {
      const from = this.store.length;
      this.around!.addEntityHits(atom, this.store);
      this.listed(atom, from, this.store.length);
      return from < this.store.length;
    }
    // Of a set of the plan, `wake` has told.
    if (this.awake && this.plan!.active[atom]) return false;
    const may = this.anyMayOccur(atom - table.base);
    this.learn(atom, may ? MAY_OCCUR : ABSENT);
    return may;
  }

  private learn(atom: number, what: number): void {
    if (this.known[atom] === 0) this.knownAtoms.push(atom);
    this.known[atom] = what;
  }

  private listed(atom: number, from: number, to: number): void {
    this.learn(atom, LISTED);
    this.from[atom] = from;
    this.to[atom] = to;
  }

  private anyMayOccur(set: number): boolean {
    const { words, firstWord, ways, firstWay } = this.table;
    const { present } = this.leaves;
    const lastWord = firstWord[set + 1]!;
    for (let n = firstWord[set]!; n < lastWord; n += 2) if ((present[words[n]!]! & words[n + 1]!) !== 0) return true;
    const lastWay = firstWay[set + 1]!;
    for (let n = firstWay[set]!; n < lastWay; n++) {
      const way = ways[n]!;
      if (way < 0 ? this.allMayOccur(~way) : this.mayOccur(way)) return true;
    }
    return false;
  }

  private allMayOccur(sequence: number): boolean {
    const { elements, starts, entityBase } = this.table;
    const { present } = this.leaves;
    const to = starts[sequence + 1]!;
    let others = false;
    for (let n = starts[sequence]!; n < to; n++) {
      const element = elements[n]!;
      if (element >= entityBase) others = true;
      else if (element >= 0 && (present[element >> 5]! & (1 << element)) === 0) return false;
    }
    if (!others) return true;
    for (let n = starts[sequence]!; n < to; n++) {
      if (elements[n]! >= entityBase && !this.mayOccur(elements[n]!)) return false;
    }
    return true;
  }

  /** Lists the hits of a literal or set. */
  private list(atom: number): void {
    const { table, store } = this;
    const { length } = store;
    if (atom < table.entityBase) {
      const from = this.leaves.list(atom);
      this.listed(atom, from, from < length ? from + 1 : store.length);
      return;
    }
    const { parts } = this;
    const firstPart = parts.length;
    if (this.plan!.active[atom]) this.addCandidates(atom);
    else this.addEach(atom - table.base);
    if (parts.length === firstPart) {
      this.listed(atom, 0, 0);
    } else if (parts.length === firstPart + 2) {
      this.listed(atom, parts.data[firstPart]!, parts.data[firstPart + 1]!);
    } else {
      const from = store.length;
      for (let n = firstPart; n < parts.length; n += 2) {
        const end = parts.data[n + 1]!;
        for (let hit = parts.data[n]!; hit < end; hit++) store.copy(hit);
      }
      store.unique(from);
      this.listed(atom, from, store.length);
    }
    parts.length = firstPart;
  }

  private addEach(set: number): void {
    const { words, firstWord, ways, firstWay } = this.table;
    const { present } = this.leaves;
    const lastWord = firstWord[set + 1]!;
    for (let n = firstWord[set]!; n < lastWord; n += 2) {
      const word = words[n]!;
      for (let rest = present[word]! & words[n + 1]!; rest !== 0; rest &= rest - 1) {
        this.addWay(32 * word + 31 - Math.clz32(rest & -rest));
      }
    }
    const lastWay = firstWay[set + 1]!;
    for (let n = firstWay[set]!; n < lastWay; n++) this.addWay(ways[n]!);
  }

  private addCandidates(atom: number): void {
    const { candidates } = this;
    for (let link = candidates.first(atom); link > 0; link = candidates.next(link)) this.addWay(candidates.way(link));
  }

  private addWay(way: number): void {
    if (way < 0) {
      this.join(~way);
    } else if (this.has(way)) {
      this.parts.push(this.from[way]!);
      this.parts.push(this.to[way]!);
    }
  }

  /** Adds the spans where the elements of the sequence follow each other as its gaps and edges ask. */
  private join(sequence: number): void {
    if (!this.allMayOccur(sequence)) return;
    const { joiner, table } = this;
    const { elements, starts } = table;
    const to = starts[sequence + 1]!;
    for (let n = starts[sequence]!; n < to; n++) if (elements[n]! >= 0 && !this.has(elements[n]!)) return;
    joiner.begin(this.around!);
    let gap = 0;
    for (let n = starts[sequence]!; n < to && !joiner.failed; n++) {
      const element = elements[n]!;
      if (element >= 0) {
        joiner.element(this.from[element]!, this.to[element]!, gap);
        gap = 0;
      } else if (element > CLAUSE_START) {
        gap = element;
      } else if (element === CLAUSE_END || element === MESSAGE_END) {
        joiner.endsAt(element === MESSAGE_END);
      } else {
        joiner.startsAt(element === MESSAGE_START);
      }
    }
    if (joiner.failed) return;
    this.parts.push(joiner.from);
    this.parts.push(joiner.to);
  }
}
