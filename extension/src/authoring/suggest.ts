/**
 * Phrases for a new rule, from what an author marked in a bad reply: as written, with groups, with gaps. Each is tried as
 * a rule of its own in a draft: what is shown is what the engine does, negation and all.
 */

import type { Conversation, Turn } from "../engine/types";
import type { Drafting } from "./drafting";
import { addRule, applied } from "./edits";
import { type GroupAt, readFile } from "./model";
import { fold, literal } from "./phrase";
import { T } from "./texts";
import type { Workspace } from "./workspace";

export interface Suggestion {
  readonly phrase: string;
  readonly says: string;
}
export interface Tried {
  readonly firesOnBad: boolean;
  readonly firesOnGood: boolean;
  /** Replies of the chats at hand that it would flag. */
  readonly count: number;
}

type Groups = ReadonlyMap<string, GroupAt>;
const PARTICLES = /[亲哦呢哈的了呀啊吧嘛哒滴噢喔～~]/g;

/** @param marked what is wrong in the bad reply */
export function suggestPhrases(marked: string, groups: Groups): Suggestion[] {
  const core = literal(marked.replace(/^[\s，。！？]+|[\s，。！？]+$/g, ""));
  if (core.length < 2) return [];
  const found = new Map<string, string>();
  const add = (phrase: string, says: string) => {
    if (phrase.replace(/[…\d<>()|?\\]/g, "").length >= 2 || /<.*<|<[^>]+>.+/.test(phrase))
      if (!found.has(phrase)) found.set(phrase, says);
  };
  add(core, T.suggest.same);
  const grouped = withGroups(core, groups);
  for (const { phrase, says } of grouped) add(phrase, says);
  const bare = core.replace(PARTICLES, "").replace(/^[\s，。！？、]+|[\s，。！？、]+$/g, "");
  if (bare !== core) add(bare, T.suggest.bare);
  if (bare.length >= 4 && !bare.includes("<")) {
    const half = Math.ceil(bare.length / 2);
    add(`${bare.slice(0, half)}…4${bare.slice(half)}`, T.suggest.gap);
    add(`${bare.slice(0, 2)}…6${bare.slice(-2)}`, T.suggest.ends);
  }
  for (const { phrase } of grouped.slice(0, 2)) {
    const parts = phrase.split(/(<[^>]+>)/).filter(Boolean);
    if (parts.length === 2) add(parts.join("…4"), T.suggest.groupGap);
  }
  return [...found].map(([phrase, says]) => ({ phrase, says })).slice(0, 8);
}

/** Every proposal as a rule of its own, all in one draft. null when that does not compile. */
export async function tryPhrases(
  proposals: readonly Suggestion[],
  said: { readonly turns: readonly Turn[]; readonly bad: string; readonly good: string },
  chats: readonly Conversation[],
  file: string,
  workspace: Workspace,
  drafting: Drafting,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Tried> | null> {
  const id = (n: number): string => `trial-of-new-rule.n${n}`;
  let text = workspace.text(file);
  proposals.forEach(({ phrase }, n) => {
    text = applied(
      text,
      addRule(text, readFile(file, text).root, { id: id(n), title: "?", find: [phrase], bad: ["?"] }),
    );
  });
  const engine = await drafting.engineOf({ ...workspace.drafts(), [file]: text }, signal).catch(() => null);
  if (!engine || signal.aborted) return null;
  const flagged = (chat: Conversation): Set<string> => new Set(engine.check(chat).map((finding) => finding.rule));
  const one = (reply: string): Conversation => ({ platform: "", category: "", facts: {}, turns: said.turns, reply });
  const [onBad, onGood] = [flagged(one(said.bad)), flagged(one(said.good))];
  const counts = new Map<string, number>();
  for (const chat of chats.slice(0, 5000))
    for (const rule of flagged(chat)) counts.set(rule, (counts.get(rule) ?? 0) + 1);
  return new Map(
    proposals.map(({ phrase }, n) => [
      phrase,
      { firesOnBad: onBad.has(id(n)), firesOnGood: onGood.has(id(n)), count: counts.get(id(n)) ?? 0 },
    ]),
  );
}

/** `text` with a stretch that a group lists replaced by the group; longest stretch first. */
function withGroups(text: string, groups: Groups): { phrase: string; says: string }[] {
  const found: { phrase: string; says: string; length: number }[] = [];
  for (const group of groups.values()) {
    if (group.any.length < 2) continue;
    for (const word of group.any) {
      if (word.length < 1 || /[<>()|?…^$]/.test(word)) continue;
      const at = fold(text).indexOf(fold(word));
      if (at < 0 || (word.length < 2 && text.length > 3)) continue;
      const phrase = `${text.slice(0, at)}<${group.name}>${text.slice(at + word.length)}`;
      if (phrase === `<${group.name}>`) continue;
      found.push({
        phrase,
        says: T.suggest.group(word, group.name, group.any.length),
        length: word.length,
      });
    }
  }
  return found.sort((a, b) => b.length - a.length).slice(0, 4);
}
