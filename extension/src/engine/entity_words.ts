/** The words around a number, which tell what it is. Mirrors `compiler/matcher/entity_words.py`. */

import * as tables from "./entity_tables";
import { among, endsSentence, isAlnum, isFiller, isLetter, isSeparator, type Span, unitAt } from "./entity_text";

/** Words to be looked for from right to left, and words of one unit that must stand alone. */
export class Words {
  readonly byLast = new Map<number, string[]>();
  readonly singles: ReadonlySet<number>;

  constructor(words: readonly string[], singles: readonly string[] = []) {
    for (const word of [...words].sort((a, b) => b.length - a.length)) {
      const last = unitAt(word, word.length - 1);
      const others = this.byLast.get(last);
      if (others === undefined) this.byLast.set(last, [word]);
      else others.push(word);
    }
    this.singles = new Set(singles.map((single) => unitAt(single, 0)));
  }

  /** The length of the longest word that ends at `end` and lies in `text[start:end]`, 0 = none. */
  endingAt(text: string, start: number, end: number): number {
    const words = end > start ? this.byLast.get(unitAt(text, end - 1)) : undefined;
    if (words === undefined) return 0;
    for (const word of words) {
      if (word.length <= end - start && text.startsWith(word, end - word.length)) return word.length;
    }
    return 0;
  }

  /** The word that ends last in `text[start:end]`, the longest of those, as (end, length); (-1, 0) = none. */
  nearest(text: string, start: number, end: number): Span {
    for (let at = end; at > start; at--) {
      const length = this.endingAt(text, start, at);
      if (length > 0) return [at, length];
    }
    return NOWHERE;
  }
}

const NOWHERE: Span = [-1, 0];
const LABELS = new Words(tables.LABELS);
const TOUCHING_LABELS = new Words(tables.TOUCHING_LABELS);
const NO_WORDS = new Words([]);

/** The smallest start, at most `reach` units before `end`, such that `text[start:end]` holds none of `stops`. */
export function backTo(text: string, end: number, reach: number, stops: string): number {
  let start = end;
  while (start > 0 && end - start < reach && !stops.includes(text[start - 1]!)) start--;
  return start;
}

/** Whether `word` ends at `end` and lies within `[from, end)`. */
export function endsAt(text: string, word: string, from: number, end: number): boolean {
  return end - word.length >= from && text.startsWith(word, end - word.length);
}

/** What the words around `[start, end)` say: 1 = a cue, -1 = a label of something else is nearer, 0 = nothing. */
export function evidence(text: string, start: number, end: number, cues: Words, cuesAfter: Words = NO_WORDS): number {
  const clause = backTo(text, start, tables.CUE_REACH, "。!?;\n");
  const cue = cues.nearest(text, clause, start);
  const label = LABELS.nearest(text, backTo(text, start, tables.LABEL_REACH + 6, "。!?;\n,"), start);
  const nearer = label[0] > cue[0] || (label[0] === cue[0] && label[1] > cue[1]);
  if (nearer && start - label[0] <= tables.LABEL_REACH) return -1;
  if (cue[0] < start - 2) {
    let stripped = start;
    while (stripped > clause) {
      if (!isSeparator(unitAt(text, stripped - 1)) && !among(text, stripped - 1, "是为号码的")) break;
      stripped--;
    }
    if (TOUCHING_LABELS.endingAt(text, clause, stripped) > 0) return -1;
  }
  if (cue[0] >= 0) return 1;
  return cuesAfter.nearest(text, end, Math.min(text.length, end + 8))[0] >= 0 ? 1 : 0;
}

/** The ASCII letters that touch `index` from the left (at most 12). */
export function latinBefore(text: string, index: number): string {
  let start = index;
  while (start > 0 && index - start < 12 && isLetter(unitAt(text, start - 1))) start--;
  return text.slice(start, index);
}

/** The ASCII letters and digits that touch `index` from the right (at most 24). */
export function alnumAfter(text: string, index: number): string {
  let end = index;
  while (end < text.length && end - index < 24 && isAlnum(unitAt(text, end))) end++;
  return text.slice(index, end);
}

/**
 * The word that announces what begins at `index`, as (start, end): 微.信号：, V❤, qq是.
 *
 * Fillers and separators may stand between, at most `FILLER_REACH` units, and up to two separators between the units of
 * the word. One-unit words must stand alone (加微, not 稍微).
 */
export function wordBefore(text: string, index: number, words: Words): Span | null {
  let at = index - 1;
  for (let step = 0; step <= tables.FILLER_REACH; step++) {
    const unit = unitAt(text, at);
    if (at < 0 || endsSentence(unit)) return null;
    const candidates = words.byLast.get(unit);
    if (candidates !== undefined) {
      for (const word of candidates) {
        const start = spacedWord(text, at, word);
        if (start >= 0 && !(isLetter(unitAt(word, 0)) && isAlnum(unitAt(text, start - 1)))) return [start, at + 1];
      }
    }
    if (words.singles.has(unit)) {
      const before = unitAt(text, at - 1);
      if (at === 0 || isSeparator(before) || (among(text, at - 1, tables.BEFORE_SINGLE) && !isAlnum(before))) {
        return [at, at + 1];
      }
    }
    if (isFiller(unit)) at--;
    else if (unit === 0x64 && at > 1 && text[at - 1] === "i" && !isLetter(unitAt(text, at - 2))) at -= 2;
    else return null;
  }
  return null;
}

function spacedWord(text: string, last: number, word: string): number {
  let at = last;
  for (let i = word.length - 2; i >= 0; i--) {
    at--;
    let skipped = 0;
    while (skipped < 2 && text[at] !== word[i] && isSeparator(unitAt(text, at))) {
      at--;
      skipped++;
    }
    if (at < 0 || text[at] !== word[i]) return -1;
  }
  return at;
}
