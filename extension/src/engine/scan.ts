/** scan: folded text → hits of literal and spaced atoms. */

import { type Automaton, HitBuffer, scan } from "./automaton";
import type { Atoms } from "./bundle";
import { ReleaseError } from "./errors";
import type { HitTable } from "./hit-table";
import { compareHits, NO_GAPS } from "./hits";
import { boundaryClass, squeeze } from "./text";

/** Between two characters of a spaced literal, and beside a spaced group. */
export const MAX_SYMBOLS = 3;

export class LiteralScanner {
  private readonly buffer = new HitBuffer();
  private readonly first: Uint8Array;
  private readonly last: Uint8Array;
  /** Literal → its spaced atom, -1 for none. */
  private readonly spacedAtom: Int32Array;
  private readonly anySpaced: boolean;

  constructor(
    atoms: Atoms,
    private readonly automaton: Automaton | null,
  ) {
    const { literals, spaced } = atoms;
    this.first = Uint8Array.from(literals, (text) => boundaryClass(text.charCodeAt(0)));
    this.last = Uint8Array.from(literals, (text) => boundaryClass(text.charCodeAt(text.length - 1)));
    this.spacedAtom = new Int32Array(literals.length).fill(-1);
    spaced.forEach((literal, n) => {
      this.spacedAtom[literal] = literals.length + n;
    });
    this.anySpaced = spaced.length > 0;
    this.selfTest(literals);
  }

  /** Hits of every literal, and of spaced atoms both as written and with symbols between. */
  scan(text: string, hits: HitTable): void {
    if (this.automaton === null) return;
    const { buffer, first, last, spacedAtom } = this;
    const count = scan(this.automaton, text, buffer);
    const data = buffer.data;
    for (let n = 0; n < 3 * count; n += 3) {
      const literal = data[n]!;
      const start = data[n + 1]!;
      const end = data[n + 2]!;
      if (first[literal] && start > 0 && boundaryClass(text.charCodeAt(start - 1)) === first[literal]) continue;
      if (last[literal] && end < text.length && boundaryClass(text.charCodeAt(end)) === last[literal]) continue;
      const hit = { start, end, gaps: NO_GAPS };
      hits.add(literal, hit);
      if (spacedAtom[literal]! >= 0) hits.add(spacedAtom[literal]!, hit);
    }
    if (this.anySpaced) this.scanSqueezed(text, hits);
  }

  private scanSqueezed(whole: string, hits: HitTable): void {
    const squeezed = squeeze(whole);
    if (squeezed === null || this.automaton === null) return;
    const { text, at } = squeezed;
    const near = MAX_SYMBOLS + 1;
    const count = scan(this.automaton, text, this.buffer);
    const data = this.buffer.data;
    const touched = new Set<number>();
    for (let n = 0; n < 3 * count; n += 3) {
      const literal = data[n]!;
      const start = data[n + 1]!;
      const end = data[n + 2]!;
      const atom = this.spacedAtom[literal]!;
      if (atom < 0 || at[end - 1]! - at[start]! === end - 1 - start) continue; // found as written
      let apart = false;
      for (let i = start; i < end - 1; i++) apart ||= at[i + 1]! - at[i]! > near;
      if (apart) continue;
      const first = this.first[literal];
      if (
        first &&
        start > 0 &&
        at[start]! - at[start - 1]! <= near &&
        boundaryClass(text.charCodeAt(start - 1)) === first
      ) {
        continue;
      }
      const last = this.last[literal];
      if (
        last &&
        end < text.length &&
        at[end]! - at[end - 1]! <= near &&
        boundaryClass(text.charCodeAt(end)) === last
      ) {
        continue;
      }
      hits.add(atom, { start: at[start]!, end: at[end - 1]! + 1, gaps: NO_GAPS });
      touched.add(atom);
    }
    for (const atom of touched) hits.set(atom, [...hits.get(atom)].sort(compareHits));
  }

  /** Bundle and automaton belong together when the automaton finds each literal, and nothing longer, in itself. */
  private selfTest(literals: readonly string[]): void {
    const automaton = this.automaton;
    if (automaton === null || automaton.patterns !== literals.length) {
      if (literals.length > 0 || automaton !== null)
        throw new ReleaseError("bundle and automaton do not belong together");
      return;
    }
    const step = Math.max(1, Math.floor(literals.length / SELF_TESTS));
    for (let n = 0; n < literals.length; n += step) {
      const count = scan(automaton, literals[n]!, this.buffer);
      const data = this.buffer.data;
      let found = false;
      for (let i = 0; i < 3 * count; i += 3) {
        found ||= data[i] === n && data[i + 1] === 0 && data[i + 2] === literals[n]!.length;
      }
      if (!found) throw new ReleaseError(`the automaton does not find literal ${n}`);
    }
  }
}

/** Literals that a load looks for: all of a rulebook's, a sample of a very large one. */
const SELF_TESTS = 20_000;
