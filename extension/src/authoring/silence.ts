/** Why a rule did not fire, in words: each condition that does not hold, and the phrase that came nearest. */

import type { TracingEngine } from "../engine/tracing";
import type { Conversation } from "../engine/types";
import { CATEGORY_NAMES, platformName } from "./labels";
import { field, items, type RuleAt, record } from "./model";
import { matching, nearest, originOf } from "./phrase";
import { T } from "./texts";
import type { Workspace } from "./workspace";

/** For a rule of which the engine's trace says nothing. */
export function reasonsFor(
  engine: TracingEngine,
  workspace: Workspace,
  conversation: Conversation,
  rule: RuleAt,
): string[] {
  const reasons: string[] = [];
  const { platform, category, reply } = conversation;
  const groups = workspace.groups();
  const list = (key: string): string[] => items(rule.map, key).map((item) => item.text);
  if (field(rule.map, "status") === "retired") reasons.push(T.trace.retired);
  else if (!engine.rule(rule.id)) reasons.push(T.trace.missing);
  const platforms = list("platforms");
  if (platforms.length > 0 && platform !== "" && !platforms.includes(platform))
    reasons.push(T.trace.platform(platforms.map(platformName).join(T.comma), platformName(platform)));
  const categories = list("categories");
  if (categories.length > 0 && !categories.includes(category)) {
    const names = categories.map((one) => CATEGORY_NAMES[one] ?? one).join(T.comma);
    reasons.push(T.trace.category(names, CATEGORY_NAMES[category] ?? (category || T.trace.noCategory)));
  }
  const given = Object.entries(record(rule.map, "given")).map(([key, said]) => `${key}: ${said}`);
  if (given.length > 0) reasons.push(T.trace.given(given.join(T.comma)));
  reasons.push(...asked(engine, conversation, rule, list, groups));
  const least = field(rule.map, "likely_topic");
  if (least) reasons.push(T.trace.unlikely(least));
  const find = list("find");
  if (find.length > 0) reasons.push(found(find, conversation, groups));
  else if (list("unless").length > 0) {
    const said = matching(list("unless"), reply, groups);
    reasons.push(said.length ? T.trace.said(said.join(T.comma)) : T.trace.absence);
  }
  return reasons;
}

type Groups = ReturnType<Workspace["groups"]>;

function asked(
  engine: TracingEngine,
  conversation: Conversation,
  rule: RuleAt,
  list: (key: string) => string[],
  groups: Groups,
): string[] {
  const wanted = list("asked");
  const recent = buyerOf(conversation).slice(-(Number(field(rule.map, "turns")) || 3));
  const out = recent.flatMap((text) => matching(list("unless_asked"), text, groups));
  const ruledOut = out.length ? [T.trace.ruledOut(out[0]!)] : [];
  if (wanted.length === 0) return ruledOut;
  if (!engine.traps(conversation).some((trap) => trap.rule === rule.id))
    return ruledOut.length ? ruledOut : [T.trace.notAsked];
  for (const text of recent) {
    const origin = originOf(wanted, text, groups);
    if (origin) return [T.trace.askedBy(text, origin.phrase)];
  }
  return [T.trace.asked];
}

function found(find: readonly string[], conversation: Conversation, groups: Groups): string {
  if (buyerOf(conversation).some((text) => matching(find, text, groups).length > 0)) return T.trace.onlyBuyer;
  const near = nearest(find, conversation.reply, groups);
  if (!near) return T.trace.notFound;
  const said = near.found.join(T.and);
  return near.missing.length
    ? T.trace.nearest(near.phrase, said, near.missing.join(T.comma))
    : T.trace.apart(near.phrase, said);
}

function buyerOf(conversation: Conversation): string[] {
  return conversation.turns.filter((turn) => turn.role === "buyer").map((turn) => turn.text);
}
