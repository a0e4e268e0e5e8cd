/** evaluate: lists of hits of the elements of a sequence → the list of spans in which they follow each other. */

import type { Edges } from "./edges";
import type { HitStore } from "./hits";
import { isSymbol, MAX_SYMBOLS } from "./text";

const SOFT = -50;
export const CLAUSE_START = -100;
export const CLAUSE_END = -101;
export const MESSAGE_START = -102;
export const MESSAGE_END = -103;

interface Text {
  readonly text: string;
  readonly breaks: Uint32Array;
  readonly edges: Edges;
}

/** Told one element after the other; all lists are ranges of the store and made before `begin`. */
export class Joiner {
  /** The list so far. */
  from = 0;
  to = 0;
  /** Whether nothing fits any more. */
  failed = false;
  private first = true;
  private leading: "clause" | "message" | null = null;
  private text: Text | null = null;

  constructor(private readonly store: HitStore) {}

  begin(text: Text): void {
    this.text = text;
    this.first = true;
    this.failed = false;
    this.leading = null;
  }

  startsAt(message: boolean): void {
    this.leading = message ? "message" : "clause";
  }

  endsAt(message: boolean): void {
    const { store } = this;
    const { edges } = this.text!;
    const from = store.length;
    for (let hit = this.from; hit < this.to; hit++) if (edges.ends(store.ends[hit]!, message)) store.copy(hit);
    this.now(from, store.length);
  }

  element(from: number, to: number, gap: number): void {
    if (this.first) this.begins(from, to);
    else this.extend(from, to, gap);
  }

  private begins(from: number, to: number): void {
    const { store, leading } = this;
    this.first = false;
    if (leading === null) {
      this.now(from, to);
      return;
    }
    const { edges } = this.text!;
    const at = store.length;
    for (let hit = from; hit < to; hit++) if (edges.starts(store.starts[hit]!, leading === "message")) store.copy(hit);
    this.now(at, store.length);
  }

  /** Each hit so far with each of the next element that follows it at once (0), within a gap, or after symbols (SOFT). */
  private extend(nextFrom: number, nextTo: number, gap: number): void {
    const { store } = this;
    const { text, breaks } = this.text!;
    const reach = gap === SOFT ? MAX_SYMBOLS : -gap;
    const at = store.length;
    for (let hit = this.from; hit < this.to; hit++) {
      const end = store.ends[hit]!;
      for (let next = store.firstFrom(nextFrom, nextTo, end); next < nextTo; next++) {
        const start = store.starts[next]!;
        if (start - end > reach) break;
        if (start === end || (gap === SOFT && symbolsOnly(text, end, start))) store.pushJoined(hit, next, false);
        else if (gap !== SOFT && breaks[end] === breaks[start]) store.pushJoined(hit, next, true);
      }
    }
    store.unique(at);
    this.now(at, store.length);
  }

  private now(from: number, to: number): void {
    this.from = from;
    this.to = to;
    this.failed = from === to;
  }
}

function symbolsOnly(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isSymbol(text.charCodeAt(i))) return false;
  return true;
}
