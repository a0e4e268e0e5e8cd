/** The sets of a bundle, checked and made into flat tables in one pass: it runs before V8 has optimised anything. */

import { type Atoms, type Bases, numberOf } from "./bundle";
import { off } from "./errors";
import { IntList } from "./int-list";
import { Sequences } from "./sequences";

/** How often an entity is taken to occur, on the scale of the units of literals: numbers stand in every other reply. */
const NUMBER = 0.1;
const OTHER_ENTITY = 1e-5;
/** A set of fewer numbers than this is copied into the sets that name it: one question instead of two. */
const SMALL = 64;
/** Sets in sets: the compiler writes less (groups 20 deep, brackets 8), and a question about one goes all the way down. */
const MOST_LEVELS = 250;
/** In `SetList`: the end of a set, and what stands on both sides of a sequence. */
const END = -200;
const SEQUENCE = -201;

/** Throws `ReleaseError` unless each set is one, over atoms before it. */
export class SetTable {
  readonly #bases: Bases;
  readonly entityBase: number;
  readonly base: number;
  readonly count: number;
  /**
   * The literals that make set n occur by themselves, as pairs `words[firstWord[n]] … words[firstWord[n + 1] - 1]` of
   * an index into the bits of what a text holds, and bits. Neighbours in a group mostly have neighbouring numbers, so a
   * pair asks for several at once.
   */
  words = new Int32Array(1 << 14);
  readonly firstWord: Int32Array;
  /** Its other ways, `ways[firstWay[n]] … ways[firstWay[n + 1] - 1]`: an atom, or ~ the number of a sequence. */
  readonly ways: Int32Array;
  readonly firstWay: Int32Array;
  /** As in `Sequences`. */
  readonly elements: Int32Array;
  readonly starts: Int32Array;
  readonly byRarity: Int32Array;
  readonly reaches: Int32Array;

  constructor(atoms: Atoms) {
    const { bases, literals, spaced, entities } = atoms;
    const { integers, count: sets } = atoms.sets;
    const [, , entityBase, base, count] = bases;
    this.#bases = bases;
    this.entityBase = entityBase;
    this.base = base;
    this.count = count;
    const frequency = new Float64Array(count);
    const reaching = new Uint8Array(count);
    literals.estimate(frequency, reaching);
    reaching.fill(1, literals.count, base);
    for (let n = 0; n < spaced.length; n++) frequency[literals.count + n] = frequency[spaced[n]!]!;
    for (let n = 0; n < entities.length; n++) {
      const number = entities[n]!.kind === "number";
      frequency[entityBase + n] = number ? NUMBER : OTHER_ENTITY;
      if (number) reaching[entityBase + n] = 0;
    }
    this.firstWord = new Int32Array(sets + 1);
    this.firstWay = new Int32Array(sets + 1);
    const levels = new Uint8Array(count);
    const ways = new IntList();
    const places = new Int32Array((entityBase + 31) >> 5);
    const sequences = new Sequences(bases, frequency, reaching, levels);
    let at = 0;
    for (let n = 0; n < sets; n++) {
      const end = integers.indexOf(END, at);
      if (end < at) off("sets");
      this.#add(n, integers, at, end, frequency, reaching, levels, ways, places, sequences);
      at = end + 1;
    }
    if (at !== integers.length) off("sets");
    this.ways = ways.data;
    this.elements = sequences.elements.data;
    this.starts = sequences.starts.data;
    this.byRarity = sequences.byRarity.data;
    this.reaches = sequences.reaches.data;
  }

