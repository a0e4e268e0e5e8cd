/**
 * N-gram → its row in a table of weights, for the classifier, which is asked about nearly every reply.
 *
 * Of some 240 n-grams of a reply half are known, in no order that a processor could predict. So none is looked up at a
 * branch: those of one unit stand in a table; the others are all written to a list, whose end moves on only past those
 * that pass a *gate*, bits over hashes that stay in the first cache. Nearly all that are left are known.
 */

/** Bits of the gate. */
const GATE = 1 << 17;
/** Between two n-grams of a model. */
const BETWEEN = "\uffff";
/** Instead of a third unit. */
export const NONE = -1;

export class Grams {
  /** Unit → the row of it alone; 0: not known. */
  readonly single: Uint16Array | Int32Array;
  /** Where the rows end. */
  readonly end: number;
  /** Bit of a hash: a longer n-gram has it. */
  readonly #gate = new Int32Array(GATE >> 5);
  /** Slot → the first two units of a longer n-gram, its third or `NONE`, its row (0: free). */
  readonly #slots: Int32Array;
  readonly #mask: number;

  /** `joined`: n-grams, of which those of up to `longest` (2 or 3) units are looked for. Their rows begin at `row`. */
  constructor(joined: string, longest: number, row: number) {
    const grams = joined === "" ? [] : joined.split(BETWEEN);
    let size = 16;
    while (size < 2 * grams.length) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(3 * size);
    this.single = new (row + grams.length > 0x10000 ? Int32Array : Uint16Array)(0x10000);
    for (const gram of grams) {
      const { length } = gram;
      if (length === 1) this.single[gram.charCodeAt(0)] = row;
      else if (length > 1 && length <= longest) {
        this.#add(gram.charCodeAt(0) | (gram.charCodeAt(1) << 16), length > 2 ? gram.charCodeAt(2) : NONE, row);
      }
      row++;
    }
    this.end = row;
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

  /** The row of a longer n-gram, 0 for one not known. */
  row(pair: number, third: number): number {
    const hash = hashOf(pair, third);
    const passes = (this.#gate[(hash & (GATE - 1)) >> 5]! & (1 << hash)) !== 0;
    return passes ? this.#slots[this.#slot(pair, third) + 2]! : 0;
  }

  /** Writes of the longer n-grams of these units (nearly only the known ones) start, end and row; returns where the list ends. */
  longer(units: Int32Array, length: number, list: Int32Array): number {
    const gate = this.#gate;
    let end = 0;
    for (let i = 1; i < length; i++) {
      const pair = units[i - 1]! | (units[i]! << 16);
      for (let third = NONE, to = i + 1; ; third = units[to++]!) {
        const hash = hashOf(pair, third);
        list[end] = i - 1;
        list[end + 1] = to;
        end += 3 * ((gate[(hash & (GATE - 1)) >> 5]! >>> hash) & 1);
        if (to === length || third !== NONE) break;
      }
    }
    for (let n = 0; n < end; n += 3) {
      const at = list[n]!;
      const third = list[n + 1] === at + 2 ? NONE : units[at + 2]!;
      list[n + 2] = this.#slots[this.#slot(units[at]! | (units[at + 1]! << 16), third) + 2]!;
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
