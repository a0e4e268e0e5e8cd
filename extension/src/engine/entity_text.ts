/**
 * What all entity detectors share: character classes, the digits of a text, the words in front of a number.
 *
 * Mirrors `compiler/matcher/entity_text.py`: same names, same order. Every look to the left or right is bounded, so
 * that all detectors are linear in the length of the text.
 */

import * as tables from "./entity_tables";

/** An entity in folded text `[start, end)`. */
export interface EntityHit {
  readonly kind: string;
  readonly start: number;
  readonly end: number;
  /** Normalised, for comparing with what the buyer wrote: digits, host, address; see docs/entities.md. */
  readonly value: string;
}
/** `[start, end)`. */
export type Span = readonly [number, number];

export const BREAK = -1;
export const MOST_SEPARATORS = 3;
const ASCII_SEPARATORS = " !\"#'()*+,-./:;<>[\\]^_`{|}~";

/** Whether `char` may stand between the digits of one number: punctuation, space, symbol, emoji. */
export function isSeparator(char: string | undefined): boolean {
  if (char === undefined || char === "") return false;
  if (char < "\x7f") return char < " " || ASCII_SEPARATORS.includes(char);
  return (
    ("\u2010" <= char && char <= "\u202f") ||
    ("\u2031" <= char && char <= "\u206f") ||
    ("\u2190" <= char && char <= "\u2bff") ||
    ("\u3000" <= char && char <= "\u3004") ||
    ("\u3008" <= char && char <= "\u3020") ||
    ("\ufe30" <= char && char <= "\ufe4f") ||
    char === "\xa0" ||
    char === "·" ||
    char === "\ue000"
  );
}

export function isLetter(char: string | undefined): boolean {
  return char !== undefined && "a" <= char && char <= "z";
}

export function isAsciiDigit(char: string | undefined): boolean {
  return char !== undefined && "0" <= char && char <= "9";
}

/** An ASCII letter or digit. */
export function isAlnum(char: string | undefined): boolean {
  return char !== undefined && (("a" <= char && char <= "z") || ("0" <= char && char <= "9"));
}

export function isHan(char: string | undefined): boolean {
  return char !== undefined && (("\u4e00" <= char && char <= "\u9fff") || char === "〇");
}

/** Whether `char` exists and is in `chars`. */
export function among(char: string | undefined, chars: string): boolean {
  return char !== undefined && char !== "" && chars.includes(char);
}

export function sameSizes(sizes: readonly number[], shapes: readonly (readonly number[])[]): boolean {
  return shapes.some((shape) => shape.length === sizes.length && shape.every((size, i) => size === sizes[i]));
}

/**
 * All digits of a text in order, of any style, with what separates them.
 *
 * `gap[k]` is the number of separators in front of digit k: 0 = touches the one before, `BREAK` = begins a new run.
 */
export class Digits {
  readonly at: number[] = [];
  readonly value: number[] = [];
  readonly han: boolean[] = [];
  readonly gap: number[] = [];
  private readonly run: number[] = [];
  readonly count: number;

  constructor(readonly text: string) {
    let last = -1 - MOST_SEPARATORS - 1; // index of the last digit; far enough for a break
    let unbroken = -1; // where the separators behind the last digit end
    let camouflageEnd = 0;
    for (let index = 0; index < text.length; index++) {
      const char = text[index]!;
      const han = tables.HAN_DIGITS.get(char);
      let value = -1;
      if (isAsciiDigit(char)) {
        value = char.charCodeAt(0) - 48;
        if (index >= camouflageEnd && !isAlnum(text[index - 1])) camouflageEnd = camouflage(text, index);
      } else if (han !== undefined) {
        value = han;
      } else if (char === "o" || char === "l" || char === "i") {
        if (index >= camouflageEnd && !isAlnum(text[index - 1])) camouflageEnd = camouflage(text, index);
        if (index < camouflageEnd) value = char === "o" ? 0 : 1;
      }
      if (value < 0) {
        if (unbroken === index && isSeparator(char)) unbroken = index + 1;
        continue;
      }
      const between = index - last - 1;
      const linked =
        this.at.length > 0 &&
        (between === 0 ||
          (between <= MOST_SEPARATORS && unbroken === index && !text.slice(last + 1, index).includes("**")));
      this.run.push(linked ? this.run[this.run.length - 1]! : index);
      this.at.push(index);
      this.value.push(value);
      this.han.push(han !== undefined);
      this.gap.push(linked ? between : BREAK);
      last = index;
      unbroken = index + 1;
    }
    this.count = this.at.length;
    this.gap.push(BREAK);
  }

