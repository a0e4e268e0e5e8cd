/**
 * N-gram → its row in a table of weights, for the classifier, which is asked about nearly every reply.
 *
 * Of some 240 n-grams of a reply half are known, in no order that a processor could predict. So none is looked up at a
 * branch: those of one unit stand in a table; the others are all written to a list, whose end moves on only past those
 * that pass a *gate*, bits over hashes that stay in the first cache. Nearly all that are left are known.
 */

/** Bits of the gate. */
const GATE = 1 << 16;
/** Between two n-grams of a model. */
const BETWEEN = "\uffff";
/** Instead of a third unit. */
const NONE = -1;

export class Grams {
  readonly count: number;
  /** Unit → the row of it alone; 0: not known. */
  readonly #single = new Int32Array(0x10000);
  /** Bit of a hash: a longer n-gram has it. */
  readonly #gate = new Int32Array(GATE >> 5);
  /** Slot → the first two units of a longer n-gram, its third or `NONE`, its row (0: free). */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** `joined`: n-grams of one to three units, of which those up to `longest` are looked for. `row`: that of the first. */
  constructor(joined: string, longest: number, row: number) {
    const grams = joined === "" ? [] : joined.split(BETWEEN);
    this.count = grams.length;
    let size = 16;
    while (size < 2 * this.count) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(3 * size);
    for (const gram of grams) {
      const { length } = gram;
      if (length === 1) this.#single[gram.charCodeAt(0)] = row;
      else if (length > 1 && length <= longest) {
        this.#add(gram.charCodeAt(0) | (gram.charCodeAt(1) << 16), length > 2 ? gram.charCodeAt(2) : NONE, row);
      }
      row++;
    }
  }

  #add(pair: number, third: number, row: number): void {
    const slots = this.#slots;
    const slot = this.#slot(pair, third);
    const hash = hashOf(pair, third);
    this.#gate[(hash & (GATE - 1)) >> 5]! |= 1 << hash;
    slots[slot] = pair;
    slots[slot + 1] = third;
    slots[slot + 2] = row;
  }

  /** Writes the rows of the n-grams of `length` units to `rows` (some are 0, not known); returns how many. */
  rows(units: Int32Array, length: number, rows: Int32Array): number {
    const gate = this.#gate;
    let end = length;
    for (let i = 0; i < length; i++) {
      rows[i] = this.#single[units[i]!]!;
      const pair = units[i]! | (units[i + 1]! << 16);
      for (let third = NONE, n = i + 1; n < length; third = units[++n]!) {
        const hash = hashOf(pair, third);
        rows[end] = pair;
        rows[end + 1] = third;
        end += ((gate[(hash & (GATE - 1)) >> 5]! >>> hash) & 1) << 1;
        if (third !== NONE) break;
      }
    }
    let count = length;
    for (let n = length; n < end; n += 2) rows[count++] = this.#slots[this.#slot(rows[n]!, rows[n + 1]!) + 2]!;
    return count;
  }

  /** Where a longer n-gram is, or the free slot where it would be. */
  #slot(pair: number, third: number): number {
    const slots = this.#slots;
    for (let at = hashOf(pair, third) & this.#mask; ; at = (at + 1) & this.#mask) {
      const slot = 3 * at;
      if (slots[slot + 2] === 0 || (slots[slot] === pair && slots[slot + 1] === third)) return slot;
    }
  }
}

function hashOf(pair: number, third: number): number {
  const hash = Math.imul(pair, 0x9e3779b1) ^ Math.imul(third, 0x85ebca6b);
  return hash ^ (hash >>> 15);
}
