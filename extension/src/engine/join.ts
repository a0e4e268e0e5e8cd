/** evaluate: lists of hits of the elements of a sequence → the list of spans in which they follow each other. */

import type { Edges } from "./edges";
import type { HitStore } from "./hits";
import { isSymbol, MAX_SYMBOLS } from "./text";

export const MAX_GAP = 40;
export const SOFT = -50;

interface Text {
  readonly text: string;
  readonly breaks: Uint32Array;
  readonly edges: Edges;
}

/** Makes lists at the end of the store from lists in it, a range each; false when the new one is empty. */
export class Joiner {
  /** The new list. */
  from = 0;
  to = 0;

  readonly #store: HitStore;

  constructor(store: HitStore) {
    this.#store = store;
  }

  /** Of a list the hits that begin, or end, at an edge of this kind. */
  atEdge({ edges }: Text, from: number, to: number, edge: number): boolean {
    const store = this.#store;
    this.from = store.length;
    for (let hit = from; hit < to; hit++) {
      if (edges.isAt((edge & 1) === 0 ? store.start(hit) : store.end(hit), edge)) store.copy(hit);
    }
    return this.#done();
  }

  /** Each hit of a list with each of the next that follows it at once (0), within a gap, or after symbols (SOFT). */
  extend({ text, breaks }: Text, from: number, to: number, nextFrom: number, nextTo: number, gap: number): boolean {
    const store = this.#store;
    const reach = gap === SOFT ? MAX_SYMBOLS : -gap;
    this.from = store.length;
    for (let hit = from; hit < to; hit++) {
      const end = store.end(hit);
      for (let next = store.firstFrom(nextFrom, nextTo, end); next < nextTo; next++) {
        const start = store.start(next);
        if (start - end > reach) break;
        if (start === end || (gap === SOFT && symbolsOnly(text, end, start))) store.pushJoined(hit, next, false);
        else if (gap !== SOFT && breaks[end] === breaks[start]) store.pushJoined(hit, next, true);
      }
    }
    store.unique(this.from);
    return this.#done();
  }

  #done(): boolean {
    this.to = this.#store.length;
    return this.from < this.to;
  }
}

function symbolsOnly(text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (!isSymbol(text.charCodeAt(i))) return false;
  return true;
}
