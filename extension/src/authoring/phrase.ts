/**
 * Phrases as regular expressions, to tell an author which of a rule's phrases a hit came from, and which came nearest. An
 * explanation only: what counts is the engine.
 */

import type { GroupAt } from "./model";

const CLAUSE = "[^，。！？；：、~\\n]";
const MAX_DEPTH = 8;
/** What an entity, or a spelling that only the compiler knows, may be. */
const ANYTHING = `${CLAUSE}{1,40}?`;
const SYMBOLS = /[^\p{L}\p{N}]/gu;

type Groups = ReadonlyMap<string, Pick<GroupAt, "any" | "spaced" | "sounds">>;
/** How a phrase is read: as written, with the symbols of spaced groups left out, or with any spelling of groups by sound. */
type Way = "written" | "spaced" | "sounds";

export interface Origin {
  readonly phrase: string;
  readonly way: Way;
  /** Kinds of the entities it speaks of. */
  readonly entities: readonly string[];
}

/** null for a phrase that cannot be read, and for a way in which it cannot be read differently from "written". */
export function phrasePattern(phrase: string, groups: Groups, way: Way = "written"): RegExp | null {
  const told = new Set<string>();
  const source = translate(fold(phrase), groups, way, told, 0);
  if (source === null || (way !== "written" && !told.has(way))) return null;
  try {
    return new RegExp(source, "u");
  } catch {
    return null;
  }
}

/** The phrase that a hit's text came from, told from the most to the least literal reading. */
export function originOf(phrases: readonly string[], text: string, groups: Groups): Origin | null {
  const folded = fold(text);
  for (const way of ["written", "spaced", "sounds"] as const) {
    const said = way === "spaced" ? folded.replace(SYMBOLS, "") : folded;
    const phrase = phrases.find((one) => phrasePattern(one, groups, way)?.test(said));
    if (phrase !== undefined) return { phrase, way, entities: entitiesIn(phrase, groups) };
  }
  return null;
}

/** The phrases of `phrases` that occur in `text` as they are written. */
export function matching(phrases: readonly string[], text: string, groups: Groups): string[] {
  const folded = fold(text);
  return phrases.filter((phrase) => phrasePattern(phrase, groups)?.test(folded));
}

export interface Nearest {
  readonly phrase: string;
  /** What of it is there, as said. */
  readonly found: readonly string[];
  /** Parts of the phrase that are not there. */
  readonly missing: readonly string[];
}

/** Of phrases that did not hit, the one of which the most parts are there; null when nothing of any is. */
export function nearest(phrases: readonly string[], text: string, groups: Groups): Nearest | null {
  const folded = fold(text);
  let best: Nearest | null = null;
  let most = 0;
  for (const phrase of phrases) {
    const parts = partsOf(phrase);
    const found: string[] = [];
    const missing: string[] = [];
    for (const part of parts) {
      const hit = phrasePattern(part, groups)?.exec(folded);
      if (hit?.[0]) found.push(hit[0]);
      else missing.push(part);
    }
    const share = found.length / parts.length;
    if (share > most) {
      most = share;
      best = { phrase, found, missing };
    }
  }
  return best;
}

/** What stands between the gaps and groups of a phrase. */
function partsOf(phrase: string): string[] {
  return phrase
    .replace(/[\^$]/g, "")
    .split(/(?:…|\.\.\.)\d*|(<[^<>]+>)/)
    .filter((part): part is string => Boolean(part?.trim()));
}

/** Nearly the compiler's folding: enough to recognise a phrase. */
export function fold(text: string): string {
  return text.normalize("NFKC").replaceAll("...", "…").toLowerCase();
}

function entitiesIn(phrase: string, groups: Groups): string[] {
  return [...phrase.matchAll(/<([\w-]+)(?::[^<>]*)?>/g)].map((one) => one[1]!).filter((name) => !groups.has(name));
}

function translate(phrase: string, groups: Groups, way: Way, told: Set<string>, depth: number): string | null {
  if (depth > MAX_DEPTH) return null;
  let out = "";
  let at = 0;
  while (at < phrase.length) {
    const rest = phrase.slice(at);
    const gap = rest.match(/^…(\d*)/);
    const reference = rest.match(/^<([^<>]+)>/);
    if (rest[0] === "\\" && rest.length > 1) {
      out += pattern(rest[1]!);
      at += 2;
    } else if (gap) {
      out += `${CLAUSE}{0,${Math.min(40, Number(gap[1] || 12))}}?`;
      at += gap[0].length;
    } else if (reference) {
      out += group(reference[1]!, groups, way, told, depth);
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

function group(name: string, groups: Groups, way: Way, told: Set<string>, depth: number): string {
  const found = groups.get(name);
  if (!found) return ANYTHING; // an entity
  if (found.spaced) told.add("spaced");
  if (found.sounds) told.add("sounds");
  if (way === "sounds" && found.sounds) return ANYTHING;
  const parts = found.any
    .map((one) => translate(fold(one), groups, way, told, depth + 1))
    .filter((one) => one !== null);
  return parts.length ? `(?:${parts.join("|")})` : ANYTHING;
}

function pattern(char: string): string {
  return char.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

/** `text` as a phrase that means just these characters. */
export function literal(text: string): string {
  return text.replace(/[\\()|?<>…^$]/g, "\\$&");
}
