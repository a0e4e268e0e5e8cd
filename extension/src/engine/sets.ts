/** The sets of a bundle, checked and made into flat tables in one pass: it runs before V8 has optimised anything. */

import type { Atoms } from "./bundle";
import { ReleaseError } from "./errors";
import { Sequences } from "./sequences";

/** How often an entity is taken to occur, on the scale of the units of literals: numbers stand in every other reply. */
const NUMBER = 0.1;
const OTHER_ENTITY = 1e-5;
/** A set of fewer numbers than this is copied into the sets that name it: one question instead of two. */
const SMALL = 64;
/** Sets in sets: the compiler writes less (groups 20 deep, brackets 8), and a question about one goes all the way down. */
const MOST_LEVELS = 250;
/** Length of a table that will grow. */
const LEAST = 1 << 14;

/** Throws `ReleaseError` unless each set is one, over atoms before it. */
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
    this.entityBase = literals.count + spaced.length;
    this.base = this.entityBase + entities.length;
    this.count = this.base + sets.length;
    const { entityBase, base } = this;
    const frequency = new Float64Array(this.count);
    const reaching = new Uint8Array(this.count);
    literals.describe(frequency, reaching);
    reaching.fill(1, literals.count, base);
    for (let n = 0; n < spaced.length; n++) frequency[literals.count + n] = frequency[spaced[n]!]!;
    for (let n = 0; n < entities.length; n++) {
      const number = entities[n]!.kind === "number";
      frequency[entityBase + n] = number ? NUMBER : OTHER_ENTITY;
      if (number) reaching[entityBase + n] = 0;
    }
    const levels = new Uint8Array(this.count);
    const sequences = new Sequences(frequency, reaching, levels);
    const firstWord = new Int32Array(sets.length + 1);
    const firstWay = new Int32Array(sets.length + 1);
    let words = new Int32Array(LEAST);
    let ways = new Int32Array(LEAST);
    let wordCount = 0;
    let wayCount = 0;
    // Index of a word of bits → where its bits are in `words`, if that is in the set that is being made.
    const places = new Int32Array((entityBase + 31) >> 5);
    for (let n = 0; n < sets.length; n++) {
      const atom = base + n;
      const set = sets[n];
      if (!Array.isArray(set) || set.length === 0) throw new ReleaseError("bundle: an empty set");
      const begin = wordCount;
      let level = 0;
      let reach = 0;
      let sum = 0;
      for (let w = 0; w < set.length; w++) {
        const way: unknown = set[w];
        if (wordCount + SMALL + 2 > words.length) words = larger(words);
        if (wayCount + SMALL + 1 > ways.length) ways = larger(ways);
        if (typeof way !== "number") {
          ways[wayCount++] = ~sequences.count;
          sum += sequences.add(way, atom);
          reach |= sequences.reach;
          if (level < sequences.level) level = sequences.level;
          continue;
        }
        if ((way | 0) !== way || way < 0 || way >= atom) throw new ReleaseError("bundle: set is off");
        sum += frequency[way]!;
        reach |= reaching[way]!;
        if (way < entityBase) {
          const word = way >> 5;
          const place = places[word]!;
          if (place > begin) words[place]! |= 1 << way;
          else {
            words[wordCount] = word;
            words[wordCount + 1] = 1 << way;
            places[word] = wordCount + 1;
            wordCount += 2;
          }
          continue;
        }
        if (level < levels[way]!) level = levels[way]!;
        const inner = way - base;
        if (inner < 0 || firstWord[inner + 1]! - firstWord[inner]! + firstWay[inner + 1]! - firstWay[inner]! > SMALL) {
          ways[wayCount++] = way;
          continue;
        }
        for (let at = firstWord[inner]!; at < firstWord[inner + 1]!; at += 2) {
          const word = words[at]!;
          const place = places[word]!;
          if (place > begin) words[place]! |= words[at + 1]!;
          else {
            words[wordCount] = word;
            words[wordCount + 1] = words[at + 1]!;
            places[word] = wordCount + 1;
            wordCount += 2;
          }
        }
        for (let at = firstWay[inner]!; at < firstWay[inner + 1]!; at++) ways[wayCount++] = ways[at]!;
      }
      if (level === MOST_LEVELS) throw new ReleaseError("bundle: sets go too deep");
      frequency[atom] = sum;
      levels[atom] = level + 1;
      reaching[atom] = reach === 0 ? 0 : 1;
      firstWord[n + 1] = wordCount;
      firstWay[n + 1] = wayCount;
    }
    this.firstWord = firstWord;
    this.firstWay = firstWay;
    this.words = words.slice(0, wordCount);
    this.ways = ways.slice(0, wayCount);
    ({ elements: this.elements, byRarity: this.byRarity, starts: this.starts, reaches: this.reaches } = sequences);
  }

  /** The literals of a set that holds nothing but literals (the fillers); the atom itself when it is one. */
  members(atom: number): number[] {
    const { words, firstWord, ways, firstWay } = this;
    const found: number[] = [];
    const n = atom - this.base;
    if (n < 0) found.push(atom);
    else {
      for (let at = firstWord[n]!; at < firstWord[n + 1]!; at += 2) {
        for (let rest = words[at + 1]!; rest !== 0; rest &= rest - 1) {
          found.push(32 * words[at]! + 31 - Math.clz32(rest & -rest));
        }
      }
      for (let at = firstWay[n]!; at < firstWay[n + 1]!; at++) found.push(ways[at]!);
    }
    return found.filter((member) => member >= 0 && member < this.entityBase);
  }
}

function larger(table: Int32Array): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(2 * table.length);
  grown.set(table);
  return grown;
}
