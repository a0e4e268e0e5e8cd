import { ReleaseError } from "./errors";
import { CLAUSE_START, MESSAGE_END, SOFT } from "./join";

const MAX_GAP = 40;
/** In `reaches`: a gap for symbols, among them commas. */
export const GAP = 2;

/** The sequences of a bundle's sets, checked and made into flat tables. */
export class Sequences {
  /** Sequence s has the elements `elements[starts[s]] … elements[starts[s + 1] - 1]`. */
  elements = new Int32Array(1 << 12);
  starts = new Int32Array(1 << 10);
  /** The atoms of each, in the same places, the rarest first: that is the key; filled up with -1. */
  byRarity = new Int32Array(1 << 12);
  /** Sequence → what of it may reach from one clause into the next: nothing (0), a hit of an element, a gap (GAP). */
  reaches = new Uint8Array(1 << 10);
  count = 0;
  /** Of the last one: what of it reaches, and the levels of sets in it. */
  reach = 0;
  level = 0;

  /** By atom, of those before the set whose sequences are added. */
  constructor(
    private readonly frequency: Float64Array,
    private readonly reaching: Uint8Array,
    private readonly levels: Uint8Array,
  ) {}

  /** Adds a sequence over atoms below `limit`: gaps between two of them, edges at the ends. Returns its frequency. */
  add(sequence: unknown, limit: number): number {
    if (!Array.isArray(sequence)) off();
    const { frequency, reaching, levels, count } = this;
    const start = this.starts[count]!;
    this.#makeRoom(start + sequence.length);
    const { elements, byRarity } = this;
    const last = sequence.length - 1;
    let end = start;
    let reach = 0;
    let level = 0;
    for (let n = 0; n <= last; n++) {
      const value: unknown = sequence[n];
      if (typeof value !== "number" || (value | 0) !== value || value >= limit) off();
      elements[start + n] = value;
      if (value < 0) {
        if (value > CLAUSE_START) {
          if ((value < -MAX_GAP && value !== SOFT) || end === start || n === last || !(sequence[n + 1] >= 0)) off();
          if (value === SOFT) reach = GAP;
        } else if (value < MESSAGE_END || ((value & 1) === 0 ? n > 0 : n < last || end === start)) off();
        continue;
      }
      let at = end++;
      const often = frequency[value]!;
      for (; at > start && frequency[byRarity[at - 1]!]! > often; at--) byRarity[at] = byRarity[at - 1]!;
      byRarity[at] = value;
      if (reach === 0) reach = reaching[value]!;
      if (level < levels[value]!) level = levels[value]!;
    }
    if (end === start) off();
    byRarity.fill(-1, end, start + sequence.length);
    this.reaches[count] = reach;
    this.starts[++this.count] = start + sequence.length;
    this.reach = reach;
    this.level = level;
    return frequency[byRarity[start]!]!;
  }

  #makeRoom(length: number): void {
    if (length > this.elements.length) {
      this.elements = larger(this.elements, new Int32Array(2 * length));
      this.byRarity = larger(this.byRarity, new Int32Array(2 * length));
    }
    if (this.count + 2 > this.starts.length) {
      this.starts = larger(this.starts, new Int32Array(2 * this.starts.length));
      this.reaches = larger(this.reaches, new Uint8Array(2 * this.starts.length));
    }
  }
}

function larger<T extends Int32Array | Uint8Array>(table: T, grown: T): T {
  grown.set(table);
  return grown;
}

function off(): never {
  throw new ReleaseError("bundle: sequence is off");
}
