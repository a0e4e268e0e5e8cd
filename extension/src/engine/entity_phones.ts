/**
 * Telephone numbers: `phone` and `landline`. Mirrors `compiler/matcher/entity_phones.py`.
 *
 * Each detector looks at every digit that begins a number and asks three things: is the arithmetic right (prefix,
 * length), is it written like one number and not like a list, and what do the words around it say (`evidence`).
 */

import * as tables from "./entity_tables";
import {
  addHit,
  among,
  type Digits,
  type EntityHit,
  isAlnum,
  isAsciiDigit,
  isLetter,
  isSeparator,
  sameSizes,
  unitAt,
} from "./entity_text";
import { alnumAfter, evidence, latinBefore, Words, wordBefore } from "./entity_words";

const CONTACT = new Words(tables.CONTACT_CUES);
const AFTER = new Words(tables.CUES_AFTER);
const LANDLINE = new Words(tables.LANDLINE_WORDS);
const PHONE_GROUPS = [
  [3, 4, 4],
  [3, 8],
  [7, 4],
  [3, 3, 5],
];
const LOCAL_GROUPS = [[8], [4, 4], [7], [3, 4], [4, 3]];

// --- how it is written ----------------------------------------------------------------------------------------------

/** Written so that nobody writes a list of numbers: Han digits, odd separators. */
export function hidden(digits: Digits, first: number, end: number, separators: readonly string[]): boolean {
  for (let k = first; k < end; k++) if (digits.han[k]) return true;
  return (
    separators.length > 0 &&
    separators.every((separator) => [...separator].some((char) => !tables.PLAIN_SEPARATORS.includes(char)))
  );
}

function listed(separators: readonly string[]): boolean {
  return separators.some((separator) => [...separator].some((char) => tables.LIST_SEPARATORS.includes(char)));
}

/** Whether the groups of two rise strictly, like sizes (38 39 40). */
function inSteps(digits: Digits, first: number, sizes: readonly number[]): boolean {
  let before = 0;
  let pairs = 0;
  let k = first;
  for (const size of sizes) {
    if (size === 2) {
      const number = digits.value[k]! * 10 + digits.value[k + 1]!;
      if (number <= before) return false;
      before = number;
      pairs++;
    }
    k += size;
  }
  return pairs > 2;
}

/** Whether the groups rise like sizes or prices (158/1680/2580), the last one aside when it is cut short. */
function rising(digits: Digits, first: number, sizes: readonly number[]): boolean {
  let before = 0;
  let k = first;
  for (const [index, size] of sizes.entries()) {
    if (digits.value[k] === 0) return false;
    const number = Number(digits.string(k, k + size));
    if (number <= before && (index < sizes.length - 1 || size >= sizes[0]!)) return false;
    before = number;
    k += size;
  }
  return true;
}

/** Whether all groups end in the same round or nearly round digit, as prices and sizes do. */
function likePrices(digits: Digits, first: number, sizes: readonly number[]): boolean {
  const ends = new Set<number>();
  let k = first;
  for (const size of sizes) {
    if (digits.value[k] === 0) return false;
    k += size;
    ends.add(digits.value[k - 1]!);
  }
  return ends.size === 1 && (ends.has(9) || ends.has(0) || ends.has(8));
}

/** Whether an unlabelled phone number is one number and not a list. */
function phoneWrittenAsOne(digits: Digits, first: number, end: number): boolean {
  const sizes = digits.groups(first, end);
  if (sizes.length === 1) return true;
  const separators = digits.separators(first, end);
  if (hidden(digits, first, end, separators)) return true;
  if (Math.max(...sizes) <= 2) return new Set(separators).size === 1 && !inSteps(digits, first, sizes);
  const usual = sameSizes(sizes, PHONE_GROUPS);
  if (!usual && !(sizes.length > 2 && separators.every((separator) => separator === "-"))) return false;
  if ((listed(separators) || !usual) && rising(digits, first, sizes)) return false;
  return !likePrices(digits, first, sizes);
}

function latinCue(text: string, index: number): boolean {
  return tables.LATIN_CUES.includes(latinBefore(text, index));
}

