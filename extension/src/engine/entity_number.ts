/** number: any amount, ASCII with decimals or in Han numerals. Rules combine it with a unit: 满<number>, <number>天内. */

import { addHit, type EntityHit, isAsciiDigit, unitAt } from "./entity_text";

/** Units that a number may begin with. */
export const NUMERALS = "0123456789零〇一二三四五六七八九十百千万两半几";
const DOT = 0x2e;
const IS_NUMERAL = new Uint8Array(0x10000);
for (let i = 0; i < NUMERALS.length; i++) IS_NUMERAL[unitAt(NUMERALS, i)] = 1;

export function numbers(text: string, hits: EntityHit[]): void {
  for (let at = 0; at < text.length; ) {
    const unit = unitAt(text, at);
    const start = at++;
    if (IS_NUMERAL[unit] === 0) continue;
    if (isAsciiDigit(unit)) {
      at = digitsEnd(text, at);
      if (unitAt(text, at) === DOT && isAsciiDigit(unitAt(text, at + 1))) at = digitsEnd(text, at + 1);
    } else {
      while (at < text.length && isHanNumeral(unitAt(text, at))) at++;
    }
    addHit(hits, "number", start, at, text.slice(start, at));
  }
}

function isHanNumeral(unit: number): boolean {
  return IS_NUMERAL[unit] === 1 && !isAsciiDigit(unit);
}

function digitsEnd(text: string, at: number): number {
  let end = at;
  while (isAsciiDigit(unitAt(text, end))) end++;
  return end;
}
