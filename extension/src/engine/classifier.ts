/**
 * How likely a reply is to break a rule of each topic: `compiler/matcher/classifier.py` gives the formula, and this is the
 * same arithmetic: sums of whole numbers, then the same operations in the same order, then whole percents.
 */

import type { Model } from "./bundle";
import { off } from "./errors";

/** Longest n-gram. */
const REPLY_UNITS = 3;
const BUYER_UNITS = 2;
/** The newest messages of the buyer, which are looked at. */
const BUYER_MESSAGES = 3;
const BUYER_SHARE = 0.75;
/** Stand before and after a text. */
const START = 2;
const END = 3;
const THREE = 3 << 16;

/** N-gram → its row. Up to three units and their number are two integers, so that no string is made to look one up. */
class Grams {
  readonly count: number;
  readonly #mask: number;
  /** Slot → the first two units; the third and the length; the row + 1 (0: free). */
  readonly #slots: Int32Array;

  constructor(joined: string, firstRow: number) {
    const grams = joined === "" ? [] : joined.split("\uffff");
    this.count = grams.length;
    let size = 16;
    while (size < 2 * this.count) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(3 * size);
    grams.forEach((gram, n) => {
      const pair = unitAt(gram, 1) | (gram.length > 1 ? unitAt(gram, 2) << 16 : 0);
      const third = (gram.length > 2 ? unitAt(gram, 3) : 0) | (gram.length << 16);
      this.#slots.set([pair, third, firstRow + n + 1], this.#slot(pair, third));
    });
  }

  /** -1 for one that is not known. */
  row(pair: number, third: number): number {
    return this.#slots[this.#slot(pair, third) + 2]! - 1;
  }

  /** Where an n-gram is, or the free slot where it would be. */
  #slot(pair: number, third: number): number {
    const slots = this.#slots;
    let hash = Math.imul(pair, 0x9e3779b1) ^ Math.imul(third, 0x85ebca6b);
    hash ^= hash >>> 15;
    for (let at = hash & this.#mask; ; at = (at + 1) & this.#mask) {
      const slot = 3 * at;
      if (slots[slot + 2] === 0 || (slots[slot] === pair && slots[slot + 1] === third)) return slot;
    }
  }
}

export class Classifier {
  /** Topic id → its place among the percents; "" is 0: compliant. */
  readonly places: ReadonlyMap<string, number>;
  readonly #model: Model;
  readonly #reply: Grams;
  readonly #buyer: Grams;
  /** Row → the text in which it was last met. */
  readonly #met: Uint32Array;
  #text = 0;

  /** Throws `ReleaseError` when the weights are not those of the n-grams. */
  constructor(model: Model) {
    this.#model = model;
    this.places = new Map(model.topics.map((topic, n) => [topic, n]));
    this.#reply = new Grams(model.reply, 0);
    this.#buyer = new Grams(model.buyer, this.#reply.count);
    const rows = this.#reply.count + this.#buyer.count;
    if (model.weights.length !== rows * model.topics.length) off("classifier");
    this.#met = new Uint32Array(rows);
  }

  /** How likely each of `places` is, for a folded reply and the buyer's folded messages, newest last. */
  percents(reply: string, buyer: readonly string[]): number[] {
    const { bias, scale } = this.#model;
    const said = new Int32Array(bias.length);
    const heard = new Int32Array(bias.length);
    const own = 1 / Math.sqrt(this.#add(this.#reply, reply, REPLY_UNITS, said));
    let count = 0;
    for (const message of buyer.slice(-BUYER_MESSAGES)) count += this.#add(this.#buyer, message, BUYER_UNITS, heard);
    const other = count === 0 ? 0 : BUYER_SHARE / Math.sqrt(count);
    const logits = bias.map((b, n) => b + scale * (said[n]! * own + heard[n]! * other));
    const top = Math.max(...logits);
    const shares = logits.map((logit) => Math.exp(logit - top));
    let whole = 0;
    for (const share of shares) whole += share;
    return shares.map((share) => Math.floor((100 * share) / whole + 0.5));
  }

  /** Adds to `sums`, of each topic, the weights of a text's n-grams that are known; returns how many n-grams it has. */
  #add(grams: Grams, written: string, longest: number, sums: Int32Array): number {
    const { weights } = this.#model;
    const met = this.#met;
    const width = sums.length;
    const text = ++this.#text;
    const length = written.length + 2;
    let count = 0;
    let first = START;
    let second = unitAt(written, 1);
    for (let i = 0; i < length; i++) {
      const third = unitAt(written, i + 2);
      const most = Math.min(longest, length - i);
      for (let n = 1; n <= most; n++) {
        const row = grams.row(n > 1 ? first | (second << 16) : first, n > 2 ? third | THREE : n << 16);
        if (row < 0 || met[row] === text) continue;
        met[row] = text;
        const at = row * width;
        for (let topic = 0; topic < width; topic++) sums[topic]! += weights[at + topic]!;
      }
      count += most;
      first = second;
      second = third;
    }
    return count;
  }
}

/** Of a text with its start and end marked. */
function unitAt(text: string, i: number): number {
  return i === 0 ? START : i > text.length ? END : text.charCodeAt(i - 1);
}
