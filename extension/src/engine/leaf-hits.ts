/** scan: which literals, plain and spaced, occur in one text, and where. */

import type { HitStore } from "./hits";
import { IntList } from "./int-list";
import { FROM, TO } from "./notes";

/**
 * Of an atom that occurs, side by side since they are asked together: its clauses as bits (-1: one of its hits reaches
 * into the next), its last hit, and its list of hits, once there is one.
 */
const WIDTH = 4;
const HEAD = 1;

/** The hits in the store are linked by their atoms: everyday literals occur by the dozen, and few are asked for. */
export class LeafHits {
  /** Bit a: atom a occurs. Small enough for the processor's first cache: it is asked thousands of times a text. */
  readonly present: Int32Array;
  /** The atoms that occur. */
  readonly atoms = new IntList();
  readonly #notes: Int32Array;
  /** Hit → the one of the same atom before it, -1 for none. They are the store's first. */
  readonly #before = new IntList();
  #breaks: Uint32Array = new Uint32Array(0);

  readonly #store: HitStore;

  constructor(count: number, store: HitStore) {
    this.#store = store;
    this.present = new Int32Array((count + 31) >> 5);
    this.#notes = new Int32Array(WIDTH * count);
  }

  /** Forgets all, for a text with these breaks. */
  reset(breaks: Uint32Array): void {
    this.#breaks = breaks;
    const { atoms, present } = this;
    // Word by word: a text holds few of them, and filling all would push what the next steps need out of the cache.
    for (let n = 0; n < atoms.length; n++) present[atoms.data[n]! >> 5] = 0;
    atoms.clear();
    this.#before.clear();
  }

  has(atom: number): boolean {
    return (this.present[atom >> 5]! & (1 << atom)) !== 0;
  }

  clausesBetween(start: number, end: number): number {
    const clause = this.#breaks[start]!;
    return clause === this.#breaks[end] ? 1 << clause : -1;
  }

  clausesOf(atom: number): number {
    return this.has(atom) ? this.#notes[WIDTH * atom]! : 0;
  }

  /** Before any other hit of the text. */
  add(atom: number, start: number, end: number): void {
    const notes = this.#notes;
    const at = WIDTH * atom;
    const clauses = this.clausesBetween(start, end);
    if (this.has(atom)) {
      this.#before.push(notes[at + HEAD]!);
      notes[at]! |= clauses;
    } else {
      notes[at] = clauses;
      notes[at + FROM] = -1;
      this.present[atom >> 5]! |= 1 << atom;
      this.atoms.push(atom);
      this.#before.push(-1);
    }
    notes[at + HEAD] = this.#store.length;
    this.#store.push(start, end);
  }

  /** Makes the list of an atom that occurs, if there is none yet. */
  list(atom: number): void {
    const notes = this.#notes;
    const at = WIDTH * atom;
    if (notes[at + FROM]! >= 0) return;
    const head = notes[at + HEAD]!;
    const store = this.#store;
    const before = this.#before;
    if (before.data[head]! < 0) {
      notes[at + FROM] = head;
      notes[at + TO] = head + 1;
      return;
    }
    const from = store.length;
    for (let hit = head; hit >= 0; hit = before.data[hit]!) store.copy(hit);
    store.unique(from);
    notes[at + FROM] = from;
    notes[at + TO] = store.length;
  }

  /** Where the list of an atom is, once `list` has made it. */
  note(atom: number, which: typeof FROM | typeof TO): number {
    return this.#notes[WIDTH * atom + which]!;
  }

  /** Start and end, alternating, of each hit of an atom with a bit in `some`. */
  spans(some: Int32Array, spans: IntList): void {
    for (let n = 0; n < this.atoms.length; n++) {
      const atom = this.atoms.data[n]!;
      if ((some[atom >> 5]! & (1 << atom)) === 0) continue;
      for (let hit = this.#notes[WIDTH * atom + HEAD]!; hit >= 0; hit = this.#before.data[hit]!) {
        spans.push(this.#store.start(hit));
        spans.push(this.#store.end(hit));
      }
    }
  }
}
