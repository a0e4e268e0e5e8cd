/** scan: spaced atoms that are written with symbols, spaces or emoji between their characters (加~微 信). */

import { type Automaton, HitBuffer, matchesAt, pairHash } from "./automaton";
import type { LeafHits } from "./leaf-hits";
import { boundaryClass, isSymbol, MAX_SYMBOLS } from "./text";

/** Of a literal's flags: the boundary classes of what its two ends must not touch. */
export const FIRST = 3;
export const LAST = 12;
export const LAST_SHIFT = 2;

const PAIRS = 1 << 17;

/**
 * Looks into the text without its symbols, with the same automaton. Only at the pairs of units that a spaced literal
 * begins with, and only where symbols were left out: few places of a reply are left.
 */
export class SpacedScanner {
  readonly #automaton: Automaton;
  readonly #spacedAtom: Int32Array;
  readonly #flags: Uint8Array;
  readonly #buffer = new HitBuffer();
  /** Bit `pairHash`: some spaced literal may begin with this pair of units. */
  readonly #pairs = new Int32Array(PAIRS >> 5);
  #longest = 0;
  /** Where each unit that is no symbol stands in the text. */
  #at = new Int32Array(1024);

  /** `written`: the spaced literals; of all literals, their spaced atoms (-1 for none) and flags. */
  constructor(automaton: Automaton, written: readonly string[], spacedAtom: Int32Array, flags: Uint8Array) {
    this.#automaton = automaton;
    this.#spacedAtom = spacedAtom;
    this.#flags = flags;
    for (const text of written) {
      const hash = pairHash(text.charCodeAt(0), text.charCodeAt(1)) & (PAIRS - 1);
      this.#pairs[hash >> 5]! |= 1 << hash;
      this.#longest = Math.max(this.#longest, text.length);
    }
  }

  scan(whole: string, hits: LeafHits): void {
    if (this.#at.length < whole.length) this.#at = new Int32Array(2 * whole.length);
    const at = this.#at;
    const pairs = this.#pairs;
    let count = 0;
    for (let i = 0; i < whole.length; i++) if (!isSymbol(whole.charCodeAt(i))) at[count++] = i;
    const last = count - 1;
    if (last < 1 || at[last]! - at[0]! === last) return;
    let text = "";
    let a = whole.charCodeAt(at[0]!);
    for (let start = 0; start < last; start++) {
      const b = whole.charCodeAt(at[start + 1]!);
      const hash = pairHash(a, b) & (PAIRS - 1);
      a = b;
      if ((pairs[hash >> 5]! & (1 << hash)) === 0) continue;
      const end = Math.min(start + this.#longest - 1, last);
      if (at[end]! - at[start]! === end - start) continue; // nothing was left out
      text ||= this.#squeezed(whole, count);
      this.#add(text, start, hits);
    }
  }

  #squeezed(whole: string, count: number): string {
    const at = this.#at;
    let text = "";
    let from = 0;
    for (let k = 1; k <= count; k++) {
      if (k < count && at[k] === at[k - 1]! + 1) continue;
      text += whole.slice(at[from], at[k - 1]! + 1);
      from = k;
    }
    return text;
  }

  /** The spaced literals that begin at `start` of the squeezed text, unless they are found as written. */
  #add(text: string, start: number, hits: LeafHits): void {
    const at = this.#at;
    const near = MAX_SYMBOLS + 1;
    const count = matchesAt(this.#automaton, text, start, this.#buffer);
    const matches = this.#buffer.data;
    for (let n = 0; n < 3 * count; n += 3) {
      const literal = matches[n]!;
      const end = matches[n + 2]!;
      const atom = this.#spacedAtom[literal]!;
      if (atom < 0 || at[end - 1]! - at[start]! === end - 1 - start) continue;
      let apart = false;
      for (let i = start; i < end - 1; i++) apart ||= at[i + 1]! - at[i]! > near;
      if (apart) continue;
      // Outside the text the class is 0.
      const first = this.#flags[literal]! & FIRST;
      if (first && boundaryClass(text.charCodeAt(start - 1)) === first && at[start]! - at[start - 1]! <= near) continue;
      const last = (this.#flags[literal]! & LAST) >> LAST_SHIFT;
      if (last && boundaryClass(text.charCodeAt(end)) === last && at[end]! - at[end - 1]! <= near) continue;
      hits.add(atom, at[start]!, at[end - 1]! + 1);
    }
  }
}
