/**
 * evaluate, first half: which sets a text may wake.
 *
 * Of each sequence one element is its *key*: the one that is least likely to occur. From what a reading is for (a reply:
 * what rules `find`; a buyer's message: what they have `asked`) the keys are followed down to literals once, at load: a
 * `Plan`. Only these wake anything, so the cost of a check follows the text and not the number of rules. All other sets
 * (the rest of a sequence, exceptions, cues) are asked when something that woke needs them: `hit-table.ts`.
 */

import type { Atoms } from "./bundle";
import { ReleaseError } from "./errors";
import { SOFT } from "./join";
import { mayBreak } from "./text";

/** How often an entity is taken to occur, on the scale of the units of literals: numbers stand in every other reply. */
const NUMBER = 0.1;
const OTHER_ENTITY = 1e-5;
/** A set of fewer numbers than this is copied into the sets that name it: one question instead of two. */
const SMALL = 64;
/** In `reaches`: a gap for symbols, among them commas. */
export const GAP = 2;
/** Sets in sets: the compiler writes less (groups 20 deep, brackets 8), and a question about one goes all the way down. */
const MOST_LEVELS = 250;

/** The sets of a bundle as flat tables. */
export class SetTable {
  readonly entityBase: number;
  readonly base: number;
  readonly count: number;
  /**
   * The literals that make set n occur by themselves, as pairs `words[firstWord[n]] … words[firstWord[n + 1] - 1]` of
   * an index into the bits of what a text holds, and bits. Neighbours in a group mostly have neighbouring numbers, so a
   * pair asks for several at once.
   */
  readonly words: Int32Array;
  readonly firstWord: Int32Array;
  /** Its other ways, `ways[firstWay[n]] … ways[firstWay[n + 1] - 1]`: an atom, or ~ the number of a sequence. */
  readonly ways: Int32Array;
  readonly firstWay: Int32Array;
  /** Sequence s has the elements `elements[starts[s]] … elements[starts[s + 1] - 1]`. */
  readonly elements: Int32Array;
  readonly starts: Int32Array;
  /** The atoms of each, in the same places, the rarest first: that is the key; filled up with -1. */
  readonly byRarity: Int32Array;
  /** Sequence → what of it may reach from one clause into the next: nothing (0), a hit of an element, a gap (GAP). */
  readonly reaches: Uint8Array;

  constructor(atoms: Atoms) {
    const { literals, spaced, entities, sets } = atoms;
    this.entityBase = literals.length + spaced.length;
    this.base = this.entityBase + entities.length;
    this.count = this.base + sets.length;
    const frequency = new Float64Array(this.count);
    estimate(literals, frequency);
    spaced.forEach((literal, n) => {
      frequency[literals.length + n] = frequency[literal]!;
    });
    entities.forEach(({ kind }, n) => {
      frequency[this.entityBase + n] = kind === "number" ? NUMBER : OTHER_ENTITY;
    });
    const levels = new Uint8Array(this.count);
    const reaching = new Uint8Array(this.count);
    literals.forEach((text, n) => {
      if (mayBreak(text)) reaching[n] = 1;
    });
    reaching.fill(1, literals.length, this.base);
    entities.forEach(({ kind }, n) => {
      if (kind === "number") reaching[this.entityBase + n] = 0;
    });
    const words: number[] = [];
    const ways: number[] = [];
    const elements: number[] = [];
    const starts: number[] = [];
    const byRarity: number[] = [];
    const reaches: number[] = [];
    const bits = new Map<number, number>();
    this.firstWord = new Int32Array(sets.length + 1);
    this.firstWay = new Int32Array(sets.length + 1);
    for (let n = 0; n < sets.length; n++) {
      const atom = this.base + n;
      let level = 0;
      for (const way of sets[n]!) {
        let key = -1;
        if (typeof way !== "number") {
          ways.push(~starts.length);
          starts.push(elements.length);
          const inside = way.filter((element) => element >= 0).sort((a, b) => frequency[a]! - frequency[b]!);
          key = inside[0]!;
          for (const element of inside) level = Math.max(level, levels[element]!);
          const reach = way.includes(SOFT) ? GAP : inside.some((element) => reaching[element] !== 0) ? 1 : 0;
          reaches.push(reach);
          if (reach !== 0) reaching[atom] = 1;
          while (inside.length < way.length) inside.push(-1);
          for (let i = 0; i < way.length; i++) {
            elements.push(way[i]!);
            byRarity.push(inside[i]!);
          }
        } else {
          key = way;
          reaching[atom]! |= reaching[way]!;
          level = Math.max(level, levels[way]!);
          if (way < this.entityBase) bits.set(way >> 5, (bits.get(way >> 5) ?? 0) | (1 << way));
          else if (way < this.base || this.#size(way - this.base) > SMALL) ways.push(way);
          else {
            const inner = way - this.base;
            for (let at = this.firstWord[inner]!; at < this.firstWord[inner + 1]!; at += 2) {
              bits.set(words[at]!, (bits.get(words[at]!) ?? 0) | words[at + 1]!);
            }
            for (let at = this.firstWay[inner]!; at < this.firstWay[inner + 1]!; at++) ways.push(ways[at]!);
          }
        }
        frequency[atom]! += frequency[key]!;
      }
      if (level === MOST_LEVELS) throw new ReleaseError("bundle: sets go too deep");
      levels[atom] = level + 1;
      for (const [word, mask] of bits) words.push(word, mask);
      bits.clear();
      this.firstWord[n + 1] = words.length;
      this.firstWay[n + 1] = ways.length;
    }
    starts.push(elements.length);
    this.words = Int32Array.from(words);
    this.ways = Int32Array.from(ways);
    this.elements = Int32Array.from(elements);
    this.starts = Int32Array.from(starts);
    this.byRarity = Int32Array.from(byRarity);
    this.reaches = Uint8Array.from(reaches);
  }

  #size(set: number): number {
    return this.firstWord[set + 1]! - this.firstWord[set]! + this.firstWay[set + 1]! - this.firstWay[set]!;
  }

  /** Each way in which a set may occur, and what of it is the key. */
  eachWay(set: number, action: (way: number, key: number) => void): void {
    const { words, firstWord, ways, firstWay, byRarity, starts } = this;
    const n = set - this.base;
    for (let at = firstWord[n]!; at < firstWord[n + 1]!; at += 2) {
      for (let rest = words[at + 1]!; rest !== 0; rest &= rest - 1) {
        const literal = 32 * words[at]! + 31 - Math.clz32(rest & -rest);
        action(literal, literal);
      }
    }
    for (let at = firstWay[n]!; at < firstWay[n + 1]!; at++) {
      const way = ways[at]!;
      action(way, way < 0 ? byRarity[starts[~way]!]! : way);
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

/** How often each literal may occur: of the units of all literals, the shares of its own, multiplied. */
function estimate(literals: readonly string[], frequency: Float64Array): void {
  const counts = new Float64Array(0x10000);
  let all = 0;
  for (const text of literals) {
    for (let i = 0; i < text.length; i++) counts[text.charCodeAt(i)]!++;
    all += text.length;
  }
  literals.forEach((text, n) => {
    let share = 1;
    for (let i = 0; i < text.length; i++) share *= counts[text.charCodeAt(i)]! / all;
    frequency[n] = share;
  });
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