  /** Whether digits `[first, end)` exist and lie in one run. */
  linked(first: number, end: number): boolean {
    return end <= this.count && this.run[first] === this.run[end - 1];
  }

  /** Sizes of the touching groups in digits `[first, end)`. */
  groups(first: number, end: number): number[] {
    const sizes = [1];
    for (let k = first + 1; k < end; k++) {
      if (this.gap[k] !== 0) sizes.push(1);
      else sizes[sizes.length - 1]!++;
    }
    return sizes;
  }

  /** The separators between the groups of `[first, end)`. */
  separators(first: number, end: number): string[] {
    const separators: string[] = [];
    for (let k = first + 1; k < end; k++) {
      if (this.gap[k] !== 0) separators.push(this.text.slice(this.at[k - 1]! + 1, this.at[k]));
    }
    return separators;
  }

  string(first: number, end: number): string {
    return this.value.slice(first, end).join("");
  }

  /** Where digit k is, and where the one before `end` ends. */
  span(k: number, end: number): Span {
    return [this.at[k]!, this.at[end - 1]! + 1];
  }

  /** Whether nothing of the same style touches digit k from the left. */
  startsNumber(k: number): boolean {
    return this.gap[k] !== 0 || this.han[k] !== this.han[k - 1];
  }

  /**
   * Whether digits `[first, end)` are not cut out of something longer.
   *
   * A touching digit of the other style (13800138000一共) ends a number that is of one style throughout.
   */
  endsNumber(first: number, end: number): boolean {
    const style = this.han[first];
    let pure = true;
    for (let k = first; k < end; k++) if (this.han[k] !== style) pure = false;
    if (this.gap[first] === 0 && !pure) return false;
    return end === this.count || this.gap[end] !== 0 || (pure && this.han[end] !== style);
  }
}

/** The end of an eleven-unit token of digits and o, l, i that stand for digits (138oo138ooo), else `start`. */
function camouflage(text: string, start: number): number {
  let end = start;
  let digits = 0;
  while (end < text.length && end - start < 12 && (isAsciiDigit(text[end]) || among(text[end], "oli"))) {
    if (isAsciiDigit(text[end])) digits++;
    end++;
  }
  return !isAlnum(text[end]) && end - start === 11 && digits >= 5 && digits < 11 ? end : start;
}

// --- words around a number ------------------------------------------------------------------------------------------

/** The word of `words` that ends last in `text[start:end]`, the longer one when equal, as (end, length); -1 = none. */
function nearest(text: string, start: number, end: number, words: readonly string[]): Span {
  let bestEnd = -1;
  let bestLength = 0;
  const window = text.slice(start, end);
  for (const word of words) {
    const found = window.lastIndexOf(word);
    if (found < 0) continue;
    const wordEnd = start + found + word.length;
    if (wordEnd > bestEnd || (wordEnd === bestEnd && word.length > bestLength)) {
      bestEnd = wordEnd;
      bestLength = word.length;
    }
  }
  return [bestEnd, bestLength];
}

/** The smallest start, at most `reach` units before `end`, such that `text[start:end]` holds none of `stops`. */
export function backTo(text: string, end: number, reach: number, stops: string): number {
  let start = end;
  while (start > 0 && end - start < reach && !stops.includes(text[start - 1]!)) start--;
  return start;
}

/** Whether `word` ends at `end` and lies within `[from, end)`. */
export function endsAt(text: string, word: string, from: number, end: number): boolean {
  return end - word.length >= from && text.startsWith(word, end - word.length);
}

