/** Phrases for a new rule, from what an author marked in a bad reply: as written, with groups, with gaps. */

import type { Conversation } from "../engine/types";
import type { GroupAt } from "./model";
import { fold, phrasePattern } from "./phrase";

export interface Suggestion {
  readonly phrase: string;
  readonly says: string;
  readonly inBad: boolean;
  readonly inGood: boolean;
  /** Replies of the chats at hand that it occurs in. */
  readonly count: number;
}

type Groups = ReadonlyMap<string, GroupAt>;
const PARTICLES = /[亲哦呢哈的了呀啊吧嘛哒滴噢喔～~]/g;

/** @param marked what is wrong in `bad`; @param good a reply that must stay allowed */
export function suggestPhrases(marked: string, bad: string, good: string, groups: Groups, chats: readonly Conversation[]): Suggestion[] {
  const core = escape(marked.replace(/^[\s，。！？]+|[\s，。！？]+$/g, ""));
  if (core.length < 2) return [];
  const found = new Map<string, string>();
  const add = (phrase: string, says: string) => {
    if (phrase.replace(/[…\d<>()|?\\]/g, "").length >= 2 || /<.*<|<[^>]+>.+/.test(phrase)) if (!found.has(phrase)) found.set(phrase, says);
  };
  add(core, "就是这几个字");
  const grouped = withGroups(core, groups);
  for (const { phrase, says } of grouped) add(phrase, says);
  const bare = core.replace(PARTICLES, "");
  if (bare !== core) add(bare, "去掉语气词");
  if (bare.length >= 4 && !bare.includes("<")) {
    const half = Math.ceil(bare.length / 2);
    add(`${bare.slice(0, half)}…4${bare.slice(half)}`, "中间可以隔几个字");
    add(`${bare.slice(0, 2)}…6${bare.slice(-2)}`, "只看头尾");
  }
  for (const { phrase } of grouped.slice(0, 2)) {
    const parts = phrase.split(/(<[^>]+>)/).filter(Boolean);
    if (parts.length === 2) add(parts.join("…4"), "词组之间可以隔几个字");
  }
  return [...found]
    .map(([phrase, says]) => {
      const pattern = phrasePattern(phrase, groups);
      const has = (text: string): boolean => pattern?.test(fold(text)) ?? false;
      return { phrase, says, inBad: has(bad), inGood: has(good), count: chats.reduce((sum, chat) => sum + Number(has(chat.reply)), 0) };
    })
    .filter((one) => one.inBad)
    .sort((a, b) => Number(a.inGood) - Number(b.inGood))
    .slice(0, 8);
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
      found.push({ phrase, says: `「${word}」换成词组 ${group.name}（${group.any.length} 种说法）`, length: word.length });
    }
  }
  return found.sort((a, b) => b.length - a.length).slice(0, 4);
}

function escape(text: string): string {
  return text.replace(/[\\()|?<>…^$]/g, "\\$&");
}