/** Whether ASCII letters, a mask or a sign of money make `[start, end)` a piece of something longer. */
export function partOfCode(text: string, start: number, end: number): boolean {
  if (start > 0) {
    const before = text[start - 1]!;
    if (isLetter(unitAt(before, 0)) && !latinCue(text, start)) return true;
    if ("=&%@".includes(before) || before in tables.SIGN_CURRENCY) return true;
    if (text.slice(Math.max(0, start - 2), start) === "**") return true;
    if ("_-".includes(before) && isAlnum(unitAt(text, start - 2)) && !latinCue(text, start - 1)) return true;
  }
  if (text.startsWith("**", end)) return true;
  const after = alnumAfter(text, end);
  for (let at = 0; at < after.length; at++) if (isAsciiDigit(unitAt(after, at))) return true;
  return false;
}

// --- telephone ------------------------------------------------------------------------------------------------------

/** Whether the bracket in front of `start` is closed inside the number: (0571)88888888. */
function opens(text: string, start: number, stop: number): boolean {
  if (!among(text, start - 1, "([")) return false;
  const inside = text.slice(start, stop);
  return inside.includes(")") || inside.includes("]");
}

export function phones(digits: Digits, hits: EntityHit[]): void {
  let k = 0;
  while (k + 11 <= digits.count) {
    const end = digits.startsNumber(k) ? phoneAt(digits, k, hits) : 0;
    k = end || k + 1;
  }
}

function phoneAt(digits: Digits, k: number, hits: EntityHit[]): number {
  const text = digits.text;
  for (const skip of [countryCode(digits, k), 0]) {
    const first = k + skip;
    const end = first + 11;
    if (!digits.linked(k, end) || digits.value[first] !== 1 || digits.value[first + 1]! < 3) continue;
    if (!digits.endsNumber(k, end)) continue;
    let [start, stop] = digits.span(k, end);
    if (start > 0 && ((skip > 0 && text[start - 1] === "+") || opens(text, start, stop))) start--;
    if (partOfCode(text, start, stop)) continue;
    const said = evidence(text, start, stop, CONTACT, AFTER);
    if (said < 0) continue;
    const sure = said > 0 || (skip > 0 && text[start] === "+");
    if (sure || ((skip === 0 || skip === 4) && allotted(digits, first) && phoneWrittenAsOne(digits, first, end))) {
      addHit(hits, "phone", start, stop, digits.string(first, end));
      return end;
    }
  }
  return 0;
}

/** Digits of 86, 0086 or the old long-distance 0 in front of a mobile number at k. */
function countryCode(digits: Digits, k: number): number {
  const [a, b, c, d] = digits.value.slice(k, k + 4) as [number, number, number, number];
  if (a === 0 && b === 0 && c === 8 && d === 6) return 4;
  if (a === 8 && b === 6) return 2;
  return a === 0 && b === 1 && c > 2 ? 1 : 0;
}

/** Mobile prefixes in use; the others count only behind a word such as 电话. */
function allotted(digits: Digits, first: number): boolean {
  const second = digits.value[first + 1]!;
  const third = digits.value[first + 2]!;
  if (second === 4) return third === 5 || third === 7 || third === 9;
  if (second === 5 || second === 9) return third !== 4;
  if (second === 6) return third === 2 || third === 5 || third === 6 || third === 7;
  return true;
}

export function landlines(digits: Digits, hits: EntityHit[]): void {
  let k = 0;
  while (k + 7 <= digits.count) {
    let end = 0;
    if (digits.startsNumber(k)) {
      const [a, b, c] = digits.value.slice(k, k + 3) as [number, number, number];
      const abroad = a === 8 && b === 6 && digits.text[digits.at[k]! - 1] === "+";
      if (a === 0 || abroad) end = areaNumber(digits, k, abroad ? 2 : 1, hits);
      else if ((a === 4 || a === 8) && b === 0 && c === 0) end = freeNumber(digits, k, hits);
      if (!end && 2 <= a && a <= 8) end = localNumber(digits, k, hits);
    }
    k = end || k + 1;
  }
}

/**
 * Area code and 7 or 8 digits: 0571-88888888, (010)12345678, 057188888888, +86 571 88888888.
 *
 * `prefix` = digits in front of the area code proper: 1 for the 0, 2 for 86.
 */
