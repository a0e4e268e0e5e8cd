/**
 * QQ numbers and WeChat ids: what stands right behind a word for QQ or WeChat.
 *
 * Mirrors `compiler/matcher/entity_accounts.py`.
 */

import * as tables from "./entity_tables";
import {
  addHit,
  among,
  type Digits,
  type EntityHit,
  isAlnum,
  isLetter,
  isSeparator,
  type Span,
  unitAt,
} from "./entity_text";
import { Words, wordBefore } from "./entity_words";

const SHORTEST = 5;
const LONGEST = 11;
const ID_SHORTEST = 6;
const ID_LONGEST = 20;
const QQ = new Words(tables.QQ_WORDS, tables.QQ_SINGLES);
const WECHAT = new Words(tables.WECHAT_WORDS, tables.WECHAT_SINGLES);

/**
 * The end of the account number that begins with digit k (5–11 digits), or 0.
 *
 * A mobile number in any grouping first; then a solid number, joined with a further group only over one space, dot or
 * hyphen; then short groups (123 456 789).
 */
export function accountEnd(digits: Digits, k: number): number {
  const { text, gap } = digits;
  const mobile = digits.value[k] === 1 && digits.linked(k, k + 11) && digits.value[k + 1]! >= 3;
  if (mobile && digits.endsNumber(k, k + 11)) return unlessAmount(digits, k + 11);
  let end = k + 1;
  while (gap[end] === 0 && (digits.han[end] === digits.han[k] || end - k < SHORTEST)) end++;
  if (end - k >= SHORTEST) {
    let further = end + 1;
    while (further <= digits.count && gap[further] === 0) further++;
    const joined = gap[end] === 1 && among(text, digits.at[end]! - 1, " .-") && further - end >= 3;
    if (joined && further - k <= LONGEST) end = further;
  } else {
    while (gap[end]! >= 0) {
      const between = [...text.slice(digits.at[end - 1], digits.at[end])];
      if (gap[end]! > 0 && between.some((char) => tables.LIST_SEPARATORS.includes(char))) break;
      end++;
    }
  }
  return SHORTEST <= end - k && end - k <= LONGEST ? unlessAmount(digits, end) : 0;
}

function unlessAmount(digits: Digits, end: number): number {
  return among(digits.text, digits.at[end - 1]! + 1, tables.MEASURES) ? 0 : end;
}

function connected(text: string, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (tables.CONNECTORS.includes(text[at]!)) return true;
  return false;
}

/** Behind a word of one unit (v, 微, 扣) a number needs to be a mobile number, or six digits and 加, 号 or a colon. */
function singleIsSure(digits: Digits, k: number, end: number, word: Span): boolean {
  if (end - k === 11 && digits.value[k] === 1) return true;
  const text = digits.text;
  if (end - k < 6 || word[1] === digits.at[k]) return false;
  return text.slice(Math.max(0, word[0] - 3), word[0]).includes("加") || connected(text, word[1], digits.at[k]!);
}

// --- QQ -------------------------------------------------------------------------------------------------------------

export function qqNumbers(digits: Digits, hits: EntityHit[]): void {
  const text = digits.text;
  let k = 0;
  while (k + SHORTEST <= digits.count) {
    if (digits.value[k] === 0 || digits.gap[k] === 0) {
      k++;
      continue;
    }
    let end = 0;
    const word = wordBefore(text, digits.at[k]!, QQ);
    if (word !== null) {
      end = accountEnd(digits, k);
      if (end > 0 && word[1] - word[0] === 1 && !singleIsSure(digits, k, end, word)) end = 0;
    }
    if (end === 0) end = beforeQq(digits, k);
    if (end > 0) {
      const [start, stop] = digits.span(k, end);
      addHit(hits, "qq_number", start, stop, digits.string(k, end));
    }
    k = end || k + 1;
  }
}

