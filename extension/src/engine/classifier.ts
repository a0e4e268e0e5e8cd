/**
 * How likely a reply is to break a rule of each topic: `compiler/matcher/classifier.py` gives the formula, and this is the
 * same arithmetic: sums of whole numbers, then the same operations in the same order, then whole percents.
 */

import type { Model } from "./bundle";
import { off } from "./errors";
import { Grams, LONGEST, NONE } from "./grams";

/** Longest n-grams. */
const REPLY_UNITS = 3;
const BUYER_UNITS = 2;
/** The newest messages of the buyer, which are looked at. */
const BUYER_MESSAGES = 3;
const BUYER_SHARE = 0.75;
/** Stand before and after a text. */
const START = 2;
const END = 3;

/** Four weights of a row are read at once, each as an unsigned byte, w + 128; sixteen bits hold the sums of this many. */
const AT_ONCE = 256;
const OFFSET = 128;
const UNSIGNED = 0x80808080 | 0;
const EVEN_BYTES = 0x00ff00ff;

/** What is heard in a text: of each topic the sum of the weights of its known n-grams; and how many n-grams it has. */
export interface Sound {
  readonly sums: Int32Array;
  readonly count: number;
}

export class Classifier {
  /** Topic id → its place among the percents. */
  readonly places: ReadonlyMap<string, number>;
  readonly #model: Model;
  readonly #reply: Grams;
  readonly #buyer: Grams;
  /** The numbers of a row, an even number of them: those of row r, from 1 on, begin at r × `#width`. */
  readonly #width: number;
  readonly #weights: Int32Array;
  /** Row → 1 when it is met. Row 0, nobody's, always is. */
  readonly #met: Uint8Array;
  /** Of the text: its units, the rows of its n-grams, and those met. */
  #units = new Int32Array(1024);
  #rows = new Int32Array(LONGEST * 1024);
  #known = new Int32Array(LONGEST * 1024);

  /** Throws `ReleaseError` when the weights are not those of the n-grams. */
  constructor(model: Model) {
    const { topics, weights } = model;
    this.#model = model;
    this.places = new Map(topics.map((topic, n) => [topic, n]));
    this.#reply = new Grams(model.reply, 1);
    this.#buyer = new Grams(model.buyer, 1 + this.#reply.count);
    const rows = this.#reply.count + this.#buyer.count;
    if (weights.length !== rows * topics.length) off("classifier");
    this.#met = new Uint8Array(rows + 1).fill(1, 0, 1);
    this.#width = 2 * Math.ceil(topics.length / 8);
    this.#weights = new Int32Array((rows + 1) * this.#width);
    this.#pack(weights, topics.length);
  }

