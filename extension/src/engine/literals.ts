/**
 * The literals of a bundle: one text, so that a page that loads a release makes no string for each of them.
 *
 * What is asked of them is worked out in two passes over their units, in loops as plain as they can be: a page that has
 * just opened runs them before V8 has optimised anything.
 */

import { ReleaseError } from "./errors";
import { BREAK, CLASSES } from "./text";

/** Stands between two literals: a noncharacter, which no folded text holds. */
const BETWEEN = 0xffff;

export class Literals {
  readonly count: number;
  /** Literal n begins at `starts[n]`, and ends one unit before `starts[n + 1]`. */
  readonly starts: Int32Array;
  /** Unit → how often it occurs. */
  readonly #counts = new Int32Array(0x10000);

  /** `text`: literals, with U+FFFF between them; "" for none. Throws `ReleaseError` for an empty literal. */
  constructor(readonly text: string) {
    const ends = separators(text, this.#counts);
    const { length } = ends;
    this.count = text === "" ? 0 : length + 1;
    this.starts = new Int32Array(this.count + 1);
    for (let n = 0; n < length; n++) this.starts[n + 1] = ends[n]! + 1;
    if (this.count > 0) this.starts[this.count] = text.length + 1;
    let shortest = 1;
    for (let n = 0; n < this.count; n++) shortest = Math.min(shortest, this.starts[n + 1]! - this.starts[n]! - 1);
    if (shortest < 1) throw new ReleaseError("bundle: an empty literal");
  }

  at(n: number): string {
    return this.text.slice(this.starts[n]!, this.starts[n + 1]! - 1);
  }

  first(n: number): number {
    return this.text.charCodeAt(this.starts[n]!);
  }

  last(n: number): number {
    return this.text.charCodeAt(this.starts[n + 1]! - 2);
  }

  /**
   * How often each literal may occur: of the units of all literals, the shares of its own, multiplied. And whether any
   * of its units may end a clause.
   */
  describe(frequency: Float64Array, breaks: Uint8Array): void {
    const { text, count } = this;
    const counts = this.#counts;
    const one = 1 / (text.length - count + 1);
    let n = 0;
    let share = 1;
    let found = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit === BETWEEN) {
        frequency[n] = share;
        breaks[n++] = (found & BREAK) === 0 ? 0 : 1;
        share = 1;
        found = 0;
      } else {
        share *= counts[unit]! * one;
        found |= CLASSES[unit]!;
      }
    }
    if (count > 0) {
      frequency[n] = share;
      breaks[n] = (found & BREAK) === 0 ? 0 : 1;
    }
  }
}

/** Where the separators of `text` stand; counts its units. */
function separators(text: string, counts: Int32Array): Int32Array {
  let found = new Int32Array(1 + (text.length >> 2));
  let n = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    counts[unit]!++;
    if (unit !== BETWEEN) continue;
    if (n === found.length) {
      const larger = new Int32Array(text.length);
      larger.set(found);
      found = larger;
    }
    found[n++] = i;
  }
  return found.subarray(0, n);
}
