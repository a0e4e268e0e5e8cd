/**
 * N-gram → its row in a table of weights, for the classifier, which is asked of nearly every reply.
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
  /** Of those of a text that passed the gate: the first two units, and the third. */
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
    if (gram.length === 1) this.#single[gram.charCodeAt(0)] = row;
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

  /** Writes to `rows` those of the n-grams of up to `longest` (2 or 3) units of a text; 0 for one not known. Returns how many. */
  rows(units: Int32Array, length: number, longest: number, rows: Int32Array): number {
    for (let i = 0; i < length; i++) rows[i] = this.#single[units[i]!]!;
    const end = this.#pass(units, length, longest);
    const passed = this.#passed;
    let count = length;
    for (let n = 0; n < end; n += 2) rows[count++] = this.#slots[this.#slot(passed[n]!, passed[n + 1]!) + 2]!;
    return count;
  }

  /** Fills `#passed`; returns where it ends. */
  #pass(units: Int32Array, length: number, longest: number): number {
    if (this.#passed.length < 4 * length) this.#passed = new Int32Array(8 * length);
    const gate = this.#gate;
    const passed = this.#passed;
    let end = 0;
    for (let i = 1; i < length; i++) {
      const pair = units[i - 1]! | (units[i]! << 16);
      let hash = hashOf(pair, NONE);
      passed[end] = pair;
      passed[end + 1] = NONE;
      end += ((gate[(hash & (GATE - 1)) >> 5]! >>> hash) & 1) << 1;
      if (longest === 2 || i + 1 === length) continue;
      const third = units[i + 1]!;
      hash = hashOf(pair, third);
      passed[end] = pair;
      passed[end + 1] = third;
      end += ((gate[(hash & (GATE - 1)) >> 5]! >>> hash) & 1) << 1;
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
