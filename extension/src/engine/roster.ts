/**
 * Which rules what a text holds may wake; of a reply that sounds harmless, only a few are on call.
 *
 * Nearly all rules that disturb ask the classifier (`likely`), and nearly all replies are far from what they ask for. So it
 * is asked first, and a reply below the percentage that most rules ask for is searched for the words of the others only.
 */

import type { Bundle, Rule } from "./bundle";

/** Some of a release's rules (by number), by what wakes them. */
export class Roster {
  /** Those without `asked`, by the atom that they find. */
  readonly byFind = new Map<number, number[]>();
  readonly byAsked = new Map<number, number[]>();
  /** Those that nothing wakes but the sound of the whole reply. */
  readonly presumed: number[] = [];
  /** What they may ask of a reply. */
  readonly atoms: number[];

  constructor(bundle: Bundle, has: (rule: Rule) => boolean) {
    this.atoms = [bundle.fillers, bundle.allow];
    for (const { before, after, pseudo, double, stop } of bundle.negations) {
      this.atoms.push(before, after, pseudo, double, stop);
    }
    bundle.rules.forEach((rule, n) => {
      if (!has(rule)) return;
      const { asked, find } = rule;
      if (asked >= 0) file(this.byAsked, asked, n);
      else if (find >= 0) file(this.byFind, find, n);
      else if (rule.likely_topic > 0) this.presumed.push(n);
      this.atoms.push(find, rule.near, rule.not_near, rule.except, rule.unless);
    });
  }
}

export interface Rosters {
  readonly all: Roster;
  /** Percent: replies less likely a violation are harmless. */
  readonly limit: number;
  /** The rules that may have something to find in a harmless reply; null when all rules may. */
  readonly harmless: Roster | null;
}

export function rostersOf(bundle: Bundle): Rosters {
  const limit = bundle.classifier === null ? 0 : mostAskedFor(bundle.rules);
  const all = new Roster(bundle, () => true);
  return { all, limit, harmless: limit === 0 ? null : new Roster(bundle, (rule) => !asksForMore(rule, limit)) };
}

/** The `likely` of the most rules, 0 when none has any. */
function mostAskedFor(rules: readonly Rule[]): number {
  const counts = new Uint32Array(100);
  for (const { likely } of rules) if (likely > 0) counts[likely]!++;
  return counts.indexOf(Math.max(...counts)) % 100;
}

/** Whether a rule finds nothing in a reply that is less likely a violation than `limit`. */
function asksForMore({ likely, likely_topic }: Rule, limit: number): boolean {
  // One topic may be a percent above all of them together, since each number is rounded by itself.
  return likely_topic > 0 ? likely_topic > limit : likely >= limit;
}

function file(index: Map<number, number[]>, key: number, n: number): void {
  const known = index.get(key);
  if (known) known.push(n);
  else index.set(key, [n]);
}
