/** scan: folded text → hits of literal and spaced atoms. */

import { type Automaton, HitBuffer, scan } from "./automaton";
import type { Atoms } from "./bundle";
import { off } from "./errors";
import type { LeafHits } from "./leaf-hits";
import type { Literals } from "./literals";
import { FIRST, LAST, LAST_SHIFT, SpacedScanner } from "./scan-spaced";
import { narrowed, Search } from "./search";
import { boundaryClass } from "./text";

/** Of a literal's flags: a spaced atom is written like it. */
const SPACED = 16;

/** What a text is searched for. */
export interface Sought {
  readonly written: Search;
  readonly spaced: SpacedScanner | null;
}

export class LiteralScanner {
  /** Bit n: literal n has flags. Few have, and the bits of all fit the processor's first cache. */
  readonly #flagged: Int32Array;
  readonly #flags: Uint8Array;
  /** Literal → its spaced atom, if it has one. */
  readonly #spacedAtom: Int32Array;
  readonly #atoms: Atoms;
  readonly #automaton: Automaton | null;

  constructor(atoms: Atoms, automaton: Automaton | null) {
    const { literals, spaced } = atoms;
    this.#atoms = atoms;
    this.#automaton = automaton;
    const { count } = literals;
    this.#flagged = new Int32Array((count + 31) >> 5);
    this.#flags = literals.boundaries(LAST_SHIFT, this.#flagged);
    this.#spacedAtom = new Int32Array(count).fill(-1);
    spaced.forEach((literal, n) => {
      this.#flagged[literal >> 5]! |= 1 << literal;
      this.#flags[literal]! |= SPACED;
      this.#spacedAtom[literal] = count + n;
    });
    this.#selfTest(literals);
  }

  /** All literal and spaced atoms; or those with a bit in `some`, and perhaps others. Null when there are none. */
  seek(some?: Int32Array): Sought | null {
    const automaton = this.#automaton;
    if (automaton === null) return null;
    const { literals, spaced } = this.#atoms;
    const sought = (atom: number): boolean => !some || (some[atom >> 5]! & (1 << atom)) !== 0;
    const apart = spaced.filter((_, n) => sought(literals.count + n));
    const written = some ? [...Array(literals.count).keys()].filter(sought).concat(apart) : [];
    const texts = apart.map((literal) => literals.at(literal));
    return {
      written: new Search(some ? narrowed(automaton, literals, written) : automaton),
      spaced: apart.length > 0 ? new SpacedScanner(automaton, texts, this.#spacedAtom, this.#flags) : null,
    };
  }

  /** Hits of literals, and of spaced atoms both as written and with symbols between. */
  scan(text: string, { written, spaced }: Sought, hits: LeafHits): void {
    const flagged = this.#flagged;
    const flags = this.#flags;
    const spacedAtom = this.#spacedAtom;
    const count = written.matches(text);
    const { data } = written.buffer;
    for (let n = 0; n < 3 * count; n += 3) {
      const literal = data[n]!;
      const start = data[n + 1]!;
      const end = data[n + 2]!;
      if ((flagged[literal >> 5]! & (1 << literal)) !== 0) {
        const flag = flags[literal]!;
        const first = flag & FIRST;
        if (first && start > 0 && boundaryClass(text.charCodeAt(start - 1)) === first) continue;
        const last = (flag & LAST) >> LAST_SHIFT;
        if (last && end < text.length && boundaryClass(text.charCodeAt(end)) === last) continue;
        if (flag & SPACED) hits.add(spacedAtom[literal]!, start, end);
      }
      hits.add(literal, start, end);
    }
    spaced?.scan(text, hits);
  }

  /**
   * Bundle and automaton belong together when the automaton finds the literals in themselves. A sample of them: one
   * signature speaks for both files, and whatever they hold, no number in them leads out of a table.
   */
  #selfTest(literals: Literals): void {
    const automaton = this.#automaton;
    const { count } = literals;
    if (automaton === null || automaton.patterns !== count) {
      if (count > 0 || automaton !== null) off("automaton");
      return;
    }
    const step = Math.ceil(count / SELF_TESTS);
    const buffer = new HitBuffer();
    for (let n = 0; n < count; n += step) {
      const text = literals.at(n);
      const hits = scan(automaton, text, buffer);
      const { data } = buffer;
      let found = false;
      for (let i = 0; i < 3 * hits; i += 3) {
        found ||= data[i] === n && data[i + 1] === 0 && data[i + 2] === text.length;
      }
      if (!found) off("automaton");
    }
  }
}

/** Literals that a load looks for, at most. */
const SELF_TESTS = 256;