function areaNumber(digits: Digits, k: number, prefix: number, hits: EntityHit[]): number {
  const text = digits.text;
  const head = digits.value[k + prefix]!;
  const next = digits.value[k + prefix + 1]!;
  if (head === 0 || (head === 2 && next === 6) || (head === 6 && next !== 3 && next !== 6 && next !== 9)) return 0;
  const area = prefix + (head <= 2 ? 2 : 3);
  for (const local of head > 2 ? [8, 7] : [8]) {
    const end = k + area + local;
    if (!digits.linked(k, end) || !digits.endsNumber(k, end) || digits.value[k + area] === 0) continue;
    const [start, stop] = digits.span(k, end);
    if (partOfCode(text, start, stop)) return 0;
    const said = evidence(text, start, stop, CONTACT);
    if (said < 0) return 0;
    const sizes = digits.groups(k, end);
    const separators = digits.separators(k, end);
    const solid = sizes.length === 1 && digits.value[k + area]! >= 2;
    const abroad = prefix === 2 && sizes[0] === 2;
    const split = sizes[0] === area && sameSizes(sizes.slice(1), LOCAL_GROUPS);
    const one = (solid || split || abroad) && !listed(separators);
    if (said > 0 || one || hidden(digits, k, end, separators)) {
      return addLandline(digits, k, end, `0${digits.string(k + prefix, end)}`, hits);
    }
  }
  return 0;
}

/** 400 and 800 numbers. */
function freeNumber(digits: Digits, k: number, hits: EntityHit[]): number {
  const end = k + 10;
  if (!digits.linked(k, end) || !digits.endsNumber(k, end)) return 0;
  const [start, stop] = digits.span(k, end);
  if (partOfCode(digits.text, start, stop)) return 0;
  const said = evidence(digits.text, start, stop, CONTACT);
  if (said < 0) return 0;
  if (said === 0) {
    const sizes = digits.groups(k, end);
    const separators = digits.separators(k, end);
    if (sizes.length === 1) {
      // A solid 800… or 4002… is as likely an item number; these 400 ranges are the ones let.
      if (digits.value[k] === 8 || ![0, 1, 6, 7, 8, 9].includes(digits.value[k + 3]!)) return 0;
    } else if (listed(separators) || (separators.some((s) => s !== "-") && likePrices(digits, k, sizes))) {
      return 0;
    }
  }
  return addLandline(digits, k, end, digits.string(k, end), hits);
}

/** Seven or eight digits right behind a word for telephone. */
function localNumber(digits: Digits, k: number, hits: EntityHit[]): number {
  const text = digits.text;
  for (const length of [8, 7]) {
    const end = k + length;
    if (!digits.linked(k, end) || !digits.endsNumber(k, end)) continue;
    if (!sameSizes(digits.groups(k, end), LOCAL_GROUPS) && !digits.han[k]) continue;
    if (digits.value[k] === 2 && digits.value[k + 1] === 0 && length === 8) continue; // a date, 20240101
    const [start, stop] = digits.span(k, end);
    if (among(text, stop, tables.MEASURES) || partOfCode(text, start, stop)) return 0;
    if (wordBefore(text, start, LANDLINE) !== null) {
      return addLandline(digits, k, end, digits.string(k, end), hits);
    }
  }
  return 0;
}

function addLandline(digits: Digits, k: number, end: number, value: string, hits: EntityHit[]): number {
  const text = digits.text;
  if (!tables.SERVICE_NUMBERS.has(value)) {
    let [start, stop] = digits.span(k, end);
    if (start > 0 && (text[start - 1] === "+" || opens(text, start, stop))) start--;
    addHit(hits, "landline", start, extensionEnd(text, stop), value);
  }
  return end;
}

/** The end with an extension, if one follows: 转801, -8001, 分机12. */
function extensionEnd(text: string, stop: number): number {
  let at = stop;
  while (at < text.length && at - stop < 2 && isSeparator(unitAt(text, at)) && text[at] !== ",") at++;
  const mark = ["转", "分机", "ext"].find((word) => text.startsWith(word, at)) ?? "";
  if (mark === "" && text.slice(stop, at) !== "-") return stop;
  at += mark.length;
  if (mark !== "") while (at < text.length && isSeparator(unitAt(text, at)) && at - stop < 6) at++;
  let end = at;
  while (isAsciiDigit(unitAt(text, end))) end++;
  return 1 <= end - at && end - at <= 5 ? end : stop;
}
