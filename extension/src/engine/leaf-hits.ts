/** scan: which literals, plain and spaced, occur in one text, and where. */

import type { HitStore } from "./hits";
import { IntList } from "./int-list";

/** The hits in the store are linked by their atoms: everyday literals occur by the dozen, and few are asked for. */
export class LeafHits {
  /** Bit a: atom a occurs. Small enough for the processor's first cache: it is asked thousands of times a text. */
  readonly present: Int32Array;
  /** Atom that occurs → its clauses as bits, -1 when one of its hits reaches into the next. */
  readonly clauses: Int32Array;
  /** The atoms that occur. */
  readonly atoms = new IntList();
  /** Atom that occurs → its last hit. */
  readonly #heads: Int32Array;
  /** Hit → the one of the same atom before it, -1 for none. They are the store's first. */
  readonly #before = new IntList();
  #breaks: Uint32Array = new Uint32Array(0);

  constructor(
    count: number,
    private readonly store: HitStore,
  ) {
    this.present = new Int32Array((count + 31) >> 5);
    this.clauses = new Int32Array(count);
    this.#heads = new Int32Array(count);
  }

  /** Forgets all, for a text with these breaks. */
  reset(breaks: Uint32Array): void {
    this.#breaks = breaks;
    this.present.fill(0);
    this.atoms.clear();
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
    return this.has(atom) ? this.clauses[atom]! : 0;
  }

  /** Before any other hit of the text. */
  add(atom: number, start: number, end: number): void {
    const heads = this.#heads;
    const clauses = this.clausesBetween(start, end);
    if (this.has(atom)) {
      this.#before.push(heads[atom]!);
      this.clauses[atom]! |= clauses;
    } else {
      this.clauses[atom] = clauses;
      this.present[atom >> 5]! |= 1 << atom;
      this.atoms.push(atom);
      this.#before.push(-1);
    }
    heads[atom] = this.store.length;
    this.store.push(start, end);
  }

  /** Where the list of an atom that occurs begins in the store; when it has more than one hit, made there now. */
  list(atom: number): number {
    const head = this.#heads[atom]!;
    const { store } = this;
    const before = this.#before;
    if (before.data[head]! < 0) return head;
    const from = store.length;
    for (let hit = head; hit >= 0; hit = before.data[hit]!) store.copy(hit);
    store.unique(from);
    return from;
  }

  /** How many hits an atom that occurs has. */
  count(atom: number): number {
    let count = 0;
    for (let hit = this.#heads[atom]!; hit >= 0; hit = this.#before.data[hit]!) count++;
    return count;
  }

  /** Start and end, alternating, of each hit of `atoms`. */
  spans(atoms: readonly number[], spans: IntList): void {
    for (const atom of atoms) {
      if (!this.has(atom)) continue;
      for (let hit = this.#heads[atom]!; hit >= 0; hit = this.#before.data[hit]!) {
        spans.push(this.store.start(hit));
        spans.push(this.store.end(hit));
      }
    }
  }
}