  #pack(weights: Int8Array, topics: number): void {
    const packed = this.#weights;
    const bytes = new Int8Array(packed.buffer);
    const width = 4 * this.#width;
    if (topics === width) bytes.set(weights, width);
    else weights.forEach((weight, n) => (bytes[width * (1 + Math.floor(n / topics)) + (n % topics)] = weight));
    for (let n = 0; n < packed.length; n++) packed[n]! ^= UNSIGNED;
  }

  /** What is heard in a buyer's folded message. */
  hear(message: string): Sound {
    this.#look(this.#buyer, message);
    return this.#sound(this.#buyer, 0, message.length, BUYER_UNITS);
  }

  /**
   * Of each passage (of a folded reply; start and end alternating) how likely each of `places` is; of 0, which is
   * compliance, how likely it is not. `buyer`: what was heard in the buyer's messages, newest last.
   */
  percents(reply: string, passages: readonly number[], buyer: readonly Sound[]): number[][] {
    const newest = buyer.slice(-BUYER_MESSAGES);
    let count = 0;
    for (const message of newest) count += message.count;
    const share = count === 0 ? 0 : BUYER_SHARE / Math.sqrt(count);
    const asked: number[] = [];
    for (let place = 0; place < this.#model.bias.length; place++) {
      let sum = 0;
      for (const { sums } of newest) sum += sums[place]!;
      asked.push(sum * share);
    }
    this.#look(this.#reply, reply);
    const percents: number[][] = [];
    for (let n = 0; n < passages.length; n += 2) {
      percents.push(this.#percents(this.#sound(this.#reply, passages[n]!, passages[n + 1]!, REPLY_UNITS), asked));
    }
    return percents;
  }

  #percents({ sums, count }: Sound, asked: readonly number[]): number[] {
    const { bias, scale } = this.#model;
    const own = 1 / Math.sqrt(count);
    const percents: number[] = [];
    let top = -Infinity;
    for (let place = 0; place < bias.length; place++) {
      const logit = bias[place]! + scale * (sums[place]! * own + asked[place]!);
      percents.push(logit);
      if (logit > top) top = logit;
    }
    let whole = 0;
    for (let place = 0; place < percents.length; place++) whole += percents[place] = Math.exp(percents[place]! - top);
    for (let place = 0; place < percents.length; place++) {
      percents[place] = Math.floor((100 * percents[place]!) / whole + 0.5);
    }
    percents[0] = 100 - percents[0]!;
    return percents;
  }

  /** Makes ready for `#sound`. */
  #look(grams: Grams, text: string): void {
    const { length } = text;
    if (this.#units.length < length) {
      this.#units = new Int32Array(2 * length);
      this.#rows = new Int32Array(2 * LONGEST * length);
      this.#known = new Int32Array(2 * LONGEST * length + LONGEST * LONGEST);
    }
    const units = this.#units;
    for (let i = 0; i < length; i++) units[i] = text.charCodeAt(i);
    grams.rows(units, length, this.#rows);
  }

  /** What is heard in `[from, to)` of the text that was looked at. */
  #sound(grams: Grams, from: number, to: number, longest: number): Sound {
    const length = to - from + 2;
    return {
      sums: this.#sums(this.#collect(grams, from, to)),
      count: longest * length - ((longest * (longest - 1)) >> 1),
    };
  }

  /** Puts the places of the weights of the known n-grams into `#known`, each once; how many they are. */
  #collect(grams: Grams, from: number, to: number): number {
    const met = this.#met;
    const known = this.#known;
    const rows = this.#rows;
    let count = 0;
    for (let i = from; i < to; i++) {
      const end = LONGEST * i + Math.min(LONGEST, to - i);
      for (let n = LONGEST * i; n < end; n++) {
        const row = rows[n]!;
        known[count] = row;
        count += 1 - met[row]!;
        met[row] = 1;
      }
    }
    for (const row of this.#edges(grams, from, to)) {
      known[count] = row;
      count += 1 - met[row]!;
      met[row] = 1;
    }
    for (let n = 0; n < count; n++) {
      met[known[n]!] = 0;
      known[n]! *= this.#width;
    }
    return count;
  }

  /** The rows of the n-grams that hold the start or the end. */
  #edges(grams: Grams, from: number, to: number): number[] {
    const units = this.#units;
    const first = from < to ? units[from]! : END;
    const last = from < to ? units[to - 1]! : START;
    const head = START | (first << 16);
    const edges = [grams.single[START]!, grams.single[END]!, grams.row(head, NONE), grams.row(last | (END << 16), NONE)];
    if (from < to) {
      const second = from + 1 < to ? units[from + 1]! : END;
      const before = from + 1 < to ? units[to - 2]! : START;
      edges.push(grams.row(head, second), grams.row(before | (last << 16), END));
    }
    return edges;
  }

  /** Of each place the sum of the weights in `count` known rows. */
  #sums(count: number): Int32Array {
    const weights = this.#weights;
    const known = this.#known;
    const width = this.#width;
    const sums = new Int32Array(4 * width).fill(-OFFSET * count);
    for (let from = 0; from < count; from += AT_ONCE) {
      const to = Math.min(from + AT_ONCE, count);
      for (let column = 0; column < width; column += 2) {
        let [a, b, c, d] = [0, 0, 0, 0];
        for (let n = from; n < to; n++) {
          const at = known[n]! + column;
          const one = weights[at]!;
          const two = weights[at + 1]!;
          a = (a + (one & EVEN_BYTES)) | 0;
          b = (b + ((one >>> 8) & EVEN_BYTES)) | 0;
          c = (c + (two & EVEN_BYTES)) | 0;
          d = (d + ((two >>> 8) & EVEN_BYTES)) | 0;
        }
        add(sums, 4 * column, a, b);
        add(sums, 4 * column + 4, c, d);
      }
    }
    return sums;
  }
}

/** Adds to four sums those in the halves of two numbers. */
function add(sums: Int32Array, at: number, even: number, odd: number): void {
  sums[at]! += even & 0xffff;
  sums[at + 1]! += odd & 0xffff;
  sums[at + 2]! += even >>> 16;
  sums[at + 3]! += odd >>> 16;
}
