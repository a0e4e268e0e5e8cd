/**
 * evaluate, first half: which sets a text wakes.
 *
 * Of each sequence one element is its *key*: the one that is least likely to occur. From what a reading is for (a reply:
 * what rules `find`; a buyer's message: what they have `asked`) the keys are followed down to literals once, at load: a
 * `Plan`. Only these wake anything, so the cost of a check follows the text and not the number of rules. All other sets
 * (the rest of a sequence, exceptions, cues) are worked out when a rule that woke looks at them: `hit-table.ts`.
 */

import type { Atoms } from "./bundle";

/** Of texts that hold a given unit, one in so many goes on with a given other unit: how much rarer a longer literal is. */
const COMMON = 30;
/** How rare an entity is taken to be, as if it were a literal of so many units. */
const ENTITY_LENGTH = 3;
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
