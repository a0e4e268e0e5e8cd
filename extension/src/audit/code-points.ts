import type { Finding } from "../engine/types";

/** Findings of a reply with their offsets counted in characters, an emoji as one, instead of UTF-16 units. */
export function inCodePoints(reply: string, findings: Finding[]): Finding[] {
  if (findings.length === 0 || !/[\ud800-\udbff]/.test(reply)) return findings;
  // Of each place in units; a span never ends inside a character.
  const points = new Uint32Array(reply.length + 1);
  let units = 0;
  let count = 0;
  for (const character of reply) {
    points[units] = count++;
    units += character.length;
  }
  points[units] = count;
  const at = (place: number | null): number | null => (place === null ? null : points[place]!);
  return findings.map((finding) => ({ ...finding, start: at(finding.start), end: at(finding.end) }));
}
