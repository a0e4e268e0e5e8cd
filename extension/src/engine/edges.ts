/** evaluate: where clauses and messages begin and end, for phrases with `^` and `$`. */

import { IntList } from "./int-list";
import { isSymbol } from "./text";

const SPACE = 0x20;
/** Of the clauses and of the message: what is known of the text. */
const CLAUSES = 0;
const MESSAGE = 1;

/**
 * Whether a position is the start or end of its clause or message, ignoring fillers and symbols. The tables of a text are
 * made at the first question, since few phrases have edges.
 */
export class Edges {
  readonly #before = [new Table(), new Table()] as const;
  readonly #after = [new Table(), new Table()] as const;
  readonly #spans = new IntList();
  #haveSpans = false;
  /** Span k (from 1) stands in the list of its start or end: `heads[position]`, then `next[k]`; 0 ends it. */
  #heads = new Int32Array(1024);
  #next = new Int32Array(256);
  #text = "";
  #breaks: Uint32Array = new Uint32Array(0);

  /** `fillers` adds the spans of filler words, start and end alternating. */
  constructor(private readonly fillers: (spans: IntList) => void) {}

  /** Another text. */
  reset(text: string, breaks: Uint32Array): void {
    this.#text = text;
    this.#breaks = breaks;
    this.#haveSpans = false;
    for (let n = 0; n < 2; n++) {
      this.#before[n]!.known = false;
      this.#after[n]!.known = false;
    }
  }

  starts(at: number, message: boolean): boolean {
    const table = this.#before[message ? MESSAGE : CLAUSES];
    if (!table.known) this.#forward(table.emptied(this.#text.length), message);
    return table.clear[at] === 1;
  }

  ends(at: number, message: boolean): boolean {
    const table = this.#after[message ? MESSAGE : CLAUSES];
    if (!table.known) this.#backward(table.emptied(this.#text.length), message);
    return table.clear[at] === 1;
  }

  /** `clear[i]` = 1: i follows an edge, with only fillers and symbols between. */
  #forward(clear: Uint8Array, message: boolean): void {
    const text = this.#text;
    const breaks = this.#breaks;
    const { length } = text;
    this.#index(0);
    const heads = this.#heads;
    const next = this.#next;
    const spans = this.#spans.data;
    clear[0] = 1;
    let furthest = 0; // of a message nothing beyond is clear
    for (let i = 0; i <= (message ? furthest : length); i++) {
      // A space opens a clause too: people type it where a comma belongs.
      if (!message && i > 0 && (breaks[i] !== breaks[i - 1] || text.charCodeAt(i - 1) === SPACE)) clear[i] = 1;
      if (clear[i] === 0) continue;
      if (i < length && isSymbol(text.charCodeAt(i))) {
        clear[i + 1] = 1;
        furthest = Math.max(furthest, i + 1);
      }
      for (let link = heads[i]!; link > 0; link = next[link]!) {
        const end = spans[2 * link - 1]!;
        clear[end] = 1;
        furthest = Math.max(furthest, end);
      }
    }
  }

  #backward(clear: Uint8Array, message: boolean): void {
    const text = this.#text;
    const breaks = this.#breaks;
    const { length } = text;
    this.#index(1);
    const heads = this.#heads;
    const next = this.#next;
    const spans = this.#spans.data;
    clear[length] = 1;
    let furthest = length;
    for (let i = length; i >= (message ? furthest : 0); i--) {
      if (!message && i < length && (breaks[i] !== breaks[i + 1] || text.charCodeAt(i) === SPACE)) clear[i] = 1;
      if (clear[i] === 0) continue;
      if (i > 0 && isSymbol(text.charCodeAt(i - 1))) {
        clear[i - 1] = 1;
        furthest = Math.min(furthest, i - 1);
      }
      for (let link = heads[i]!; link > 0; link = next[link]!) {
        const start = spans[2 * link - 2]!;
        clear[start] = 1;
        furthest = Math.min(furthest, start);
      }
    }
  }

  /** Puts the spans in the lists of their starts (0) or ends (1). */
  #index(by: 0 | 1): void {
    const spans = this.#spans;
    const { length } = this.#text;
    if (!this.#haveSpans) {
      spans.clear();
      this.fillers(spans);
      this.#haveSpans = true;
    }
    if (this.#heads.length <= length) this.#heads = new Int32Array(2 * length);
    this.#heads.fill(0, 0, length + 1);
    const count = spans.length / 2;
    if (this.#next.length <= count) this.#next = new Int32Array(2 * count + 2);
    for (let k = 1; k <= count; k++) {
      const position = spans.data[2 * k - 2 + by]!;
      this.#next[k] = this.#heads[position]!;
      this.#heads[position] = k;
    }
  }
}

/** Keeps its memory from text to text. */
class Table {
  known = false;
  clear = new Uint8Array(1024);

  /** `clear`, zero at 0 … length. */
  emptied(length: number): Uint8Array {
    if (this.clear.length <= length) this.clear = new Uint8Array(2 * length);
    else this.clear.fill(0, 0, length + 1);
    this.known = true;
    return this.clear;
  }
}
