/**
 * evaluate, second half: what a rule asks, over a read reply and the buyer's read messages.
 *
 * asked → unless_asked → given → unless → find → except → near → not_near → negation → quoted → merge. Each step that lets a rule
 * or a hit go can tell a trace why.
 */

import type { Bundle, Negation, Rule } from "./bundle";
import type { Sound } from "./classifier";
import type { HitTable } from "./hit-table";
import type { Span } from "./hits";
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
  | "quoted"
  | "likely"
  | "likely_topic";

/** Called with the step, the hit it dropped (null: the whole rule) and what decided, if anything: a hit, a percentage. */
export type Note = (step: Step, hit: Span | null, by: Span | number | null) => void;

/** What is kept of a buyer's message. */
export interface BuyerMessage {
  /** What the classifier heard, if there is one. */
  readonly sound: Sound | undefined;
  /** What of `asked`, `unless_asked` and the replies' `ask` occurs in it. */
  readonly atoms: ReadonlySet<number>;
  /** Rules of which `asked` occurs. */
  readonly asks: readonly number[];
  /** `kind value` of each entity. */
  readonly quoted: ReadonlySet<string>;
}

/** What a release says of its shop; of its categories when the conversation names none. */
export interface Shop {
  readonly facts: Readonly<Record<string, Fact>>;
  readonly categories: readonly string[];
}

/** null when the rule speaks of this conversation, else the condition that it fails. */
export function applies(rule: Rule, conversation: Conversation, shop: Shop): Step | null {
  const { platform, category, date } = conversation;
  if (rule.platforms.length > 0 && platform !== "" && platform !== "any" && !rule.platforms.includes(platform)) {
    return "platforms";
  }
  if (rule.categories.length > 0) {
    const sold = category === "" ? shop.categories : [category];
    if (!sold.some((name) => rule.categories.includes(name))) return "categories";
  }
  if (date && (date < rule.since || (rule.until !== "" && date > rule.until))) return "dates";
  for (const [name, value] of rule.given) {
    const facts = Object.hasOwn(conversation.facts, name) ? conversation.facts : shop.facts;
    if (!Object.hasOwn(facts, name) || facts[name] !== value) return "given";
  }
  return null;
}

/** null when the buyer's messages (newest last) satisfy `asked` and `unless_asked`, else which of them fails. */
export function asked(rule: Rule, buyer: readonly BuyerMessage[]): Step | null {
  if (rule.asked < 0 && rule.unless_asked < 0) return null;
  const from = Math.max(0, buyer.length - rule.turns);
  const said = (atom: number): boolean => {
    for (let n = from; n < buyer.length; n++) if (buyer[n]!.atoms.has(atom)) return true;
    return false;
  };
  if (rule.asked >= 0 && !said(rule.asked)) return "asked";
  if (rule.unless_asked >= 0 && said(rule.unless_asked)) return "unless_asked";
  return null;
}

export const NOWHERE: readonly number[] = [];

/** Spans (folded units; start and end alternating) of the rule's findings in the reply, sorted, apart from each other. */
export function find(
  rule: Rule,
  reading: Reading,
  bundle: Bundle,
  buyer: readonly BuyerMessage[],
  note: Note | null,
): readonly number[] {
  const { hits, breaks } = reading;
  const { store } = hits;
  // A trace tells of `unless` even when there is nothing to be found.
  if (note === null && !hits.has(rule.find)) return NOWHERE;
  if (hits.has(rule.unless)) {
    note?.("unless", null, store.span(hits.from(rule.unless)));
    return NOWHERE;
  }
  if (!hits.has(rule.find)) return NOWHERE;
  const negation = rule.negation < 0 ? null : bundle.negations[rule.negation]!;
  const spans: number[] = [];
  const last = hits.to(rule.find);
  for (let hit = hits.from(rule.find); hit < last; hit++) {
    const start = store.start(hit);
    const end = store.end(hit);
    let cover = coverOf(start, end, hits, rule.except);
    if (cover < 0) cover = coverOf(start, end, hits, bundle.allow);
    if (cover >= 0) {
      note?.("except", store.span(hit), store.span(cover));
      continue;
    }
    if (rule.near >= 0 && inClause(breaks, start, end, hits, rule.near) < 0) {
      note?.("near", store.span(hit), null);
      continue;
    }
    const away = inClause(breaks, start, end, hits, rule.not_near);
    if (away >= 0) {
      note?.("not_near", store.span(hit), store.span(away));
      continue;
    }
    const cue = negation === null ? -1 : cueOf(hit, rule.find, reading, negation);
    if (cue >= 0) {
      note?.("negation", store.span(hit), store.span(cue));
      continue;
    }
    if (rule.unless_quoted && isQuoted(start, end, reading, buyer)) {
      note?.("quoted", store.span(hit), null);
      continue;
    }
    const open = spans.length - 1;
    if (open > 0 && start < spans[open]!) spans[open] = Math.max(end, spans[open]!);
    else spans.push(start, end);
  }
  return spans;
}

