/**
 * How likely a reply is to break a rule of each topic: `compiler/matcher/classifier.py` gives the formula, and this is the
 * same arithmetic: sums of whole numbers, then the same operations in the same order, then whole percents.
 */

import type { Model } from "./bundle";
import { off } from "./errors";
import { Grams } from "./grams";

/** Longest n-gram. */
const REPLY_UNITS = 3;
const BUYER_UNITS = 2;
/** The newest messages of the buyer, which are looked at. */
export const BUYER_MESSAGES = 3;
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
  /** Topic id → its place among the percents; "" is 0: compliant. */
  readonly places: ReadonlyMap<string, number>;
  readonly #model: Model;
  readonly #reply: Grams;
  readonly #buyer: Grams;
  /** The numbers of a row, an even number of them: those of row r, from 1 on, begin at r × `#width`. */
  readonly #width: number;
  readonly #weights: Int32Array;
  /** Row → 1 when it is met in this text. Row 0, nobody's, always is. */
  readonly #met: Uint8Array;
  /** Of the text: its units, and the rows of its n-grams. */
  #units = new Int32Array(1024);
  #rows = new Int32Array(3 * 1024);

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
    else for (let n = 0; n < weights.length; n++) bytes[width * (1 + Math.floor(n / topics)) + (n % topics)] = weights[n]!;
    for (let n = 0; n < packed.length; n++) packed[n]! ^= UNSIGNED;
  }

  /** How likely each of `places` is, for a folded reply and what was heard in the buyer's newest messages. */
  percents(reply: string, buyer: readonly Sound[]): number[] {
    const { bias, scale } = this.#model;
    const said = this.#hear(this.#reply, reply, REPLY_UNITS);
    const own = 1 / Math.sqrt(said.count);
    let count = 0;
    for (const message of buyer) count += message.count;
    const other = count === 0 ? 0 : BUYER_SHARE / Math.sqrt(count);
    const percents: number[] = [];
    let top = -Infinity;
    for (let topic = 0; topic < bias.length; topic++) {
      let heard = 0;
      for (const { sums } of buyer) heard += sums[topic]!;
      const logit = bias[topic]! + scale * (said.sums[topic]! * own + heard * other);
      percents.push(logit);
      top = Math.max(top, logit);
    }
    let whole = 0;
    for (let topic = 0; topic < percents.length; topic++) whole += percents[topic] = Math.exp(percents[topic]! - top);
    for (let topic = 0; topic < percents.length; topic++) {
      percents[topic] = Math.floor((100 * percents[topic]!) / whole + 0.5);
    }
    return percents;
  }

  /** What is heard in a buyer's folded message. */
  hear(message: string): Sound {
    return this.#hear(this.#buyer, message, BUYER_UNITS);
  }

  #hear(grams: Grams, text: string, longest: number): Sound {
    const length = text.length + 2;
    if (this.#units.length < length) {
      this.#units = new Int32Array(2 * length);
      this.#rows = new Int32Array(6 * length);
    }
    const units = this.#units;
    units[0] = START;
    for (let i = 2; i < length; i++) units[i - 1] = text.charCodeAt(i - 2);
    units[length - 1] = END;
    const sums = this.#sums(this.#distinct(grams.rows(units, length, longest, this.#rows)));
    return { sums, count: longest * length - ((longest * (longest - 1)) >> 1) };
  }

  /** Leaves of the rows the known ones, each once; makes them the places of their weights. Returns how many they are. */
  #distinct(found: number): number {
    const met = this.#met;
    const rows = this.#rows;
    let count = 0;
    for (let n = 0; n < found; n++) {
      const row = rows[n]!;
      rows[count] = row;
      count += 1 - met[row]!;
      met[row] = 1;
    }
    for (let n = 0; n < count; n++) {
      met[rows[n]!] = 0;
      rows[n]! *= this.#width;
    }
    return count;
  }

  /** Of each topic the sum of the weights in the first `count` rows. */
  #sums(count: number): Int32Array {
    const weights = this.#weights;
    const rows = this.#rows;
    const width = this.#width;
    const sums = new Int32Array(4 * width).fill(-OFFSET * count);
    for (let from = 0; from < count; from += AT_ONCE) {
      const to = Math.min(from + AT_ONCE, count);
      for (let column = 0; column < width; column += 2) {
        let [a, b, c, d] = [0, 0, 0, 0];
        for (let n = from; n < to; n++) {
          const at = rows[n]! + column;
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
function add(sums: Int32Array, topic: number, even: number, odd: number): void {
  sums[topic]! += even & 0xffff;
  sums[topic + 1]! += odd & 0xffff;
  sums[topic + 2]! += even >>> 16;
  sums[topic + 3]! += odd >>> 16;
}
