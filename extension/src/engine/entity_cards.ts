/** Bank card and identity card numbers. Mirrors `compiler/matcher/entity_cards.py`. */

import { partOfCode } from "./entity_phones";
import * as tables from "./entity_tables";
import { addHit, type Digits, type EntityHit, isSeparator, MOST_SEPARATORS, unitAt } from "./entity_text";
import { alnumAfter, evidence, latinBefore, Words } from "./entity_words";

const BANK = new Words(tables.BANK_CUES);
const ID = new Words(tables.ID_CUES);
const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECKS = "10x98765432";
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Whether the last digit is the check digit of ISO/IEC 7812 for the others. */
export function luhn(values: readonly number[]): boolean {
  let total = 0;
  for (let i = values.length - 1, position = 0; i >= 0; i--, position++) {
    const doubled = position % 2 === 1 ? values[i]! * 2 : values[i]!;
    total += doubled > 9 ? doubled - 9 : doubled;
  }
  return total % 10 === 0;
}

// --- bank cards -----------------------------------------------------------------------------------------------------

export function bankCards(digits: Digits, hits: EntityHit[]): void {
  let k = 0;
  while (k + 14 <= digits.count) {
    const end = digits.startsNumber(k) ? cardAt(digits, k, hits) : 0;
    k = end || k + 1;
  }
}

/** `union` (no promise of a Luhn digit), `luhn` (networks that guarantee one), or "" for no known issuer. */
function issuer(values: readonly number[], length: number): "union" | "luhn" | "" {
  const head = values[0]! * 1000 + values[1]! * 100 + values[2]! * 10 + values[3]!;
  const two = Math.floor(head / 100);
  if (two === 62 || [9558, 9559, 6013, 6010, 6058, 6030].includes(head)) return length >= 16 ? "union" : "";
  if (two === 34 || two === 37) return length === 15 ? "luhn" : "";
  if (two === 36 || two === 38 || two === 30) return length === 14 ? "luhn" : "";
  const network =
    values[0] === 4 || (51 <= two && two <= 55) || (2221 <= head && head <= 2720) || (3528 <= head && head <= 3589);
  if (length === 16 && network) return "luhn";
  // 建行龙卡, 中行长城卡
  return length === 19 && [4367, 4563, 4558].includes(head) ? "luhn" : "";
}

function cardAt(digits: Digits, k: number, hits: EntityHit[]): number {
  if (!digits.linked(k, k + 14) || !issuerHead(digits.value[k]!)) return 0;
  let best = 0;
  for (const length of [19, 16, 18, 17, 15, 14]) {
    const end = k + length;
    if (!digits.linked(k, end) || !digits.endsNumber(k, end) || !isCard(digits, k, end)) continue;
    if (luhn(digits.value.slice(k, end))) {
      best = end;
      break;
    }
    best = best || end;
  }
  if (best > 0) {
    const [start, stop] = digits.span(k, best);
    addHit(hits, "bank_card", start, stop, digits.string(k, best));
  }
  return best;
}

function issuerHead(value: number): boolean {
  return (2 <= value && value <= 6) || value === 9;
}

function isCard(digits: Digits, k: number, end: number): boolean {
  const values = digits.value.slice(k, end);
  const network = issuer(values, end - k);
  const checked = luhn(values);
  if (network === "" || (network === "luhn" && !checked)) return false;
  const [start, stop] = digits.span(k, end);
  if (partOfCode(digits.text, start, stop)) return false;
  const sizes = digits.groups(k, end);
  const grouped = likeACard(sizes) || digits.han.slice(k, end).every(Boolean);
  const said = evidence(digits.text, start, stop, BANK, BANK);
  if (said < 0 || (said === 0 && end - k === 18 && identity(values))) return false;
  if (grouped || said > 0) return true;
  if (network === "luhn" || sizes.length > 1) return false;
  return checked || ((values.length === 16 || values.length === 19) && [1, 2, 3, 5, 8].includes(values[2]!));
}

/** Groups of four as on the card (the last may be shorter), six and the rest, or every digit by itself. */
function likeACard(sizes: readonly number[]): boolean {
  const fours = sizes.slice(0, -1).every((size) => size === 4) && sizes[sizes.length - 1]! <= 4;
  return (sizes.length >= 4 && fours) || (sizes.length === 2 && sizes[0] === 6) || sizes.every((size) => size === 1);
}

// --- identity cards -------------------------------------------------------------------------------------------------

export function idCards(digits: Digits, hits: EntityHit[]): void {
  let k = 0;
  while (k + 15 <= digits.count) {
    const end = digits.startsNumber(k) ? identityAt(digits, k, hits) : 0;
    k = end || k + 1;
  }
}

function identityAt(digits: Digits, k: number, hits: EntityHit[]): number {
  const text = digits.text;
  if (!tables.ID_REGIONS.has(digits.value[k]! * 10 + digits.value[k + 1]!)) return 0;
  for (const count of [18, 17, 15]) {
    const end = k + count;
    if (!digits.linked(k, end) || !digits.endsNumber(k, end)) continue;
    let [start, stop] = digits.span(k, end);
    if (count === 17) {
      let x = stop;
      while (x - stop < MOST_SEPARATORS && isSeparator(unitAt(text, x))) x++;
      if (text[x] !== "x") continue;
      stop = x + 1;
    }
    const values = digits.value.slice(k, end);
    if (!(count === 15 ? oldIdentity(values) : identity(values))) continue;
    const before = latinBefore(text, start);
    if ((before !== "" && !tables.ID_CUES.includes(before)) || alnumAfter(text, stop) !== "") continue;
    const said = evidence(text, start, stop, ID);
    if (said < 0 || (count === 15 && said === 0)) continue;
    const value = digits.string(k, end) + (count === 17 ? "x" : "");
    addHit(hits, "id_card", start, stop, value);
    return end;
  }
  return 0;
}

/** GB 11643-1999: region, date of birth and check character. Seventeen digits = with an `x` behind. */
function identity(values: readonly number[]): boolean {
  const year = values[6]! * 1000 + values[7]! * 100 + values[8]! * 10 + values[9]!;
  if (!isDate(year, values.slice(10, 14))) return false;
  let sum = 0;
  WEIGHTS.forEach((weight, i) => {
    sum += values[i]! * weight;
  });
  return CHECKS[sum % 11] === (values.length === 17 ? "x" : String(values[17]));
}

/** The fifteen-digit form of before 1999: no century, no check character. */
function oldIdentity(values: readonly number[]): boolean {
  return isDate(1900 + values[6]! * 10 + values[7]!, values.slice(8, 12));
}

function isDate(year: number, rest: readonly number[]): boolean {
  const month = rest[0]! * 10 + rest[1]!;
  const day = rest[2]! * 10 + rest[3]!;
  if (year < 1900 || year > 2039 || month < 1 || month > 12 || day < 1 || day > DAYS[month - 1]!) return false;
  return month !== 2 || day < 29 || (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0));
}
