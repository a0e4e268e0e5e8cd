/** number: any amount, ASCII with decimals or in Han numerals. Rules combine it with a unit: 满<number>, <number>天内. */

import type { EntityHit } from "./entity_text";

/** Units that a number may begin with. */
export const NUMERALS = "0123456789零〇一二三四五六七八九十百千万两半几";
const NUMBER = /[0-9]+(?:[.][0-9]+)?|[零〇一二三四五六七八九十百千万两半几]+/g;

export function numbers(text: string, hits: EntityHit[]): void {
  for (const match of text.matchAll(NUMBER)) {
    hits.push({ kind: "number", start: match.index, end: match.index + match[0].length, value: match[0] });
  }
}