/** The first hit of `atom` that passes a test, -1 for none. */
function firstOf(hits: HitTable, atom: number, test: (start: number, end: number, hit: number) => boolean): number {
  if (!hits.has(atom)) return -1;
  const { store } = hits;
  const to = hits.to(atom);
  for (let hit = hits.from(atom); hit < to; hit++) if (test(store.start(hit), store.end(hit), hit)) return hit;
  return -1;
}

/** The first hit of `atom` that covers `[start, end)`, -1 for none. */
function coverOf(start: number, end: number, hits: HitTable, atom: number): number {
  return firstOf(hits, atom, (from, to) => from <= start && end <= to);
}

/** The first hit of `atom` that begins in a clause of `[start, end)`, -1 for none. */
function inClause(breaks: Uint32Array, start: number, end: number, hits: HitTable, atom: number): number {
  return firstOf(hits, atom, (at) => breaks[start]! <= breaks[at]! && breaks[at]! <= breaks[end]!);
}

/** The cue that negates `hit` (of the atom `found`), -1 for none. */
function cueOf(hit: number, found: number, reading: Reading, negation: Negation): number {
  const { hits } = reading;
  const { store } = hits;
  const before = firstOf(
    hits,
    negation.before,
    (start, end, cue) =>
      (store.insideGap(hit, start, end) || reaches(end, store.start(hit), reading, negation)) &&
      counts(cue, found, hits, negation),
  );
  if (before >= 0) return before;
  return firstOf(
    hits,
    negation.after,
    (start, _, cue) => reaches(store.end(hit), start, reading, negation) && counts(cue, found, hits, negation),
  );
}

/** Whether what ends at `start` reaches to what begins at `end`: near, in the same clause, and nothing stops it. */
function reaches(start: number, end: number, { text, breaks, hits }: Reading, { reach, stop }: Negation): boolean {
  return (
    start <= end &&
    end - start <= reach &&
    breaks[start] === breaks[end] &&
    !apart(text, start, end) &&
    firstOf(hits, stop, (from, to) => start <= from && to <= end) < 0
  );
}

/** Whether a cue is one: not a part of a longer word, not said twice, and not of what any hit itself consists of. */
function counts(cue: number, found: number, hits: HitTable, negation: Negation): boolean {
  const { store } = hits;
  const start = store.start(cue);
  const end = store.end(cue);
  return (
    coverOf(start, end, hits, negation.pseudo) < 0 &&
    coverOf(start, end, hits, negation.double) < 0 &&
    // 没有副作用 is a claim, not a denial; what stands in a gap is no part.
    firstOf(hits, found, (from, to, hit) => from < end && start < to && !store.insideGap(hit, start, end)) < 0
  );
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

/** Whether every entity inside `[start, end)` was written by the buyer first. */
function isQuoted(start: number, end: number, reading: Reading, buyer: readonly BuyerMessage[]): boolean {
  let any = false;
  for (const entity of reading.entities()) {
    if (entity.start < start || entity.end > end) continue;
    const name = `${entity.kind} ${entity.value}`;
    if (!buyer.some((message) => message.quoted.has(name))) return false;
    any = true;
  }
  return any;
}
