/**
 * How likely a reply is to break a rule of each topic: `compiler/matcher/classifier.py` gives the formula, and this is the
 * same arithmetic: sums of whole numbers, then the same operations in the same order, then whole percents.
 */

import type { Model } from "./bundle";
import { off } from "./errors";
import { Grams } from "./grams";

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
  /** Topic id → its place. 0, "", is compliance. */
  readonly places: ReadonlyMap<string, number>;
  readonly #model: Model;
  readonly #reply: Grams;
  readonly #buyer: Grams;
  /** The numbers of a row, an even number of them: those of row r, from 1 on, begin at r × `#width`. */
  readonly #width: number;
  readonly #weights: Int32Array;
  /** Row → 1 when it is met. Row 0, nobody's, always is. */
  readonly #met: Uint8Array;
  /** Of a text: its units, with start and end; the rows of its n-grams, at last where their weights begin, and of each topic their sum. */
  #units = new Int32Array(1024);
  #rows = new Int32Array(5 * 1024);
  readonly #sums: Int32Array;
  /** What the buyer's messages add to those of a reply. */
  readonly #asked: Float64Array;

  /** Throws `ReleaseError` when the weights are not those of the n-grams. */
  constructor(model: Model) {
    const { topics, weights } = model;
    this.#model = model;
    this.places = new Map(topics.map((topic, n) => [topic, n]));
    this.#reply = new Grams(model.reply, REPLY_UNITS, 1);
    this.#buyer = new Grams(model.buyer, BUYER_UNITS, 1 + this.#reply.count);
    const rows = this.#reply.count + this.#buyer.count;
    const width = 2 * Math.ceil(topics.length / 8);
    if (weights.length !== rows * topics.length) off("classifier");
    this.#width = width;
    this.#met = new Uint8Array(rows + 1).fill(1, 0, 1);
    this.#sums = new Int32Array(4 * width);
    this.#asked = new Float64Array(topics.length);
    this.#weights = new Int32Array((rows + 1) * width);
    const bytes = new Int8Array(this.#weights.buffer);
    if (topics.length === 4 * width) bytes.set(weights, topics.length);
    else for (let n = 0; n < rows; n++) bytes.set(weights.slice(n * topics.length, (n + 1) * topics.length), 4 * width * (n + 1));
    for (let n = 0; n < this.#weights.length; n++) this.#weights[n]! ^= UNSIGNED;
  }

  /** What is heard in a buyer's folded message. */
  hear(message: string): Sound {
    return { count: this.#listen(this.#buyer, message, BUYER_UNITS), sums: this.#sums.slice() };
  }

  /**
   * How likely each of `places` is (of 0: how likely it is not) in passages of a reply, in the light of what was heard in the buyer's
   * messages, newest last.
   */
  percents(passages: readonly string[], buyer: readonly Sound[]): number[][] {
    const newest = buyer.slice(-BUYER_MESSAGES);
    const asked = this.#asked;
    let count = 0;
    for (const message of newest) count += message.count;
    const share = count === 0 ? 0 : BUYER_SHARE / Math.sqrt(count);
    for (let place = 0; place < asked.length; place++) {
      asked[place] = share * newest.reduce((sum, { sums }) => sum + sums[place]!, 0);
    }
    return passages.map((passage) => this.#percents(this.#listen(this.#reply, passage, REPLY_UNITS)));
  }

  #percents(count: number): number[] {
    const { bias, scale } = this.#model;
    const sums = this.#sums;
    const asked = this.#asked;
    const own = 1 / Math.sqrt(count);
    const shares: number[] = [];
    let top = -Infinity;
    for (let place = 0; place < bias.length; place++) {
      const logit = bias[place]! + scale * (sums[place]! * own + asked[place]!);
      shares.push(logit);
      if (logit > top) top = logit;
    }
    let whole = 0;
    for (let place = 0; place < shares.length; place++) whole += shares[place] = Math.exp(shares[place]! - top);
    for (let place = 0; place < shares.length; place++) {
      shares[place] = Math.floor((100 * shares[place]!) / whole + 0.5);
    }
    shares[0] = 100 - shares[0]!;
    return shares;
  }

  /** Fills `#sums`; returns how many n-grams of up to `longest` units the text has. */
  #listen(grams: Grams, text: string, longest: number): number {
    const length = text.length + 2;
    if (this.#units.length < length) {
      this.#units = new Int32Array(2 * length);
      this.#rows = new Int32Array(10 * length);
    }
    const units = this.#units;
    units[0] = START;
    for (let i = 2; i < length; i++) units[i - 1] = text.charCodeAt(i - 2);
    units[length - 1] = END;
    this.#add(this.#distinct(grams.rows(units, length, this.#rows)));
    return longest * length - ((longest * (longest - 1)) >> 1);
  }

  /** Leaves of the rows those known, each once, and makes them the places of their weights; returns how many. */
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

  /** Sums up the weights of so many rows. */
  #add(count: number): void {
    const weights = this.#weights;
    const rows = this.#rows;
    const sums = this.#sums;
    sums.fill(-OFFSET * count);
    for (let from = 0; from < count; from += AT_ONCE) {
      const to = Math.min(from + AT_ONCE, count);
      for (let column = 0; column < this.#width; column += 2) {
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
        spread(sums, 4 * column, a, b);
        spread(sums, 4 * column + 4, c, d);
      }
    }
  }
}

/** Adds to four sums those in the halves of two numbers. */
function spread(sums: Int32Array, at: number, even: number, odd: number): void {
  sums[at]! += even & 0xffff;
  sums[at + 1]! += odd & 0xffff;
  sums[at + 2]! += even >>> 16;
  sums[at + 3]! += odd >>> 16;
}
