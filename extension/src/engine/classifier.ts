/**
 * How likely a reply is to break a rule of each topic: `compiler/matcher/classifier.py` gives the formula, and this is the
 * same arithmetic: sums of whole numbers, then the same operations in the same order, then whole percents.
 */

import type { Model } from "./bundle";
import { off } from "./errors";
import { Grams, NONE } from "./grams";

/** Longest n-grams. */
const REPLY_UNITS = 3;
const BUYER_UNITS = 2;
/** The newest messages of the buyer, which are looked at. */
const BUYER_MESSAGES = 3;
const BUYER_SHARE = 0.75;
/** Stand before and after a text. */
const START = 2;
const END = 3;

/** Four weights of a row are read at once, each as an unsigned byte, w + 128; sixteen bits hold the sum of this many. */
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
  /** The weights, four in a number, and an even number of numbers, `#width`, in a row; row 0 is nobody's. */
  readonly #weights: Int32Array;
  readonly #width: number;
  /** Row → 1 when it is met. Row 0 always is. */
  readonly #met: Uint8Array;
  /** Of the text that is looked at: its units, and its n-grams of several (as in `Grams.longer`) and where they end. */
  #units = new Int32Array(1024);
  #longer = new Int32Array(6 * 1024);
  #end = 0;
  /** Before this one no part begins that is still to be heard. */
  #next = 0;
  /** Of a part of it: the rows of its n-grams, and of each topic the sum of the weights in them. */
  #rows = new Int32Array(4 * 1024);
  readonly #sums: Int32Array;
  #passages: readonly number[] = [];
  readonly #asked: Float64Array;
  /**
   * Of each passage, of each topic the logit, and 0; once it was asked for, the share, and the sum of these. Then by how much
   * compliance leads all topics.
   */
  #shares = new Float64Array(1024);

  /** Throws `ReleaseError` when the weights are not those of the n-grams. */
  constructor(model: Model) {
    const { topics, weights } = model;
    const width = 2 * Math.ceil(topics.length / 8);
    this.#model = model;
    this.#width = width;
    this.places = new Map(topics.map((topic, n) => [topic, n]));
    this.#reply = new Grams(model.reply, REPLY_UNITS, 1);
    this.#buyer = new Grams(model.buyer, BUYER_UNITS, this.#reply.end);
    const rows = this.#buyer.end;
    if (weights.length !== (rows - 1) * topics.length) off("classifier");
    this.#sums = new Int32Array(4 * width);
    this.#asked = new Float64Array(topics.length);
    this.#met = new Uint8Array(rows).fill(1, 0, 1);
    this.#weights = new Int32Array(rows * width);
    const bytes = new Int8Array(this.#weights.buffer);
    for (let row = 1; row < rows && topics.length < 4 * width; row++) {
      for (let place = 0; place < topics.length; place++) {
        bytes[4 * width * row + place] = weights[(row - 1) * topics.length + place]!;
      }
    }
    // Rows without a gap between them are copied at once.
    if (topics.length === 4 * width) bytes.set(weights, topics.length);
  }

  /** The passages that were heard last. */
  get passages(): readonly number[] {
    return this.#passages;
  }

  /** What is heard in a buyer's folded message. */
  hear(message: string): Sound {
    this.#look(this.#buyer, message);
    return { count: this.#hear(this.#buyer, 0, message.length, BUYER_UNITS), sums: this.#sums.slice() };
  }

  /**
   * Hears the passages of a folded reply (start and end, alternating) in the light of what was heard in the buyer's messages, newest
   * last: `percent` tells until another reply is heard. The first `same` of them and the last `rest` are those of the reply before.
   */
  listen(reply: string, passages: readonly number[], buyer: readonly Sound[], same = 0, rest = 0): void {
    const { bias, scale } = this.#model;
    const asked = this.#asked.fill(0);
    let count = 0;
    for (let n = Math.max(0, buyer.length - BUYER_MESSAGES); n < buyer.length; n++) {
      const message = buyer[n]!;
      count += message.count;
      for (let place = 0; place < asked.length; place++) asked[place]! += message.sums[place]!;
    }
    const weight = count === 0 ? 0 : BUYER_SHARE / Math.sqrt(count);
    const row = bias.length + 2;
    const total = passages.length >> 1;
    const was = this.#passages.length >> 1;
    this.#passages = passages;
    if (this.#shares.length < total * row) {
      const larger = new Float64Array(2 * total * row);
      larger.set(this.#shares);
      this.#shares = larger;
    }
    const sums = this.#sums;
    const shares = this.#shares;
    if (total !== was) shares.copyWithin((total - rest) * row, (was - rest) * row, was * row);
    const end = total - rest;
    if (same === end) return;
    const from = passages[2 * same]!;
    this.#look(this.#reply, reply.slice(from, passages[2 * end - 1]));
    for (let n = same, at = same * row; n < end; n++) {
      const own =
        1 / Math.sqrt(this.#hear(this.#reply, passages[2 * n]! - from, passages[2 * n + 1]! - from, REPLY_UNITS));
      const first = at;
      let next = -Infinity;
      for (let place = 0; place < bias.length; place++) {
        const logit = bias[place]! + scale * (sums[place]! * own + asked[place]! * weight);
        shares[at++] = logit;
        if (place > 0 && logit > next) next = logit;
      }
      shares[at++] = 0;
      shares[at++] = shares[first]! - next;
    }
  }

  /** Whether it is less likely than this (percent) that a passage breaks any rule; mostly without working out the percentage. */
  isBelow(limit: number, passage: number): boolean {
    const topics = this.#model.bias.length;
    // If all topics were as likely as the likeliest. One percent is for the rounding.
    const lead = Math.log(((topics - 1) * (101 - limit)) / (limit - 1));
    return this.#shares[passage * (topics + 2) + topics + 1]! > lead || this.percent(passage, 0) < limit;
  }

  /** How likely it is that a passage breaks a rule of the topic at a place; at 0, that it breaks any. */
  percent(passage: number, place: number): number {
    const topics = this.#model.bias.length;
    const at = passage * (topics + 2);
    const end = at + topics;
    const shares = this.#shares;
    if (shares[end] === 0) {
      let top = -Infinity;
      for (let n = at; n < end; n++) if (shares[n]! > top) top = shares[n]!;
      for (let n = at; n < end; n++) shares[end]! += shares[n] = Math.exp(shares[n]! - top);
    }
    const percent = Math.floor((100 * shares[at + place]!) / shares[end]! + 0.5);
    return place === 0 ? 100 - percent : percent;
  }

  #look(grams: Grams, text: string): void {
    const { length } = text;
    if (this.#units.length < length) {
      this.#units = new Int32Array(2 * length);
      this.#longer = new Int32Array(12 * length);
      this.#rows = new Int32Array(8 * length);
    }
    for (let i = 0; i < length; i++) this.#units[i] = text.charCodeAt(i);
    this.#end = grams.longer(this.#units, length, this.#longer);
    this.#next = 0;
  }

  /** Sums up a part of the text that is looked at; returns how many n-grams of up to `longest` units it has. */
  #hear(grams: Grams, from: number, to: number, longest: number): number {
    const units = this.#units;
    const longer = this.#longer;
    const rows = this.#rows;
    let end = 0;
    for (let i = from; i < to; i++) rows[end++] = grams.single[units[i]!]!;
    let n = this.#next;
    while (n < this.#end && longer[n]! < from) n += 3;
    this.#next = n;
    for (; n < this.#end && longer[n]! < to; n += 3) if (longer[n + 1]! <= to) rows[end++] = longer[n + 2]!;
    // Those with the start or the end.
    const first = from < to ? units[from]! : END;
    const last = from < to ? units[to - 1]! : START;
    const head = START | (first << 16);
    rows[end++] = grams.single[START]!;
    rows[end++] = grams.single[END]!;
    rows[end++] = grams.row(head, NONE);
    rows[end++] = grams.row(last | (END << 16), NONE);
    if (from < to) {
      rows[end++] = grams.row(head, from + 1 < to ? units[from + 1]! : END);
      rows[end++] = grams.row((from + 1 < to ? units[to - 2]! : START) | (last << 16), END);
    }
    this.#add(this.#distinct(end));
    const length = to - from + 2;
    return longest * length - ((longest * (longest - 1)) >> 1);
  }

  /** Leaves of so many rows those of known n-grams, each once; returns how many. Without a branch, as in `Grams`. */
  #distinct(end: number): number {
    const met = this.#met;
    const rows = this.#rows;
    let count = 0;
    for (let n = 0; n < end; n++) {
      const row = rows[n]!;
      rows[count] = row;
      count += 1 - met[row]!;
      met[row] = 1;
    }
    for (let n = 0; n < count; n++) met[rows[n]!] = 0;
    return count;
  }

  /** Sums up the weights of the first `count` rows, four topics at a time: sums that stay in registers. */
  #add(count: number): void {
    const weights = this.#weights;
    const rows = this.#rows;
    const sums = this.#sums;
    const width = this.#width;
    sums.fill(-OFFSET * count);
    for (let from = 0; from < count; from += AT_ONCE) {
      const to = Math.min(from + AT_ONCE, count);
      for (let column = 0; column < width; column += 2) {
        let [a, b, c, d] = [0, 0, 0, 0];
        for (let n = from; n < to; n++) {
          const at = rows[n]! * width + column;
          const one = weights[at]! ^ UNSIGNED;
          const two = weights[at + 1]! ^ UNSIGNED;
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
