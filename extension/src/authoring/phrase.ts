/**
 * Phrases as regular expressions, to tell an author which of a rule's phrases a hit came from. An explanation only: what
 * counts is the engine, and spellings that the compiler generates (spaced, sounds_like) are not known here.
 */

import type { GroupAt } from "./model";

const CLAUSE = "[^，。！？；：、~\\n]";
const MAX_DEPTH = 8;

type Groups = ReadonlyMap<string, Pick<GroupAt, "any">>;

/** null for what this reading does not know (entities, a broken phrase). */
export function phrasePattern(phrase: string, groups: Groups): RegExp | null {
  const source = translate(fold(phrase), groups, 0);
  if (source === null) return null;
  try {
    return new RegExp(source, "u");
  } catch {
    return null;
  }
}

/** The phrases of `phrases` that occur in `text`, with the longest stretch each takes. */
export function matching(phrases: readonly string[], text: string, groups: Groups): string[] {
  const folded = fold(text);
  return phrases.filter((phrase) => phrasePattern(phrase, groups)?.test(folded));
}

/** Nearly the compiler's folding: enough to recognise a phrase. */
export function fold(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

function translate(phrase: string, groups: Groups, depth: number): string | null {
  if (depth > MAX_DEPTH) return null;
  let out = "";
  let at = 0;
  while (at < phrase.length) {
    const rest = phrase.slice(at);
    const gap = rest.match(/^(?:…|\.\.\.)(\d*)/);
    const reference = rest.match(/^<([^<>]+)>/);
    if (rest[0] === "\\" && rest.length > 1) {
      out += pattern(rest[1]!);
      at += 2;
    } else if (gap) {
      out += `${CLAUSE}{0,${Math.min(40, Number(gap[1] || 12))}}?`;
      at += gap[0].length;
    } else if (reference) {
      const group = groups.get(reference[1]!);
      if (!group) return null;
      const parts = group.any.map((one) => translate(fold(one), groups, depth + 1)).filter((one) => one !== null);
      if (parts.length === 0) return null;
      out += `(?:${parts.join("|")})`;
      at += reference[0].length;
    } else if (rest[0] === "(" || rest[0] === "|" || rest[0] === ")" || rest[0] === "?") {
      out += rest[0] === "(" ? "(?:" : rest[0];
      at += 1;
    } else if (rest[0] === "^" || rest[0] === "$") {
      at += 1; // clause edges ignore fillers; not needed to recognise the phrase
    } else {
      const char = String.fromCodePoint(phrase.codePointAt(at)!);
      out += pattern(char);
      at += char.length;
    }
  }
  return out;
}

function pattern(char: string): string {
  return char.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/** `text` as a phrase that means just these characters. */
export function literal(text: string): string {
  return text.replace(/[\\()|?<>…^$]/g, "\\$&");
}
