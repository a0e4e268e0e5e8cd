/**
 * evaluate, first half: what is noted of entities and sets while a text is read, and the ways of sets, near each other.
 *
 * A text asks some hundred of thousands of sets a question or two each, so what a question costs is the memory that it
 * touches. Of each set everything stands in half a line of the processor's cache; and the ways of a set are copied, at
 * its first question ever, behind those of the set that was asked before it, with their sequences between them.
 */

import { IntList } from "./int-list";
import type { SetTable } from "./sets";

/** Numbers of an atom in `notes`: the first is the mark of the text for which the others hold. */
export const WIDTH_SHIFT = 3;
/** Its clauses as bits. */
export const CLAUSES = 1;
/** The list of its hits; until there is one, the first of the ways in which it was woken. */
export const FROM = 2;
export const TO = 3;
/** Where its ways are in `code`: the literals (as in `SetTable.words`), behind them the others. 0: not copied yet. */
export const WORDS = 4;
export const WAYS = 5;
export const END = 6;

/** Of a sequence in `code`: ~ its number, then these. */
export const REACH = 1;
export const LENGTH = 2;
export const ELEMENTS = 3;

export class SetNotes {
  /** Of atom a from `index(a)` on. */
  readonly notes: Int32Array;
  /** Ways: an atom; or a sequence: ~ its number, its reach, its length, its atoms, the rarest first. */
  readonly code = new IntList();
  /** Sequence → where it is in `code`, 0 for not yet. */
  readonly #sequenceAt: Int32Array;

  readonly #table: SetTable;

  constructor(table: SetTable) {
    this.#table = table;
    this.notes = new Int32Array((table.count - table.entityBase) << WIDTH_SHIFT);
    this.#sequenceAt = new Int32Array(table.reaches.length);
    this.code.push(0); // 0 is nobody's place
  }

  index(atom: number): number {
    return (atom - this.#table.entityBase) << WIDTH_SHIFT;
  }

  /** Copies the ways of a set. */
  copy(set: number): void {
    const { code, notes } = this;
    const { words, firstWord, ways, firstWay, base } = this.#table;
    const n = set - base;
    const at = this.index(set);
    notes[at + WORDS] = code.length;
    for (let word = firstWord[n]!; word < firstWord[n + 1]!; word++) code.push(words[word]!);
    notes[at + WAYS] = code.length;
    for (let way = firstWay[n]!; way < firstWay[n + 1]!; way++) {
      if (ways[way]! < 0) this.#copySequence(~ways[way]!);
      else code.push(ways[way]!);
    }
    notes[at + END] = code.length;
  }

  sequenceAt(sequence: number): number {
    return this.#sequenceAt[sequence] || this.#copySequence(sequence);
  }

  #copySequence(sequence: number): number {
    const { code } = this;
    const { byRarity, starts, reaches } = this.#table;
    const at = code.length;
    this.#sequenceAt[sequence] = at;
    code.push(~sequence);
    code.push(reaches[sequence]!);
    code.push(0);
    const to = starts[sequence + 1]!;
    for (let n = starts[sequence]!; n < to && byRarity[n]! >= 0; n++) code.push(byRarity[n]!);
    code.data[at + LENGTH] = code.length - at - ELEMENTS;
    return at;
  }
}
