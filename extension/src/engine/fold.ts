/**
 * fold: the person's text → folded text and where each unit of it came from.
 *
 * The same steps as `compiler/matcher/fold.py`. One table, indexed by UTF-16 unit, answers nearly always: the unit to
 * write, or CLOSER for "look closer": at characters beyond the BMP, at characters that fold to none or several units,
 * and at the carriage return.
 */

import type { Folding } from "./bundle";
import { refuse } from "./errors";

/** A symbol or emoji beyond the BMP that no phrase uses; private-use characters, noncharacters, lone surrogates. */
export const SYMBOL = "\ue000";
/** A letter beyond the BMP that no phrase uses. */
export const LETTER = "\ue001";

/** Units that one character folds to at most. */
const LONGEST = 4;
/** A noncharacter: never written, and never the entry of itself. */
const CLOSER = 0xffff;
const CARRIAGE_RETURN = 13;
const LINE_FEED = 10;
/** `String.fromCharCode` takes its units as arguments, and a call has room for some 100,000. */
const UNITS_PER_CALL = 8192;

export class Folded {
  constructor(
    readonly text: string,
    /** UTF-16 units of the person's text. */
    readonly sourceLength: number,
    /** `starts[i]`: where the character that unit i came from begins; null: at i. */
    private readonly starts: readonly number[] | null,
    /** `ends[i]`: where it ends, when characters in between are left out. */
    private readonly ends: readonly number[] | null = null,
  ) {}

  /**
   * The person's text under folded `[start, end)`; `start < end`. The last character ends where the next kept one
   * begins, so that it keeps the dropped ones that follow it (selectors, keycaps, marks).
   */
  span(start: number, end: number): [start: number, end: number] {
    const { starts } = this;
    if (!starts) return [start, end];
    if (this.ends) return [starts[start]!, this.ends[end - 1]!];
    const last = starts[end - 1]!;
    let next = end;
    while (next < starts.length && starts[next] === last) next++;
    return [starts[start]!, next < starts.length ? starts[next]! : this.sourceLength];
  }
}

/** Applies one release's folding table. Any string can be folded, lone surrogates and control characters too. */
export interface Folder {
  fold(text: string): Folded;
}

/** Throws `ReleaseError` when the table contradicts itself. */
export function createFolder(folding: Folding): Folder {
  return new TableFolder(folding);
}

class TableFolder implements Folder {
  /** UTF-16 unit → folded unit, or CLOSER. */
  readonly #table: Uint16Array;
  /** Code point → its units; code points of CLOSER units that are not here fold to nothing. */
  readonly #many: Map<number, string>;
  /** Used again by every call. An array, since `String.fromCharCode` takes one at twice the speed of a typed array. */
  readonly #units: number[] = [];

  constructor(folding: Folding) {
    [this.#table, this.#many] = createTables(folding);
  }

  fold(text: string): Folded {
    const table = this.#table;
    const length = text.length;
    let at = 0;
    while (at < length) {
      const unit = text.charCodeAt(at);
      if (table[unit] !== unit) break;
      at++;
    }
    if (at === length) return new Folded(text, length, null);
    const units = this.#units;
    units.length = length;
    for (let i = 0; i < at; i++) units[i] = text.charCodeAt(i);
    for (; at < length; at++) {
      const folded = table[text.charCodeAt(at)]!;
      if (folded === CLOSER) return this.#foldUneven(text, at);
      units[at] = folded;
    }
    return new Folded(stringOf(units), length, null);
  }

  /** Goes on at `at`, before which every unit became one unit, already in `this.#units`. */
  #foldUneven(text: string, at: number): Folded {
    const table = this.#table;
    const many = this.#many;
    const units = this.#units;
    const length = text.length;
    const starts: number[] = [];
    for (let i = 0; i < at; i++) starts.push(i);
    let count = at;
    while (at < length) {
      const start = at;
      const unit = text.charCodeAt(at++);
      const folded = table[unit]!;
      if (folded !== CLOSER) {
        units[count++] = folded;
        starts.push(start);
        continue;
      }
      let target: string | undefined;
      if (unit === CARRIAGE_RETURN) {
        target = "\n";
        if (text.charCodeAt(at) === LINE_FEED) at++;
      } else if ((unit & 0xf800) === 0xd800) {
        const code = text.codePointAt(start)!;
        if (code > 0xffff) at++;
        target = many.get(code) ?? unnamed(code);
      } else {
        target = many.get(unit) ?? "";
      }
      for (let i = 0; i < target.length; i++) {
        units[count++] = target.charCodeAt(i);
        starts.push(start);
      }
    }
    units.length = count;
    return new Folded(stringOf(units), length, starts);
  }
}

function stringOf(units: number[]): string {
  if (units.length <= UNITS_PER_CALL) return String.fromCharCode.apply(null, units);
  let text = "";
  for (let at = 0; at < units.length; at += UNITS_PER_CALL) {
    text += String.fromCharCode.apply(null, units.slice(at, at + UNITS_PER_CALL));
  }
  return text;
}

/** Ranges, not Unicode's categories: Python and the browser know different versions of Unicode. */
function unnamed(code: number): string {
  if (code <= 0xffff) return SYMBOL;
  if (code >= 0xe0000 && code <= 0xe0fff) return "";
  if ((code >= 0x1d000 && code <= 0x1d3ff) || (code >= 0x1f000 && code <= 0x1ffff)) return SYMBOL;
  return code >= 0xf0000 || (code & 0xfffe) === 0xfffe ? SYMBOL : LETTER;
}

function createTables(folding: Folding): [Uint16Array, Map<number, string>] {
  const { one_from: from, one_to: to, dropped } = folding;
  if (from.length !== to.length || dropped.length % 2 !== 0) refuse("folding: a table is cut");
  checkUnits(to);
  const table = new Uint16Array(0x10000);
  for (let unit = 0; unit < 0x10000; unit++) table[unit] = unit;
  for (let i = 0; i < from.length; i++) table[from.charCodeAt(i)] = to.charCodeAt(i);
  for (let i = 0; i < dropped.length; i += 2) {
    const first = dropped.charCodeAt(i);
    const last = dropped.charCodeAt(i + 1);
    if (first > last) refuse("folding: a range goes backwards");
    table.fill(CLOSER, first, last + 1);
  }
  table.fill(CLOSER, 0xd800, 0xe000);
  table.fill(SYMBOL.charCodeAt(0), 0xe000, 0xf900);
  table.fill(SYMBOL.charCodeAt(0), 0xfdd0, 0xfdf0);
  table.fill(SYMBOL.charCodeAt(0), 0xfffe, 0x10000);
  table[CARRIAGE_RETURN] = CLOSER;
  const many = new Map<number, string>();
  for (const [char, target] of Object.entries(folding.many)) {
    const code = char.codePointAt(0) ?? 0;
    if (char !== String.fromCodePoint(code)) refuse("folding: a key is not one character");
    if (target.length > LONGEST) refuse("folding: a character folds to too much");
    checkUnits(target);
    many.set(code, target);
    if (code <= 0xffff) table[code] = CLOSER;
  }
  return [table, many];
}

function checkUnits(text: string): void {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if ((unit & 0xf800) === 0xd800 || unit === CLOSER) refuse("folding: not a character of the BMP");
  }
}
