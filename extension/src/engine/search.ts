/** scan: an automaton that searches one text after the other, for all literals or at least for some of them. */

import { type Automaton, HitBuffer, pairHash, scan } from "./automaton";
import type { Literals } from "./literals";

/** log₂ of the bits of a narrow gate: at least, and at most. */
const GATE_BITS = [12, 20] as const;

export class Search {
  readonly buffer = new HitBuffer();
  /** The text whose matches stand in the buffer. */
  #text = "";

  constructor(readonly automaton: Automaton) {}

  /** Fills the buffer. Of a text that begins like the one before, as one being typed does, only the rest is searched. */
  matches(text: string): number {
    const { automaton, buffer } = this;
    const { data, count } = buffer;
    const limit = Math.min(this.#text.length, text.length);
    let same = 0;
    while (same < limit && this.#text.charCodeAt(same) === text.charCodeAt(same)) same++;
    this.#text = text;
    // A match that begins here or later may reach into what differs.
    const from = Math.max(0, same - automaton.longest);
    let kept = from === 0 ? 0 : count;
    while (kept > 0 && data[3 * kept - 2]! >= from) kept--;
    return scan(automaton, text, buffer, from, kept);
  }
}

/** The automaton, looking only where one of `some` literals may begin: it finds these, and what begins like them. */
export function narrowed(automaton: Automaton, literals: Literals, some: readonly number[]): Automaton {
  const [least, most] = GATE_BITS;
  const bits = Math.min(most, Math.max(least, 36 - Math.clz32(some.length))); // 16 or more for each
  const gate = new Int32Array(1 << (bits - 5));
  const gateMask = (1 << bits) - 1;
  let singles: Int32Array | null = null;
  for (const literal of some) {
    const text = literals.at(literal);
    const first = text.charCodeAt(0);
    if (text.length === 1) {
      singles ??= new Int32Array(0x10000 >> 5);
      singles[first >> 5]! |= 1 << first;
    } else {
      const hash = pairHash(first, text.charCodeAt(1)) & gateMask;
      gate[hash >> 5]! |= 1 << hash;
    }
  }
  return { ...automaton, gate, gateMask, singles };
}
