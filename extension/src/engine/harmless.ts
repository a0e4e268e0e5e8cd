/**
 * Nearly all rules that disturb ask the classifier (`likely`), and nearly all replies are far from what they ask for. So it
 * is asked first, and a *harmless* reply, below the percentage that most rules ask for, is searched for the words of the
 * other rules only.
 */

import type { Rule } from "./bundle";

/** The `likely` of most rules that have any; 0 for none. */
export function commonest(rules: readonly Rule[]): number {
  const counts = new Uint32Array(100);
  for (const { likely } of rules) if (likely > 0) counts[likely]!++;
  return counts.indexOf(Math.max(...counts));
}

/** Whether a rule finds nothing in a reply that is less likely a violation than `limit`. */
export function asksForMore({ likely, likely_topic }: Rule, limit: number): boolean {
  // One topic may be a percent above all of them together, since each number is rounded by itself.
  return likely_topic > 0 ? likely_topic > limit : likely >= limit;
}