/** The end of a solid number in front of @qq or q群, or 0. */
function beforeQq(digits: Digits, k: number): number {
  const text = digits.text;
  let end = k + 1;
  while (digits.gap[end] === 0) end++;
  if (end - k < SHORTEST || end - k > LONGEST) return 0;
  const before = digits.at[k]! - 1;
  if (isAlnum(unitAt(text, before)) || among(text, before, "_-.")) return 0;
  let at = digits.at[end - 1]! + 1;
  for (let step = 0; step < 3; step++) {
    if (tables.QQ_AFTER.some((word) => text.startsWith(word, at))) return end;
    if (!isSeparator(unitAt(text, at))) return 0;
    at++;
  }
  return 0;
}

// --- WeChat ---------------------------------------------------------------------------------------------------------

/** WeChat ids that are numbers: a mobile or QQ number behind a word. */
export function wechatNumbers(digits: Digits, hits: EntityHit[]): void {
  let k = 0;
  while (k + SHORTEST <= digits.count) {
    const end = digits.gap[k] !== 0 && digits.value[k] !== 0 ? wechatNumber(digits, k, hits) : 0;
    k = end || k + 1;
  }
}

/** WeChat ids that begin with a letter. */
export function wechatTokens(text: string, hits: EntityHit[]): void {
  let at = 0;
  while (at < text.length) {
    if (!isAlnum(unitAt(text, at)) && text[at] !== "_") {
      at++;
      continue;
    }
    let end = at + 1;
    while (inId(unitAt(text, end))) end++;
    wechatToken(text, at, end, hits);
    at = end;
  }
}

function inId(unit: number): boolean {
  return isAlnum(unit) || unit === 0x5f || unit === 0x2d; // _ -
}

function wechatNumber(digits: Digits, k: number, hits: EntityHit[]): number {
  const text = digits.text;
  const word = wordBefore(text, digits.at[k]!, WECHAT);
  if (word === null) return 0;
  const end = accountEnd(digits, k);
  if (end === 0 || (word[1] - word[0] === 1 && !singleIsSure(digits, k, end, word))) return 0;
  const [start, stop] = digits.span(k, end);
  if (isLetter(unitAt(text, stop)) || text[stop] === "_") return 0;
  addHit(hits, "wechat_id", start, stop, digits.string(k, end));
  return end;
}

function wechatToken(text: string, start: number, tokenEnd: number, hits: EntityHit[]): void {
  let end = tokenEnd;
  while (end > start && text[end - 1] === "-") end--;
  if (text[end] === "@" || among(text, start - 1, "@.")) return;
  if (text[end] === "." && isAlnum(unitAt(text, end + 1))) return;
  const add = (from: number): void => {
    addHit(hits, "wechat_id", from, end, text.slice(from, end));
  };
  if (text.startsWith("wxid_", start)) {
    if (end - start >= 11) add(start);
    return;
  }
  for (const prefix of ["wechat", "weixin", "vx", "wx"]) {
    let rest = start + prefix.length;
    if (text.startsWith(prefix, start) && isId(text, rest, end) && mixed(text, rest, end)) {
      while (among(text, rest, "_-")) rest++;
      add(rest);
      return;
    }
  }
  if (!isLetter(unitAt(text, start)) || !isId(text, start, end)) return;
  const word = wordBefore(text, start, WECHAT);
  const id = text.slice(start, end);
  if (word === null || tables.NOT_IDS.some((model) => id.startsWith(model))) return;
  if (mixed(text, start, end)) {
    add(start);
  } else if (
    word[1] - word[0] > 1 &&
    !tables.NOT_IDS_ALONE.includes(id) &&
    !text.slice(word[1], start).includes(",") &&
    connected(text, word[1], start)
  ) {
    add(start);
  }
}

function isId(text: string, from: number, end: number): boolean {
  let start = from;
  while (start < end && among(text, start, "_-")) start++;
  return ID_SHORTEST <= end - start && end - start <= ID_LONGEST && isLetter(unitAt(text, start));
}

/** Whether an id shows that it is one: letters with a digit, an underscore or a hyphen inside. */
function mixed(text: string, from: number, end: number): boolean {
  let start = from;
  while (start < end && among(text, start, "_-")) start++;
  for (let at = start; at < end; at++) if (!isLetter(unitAt(text, at))) return true;
  return false;
}
