/** Amounts of money: ¥5, 10元, 五块钱, 三块五, 二十元, 20rmb, 十几块. Mirrors `compiler/matcher/entity_money.py`. */

import * as tables from "./entity_tables";
import { among, digitValue, type EntityHit, isAsciiDigit, isLetter, isSeparator, unitAt } from "./entity_text";
import { endsAt } from "./entity_words";

const TENS: Readonly<Record<string, number>> = { 十: 10, 拾: 10, 百: 100, 佰: 100, 千: 1000, 仟: 1000 };
const MYRIADS: Readonly<Record<string, number>> = { 万: 10_000, 亿: 100_000_000 };
const VAGUE = "几数来多余";
const NOT_IN_AMOUNTS = "洞拐勾幺○";
const LONGEST = 24;
/** Above it, and when vague (十几块), the value is the text itself; well inside a double's exact integers. */
const MOST_FEN = 10 ** 13;

/** What a unit may be in an amount. */
const BEGINS = 1;
const UNIT = 2;
const FIGURE = 4;
const ANNOUNCES = 8;
/** What a unit or sign behind an amount begins with. */
const COUNTS = 16;
const ROLES = new Uint8Array(0x10000);
function role(bits: number, chars: Iterable<string>): void {
  for (const char of chars) ROLES[unitAt(char, 0)]! |= bits;
}
role(BEGINS, "0123456789几数");
role(BEGINS | UNIT, Object.keys(TENS));
role(UNIT, [...Object.keys(MYRIADS), ...VAGUE]);
role(
  BEGINS | FIGURE,
  [...tables.HAN_DIGITS.keys()].filter((char) => !NOT_IN_AMOUNTS.includes(char)),
);
role(ANNOUNCES, [...Object.keys(tables.SIGN_CURRENCY), ..."人rc"]);

role(COUNTS, Object.keys(tables.SIGN_CURRENCY));

/** Units by their first unit of text. */
const UNITS = new Map<number, string[]>();
for (const unit of tables.MONEY_UNITS) {
  const first = unitAt(unit, 0);
  ROLES[first]! |= COUNTS;
  UNITS.set(first, [...(UNITS.get(first) ?? []), unit]);
}

function is(text: string, at: number, bits: number): boolean {
  return (ROLES[unitAt(text, at)]! & bits) !== 0;
}

/** The value of a Han digit that is used in amounts, else -1. */
function figureAt(text: string, at: number): number {
  return is(text, at, FIGURE) ? digitValue(unitAt(text, at)) : -1;
}

/** The end of the number, in figures or in Han digits, that begins at `start`. */
function numberEnd(text: string, start: number): number {
  const limit = Math.min(text.length, start + LONGEST);
  let at = start;
  if (isAsciiDigit(unitAt(text, at))) {
    while (at < limit) {
      const dotted = among(text, at, ".,") && isAsciiDigit(unitAt(text, at + 1));
      if (!isAsciiDigit(unitAt(text, at)) && !(dotted && (text[at] === "." || thousands(text, at)))) break;
      at++;
    }
    while (at < limit && is(text, at, UNIT)) at++;
    return at;
  }
  while (at < limit && is(text, at, FIGURE | UNIT)) at++;
  return at;
}

/** Whether exactly three figures follow the comma (1,299元), so that it is no list (5,10元). */
function thousands(text: string, comma: number): boolean {
  let end = comma + 1;
  while (end - comma < 5 && isAsciiDigit(unitAt(text, end))) end++;
  return end - comma === 4;
}

/** The value, in hundredths, of a number that `numberEnd` delimited; -1 = vague or beyond reason. */
function fenOf(text: string): number {
  for (const char of VAGUE) if (text.includes(char)) return -1;
  return isAsciiDigit(unitAt(text, 0)) ? figuresFen(text) : hanFen(text);
}

function figuresFen(text: string): number {
  let value = 0;
  let decimals = -1;
  for (const char of text) {
    if (isAsciiDigit(unitAt(char, 0))) {
      if (decimals < 2) {
        value = value * 10 + Number(char);
        if (decimals >= 0) decimals++;
      }
    } else if (char === ".") {
      if (decimals >= 0) return -1;
      decimals = 0;
    } else if (char !== ",") {
      value *= TENS[char] ?? MYRIADS[char]!;
    }
    if (value > MOST_FEN) return -1;
  }
  while (decimals < 2) {
    value *= 10;
    decimals = Math.max(decimals, 0) + 1;
  }
  return value <= MOST_FEN ? value : -1;
}

function hanFen(text: string): number {
  let total = 0;
  let section = 0;
  let figure = 0;
  let unit = 0;
  const spelled = ![...text].some((char) => TENS[char] !== undefined || MYRIADS[char] !== undefined);
  for (const char of text) {
    if (spelled) {
      figure = figure * 10 + digitValue(unitAt(char, 0));
    } else if (TENS[char] !== undefined) {
      unit = TENS[char];
      section += (figure || 1) * unit;
      figure = 0;
    } else if (MYRIADS[char] !== undefined) {
      unit = MYRIADS[char];
      total = (total + section + figure) * unit;
      section = figure = 0;
    } else {
      figure = digitValue(unitAt(char, 0));
      if (figure === 0) unit = 1;
    }
    if (total + section + figure > MOST_FEN) return -1;
  }
  // 一百二 is 120, 一百零二 is 102.
  const value = (total + section + figure * (unit >= 100 ? unit / 10 : 1)) * 100;
  return value <= MOST_FEN ? value : -1;
}

