/**
 * evaluate, first half: which sets a text may wake.
 *
 * Of each sequence one element is its *key*: the one that is least likely to occur. From what a reading is for (a reply:
 * what rules `find`; a buyer's message: what they have `asked`) the keys are followed down to literals once, at load: a
 * `Plan`. Only these wake anything, so the cost of a check follows the text and not the number of rules. All other sets
 * (the rest of a sequence, exceptions, cues) are asked when something that woke needs them: `hit-table.ts`.
 */

import type { SetTable } from "./sets";

/** What can make any of `roots` occur, followed down along the keys. */
export class Plan {
  /** Atom → 1 when it is a root. */
  readonly isRoot: Uint8Array;
  /** Bit a: the literal a is a root, or can wake something. */
  readonly leaves: Int32Array;
  /** Entities that can. */
  readonly entities: number[] = [];
  /** Atom → 1 when it is a set on the way to a root. */
  readonly active: Uint8Array;
  /** Pairs of (set, way) that atom a is the key of: `pairs[starts[a]] … pairs[starts[a + 1] - 1]`. */
  readonly starts: Int32Array;
  readonly pairs: Int32Array;

  constructor(table: SetTable, roots: readonly number[]) {
    const { count, base, entityBase } = table;
    this.isRoot = new Uint8Array(count);
    this.active = new Uint8Array(count);
    this.leaves = new Int32Array((entityBase + 31) >> 5);
    this.starts = new Int32Array(count + 2);
    for (const atom of roots) {
      if (atom >= 0) this.isRoot[atom] = 1;
      if (atom >= 0 && atom < entityBase) this.leaves[atom >> 5]! |= 1 << atom;
    }
    const sets = this.#activate(table, roots);
    const { starts } = this;
    for (let atom = 2; atom < starts.length; atom++) starts[atom]! += starts[atom - 1]!;
    this.pairs = new Int32Array(starts[count + 1]!);
    this.#file(table, sets);
    for (let atom = entityBase; atom < base; atom++) {
      if (this.isRoot[atom] || starts[atom] !== starts[atom + 1]) this.entities.push(atom);
    }
  }

  /** Finds the sets, and counts in `starts[a + 2]` what atom a is the key of. */
  #activate(
    { base, words, firstWord, ways, firstWay, byRarity, starts: sequences }: SetTable,
    roots: readonly number[],
  ) {
    const { active, leaves, starts } = this;
    const sets: number[] = [];
    const waiting = roots.filter((atom) => atom >= base);
    for (let atom = waiting.pop(); atom !== undefined; atom = waiting.pop()) {
      if (active[atom]) continue;
      active[atom] = 1;
      sets.push(atom);
      const n = atom - base;
      for (let at = firstWord[n]!; at < firstWord[n + 1]!; at += 2) {
        const word = words[at]!;
        leaves[word]! |= words[at + 1]!;
        for (let rest = words[at + 1]!; rest !== 0; rest &= rest - 1) {
          starts[32 * word + 33 - Math.clz32(rest & -rest)]! += 2;
        }
      }
      for (let at = firstWay[n]!; at < firstWay[n + 1]!; at++) {
        const way = ways[at]!;
        const key = way < 0 ? byRarity[sequences[~way]!]! : way;
        starts[key + 2]! += 2;
        if (key >= base) waiting.push(key);
        else if (key >> 5 < leaves.length) leaves[key >> 5]! |= 1 << key;
      }
    }
    return sets;
  }

  /** Fills `pairs`. In `starts[a + 1]` stands where the next one of atom a belongs, at last where they end. */
  #file(
    { base, words, firstWord, ways, firstWay, byRarity, starts: sequences }: SetTable,
    sets: readonly number[],
  ): void {
    const { starts, pairs } = this;
    for (let s = 0; s < sets.length; s++) {
      const set = sets[s]!;
      const n = set - base;
      for (let at = firstWord[n]!; at < firstWord[n + 1]!; at += 2) {
        const first = 32 * words[at]! + 31;
        for (let rest = words[at + 1]!; rest !== 0; rest &= rest - 1) {
          const literal = first - Math.clz32(rest & -rest);
          const to = starts[literal + 1]!;
          pairs[to] = set;
          pairs[to + 1] = literal;
          starts[literal + 1] = to + 2;
        }
      }
      for (let at = firstWay[n]!; at < firstWay[n + 1]!; at++) {
        const way = ways[at]!;
        const key = way < 0 ? byRarity[sequences[~way]!]! : way;
        const to = starts[key + 1]!;
        pairs[to] = set;
        pairs[to + 1] = way;
        starts[key + 1] = to + 2;
      }
    }
  }
}
