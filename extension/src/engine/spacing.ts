/**
 * unspace: a folded text without the symbols that stand between single characters (一 定 送 到, 拿.货.后).
 *
 * People write so to be read but not found. Where three or more Han characters stand alone, each apart from the next by
 * one to three symbols, those symbols are left out. What separates clauses (，。！？；：、) separates still: 嗯，好，行
 * stays. The same as `compiler/matcher/spacing.py`.
 */

import { Folded } from "./fold";
import { isSymbol } from "./text";

const FEWEST = 3;
const MOST_SYMBOLS = 3;
const CLAUSES = new Set([..."，。！？；：、,!?;:\n"].map((char) => char.charCodeAt(0)));

/** The same text, with the same origins, less those symbols. */
export function unspace(folded: Folded): Folded {
  const { text } = folded;
  let kept: number[] | null = null;
  let copied = 0; // units before this one are in `kept`, once there is one
  for (let at = 0; at < text.length; at++) {
    if (!isHan(text, at) || (at > 0 && !isSymbol(text.charCodeAt(at - 1)))) continue;
    const run = runFrom(text, at);
    if (run.length < FEWEST) continue;
    kept ??= [];
    for (; copied < at; copied++) kept.push(copied);
    kept.push(...run);
    at = run[run.length - 1]!;
    copied = at + 1;
  }
  if (kept === null) return folded;
  for (; copied < text.length; copied++) kept.push(copied);
  const spans = kept.map((n) => folded.span(n, n + 1));
  return new Folded(
    kept.map((n) => text[n]!).join(""),
    folded.sourceLength,
    spans.map((span) => span[0]),
    spans.map((span) => span[1]),
  );
}

/** Where the characters of the run that begins at `at` stand. */
function runFrom(text: string, at: number): number[] {
  const run = [at];
  for (;;) {
    const after = run[run.length - 1]! + 1;
    let next = after;
    while (next < text.length && next - after < MOST_SYMBOLS && isSeparator(text.charCodeAt(next))) next++;
    if (next === after || !isHan(text, next)) break;
    run.push(next);
  }
  const after = run[run.length - 1]! + 1;
  if (after < text.length && !isSymbol(text.charCodeAt(after))) run.pop(); // it begins a word
  return run;
}

function isSeparator(unit: number): boolean {
  return isSymbol(unit) && !CLAUSES.has(unit);
}

function isHan(text: string, at: number): boolean {
  if (at >= text.length) return false;
  const unit = text.charCodeAt(at);
  return (unit >= 0x4e00 && unit <= 0x9fff) || unit === 0x3007;
}
