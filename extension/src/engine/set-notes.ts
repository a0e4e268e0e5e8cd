/**
 * evaluate, first half: what is noted of entities and sets while a text is read.
 *
 * A text asks hundreds of sets a question or two each, so what a question costs is the memory that it touches: of each set
 * everything stands side by side.
 */

import type { SetTable } from "./sets";

/** Numbers of an atom in `notes`: the first is the mark of the text for which the others hold. */
const WIDTH_SHIFT = 2;
/** Its clauses as bits. */
export const CLAUSES = 1;
/** The list of its hits; until there is one, the first of the ways in which it was woken. */
export const FROM = 2;
export const TO = 3;

export class SetNotes {
  /** Of atom a from `index(a)` on. */
  readonly notes: Int32Array;
  readonly #entityBase: number;

  constructor({ count, entityBase }: SetTable) {
    this.#entityBase = entityBase;
    this.notes = new Int32Array((count - entityBase) << WIDTH_SHIFT);
  }

  index(atom: number): number {
    return (atom - this.#entityBase) << WIDTH_SHIFT;
  }
}