function written(fen: number, currency: string, text: string): string {
  if (fen < 0) return text;
  const yuan = Math.floor(fen / 100);
  const rest = String(fen % 100).padStart(2, "0");
  return (rest === "00" ? String(yuan) : `${yuan}.${rest.endsWith("0") ? rest[0] : rest}`) + currency;
}

// --- units ----------------------------------------------------------------------------------------------------------

interface Unit {
  readonly end: number;
  readonly fen: number;
  readonly currency: string;
}

function skipSpace(text: string, at: number): number {
  return text[at] === " " ? at + 1 : at;
}

/** What follows 块 or 元: (end, hundredths) of 五, 5毛, 8角 and 钱. 元 is not followed by a bare figure. */
function tail(text: string, at: number): readonly [number, number] {
  let fen = 0;
  let end = at;
  while (end - at < 2 && (isAsciiDigit(unitAt(text, end)) || figureAt(text, end) > 0)) {
    fen = fen * 10 + digitValue(unitAt(text, end));
    end++;
  }
  if (end === at) return text[at] === "钱" ? [at + 1, 0] : [at, 0];
  if (among(text, end, "毛角")) {
    end++;
  } else if (text[at - 1] === "元") {
    return [at, 0];
  } else if (isAsciiDigit(unitAt(text, end - 1))) {
    if (among(text, end, tables.MEASURES) || isAsciiDigit(unitAt(text, end))) return [at, 0];
  } else if (end < text.length && text[end] !== "钱" && !among(text, end, tables.PIECE_MONEY_AFTER)) {
    return [at, 0]; // 一块一起
  }
  return [text[end] === "钱" ? end + 1 : end, fen < 10 ? fen * 10 : fen];
}

function priceBefore(text: string, number: number): boolean {
  let start = number;
  while (start > 0 && (isSeparator(unitAt(text, start - 1)) || among(text, start - 1, "了您"))) start--;
  return tables.PIECE_PRICE_BEFORE.some((word) => endsAt(text, word, Math.max(0, start - 4), start));
}

/** The unit behind the number `[start, end)`: where it ends, further hundredths, currency; null = no money. */
function unitOf(text: string, start: number, end: number): Unit | null {
  const at = skipSpace(text, end);
  if (!is(text, at, COUNTS)) return null;
  const unit = UNITS.get(unitAt(text, at))?.find((word) => text.startsWith(word, at));
  if (unit === undefined) {
    const currency = tables.SIGN_CURRENCY[text[at] ?? ""];
    return currency === undefined ? null : { end: at + 1, fen: 0, currency };
  }
  const stop = at + unit.length;
  if (isLetter(unitAt(unit, 0))) return isLetter(unitAt(text, stop)) ? null : { end: stop, fen: 0, currency: "" };
  if (unit === "元") {
    if (among(text, stop, tables.YUAN_WORDS)) return null;
    const [further, fen] = tail(text, stop);
    return { end: further, fen, currency: "" };
  }
  if (unit === "块" || unit === "圆" || unit === "毛") {
    const ends = stop === text.length || among(text, stop, tables.PIECE_MONEY_AFTER);
    const [further, fen] = unit === "块" ? tail(text, stop) : [stop, 0];
    const number = text.slice(start, end);
    const large = number.includes("百") || number.includes("千") || number.includes("万");
    const figures = isAsciiDigit(unitAt(number, 0)) || number.includes("十");
    const sure = further > stop || large || (ends && figures) || (unit === "块" && priceBefore(text, start));
    return sure ? { end: further, fen, currency: "" } : null;
  }
  return { end: stop, fen: 0, currency: tables.UNIT_CURRENCY[unit] ?? "" };
}

// --- the detector ---------------------------------------------------------------------------------------------------

export function money(text: string, hits: EntityHit[]): void {
  let at = 0;
  while (at < text.length) {
    const roles = ROLES[unitAt(text, at)]!;
    if ((roles & (BEGINS | ANNOUNCES)) === 0) {
      at++;
      continue;
    }
    const hit = moneyAt(text, at, roles);
    if (hit !== null) {
      hits.push(hit);
      at = hit.end;
    } else {
      at = (roles & BEGINS) !== 0 ? numberEnd(text, at) : at + 1;
    }
  }
}

function moneyAt(text: string, start: number, roles: number): EntityHit | null {
  if ((roles & ANNOUNCES) !== 0) {
    const sign = tables.SIGN_CURRENCY[text[start]!];
    if (sign !== undefined) return signed(text, start, start + 1, sign);
    const word = tables.MONEY_WORDS_BEFORE.find((before) => text.startsWith(before, start));
    return word === undefined ? null : signed(text, start, start + word.length, "");
  }
  const end = numberEnd(text, start);
  const unit = unitOf(text, start, end);
  if (unit === null) return null;
  let fen = fenOf(text.slice(start, end));
  if (fen >= 0) {
    fen += unit.fen;
    const first = skipSpace(text, end);
    if (among(text, first, "毛角")) fen = Math.floor(fen / 10);
    else if (text[first] === "分") fen = Math.floor(fen / 100);
  }
  return { kind: "money", start, end: unit.end, value: written(fen, unit.currency, text.slice(start, unit.end)) };
}

/** ¥5, 人民币 100元: a sign or word, and the number at or one space behind `behind`. */
function signed(text: string, start: number, behind: number, currency: string): EntityHit | null {
  const number = skipSpace(text, behind);
  if (!is(text, number, BEGINS)) return null;
  const end = numberEnd(text, number);
  const unit = unitOf(text, number, end);
  const stop = unit?.end ?? end;
  const fen = fenOf(text.slice(number, end));
  const value = written(fen >= 0 ? fen + (unit?.fen ?? 0) : fen, currency, text.slice(start, stop));
  return { kind: "money", start, end: stop, value };
}
