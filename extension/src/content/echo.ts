/**
 * One thing is said once. A rule that hears a topic in the sound of the whole reply only repeats what another rule of that
 * topic has found in it; so does one that finds words inside of another's (加微信, 微信). Both engines report both; no one who
 * writes a reply is shown, held or counted for an echo.
 */
import type { Shown } from "./guard";
import { severity } from "./severity";

/**
 * A reply's findings without echoes. What is graver than the words is none: no reminder lets through what is to be held. Nor
 * is a promise an echo of what is none.
 */
export function withoutEchoes(findings: readonly Shown[]): Shown[] {
  // Without a span `end` is null, and what a reply leaves out repeats nothing.
  const repeats = (a: Shown, n: number) => (b: Shown, m: number) =>
    !b.text.heard &&
    b.text.topic === a.text.topic &&
    severity(b) >= severity(a) &&
    (a.text.heard ||
      (a.start! >= b.start! &&
        a.end! <= b.end! &&
        a.end! > 0 &&
        // Of two with the same words the first one.
        (m < n || a.words !== b.words) &&
        (!a.text.followUp || b.text.followUp)));
  return findings.filter((a, n) => !findings.some(repeats(a, n)));
}
