/**
 * N-gram → its row in a table of weights, for the classifier, which is asked about nearly every reply.
 *
 * Of some 240 n-grams of a reply half are known, in no order that a processor could predict. So none is looked up at a
 * branch: those of one unit stand in a table; the others are all written to a list, whose end moves on only past those
 * that pass a *gate*, bits over hashes that stay in the first cache. Nearly all that are left are known.
 */

/** Units of the longest n-gram. */
export const LONGEST = 3;
/** Bits of the gate. */
const GATE = 1 << 16;
/** Between two n-grams of a model. */
const BETWEEN = "\uffff";
/** Instead of a third unit. */
export const NONE = -1;

export class Grams {
  readonly count: number;
  /** Unit → the row of it alone; 0: not known. */
  readonly single = new Int32Array(0x10000);
  /** Bit of a hash: a longer n-gram has it. */
  readonly #gate = new Int32Array(GATE >> 5);
  /** Slot → the first two units of a longer n-gram, its third or `NONE`, its row (0: free). */
  readonly #slots: Int32Array;
  readonly #mask: number;
  /** Those of a text that passed the gate: where their rows belong, their first two units, the third. */
  #passed = new Int32Array(1024);

  /** `joined`: n-grams of up to three units. `first`: the row of the first of them. */
  constructor(joined: string, first: number) {
    const grams = joined === "" ? [] : joined.split(BETWEEN);
    this.count = grams.length;
    let size = 16;
    while (size < 2 * this.count) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(3 * size);
    for (let n = 0; n < grams.length; n++) this.#add(grams[n]!, first + n);
  }

  #add(gram: string, row: number): void {
    if (gram.length === 1) this.single[gram.charCodeAt(0)] = row;
    if (gram.length !== 2 && gram.length !== 3) return;
    const slots = this.#slots;
    const pair = gram.charCodeAt(0) | (gram.charCodeAt(1) << 16);
    const third = gram.length === 3 ? gram.charCodeAt(2) : NONE;
    const hash = hashOf(pair, third);
    this.#gate[(hash & (GATE - 1)) >> 5]! |= 1 << hash;
    const slot = this.#slot(pair, third);
    slots[slot] = pair;
    slots[slot + 1] = third;
    slots[slot + 2] = row;
  }

  /** The row of a longer n-gram, 0 for one not known. */
  row(pair: number, third: number): number {
    return this.#slots[this.#slot(pair, third) + 2]!;
  }

  /** Writes the rows of the n-grams of 1, 2 and 3 units that begin at unit i to `rows[3 * i] …`, 0 for one not known. */
  rows(units: Int32Array, length: number, rows: Int32Array): void {
    rows.fill(0, 0, LONGEST * length);
    for (let i = 0; i < length; i++) rows[LONGEST * i] = this.single[units[i]!]!;
    const end = this.#pass(units, length);
    const passed = this.#passed;
    for (let n = 0; n < end; n += 3) rows[passed[n]!] = this.row(passed[n + 1]!, passed[n + 2]!);
  }

  /** Fills `#passed`; returns where it ends. */
  #pass(units: Int32Array, length: number): number {
    if (this.#passed.length < 6 * length) this.#passed = new Int32Array(12 * length);
    const gate = this.#gate;
    const passed = this.#passed;
    let end = 0;
    for (let i = 1; i < length; i++) {
      const pair = units[i - 1]! | (units[i]! << 16);
      for (let third = NONE, at = LONGEST * i - 2; ; third = units[i + 1]!, at++) {
        const hash = hashOf(pair, third);
        passed[end] = at;
        passed[end + 1] = pair;
        passed[end + 2] = third;
        end += 3 * ((gate[(hash & (GATE - 1)) >> 5]! >>> hash) & 1);
        if (third !== NONE || i + 1 === length) break;
      }
    }
    return end;
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