/** What the words around `[start, end)` say: 1 = a cue, -1 = a label of something else is nearer, 0 = nothing. */
export function evidence(
  text: string,
  start: number,
  end: number,
  cues: readonly string[],
  cuesAfter: readonly string[] = [],
): number {
  const clause = backTo(text, start, tables.CUE_REACH, "。!?;\n");
  const cue = nearest(text, clause, start, cues);
  const labelStart = backTo(text, start, tables.CUE_REACH, "。!?;\n,");
  const label = nearest(text, labelStart, start, tables.LABELS);
  const nearer = label[0] > cue[0] || (label[0] === cue[0] && label[1] > cue[1]);
  if (label[0] >= 0 && start - label[0] <= tables.LABEL_REACH && nearer) return -1;
  if (cue[0] < 0 || start - cue[0] > 2) {
    let stripped = start;
    while (stripped > clause && (isSeparator(text[stripped - 1]) || among(text[stripped - 1], "是为号码的")))
      stripped--;
    if (tables.TOUCHING_LABELS.some((word) => endsAt(text, word, clause, stripped))) return -1;
  }
  if (cue[0] >= 0) return 1;
  return nearest(text, end, Math.min(text.length, end + 8), cuesAfter)[0] >= 0 ? 1 : 0;
}

/** The ASCII letters that touch `index` from the left (at most 12). */
export function latinBefore(text: string, index: number): string {
  let start = index;
  while (start > 0 && index - start < 12 && isLetter(text[start - 1])) start--;
  return text.slice(start, index);
}

/** The ASCII letters and digits that touch `index` from the right (at most 24). */
export function alnumAfter(text: string, index: number): string {
  let end = index;
  while (end < text.length && end - index < 24 && isAlnum(text[end])) end++;
  return text.slice(index, end);
}

/** Words that announce an account, to be looked for from right to left. */
export class Words {
  readonly byLast = new Map<string, string[]>();
  readonly singles: ReadonlySet<string>;

  constructor(words: readonly string[], singles: readonly string[] = []) {
    for (const word of words) {
      const last = word[word.length - 1]!;
      const others = this.byLast.get(last);
      if (others === undefined) this.byLast.set(last, [word]);
      else others.push(word);
    }
    this.singles = new Set(singles);
  }
}

/**
 * The word that announces what begins at `index`, as (start, end): 微.信号：, V❤, qq是.
 *
 * Fillers and separators may stand between, at most `FILLER_REACH` units, and up to two separators between the units of
 * the word. One-unit words must stand alone (加微, not 稍微).
 */
export function wordBefore(text: string, index: number, words: Words): Span | null {
  let at = index - 1;
  for (let step = 0; step <= tables.FILLER_REACH; step++) {
    if (at < 0) return null;
    const char = text[at]!;
    if (tables.SENTENCE_ENDS.includes(char)) return null;
    for (const word of words.byLast.get(char) ?? []) {
      const start = spacedWord(text, at, word);
      if (start >= 0 && !(isLetter(word[0]) && isAlnum(text[start - 1]))) return [start, at + 1];
    }
    if (words.singles.has(char)) {
      const before = text[at - 1];
      if (at === 0 || isSeparator(before) || (among(before, tables.BEFORE_SINGLE) && !isAlnum(before))) {
        return [at, at + 1];
      }
    }
    if (isSeparator(char) || tables.FILLERS.includes(char)) at--;
    else if (char === "d" && at > 1 && text[at - 1] === "i" && !isLetter(text[at - 2])) at -= 2;
    else return null;
  }
  return null;
}

function spacedWord(text: string, last: number, word: string): number {
  let at = last;
  for (let i = word.length - 2; i >= 0; i--) {
    at--;
    let skipped = 0;
    while (at >= 0 && skipped < 2 && text[at] !== word[i] && isSeparator(text[at])) {
      at--;
      skipped++;
    }
    if (at < 0 || text[at] !== word[i]) return -1;
  }
  return at;
}
