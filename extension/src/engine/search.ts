/** scan: an automaton that searches one text after the other, for all literals or at least for some of them. */

import { type Automaton, HitBuffer, pairHash, scan } from "./automaton";
import type { Atoms } from "./bundle";

/** log₂ of how much smaller a narrow gate is: even with all literals behind it, six bits are left for each pair. */
const NARROW = 4;

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

/**
 * The automaton, looking only where a literal with a bit in `some` may begin: it finds these, and what begins like them.
 * The spaced atoms behind the literals are sought as their literals.
 */
export function narrowed(automaton: Automaton, { literals, spaced }: Atoms, some: Int32Array): Automaton {
  const gateMask = automaton.gateMask >> NARROW;
  const gate = new Int32Array((gateMask + 1) >> 5);
  let singles: Int32Array | null = null;
  for (let n = 0; n < literals.count + spaced.length; n++) {
    if ((some[n >> 5]! & (1 << n)) === 0) continue;
    const text = literals.at(spaced[n - literals.count] ?? n);
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
