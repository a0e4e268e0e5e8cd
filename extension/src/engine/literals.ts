/**
 * The literals of a bundle: units where the file has them, so that a page that loads a release makes no string of them.
 *
 * What is asked of them is worked out in two passes over their units, in loops as plain as they can be: a page that has
 * just opened runs them before V8 has optimised anything.
 */

import { off } from "./errors";
import { BOUNDARY, BOUNDARY_SHIFT, BREAK, CLASSES } from "./text";

/** Stands between two literals: a noncharacter, which no folded text holds. */
export const BETWEEN = 0xffff;

export class Literals {
  readonly count: number;
  /** Literal n begins at `starts[n]`, and ends one unit before `starts[n + 1]`. */
  readonly starts: Int32Array;
  readonly #units: Uint16Array;
  /** Unit → how often it occurs. */
  readonly #counts: Int32Array;

  /**
   * `units`: literals, with U+FFFF between them. Throws `ReleaseError` for an empty literal. Where they begin with those of
   * `before`, only what follows is looked at: a compiler that goes on adds literals at the end.
   */
  constructor(units: Uint16Array, before: Literals | null = null) {
    this.#units = units;
    const known = before && before.count > 0 && beginsWith(units, before.#units) ? before : null;
    const done = known ? known.#units.length + 1 : 0;
    this.#counts = known ? known.#counts.slice() : new Int32Array(0x10000);
    if (known && units.length < done) {
      this.count = known.count;
      this.starts = known.starts;
      return;
    }
    const first = known?.count ?? 0;
    const starts = new Int32Array(first + ((units.length - done) >> 1) + 2);
    if (known) {
      starts.set(known.starts);
      this.#counts[BETWEEN]!++;
    }
    this.count = units.length === 0 ? 0 : split(units, done, starts, first, this.#counts);
    if (this.count < 0) off("literals");
    this.starts = starts.slice(0, this.count + 1);
  }

  at(n: number): string {
    return String.fromCharCode.apply(
      null,
      this.#units.subarray(this.starts[n], this.starts[n + 1]! - 1) as unknown as number[],
    );
  }

  /** Its first unit, and above it the second; that is U+FFFF when there is none. */
  pairAt(n: number): number {
    const at = this.starts[n]!;
    return this.#units[at]! | ((this.#units[at + 1] ?? BETWEEN) << 16);
  }

  /**
   * How often each literal may occur: of the units of all literals, the shares of its own, multiplied. And 1 when any
   * of its units may end a clause.
   */
  estimate(frequency: Float64Array, breaks: Uint8Array): void {
    const units = this.#units;
    const { length } = units;
    const counts = this.#counts;
    const one = 1 / (length - this.count + 1);
    let n = 0;
    let share = 1;
    let found = 0;
    for (let i = 0; i <= length; i++) {
      const unit = i < length ? units[i]! : BETWEEN;
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
  }

  /** As pairs, the first unit moved left by 16: those side by side in a literal, one of which ends a clause; such literals of one unit. */
  aroundBreaks(): Set<number> {
    const units = this.#units;
    const found = new Set<number>();
    for (let i = 0; i < units.length; i++) {
      const unit = units[i]!;
      if ((CLASSES[unit]! & BREAK) === 0) continue;
      const before = units[i - 1] ?? BETWEEN;
      const behind = units[i + 1] ?? BETWEEN;
      if (before === behind && before === BETWEEN) found.add(unit);
      found.add((before << 16) | unit).add((unit << 16) | behind);
    }
    return found;
  }

  /**
   * Literal → `boundaryClass` of its first unit, and of its last moved left by `shift`. Sets in `some` bit n of each
   * literal n that has any.
   */
  boundaries(shift: number, some: Int32Array): Uint8Array {
    const units = this.#units;
    const { starts, count } = this;
    const found = new Uint8Array(count);
    let start = 0;
    for (let n = 0; n < count; n++) {
      const next = starts[n + 1]!;
      const first = CLASSES[units[start]!]!;
      const last = CLASSES[units[next - 2]!]!;
      if (((first | last) & BOUNDARY) !== 0) {
        some[n >> 5]! |= 1 << n;
        found[n] = ((first & BOUNDARY) >> BOUNDARY_SHIFT) | (((last & BOUNDARY) >> BOUNDARY_SHIFT) << shift);
      }
      start = next;
    }
    return found;
  }
}

/** Whether these are the first literals, whole. */
function beginsWith(units: Uint16Array, first: Uint16Array): boolean {
  const { length } = first;
  let i = units.length === length || units[length] === BETWEEN ? 0 : -1;
  while (i >= 0 && i < length && units[i] === first[i]) i++;
  return i === length;
}

/** Fills `starts` from literal n on, which begins at `start`; counts units; returns how many there are, or -1 when one is empty. */
function split(units: Uint16Array, start: number, starts: Int32Array, n: number, counts: Int32Array): number {
  const { length } = units;
  for (let i = start; i < length; i++) {
    const unit = units[i]!;
    counts[unit]!++;
    if (unit !== BETWEEN) continue;
    if (i === start) return -1;
    start = i + 1;
    starts[++n] = start;
  }
  if (start === length) return -1;
  starts[++n] = length + 1;
  return n;
}
