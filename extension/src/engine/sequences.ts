import { type Bases, numberOf } from "./bundle";
import { CLAUSE_START, MESSAGE_END } from "./edges";
import { off } from "./errors";
import { IntList } from "./int-list";
import { MAX_GAP, SOFT } from "./join";

/** In `reaches`: a gap for symbols, among them commas. */
export const GAP = 2;

/** The sequences of a bundle's sets, checked and made into flat tables. */
export class Sequences {
  /** Sequence s has the elements `elements[starts[s]] … elements[starts[s + 1] - 1]`. */
  readonly elements = new IntList();
  readonly starts = new IntList();
  /** The atoms of each, in the same places, the rarest first: that is the key; filled up with -1. */
  readonly byRarity = new IntList();
  /** Sequence → what of it may reach from one clause into the next: nothing (0), a hit of an element, a gap (GAP). */
  readonly reaches = new IntList();
  /** Of the last one: what of it reaches, and the levels of sets in it. */
  reach = 0;
  level = 0;

  readonly #bases: Bases;
  /** By atom, of those before the set whose sequences are added. */
  readonly #frequency: Float64Array;
  readonly #reaching: Uint8Array;
  readonly #levels: Uint8Array;

  constructor(bases: Bases, frequency: Float64Array, reaching: Uint8Array, levels: Uint8Array) {
    this.#bases = bases;
    this.#frequency = frequency;
    this.#reaching = reaching;
    this.#levels = levels;
    this.starts.push(0);
  }

  get count(): number {
    return this.reaches.length;
  }

  /**
   * Adds the sequence `data[from] … data[to - 1]` over atoms below `limit`: gaps between two of them, edges at the ends.
   * Returns its frequency.
   */
  add(data: Int32Array, from: number, to: number, limit: number): number {
    const frequency = this.#frequency;
    const { elements } = this;
    const start = elements.length;
    for (let n = from; n < to; n++) this.byRarity.push(-1);
    const byRarity = this.byRarity.data;
    const last = to - 1;
    let end = start;
    let reach = 0;
    let level = 0;
    for (let n = from; n <= last; n++) {
      let value = data[n]!;
      if (value >= 0) value = numberOf(this.#bases, value);
      if (value >= limit) off("sequence");
      elements.push(value);
      if (value < 0) {
        if (value > CLAUSE_START) {
          if ((value < -MAX_GAP && value !== SOFT) || end === start || n === last || data[n + 1]! < 0) off("sequence");
          if (value === SOFT) reach = GAP;
        } else if (value < MESSAGE_END || ((value & 1) === 0 ? n > from : n < last || end === start)) off("sequence");
        continue;
      }
      let at = end++;
      const often = frequency[value]!;
      for (; at > start && frequency[byRarity[at - 1]!]! > often; at--) byRarity[at] = byRarity[at - 1]!;
      byRarity[at] = value;
      if (reach === 0) reach = this.#reaching[value]!;
      if (level < this.#levels[value]!) level = this.#levels[value]!;
    }
    if (end === start) off("sequence");
    this.reaches.push(reach);
    this.starts.push(elements.length);
    this.reach = reach;
    this.level = level;
    return frequency[byRarity[start]!]!;
  }
}
