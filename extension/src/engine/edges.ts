/** evaluate: where clauses and messages begin and end, for phrases with `^` and `$`. */

import { IntList } from "./int-list";
import { isSymbol } from "./text";

const SPACE = 0x20;

/** In sequences: the start and end of a clause, and of the message. */
export const CLAUSE_START = -100;
export const CLAUSE_END = -101;
export const MESSAGE_START = -102;
export const MESSAGE_END = -103;

/**
 * Whether a position is the start or end of its clause or message, ignoring fillers and symbols. The tables of a text are
 * made at the first question, since few phrases have edges.
 */
export class Edges {
  /** Of each kind of edge, what is known of the text. */
  readonly #tables = [CLAUSE_START, CLAUSE_END, MESSAGE_START, MESSAGE_END].map(() => new Table());
  readonly #spans = new IntList();
  #haveSpans = false;
  /** Span k (from 1) stands in the list of its start or end: `heads[position]`, then `next[k]`; 0 ends it. */
  #heads = new Int32Array(1024);
  #next = new Int32Array(256);
  #text = "";
  #breaks: Uint32Array = new Uint32Array(0);
  /** Whether the message begins (0) and ends (1) with the text. */
  #message: readonly boolean[] = [];
  readonly #fillers: (spans: IntList) => void;

  /** `fillers` adds the spans of filler words, start and end alternating. */
  constructor(fillers: (spans: IntList) => void) {
    this.#fillers = fillers;
  }

  /** Another text, `first` and `last` of its message. */
  reset(text: string, breaks: Uint32Array, first: boolean, last: boolean): void {
    this.#message = [first, last];
    this.#text = text;
    this.#breaks = breaks;
    this.#haveSpans = false;
    for (const table of this.#tables) table.known = false;
  }

  /** Whether a position is an edge of this kind. */
  isAt(at: number, edge: number): boolean {
    const table = this.#tables[CLAUSE_START - edge]!;
    if (!table.known) {
      this.#walk(table.emptied(this.#text.length), edge <= MESSAGE_START, (edge & 1) === 0 ? 1 : -1);
    }
    return table.clear[at] === 1;
  }

  /**
   * `clear[i]` = 1: between i and the edge from which this goes forward (`step` 1) or backward (-1) are only fillers and
   * symbols.
   */
  #walk(clear: Uint8Array, message: boolean, step: 1 | -1): void {
    const text = this.#text;
    const breaks = this.#breaks;
    const { length } = text;
    const [first, last] = step > 0 ? [0, length] : [length, 0];
    if (message && !this.#message[step > 0 ? 0 : 1]) return;
    this.#index(step > 0 ? 0 : 1);
    const heads = this.#heads;
    const next = this.#next;
    const spans = this.#spans.data;
    clear[first] = 1;
    let furthest = first; // of a message nothing beyond is clear
    for (let i = first; (message ? furthest : last) * step >= i * step; i += step) {
      // Of the units between which i lies, the one ahead.
      const ahead = step > 0 ? i : i - 1;
      // A space opens a clause too: people type it where a comma belongs.
      if (!message && i !== first && (breaks[i] !== breaks[i - step] || text.charCodeAt(ahead - step) === SPACE)) {
        clear[i] = 1;
      }
      if (clear[i] === 0) continue;
      if (i !== last && isSymbol(text.charCodeAt(ahead))) {
        clear[i + step] = 1;
        if ((i + step - furthest) * step > 0) furthest = i + step;
      }
      for (let link = heads[i]!; link > 0; link = next[link]!) {
        const end = spans[2 * link - (step > 0 ? 1 : 2)]!;
        clear[end] = 1;
        if ((end - furthest) * step > 0) furthest = end;
      }
    }
  }

  /** Puts the spans in the lists of their starts (0) or ends (1). */
  #index(by: 0 | 1): void {
    const spans = this.#spans;
    const { length } = this.#text;
    if (!this.#haveSpans) {
      spans.clear();
      this.#fillers(spans);
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
