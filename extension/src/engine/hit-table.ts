/**
 * evaluate, first half: the hits of one text, by atom.
 *
 * Two questions, each answered once a text. *In which clauses may it occur?* In those where every element of some
 * sequence does, wherever it stands there: cheap, exact for literals, and enough to refuse nearly everything, since a
 * rulebook's phrases are made of everyday words. *Where?* Sets are joined only for a rule that is still awake then.
 *
 * Clauses are bits of a number (clause c is bit c modulo 32), 0 for none. What may reach from one clause into the next
 * (a literal with a comma, an entity, a gap for symbols) makes it -1, anywhere.
 */

import type { Edges } from "./edges";
import { HitStore } from "./hits";
import { IntList } from "./int-list";
import { CLAUSE_START, Joiner, MESSAGE_END, MESSAGE_START } from "./join";
import { LeafHits } from "./leaf-hits";
import type { Plan } from "./plan";
import { GAP } from "./sequences";
import type { SetTable } from "./sets";
import { WayLists } from "./way-lists";

/** What is known of an atom: nothing when 0, its clauses, or its hits too, which are `from … to - 1` of the store. */
const CLAUSES = 1;
const LISTED = 2;

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
  readonly #known: Uint8Array;
  readonly #clauses: Int32Array;
  readonly #knownAtoms = new IntList();
  /** Bit n: something wakes set n. */
  readonly #waiting: Int32Array;
  /** Of each set of the plan, the ways in which it may occur. */
  readonly #candidates: WayLists;
  /** Lists, as pairs of from and to, that will be one. */
  readonly #parts = new IntList();
  readonly #joiner = new Joiner(this.store);
  #plan: Plan | null = null;
  #around: Surroundings | null = null;

  constructor(private readonly table: SetTable) {
    this.leaves = new LeafHits(table.entityBase, this.store);
    this.from = new Int32Array(table.count);
    this.to = new Int32Array(table.count);
    this.#known = new Uint8Array(table.count);
    this.#clauses = new Int32Array(table.count);
    this.#waiting = new Int32Array((table.count - table.base + 31) >> 5);
    this.#candidates = new WayLists(table.count);
  }

  /** Ready for the literals of a text with these breaks: `leaves.add`, then `wake`. */
  reset(breaks: Uint32Array): void {
    const knownAtoms = this.#knownAtoms;
    const known = this.#known;
    for (let n = 0; n < knownAtoms.length; n++) known[knownAtoms.data[n]!] = 0;
    knownAtoms.clear();
    this.store.clear();
    this.leaves.reset(breaks);
    this.#candidates.clear();
    this.woken.clear();
  }

  /** Finds what of the plan may occur, now that all literals are known. */
  wake(plan: Plan, around: Surroundings): void {
    this.#plan = plan;
    this.#around = around;
    const { woken, table } = this;
    const waiting = this.#waiting;
    const { atoms } = this.leaves;
    for (let n = 0; n < atoms.length; n++) {
      const atom = atoms.data[n]!;
      if ((plan.leaves[atom >> 5]! & (1 << atom)) !== 0) this.#wakeFrom(plan, atom);
    }
    for (const atom of plan.entities) if (this.clausesOf(atom) !== 0) this.#wakeFrom(plan, atom);
    // Ascending: what a set is made of is known before it.
    for (let word = 0; word < waiting.length; word++) {
      for (let rest = waiting[word]!; rest !== 0; rest = waiting[word]!) {
        waiting[word] = rest & (rest - 1);
        const set = table.base + 32 * word + 31 - Math.clz32(rest & -rest);
        if (this.#weigh(set)) this.#wakeFrom(plan, set);
      }
    }
    if (woken.length > 1) woken.data.subarray(0, woken.length).sort();
  }

  #wakeFrom(plan: Plan, atom: number): void {
    if (plan.isRoot[atom]) this.woken.push(atom);
    const { starts, pairs } = plan;
    const end = starts[atom + 1]!;
    for (let n = starts[atom]!; n < end; n += 2) {
      const target = pairs[n]!;
      this.#candidates.add(target, pairs[n + 1]!);
      const set = target - this.table.base;
      this.#waiting[set >> 5]! |= 1 << set;
    }
  }

  /** Keeps of the ways in which a set of the plan is woken those in which it may occur; whether there are any. */
  #weigh(set: number): boolean {
    const candidates = this.#candidates;
    let clauses = 0;
    let kept = 0;
    for (let link = candidates.first(set); link > 0; ) {
      const next = candidates.next(link);
      const found = this.#clausesOfWay(candidates.way(link));
      if (found !== 0) {
        candidates.chain(link, kept);
        kept = link;
        clauses |= found;
      }
      link = next;
    }
    candidates.startWith(set, kept);
    this.#learn(set, clauses);
    return clauses !== 0;
  }

  /** Whether the atom occurs; then its hits are listed. False for -1. */
  has(atom: number): boolean {
    if (atom < 0) return false;
    if (this.#known[atom] !== LISTED) {
      if (this.clausesOf(atom) === 0) return false;
      if (this.#known[atom] !== LISTED) this.#list(atom);
    }
    return this.from[atom]! < this.to[atom]!;
  }

  /** Roots of the plan that occur, ascending. */
  occurring(): number[] {
    return Array.from(this.woken.data.subarray(0, this.woken.length)).filter((atom) => this.has(atom));
  }

  /** The clauses in which an atom may occur; cheaper than `has`. */
  clausesOf(atom: number): number {
    const { table } = this;
    if (atom < table.entityBase) return atom < 0 ? 0 : this.leaves.clausesOf(atom);
    if (this.#known[atom] !== 0) return this.#clauses[atom]!;
    if (atom < table.base) {
      const from = this.store.length;
      this.#around!.addEntityHits(atom, this.store);
      this.#listed(atom, from, this.store.length);
      let clauses = 0;
      for (let hit = from; hit < this.store.length; hit++) {
        clauses |= this.leaves.clausesBetween(this.store.start(hit), this.store.end(hit));
      }
      return this.#learn(atom, clauses);
    }
    // Of a set of the plan, `wake` has told.
    return this.#plan!.active[atom] ? 0 : this.#learn(atom, this.#clausesOfSet(atom - table.base));
  }

  #learn(atom: number, clauses: number): number {
    if (this.#known[atom] === 0) {
      this.#knownAtoms.push(atom);
      this.#known[atom] = CLAUSES;
    }
    this.#clauses[atom] = clauses;
    return clauses;
  }

  #listed(atom: number, from: number, to: number): void {
    if (this.#known[atom] === 0) this.#knownAtoms.push(atom);
    this.#known[atom] = LISTED;
    this.from[atom] = from;
    this.to[atom] = to;
  }

  #clausesOfSet(set: number): number {
    const { words, firstWord, ways, firstWay } = this.table;
    const { present } = this.leaves;
    let clauses = 0;
    const lastWord = firstWord[set + 1]!;
    for (let n = firstWord[set]!; n < lastWord; n += 2) {
      const word = words[n]!;
      for (let rest = present[word]! & words[n + 1]!; rest !== 0; rest &= rest - 1) {
        clauses |= this.leaves.clauses[32 * word + 31 - Math.clz32(rest & -rest)]!;
      }
    }
    const lastWay = firstWay[set + 1]!;
    for (let n = firstWay[set]!; n < lastWay && clauses !== -1; n++) clauses |= this.#clausesOfWay(ways[n]!);
    return clauses;
  }

  #clausesOfWay(way: number): number {
    if (way >= 0) return this.clausesOf(way);
    const { byRarity, starts, reaches } = this.table;
    const to = starts[~way + 1]!;
    const reach = reaches[~way]!;
    let common = -1;
    let anywhere = reach === GAP;
    for (let n = starts[~way]!; n < to; n++) {
      const element = byRarity[n]!;
      if (element < 0) break;
      const clauses = this.clausesOf(element);
      if (clauses === 0) return 0;
      if (clauses === -1) anywhere = true;
      common &= clauses;
      if (common === 0 && reach === 0) return 0;
    }
    return reach !== 0 && anywhere ? -1 : common;
  }

  /** Lists the hits of a literal or set. */
  #list(atom: number): void {
    const { table, store } = this;
    const { length } = store;
    if (atom < table.entityBase) {
      const from = this.leaves.list(atom);
      this.#listed(atom, from, from < length ? from + 1 : store.length);
      return;
    }
    const parts = this.#parts;
    const firstPart = parts.length;
    if (this.#plan!.active[atom]) this.#addCandidates(atom);
    else this.#addEach(atom - table.base);
    if (parts.length === firstPart) {
      this.#listed(atom, 0, 0);
    } else if (parts.length === firstPart + 2) {
      this.#listed(atom, parts.data[firstPart]!, parts.data[firstPart + 1]!);
    } else {
      const from = store.length;
      for (let n = firstPart; n < parts.length; n += 2) {
        const end = parts.data[n + 1]!;
        for (let hit = parts.data[n]!; hit < end; hit++) store.copy(hit);
      }
      store.unique(from);
      this.#listed(atom, from, store.length);
    }
    parts.length = firstPart;
  }

  #addEach(set: number): void {
    const { words, firstWord, ways, firstWay } = this.table;
    const { present } = this.leaves;
    const lastWord = firstWord[set + 1]!;
    for (let n = firstWord[set]!; n < lastWord; n += 2) {
      const word = words[n]!;
      for (let rest = present[word]! & words[n + 1]!; rest !== 0; rest &= rest - 1) {
        this.#addWay(32 * word + 31 - Math.clz32(rest & -rest));
      }
    }
    const lastWay = firstWay[set + 1]!;
    for (let n = firstWay[set]!; n < lastWay; n++) this.#addWay(ways[n]!);
  }

  #addCandidates(atom: number): void {
    const candidates = this.#candidates;
    for (let link = candidates.first(atom); link > 0; link = candidates.next(link)) {
      const way = candidates.way(link);
      if (way < 0) this.#join(~way);
      else this.#addWay(way);
    }
  }

  #addWay(way: number): void {
    if (way < 0) {
      if (this.#clausesOfWay(way) !== 0) this.#join(~way);
    } else if (this.has(way)) {
      this.#parts.push(this.from[way]!);
      this.#parts.push(this.to[way]!);
    }
  }

  /** Adds the spans where the elements of a sequence follow each other as its gaps and edges ask. */
  #join(sequence: number): void {
    const { table } = this;
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
        else if (element === CLAUSE_START || element === MESSAGE_START) leading = element;
        else if (!joiner.endsAt(this.#around!, from, end, element === MESSAGE_END)) return;
        else {
          from = joiner.from;
          end = joiner.to;
        }
        continue;
      }
      if (!this.has(element)) return;
      if (from < 0) {
        from = this.from[element]!;
        end = this.to[element]!;
        if (leading === 0) continue;
        if (!joiner.startsAt(this.#around!, from, end, leading === MESSAGE_START)) return;
      } else {
        if (!joiner.extend(this.#around!, from, end, this.from[element]!, this.to[element]!, gap)) return;
        gap = 0;
      }
      from = joiner.from;
      end = joiner.to;
    }
    this.#parts.push(from);
    this.#parts.push(end);
  }
}
