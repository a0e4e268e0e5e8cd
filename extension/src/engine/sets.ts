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
  /** As in `Sequences`. */
  readonly elements: Int32Array;
  readonly starts: Int32Array;
  readonly byRarity: Int32Array;
  readonly reaches: Uint8Array;

  constructor(atoms: Atoms) {
    const { literals, spaced, entities, sets } = atoms;
    this.entityBase = literals.count + spaced.length;
    this.base = this.entityBase + entities.length;
    this.count = this.base + sets.length;
    const { entityBase, base } = this;
    const frequency = new Float64Array(this.count);
    const reaching = new Uint8Array(this.count);
    literals.estimate(frequency, reaching);
    reaching.fill(1, literals.count, base);
    for (let n = 0; n < spaced.length; n++) frequency[literals.count + n] = frequency[spaced[n]!]!;
    for (let n = 0; n < entities.length; n++) {
      const number = entities[n]!.kind === "number";
      frequency[entityBase + n] = number ? NUMBER : OTHER_ENTITY;
      if (number) reaching[entityBase + n] = 0;
    }
    const made = new SetReader(entityBase, base, sets.length, frequency, reaching);
    for (let n = 0; n < sets.length; n++) made.add(n, sets[n]);
    ({ words: this.words, firstWord: this.firstWord, ways: this.ways, firstWay: this.firstWay } = made);
    const { elements, starts, byRarity, reaches } = made.sequences;
    this.elements = elements;
    this.starts = starts;
    this.byRarity = byRarity;
    this.reaches = reaches;
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

/** Makes the tables, a call for each set: a short function is optimised sooner than a long loop. */
class SetReader {
  words = new Int32Array(LEAST);
  ways = new Int32Array(LEAST);
  readonly firstWord: Int32Array;
  readonly firstWay: Int32Array;
  readonly sequences: Sequences;
  readonly #levels: Uint8Array;
  /** Index of a word of bits → where its bits are in `words`, if that is in the set that is being made. */
  readonly #places: Int32Array;

  constructor(
    private readonly entityBase: number,
    private readonly base: number,
    count: number,
    private readonly frequency: Float64Array,
    private readonly reaching: Uint8Array,
  ) {
    this.firstWord = new Int32Array(count + 1);
    this.firstWay = new Int32Array(count + 1);
    this.#levels = new Uint8Array(base + count);
    this.#places = new Int32Array((entityBase + 31) >> 5);
    this.sequences = new Sequences(frequency, reaching, this.#levels);
  }

  add(n: number, set: unknown): void {
    if (!Array.isArray(set) || set.length === 0) throw new ReleaseError("bundle: an empty set");
    const { entityBase, frequency, reaching } = this;
    const places = this.#places;
    const { length } = set;
    const atom = this.base + n;
    const begin = this.firstWord[n]!;
    let count = begin;
    let words = this.#wordsFor(begin + 2 * length);
    let wayCount = this.firstWay[n]!;
    let level = 0;
    let reach = 0;
    let sum = 0;
    for (let w = 0; w < length; w++) {
      const way: unknown = set[w];
      if (typeof way === "number") {
        if ((way | 0) !== way || way < 0 || way >= atom) throw new ReleaseError("bundle: a set is off");
        sum += frequency[way]!;
        reach |= reaching[way]!;
        if (way < entityBase) {
          const place = places[way >> 5]!;
          if (place > begin) words[place]! |= 1 << way;
          else {
            words[count++] = way >> 5;
            words[count] = 1 << way;
            places[way >> 5] = count++;
          }
          continue;
        }
        if (level < this.#levels[way]!) level = this.#levels[way]!;
        words = this.#wordsFor(count + SMALL + 2 * (length - w));
        const end = this.#copy(way, begin, count, wayCount);
        if (end >= 0) {
          wayCount = this.#wayEnd;
          count = end;
          continue;
        }
        this.#wayAt(wayCount++, way);
      } else {
        this.#wayAt(wayCount++, ~this.sequences.count);
        sum += this.sequences.add(way, atom);
        reach |= this.sequences.reach;
        if (level < this.sequences.level) level = this.sequences.level;
      }
    }
    if (level === MOST_LEVELS) throw new ReleaseError("bundle: sets go too deep");
    frequency[atom] = sum;
    this.#levels[atom] = level + 1;
    reaching[atom] = reach === 0 ? 0 : 1;
    this.firstWord[n + 1] = count;
    this.firstWay[n + 1] = wayCount;
  }

  #wayEnd = 0;

  /** Copies a small set into the one that is being made; the new end of its words, or -1 when it is not one. */
  #copy(atom: number, begin: number, count: number, wayCount: number): number {
    const { words, firstWord, firstWay } = this;
    const places = this.#places;
    const inner = atom - this.base;
    if (inner < 0) return -1;
    const from = firstWord[inner]!;
    const to = firstWord[inner + 1]!;
    const firstInner = firstWay[inner]!;
    const lastInner = firstWay[inner + 1]!;
    if (to - from + lastInner - firstInner > SMALL) return -1;
    let end = count;
    for (let at = from; at < to; at += 2) {
      const word = words[at]!;
      const place = places[word]!;
      if (place > begin) words[place]! |= words[at + 1]!;
      else {
        words[end++] = word;
        words[end] = words[at + 1]!;
        places[word] = end++;
      }
    }
    this.#wayEnd = wayCount;
    for (let at = firstInner; at < lastInner; at++) this.#wayAt(this.#wayEnd++, this.ways[at]!);
    return end;
  }

  #wordsFor(length: number): Int32Array {
    if (length > this.words.length) this.words = larger(this.words, length);
    return this.words;
  }

  #wayAt(at: number, way: number): void {
    if (at === this.ways.length) this.ways = larger(this.ways, at);
    this.ways[at] = way;
  }
}

function larger(table: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(2 * length);
  grown.set(table);
  return grown;
}
