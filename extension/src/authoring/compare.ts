/** The draft against the published release over many chats, in slices so that the page stays usable. */

import type { TracingEngine } from "../engine/tracing";
import type { Conversation, Finding } from "../engine/types";

export interface Example {
  readonly chat: Conversation;
  readonly finding: Finding;
}
export interface RuleImpact {
  readonly rule: string;
  readonly caught: Example[];
  readonly lost: Example[];
  newly: number;
  gone: number;
}
export interface Comparison {
  readonly chats: number;
  readonly flaggedBefore: number;
  readonly flaggedNow: number;
  readonly rules: readonly RuleImpact[];
  readonly milliseconds: number;
}

const KEPT = 30;
/** Milliseconds of work between two pauses: below what a person feels as a stutter. */
const SLICE = 40;

/** @param progress share done, 0 to 1; @returns null when `signal` was aborted */
export async function compare(
  before: TracingEngine | null,
  now: TracingEngine,
  chats: readonly Conversation[],
  progress: (share: number) => void,
  signal: AbortSignal,
): Promise<Comparison | null> {
  const rules = new Map<string, RuleImpact>();
  const entry = (rule: string): RuleImpact => {
    let found = rules.get(rule);
    if (!found) {
      found = { rule, caught: [], lost: [], newly: 0, gone: 0 };
      rules.set(rule, found);
    }
    return found;
  };
  let [flaggedBefore, flaggedNow] = [0, 0];
  const started = performance.now();
  let pause = started + SLICE;
  for (let n = 0; n < chats.length; n++) {
    const chat = chats[n]!;
    const old = before ? loud(before.check(chat)) : [];
    const fresh = loud(now.check(chat));
    if (old.length > 0) flaggedBefore++;
    if (fresh.length > 0) flaggedNow++;
    for (const finding of first(fresh)) {
      if (old.some((one) => one.rule === finding.rule)) continue;
      const found = entry(finding.rule);
      found.newly++;
      if (found.caught.length < KEPT) found.caught.push({ chat, finding });
    }
    for (const finding of first(old)) {
      if (fresh.some((one) => one.rule === finding.rule)) continue;
      const found = entry(finding.rule);
      found.gone++;
      if (found.lost.length < KEPT) found.lost.push({ chat, finding });
    }
    if (performance.now() > pause) {
      progress(n / chats.length);
      await new Promise((resolve) => setTimeout(resolve));
      if (signal.aborted) return null;
      pause = performance.now() + SLICE;
    }
  }
  const sorted = [...rules.values()].sort((a, b) => b.newly + b.gone - a.newly - a.gone);
  return { chats: chats.length, flaggedBefore, flaggedNow, rules: sorted, milliseconds: performance.now() - started };
}

function loud(findings: readonly Finding[]): Finding[] {
  return findings.filter((finding) => !finding.silent);
}

/** One finding a rule. */
function first(findings: readonly Finding[]): Finding[] {
  return findings.filter((finding, n) => findings.findIndex((one) => one.rule === finding.rule) === n);
}
