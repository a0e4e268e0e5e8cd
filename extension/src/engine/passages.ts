/** A long reply is heard in passages: in the sound of the whole, one wrong sentence among ten right ones is lost. */

import type { Reading } from "./reading";

/** Units up to which a reply is one passage. */
const WHOLE = 60;
/** Units of a passage of a longer one; replies of shops seldom have more. */
const MOST = 40;
/** Of a clause that is longer still a passage begins every so many units. */
const STEP = 20;

/**
 * From the start of each clause as many whole ones as fit, without those that lie inside the one before: start and end,
 * alternating.
 */
export function passages({ text: { length }, breaks }: Pick<Reading, "text" | "breaks">): number[] {
  if (length <= WHOLE) return [0, length];
  const starts: number[] = [];
  let start = 0;
  for (let i = 1; i <= length; i++) {
    if (i < length && breaks[i] === breaks[i - 1]) continue;
    for (; i - start > MOST; start += STEP) starts.push(start);
    if (start < i) starts.push(start);
    start = i;
  }
  starts.push(length);
  const found: number[] = [];
  let n = 0;
  for (const from of starts) {
    while (n < starts.length && starts[n]! <= from + MOST) n++;
    const to = starts[n - 1]!;
    if (to > (found.at(-1) ?? 0)) found.push(from, to);
  }
  return found;
}
