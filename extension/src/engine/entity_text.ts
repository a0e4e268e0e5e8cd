/**
 * What all entity detectors share: the hit, character classes, the digits of a text.
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
export function addHit(hits: EntityHit[], kind: string, start: number, end: number, value: string): void {
  hits.push({ kind, start, end, value });
}

/** `[start, end)`. */
export type Span = readonly [number, number];

export const BREAK = -1;
export const MOST_SEPARATORS = 3;

/** Classes of units, so that a question about a unit is one look-up. */
const SEPARATOR = 1;
const LETTER = 2;
const ASCII_DIGIT = 4;
const HAN = 8;
const FILLER = 16;
const SENTENCE_END = 32;
const CLASS = new Uint8Array(0x10000);
/** The digit that a unit of any style is, else -1. */
const DIGIT_VALUE = new Int8Array(0x10000).fill(-1);

function classify(bit: number, first: number, last: number): void {
  for (let unit = first; unit <= last; unit++) CLASS[unit]! |= bit;
}
function classifyEach(bit: number, chars: string): void {
  for (let i = 0; i < chars.length; i++) classify(bit, unitAt(chars, i), unitAt(chars, i));
}
classify(SEPARATOR, 0x01, 0x1f);
classifyEach(SEPARATOR, " !\"#'()*+,-./:;<>[\\]^_`{|}~\xa0·\ue000");
classify(SEPARATOR, 0x2010, 0x202f);
classify(SEPARATOR, 0x2031, 0x206f);
classify(SEPARATOR, 0x2190, 0x2bff);
classify(SEPARATOR, 0x3000, 0x3004);
classify(SEPARATOR, 0x3008, 0x3020);
classify(SEPARATOR, 0xfe30, 0xfe4f);
classify(LETTER, 0x61, 0x7a);
classify(ASCII_DIGIT, 0x30, 0x39);
classify(HAN, 0x4e00, 0x9fff);
classify(HAN, 0x3007, 0x3007);
classifyEach(FILLER, tables.FILLERS);
classifyEach(SENTENCE_END, tables.SENTENCE_ENDS);
for (let digit = 0; digit < 10; digit++) DIGIT_VALUE[0x30 + digit] = digit;
for (const [char, digit] of tables.HAN_DIGITS) DIGIT_VALUE[unitAt(char, 0)] = digit;

/** The unit at `index`, 0 outside the text. (A NUL inside counts as nothing too.) */
export function unitAt(text: string, index: number): number {
  return index >= 0 && index < text.length ? text.charCodeAt(index) : 0;
}

/** Whether a unit may stand between the digits of one number: punctuation, space, symbol, emoji. */
export function isSeparator(unit: number): boolean {
  return (CLASS[unit]! & SEPARATOR) !== 0;
}

export function isLetter(unit: number): boolean {
  return (CLASS[unit]! & LETTER) !== 0;
}

export function isAsciiDigit(unit: number): boolean {
  return (CLASS[unit]! & ASCII_DIGIT) !== 0;
}

/** An ASCII letter or digit. */
export function isAlnum(unit: number): boolean {
  return (CLASS[unit]! & (LETTER | ASCII_DIGIT)) !== 0;
}

export function isHan(unit: number): boolean {
  return (CLASS[unit]! & HAN) !== 0;
}

/** A separator, or one of the little words between an announcement and what it announces (是, 号, 加). */
export function isFiller(unit: number): boolean {
  return (CLASS[unit]! & (SEPARATOR | FILLER)) !== 0;
}

export function endsSentence(unit: number): boolean {
  return (CLASS[unit]! & SENTENCE_END) !== 0;
}

/** The value of a digit of any style, -1 for other units. */
export function digitValue(unit: number): number {
  return DIGIT_VALUE[unit]!;
}

/** Whether there is a unit at `index` and it is in `chars`. */
export function among(text: string, index: number, chars: string): boolean {
  return index >= 0 && index < text.length && chars.includes(text[index]!);
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
      const unit = unitAt(text, index);
      let value = DIGIT_VALUE[unit]!;
      const ascii = isAsciiDigit(unit);
      if (ascii || unit === 0x6f || unit === 0x6c || unit === 0x69) {
        if (index >= camouflageEnd && !isAlnum(unitAt(text, index - 1))) camouflageEnd = camouflage(text, index);
        if (!ascii && index < camouflageEnd) value = unit === 0x6f ? 0 : 1;
      }
      if (value < 0) {
        if (unbroken === index && isSeparator(unit)) unbroken = index + 1;
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
      this.han.push(!isAlnum(unit));
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
  while (end - start < 12 && (isAsciiDigit(unitAt(text, end)) || among(text, end, "oli"))) {
    if (isAsciiDigit(unitAt(text, end))) digits++;
    end++;
  }
  return !isAlnum(unitAt(text, end)) && end - start === 11 && digits >= 5 && digits < 11 ? end : start;
}
