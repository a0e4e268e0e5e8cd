/**
 * One thing is said once: a rule that hears a topic in the sound of the whole reply only repeats what another rule of that
 * topic has found in it. Both engines report both; no one who writes a reply is shown, held or counted for an echo.
 */
import type { Shown } from "./guard";
import { severity } from "./severity";

/** A reply's findings without echoes. A sound graver than the words is none: no reminder lets through what is to be held. */
export function withoutEchoes(findings: readonly Shown[]): Shown[] {
  const said = findings.filter(({ text }) => !text.heard);
  const echoes = (sound: Shown) =>
    said.some((words) => words.text.topic === sound.text.topic && severity(words) >= severity(sound));
  return findings.filter((finding) => !finding.text.heard || !echoes(finding));
}
