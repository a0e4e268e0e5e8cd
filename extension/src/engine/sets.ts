/**
 * evaluate, first half: which sets a text may wake.
 *
 * Of each sequence one element is its *key*: the one that is least likely to occur. From what a reading is for (a reply:
 * what rules `find`; a buyer's message: what they have `asked`) the keys are followed down to literals once, at load: a
 * `Plan`. Only these wake anything, so the cost of a check follows the text and not the number of rules. All other sets
 * (the rest of a sequence, exceptions, cues) are worked out when a rule that woke looks at them: `hit-table.ts`.
 */

import type { Atoms } from "./bundle";
import { ReleaseError } from "./errors";

/** Of texts that hold a given unit, one in so many goes on with a given other unit: how much rarer a longer literal is. */
const COMMON = 30;
/** How rare an entity is taken to be, as if it were a literal of so many units. */
const ENTITY_LENGTH = 3;
/** Sets with more ways than this are not gone through one by one: a group may hold thousands of ways of saying it. */
const LARGE = 256;
/** Sets in sets: the compiler writes less (groups 20 deep, brackets 8), and a question about one goes all the way down. */
const MOST_LEVELS = 250;

/** The sets of a bundle as flat tables. */
export class SetTable {
  readonly entityBase: number;
  readonly base: number;
  readonly count: number;
  /** Set n occurs in the ways `ways[first[n]] … ways[first[n + 1] - 1]`: one atom, or ~ the number of a longer sequence. */
  readonly ways: Int32Array;
  readonly first: Int32Array;
  /** Longer sequence s has the elements `elements[starts[s]] … elements[starts[s + 1] - 1]`, and one of them as its key. */
  readonly elements: Int32Array;
  readonly starts: Int32Array;
  readonly keys: Int32Array;
  /** Ways of large sets by their key, when it is a literal or entity: pairs of (set, way). */
  readonly touches: PairsByAtom;
  /** Ways of large sets whose key is a set, by that large set: pairs of (key, way). */
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

    const levels = new Uint8Array(this.count);
    const ways: number[] = [];
    const elements: number[] = [];
    const starts: number[] = [];
    const keys: number[] = [];
    this.first = new Int32Array(sets.length + 1);
    for (let n = 0; n < sets.length; n++) {
      const atom = this.base + n;
      let level = 0;
      for (const way of sets[n]!) {
        let key = -1;
        if (typeof way === "number") {
          ways.push(way);
          key = way;
          level = Math.max(level, levels[way]!);
        } else {
          ways.push(~starts.length);
          starts.push(elements.length);
          for (const element of way) {
            elements.push(element);
            if (element < 0) continue;
            level = Math.max(level, levels[element]!);
            if (key < 0 || frequency[element]! < frequency[key]!) key = element;
          }
          keys.push(key);
        }
        frequency[atom]! += frequency[key]!;
      }
      if (level === MOST_LEVELS) throw new ReleaseError("bundle: sets go too deep");
      levels[atom] = level + 1;
      this.first[n + 1] = ways.length;
    }
    starts.push(elements.length);
    this.ways = Int32Array.from(ways);
    this.elements = Int32Array.from(elements);
    this.starts = Int32Array.from(starts);
    this.keys = Int32Array.from(keys);
    const touches: Edge[] = [];
    const keyedBySets: Edge[] = [];
    for (let set = this.base; set < this.count; set++) {
      if (!this.isLarge(set)) continue;
      this.eachWay(set, (way, key) => {
        if (key < this.base) touches.push([key, set, way]);
        else keyedBySets.push([set, key, way]);
      });
    }
    this.touches = new PairsByAtom(this.count, touches);
    this.keyedBySets = new PairsByAtom(this.count, keyedBySets);
  }

  isLarge(set: number): boolean {
    return this.first[set - this.base + 1]! - this.first[set - this.base]! > LARGE;
  }

  eachWay(set: number, action: (way: number, key: number) => void): void {
    const { ways, keys, first, base } = this;
    for (let n = first[set - base]!; n < first[set - base + 1]!; n++) {
      const way = ways[n]!;
      action(way, way < 0 ? keys[~way]! : way);
    }
  }

  /** The literals of a set that holds nothing but literals (the fillers); the atom itself when it is one. */
  members(atom: number): number[] {
    const found: number[] = [];
    if (atom < this.base) found.push(atom);
    else this.eachWay(atom, (way) => found.push(way));
    return found.filter((member) => member >= 0 && member < this.entityBase);
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
  /** Atom → 1. */
  readonly isRoot: Uint8Array;
  /** Bit a: the literal a can wake something, or is a root. */
  readonly leaves: Int32Array;
  /** Entities that can. */
  readonly entities: number[] = [];
  /** Atom → 1 when it is a set on the way to a root. */
  readonly active: Uint8Array;
  /** By atom: pairs of (set, way) that it is the key of. */
  readonly wakes: PairsByAtom;

  constructor(table: SetTable, roots: readonly number[]) {
    this.isRoot = new Uint8Array(table.count);
    for (const atom of roots) if (atom >= 0) this.isRoot[atom] = 1;
    this.active = new Uint8Array(table.count);
    const edges: Edge[] = [];
    const waiting = roots.filter((atom) => atom >= table.base);
    for (let atom = waiting.pop(); atom !== undefined; atom = waiting.pop()) {
      if (this.active[atom]) continue;
      this.active[atom] = 1;
      const set = atom;
      table.eachWay(set, (way, key) => {
        edges.push([key, set, way]);
        if (key >= table.base) waiting.push(key);
      });
    }
    this.wakes = new PairsByAtom(table.count, edges);
    const { starts } = this.wakes;
    this.leaves = new Int32Array((table.entityBase + 31) >> 5);
    for (let atom = 0; atom < table.base; atom++) {
      if (!this.isRoot[atom] && starts[atom] === starts[atom + 1]) continue;
      if (atom < table.entityBase) this.leaves[atom >> 5]! |= 1 << atom;
      else this.entities.push(atom);
    }
  }
}
