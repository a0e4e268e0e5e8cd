/**
 * evaluate, second half: what a rule asks, over a read reply and the buyer's read messages.
 *
 * asked → unless_asked → given → unless → find → except → near → not_near → negation → quoted → merge. Each step that lets a rule
 * or a hit go can tell a trace why.
 */

import type { Bundle, Negation, Rule } from "./bundle";
import type { Hit } from "./hits";
import type { Reading } from "./reading";
import { isSymbol } from "./text";
import type { Conversation, Fact } from "./types";

export type Step =
  | "found"
  | "platforms"
  | "categories"
  | "dates"
  | "given"
  | "asked"
  | "unless_asked"
  | "unless"
  | "except"
  | "near"
  | "not_near"
  | "negation"
  | "quoted";

/** Called with the step, the hit it dropped (null: the whole rule) and the hit that decided, if any. */
export type Note = (step: Step, hit: Hit | null, by: Hit | null) => void;

/** What is kept of a buyer's message. */
export interface BuyerMessage {
  /** What of `asked`, `unless_asked` and the replies' `ask` occurs in it. */
  readonly atoms: ReadonlySet<number>;
  /** `kind value` of each entity. */
  readonly quoted: readonly string[];
}

/** null when the rule speaks of this conversation, else the condition that it fails. */
export function applies(rule: Rule, conversation: Conversation, facts: Readonly<Record<string, Fact>>): Step | null {
  const { platform, category, date } = conversation;
  if (rule.platforms.length > 0 && platform !== "" && platform !== "any" && !rule.platforms.includes(platform)) {
    return "platforms";
  }
  if (rule.categories.length > 0 && !rule.categories.includes(category)) return "categories";
  if (date && (date < rule.since || (rule.until !== "" && date > rule.until))) return "dates";
  for (const name in rule.given) {
    if (!Object.hasOwn(facts, name) || facts[name] !== rule.given[name]) return "given";
  }
  return null;
}

/** null when the buyer's messages (newest last) satisfy `asked` and `unless_asked`, else which of them fails. */
export function asked(rule: Rule, buyer: readonly BuyerMessage[]): Step | null {
  const from = Math.max(0, buyer.length - rule.turns);
  const said = (atom: number): boolean => {
    for (let n = from; n < buyer.length; n++) if (buyer[n]!.atoms.has(atom)) return true;
    return false;
  };
  if (rule.asked >= 0 && !said(rule.asked)) return "asked";
  if (rule.unless_asked >= 0 && said(rule.unless_asked)) return "unless_asked";
  return null;
}

/** Spans (folded units; start and end alternating) of the rule's findings in the reply, sorted, apart from each other. */
export function find(
  rule: Rule,
  reading: Reading,
  bundle: Bundle,
  quoted: ReadonlySet<string>,
  note: Note | null,
): number[] {
  const { hits } = reading;
  if (hits.has(rule.unless)) {
    note?.("unless", null, hits.get(rule.unless)[0]!);
    return [];
  }
  const found = hits.get(rule.find);
  const negation = rule.negation < 0 ? null : bundle.negations[rule.negation]!;
  const spans: number[] = [];
  for (const hit of found) {
    const cover = coverOf(hit, hits.get(rule.except)) ?? coverOf(hit, hits.get(bundle.allow));
    if (cover) {
      note?.("except", hit, cover);
      continue;
    }
    if (rule.near >= 0 && !hits.get(rule.near).some((other) => sameClause(reading.breaks, hit, other))) {
      note?.("near", hit, null);
      continue;
    }
    const away = hits.get(rule.not_near).find((other) => sameClause(reading.breaks, hit, other));
    if (away) {
      note?.("not_near", hit, away);
      continue;
    }
    const cue = negation && negated(hit, found, reading, negation);
    if (cue) {
      note?.("negation", hit, cue);
      continue;
    }
    if (rule.unless_quoted && isQuoted(hit, reading, quoted)) {
      note?.("quoted", hit, null);
      continue;
    }
    const last = spans.length - 1;
    if (last > 0 && hit.start < spans[last]!) spans[last] = Math.max(hit.end, spans[last]!);
    else spans.push(hit.start, hit.end);
  }
  return spans;
}

function coverOf(hit: Hit, covers: readonly Hit[]): Hit | undefined {
  for (const cover of covers) if (cover.start <= hit.start && hit.end <= cover.end) return cover;
  return undefined;
}

function sameClause(breaks: Uint32Array, hit: Hit, other: Hit): boolean {
  return breaks[hit.start]! <= breaks[other.start]! && breaks[other.start]! <= breaks[hit.end]!;
}

/** The cue that negates `hit`, if any. */
function negated(hit: Hit, found: readonly Hit[], reading: Reading, negation: Negation): Hit | null {
  const { hits, breaks } = reading;
  const { start, end } = hit;
  const stops = hits.get(negation.stop);
  const counts = (cue: Hit): boolean => {
    if (coverOf(cue, hits.get(negation.pseudo)) || coverOf(cue, hits.get(negation.double))) return false;
    return !found.some((other) => isPart(cue, other));
  };
  for (const cue of hits.get(negation.before)) {
    if (!insideGap(cue, hit)) {
      if (cue.end > start || start - cue.end > negation.reach || breaks[cue.end] !== breaks[start]) continue;
      if (apart(reading.text, cue.end, start)) continue;
      if (stops.some((stop) => cue.end <= stop.start && stop.end <= start)) continue;
    }
    if (counts(cue)) return cue;
  }
  for (const cue of hits.get(negation.after)) {
    if (cue.start < end || cue.start - end > negation.reach || breaks[cue.start] !== breaks[end]) continue;
    if (apart(reading.text, end, cue.start)) continue;
    if (stops.some((stop) => end <= stop.start && stop.end <= cue.start)) continue;
    if (counts(cue)) return cue;
  }
  return null;
}

/** Whether a space and words stand between: people type a space where a comma belongs (发不了 已经帮您退单). */
function apart(text: string, start: number, end: number): boolean {
  let space = false;
  let words = false;
  for (let i = start; i < end; i++) {
    const unit = text.charCodeAt(i);
    space ||= unit === 0x20;
    words ||= !isSymbol(unit);
  }
  return space && words;
}

function insideGap(cue: Hit, { gaps }: Hit): boolean {
  for (let i = 0; i < gaps.length; i += 2) if (gaps[i]! <= cue.start && cue.end <= gaps[i + 1]!) return true;
  return false;
}

/** Whether the cue overlaps what a hit itself consists of (its gaps aside): 没有副作用 is a claim, not a denial. */
function isPart(cue: Hit, hit: Hit): boolean {
  return cue.end > hit.start && hit.end > cue.start && !insideGap(cue, hit);
}

/** Whether every entity inside the hit was written by the buyer first. */
function isQuoted(hit: Hit, reading: Reading, quoted: ReadonlySet<string>): boolean {
  let any = false;
  for (const entity of reading.entities) {
    if (entity.start < hit.start || entity.end > hit.end) continue;
    if (!quoted.has(`${entity.kind} ${entity.value}`)) return false;
    any = true;
  }
  return any;
}