  /**
   * A call for each set: a short function is optimised sooner than a long loop. `places`: index of a word of bits →
   * where its bits are in `words`, if that is in the set that is being made.
   */
  #add(
    n: number,
    integers: Int32Array,
    from: number,
    to: number,
    frequency: Float64Array,
    reaching: Uint8Array,
    levels: Uint8Array,
    ways: IntList,
    places: Int32Array,
    sequences: Sequences,
  ): void {
    const { entityBase, base, firstWord, firstWay } = this;
    const atom = base + n;
    const begin = firstWord[n]!;
    let end = begin;
    let words = this.#wordsFor(begin + 2 * (to - from));
    let level = 0;
    let reach = 0;
    let sum = 0;
    const put = (word: number, bits: number): void => {
      const place = places[word]!;
      if (place > begin) words[place]! |= bits;
      else {
        words[end] = word;
        words[end + 1] = bits;
        places[word] = end + 1;
        end += 2;
      }
    };
    for (let w = from; w < to; w++) {
      const handle = integers[w]!;
      if (handle === SEQUENCE) {
        const first = w + 1;
        w = integers.indexOf(SEQUENCE, first);
        if (w < 0 || w > to) off("sets");
        ways.push(~sequences.count);
        sum += sequences.add(integers, first, w, atom);
        reach |= sequences.reach;
        if (level < sequences.level) level = sequences.level;
        continue;
      }
      const way = handle < 0 ? atom : numberOf(this.#bases, handle);
      if (way >= atom) off("sets");
      sum += frequency[way]!;
      reach |= reaching[way]!;
      if (way < entityBase) {
        put(way >> 5, 1 << way);
        continue;
      }
      if (level < levels[way]!) level = levels[way]!;
      const inner = way - base;
      if (inner < 0 || firstWord[inner + 1]! - firstWord[inner]! + firstWay[inner + 1]! - firstWay[inner]! > SMALL) {
        ways.push(way);
        continue;
      }
      words = this.#wordsFor(end + SMALL + 2 * (to - w));
      for (let at = firstWord[inner]!; at < firstWord[inner + 1]!; at += 2) put(words[at]!, words[at + 1]!);
      for (let at = firstWay[inner]!; at < firstWay[inner + 1]!; at++) ways.push(ways.data[at]!);
    }
    if (level === MOST_LEVELS) off("sets");
    frequency[atom] = sum;
    levels[atom] = level + 1;
    reaching[atom] = reach === 0 ? 0 : 1;
    firstWord[n + 1] = end;
    firstWay[n + 1] = ways.length;
  }

  #wordsFor(length: number): Int32Array {
    if (length > this.words.length) {
      const words = new Int32Array(2 * length);
      words.set(this.words);
      this.words = words;
    }
    return this.words;
  }

  /**
   * Bit a: the literal a is one of `atoms`, or in one of them, however deep. `edge`: of a sequence only the first (1) or the
   * last (-1) atom is looked at.
   */
  literalsIn(atoms: readonly number[], edge = 0): Int32Array {
    const { entityBase, base, words, firstWord, ways, firstWay, elements, starts } = this;
    const found = new Int32Array((entityBase + 31) >> 5);
    const seen = new Uint8Array(this.count);
    const waiting = atoms.filter((atom) => atom >= 0);
    for (let atom = waiting.pop(); atom !== undefined; atom = waiting.pop()) {
      if (atom < entityBase) found[atom >> 5]! |= 1 << atom;
      if (atom < base || seen[atom]) continue;
      seen[atom] = 1;
      const n = atom - base;
      for (let at = firstWord[n]!; at < firstWord[n + 1]!; at += 2) found[words[at]!]! |= words[at + 1]!;
      for (let at = firstWay[n]!; at < firstWay[n + 1]!; at++) {
        const way = ways[at]!;
        if (way >= 0) waiting.push(way);
        else {
          let from = starts[~way]!;
          let to = starts[~way + 1]!;
          if (edge > 0) {
            while (elements[from]! < 0) from++;
            to = from + 1;
          } else if (edge < 0) {
            while (elements[to - 1]! < 0) to--;
            from = to - 1;
          }
          for (let e = from; e < to; e++) if (elements[e]! >= 0) waiting.push(elements[e]!);
        }
      }
    }
    return found;
  }
}
