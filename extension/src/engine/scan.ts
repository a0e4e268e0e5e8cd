/** scan: folded text → hits of literal and spaced atoms. */

import { type Automaton, HitBuffer, scan } from "./automaton";
import type { Atoms } from "./bundle";
import { off } from "./errors";
import type { LeafHits } from "./leaf-hits";
import type { Literals } from "./literals";
import { FIRST, LAST, LAST_SHIFT, SpacedScanner } from "./scan-spaced";
import type { Search } from "./search";
import { boundaryClass } from "./text";

/** Of a literal's flags: a spaced atom is written like it. */
const SPACED = 16;

export class LiteralScanner {
  /** Bit n: literal n has flags. Few have, and the bits of all fit the processor's first cache. */
  readonly #flagged: Int32Array;
  readonly #flags: Uint8Array;
  /** Literal → its spaced atom, if it has one. */
  readonly #spacedAtom: Int32Array;
  readonly #spaced: SpacedScanner | null;

  constructor({ literals, spaced }: Atoms, automaton: Automaton | null) {
    const { count } = literals;
    this.#flagged = new Int32Array((count + 31) >> 5);
    this.#flags = literals.boundaries(LAST_SHIFT, this.#flagged);
    this.#spacedAtom = new Int32Array(count).fill(-1);
    spaced.forEach((literal, n) => {
      this.#flagged[literal >> 5]! |= 1 << literal;
      this.#flags[literal]! |= SPACED;
      this.#spacedAtom[literal] = count + n;
    });
    selfTest(literals, automaton);
    const some = automaton !== null && spaced.length > 0;
    const written = spaced.map((literal) => literals.at(literal));
    this.#spaced = some ? new SpacedScanner(automaton, written, this.#spacedAtom, this.#flags) : null;
  }

  /** Hits of the literals of a search, and of spaced atoms both as written and with symbols between. */
  scan(text: string, search: Search, hits: LeafHits): void {
    const flagged = this.#flagged;
    const flags = this.#flags;
    const spacedAtom = this.#spacedAtom;
    const count = search.matches(text);
    const { data } = search.buffer;
    for (let n = 0; n < 3 * count; n += 3) {
      const literal = data[n]!;
      const start = data[n + 1]!;
      const end = data[n + 2]!;
      if ((flagged[literal >> 5]! & (1 << literal)) !== 0) {
        const flag = flags[literal]!;
        // Outside the text the class is 0.
        const first = flag & FIRST;
        if (first && boundaryClass(text.charCodeAt(start - 1)) === first) continue;
        const last = (flag & LAST) >> LAST_SHIFT;
        if (last && boundaryClass(text.charCodeAt(end)) === last) continue;
        if (flag & SPACED) hits.add(spacedAtom[literal]!, start, end);
      }
      hits.add(literal, start, end);
    }
    this.#spaced?.scan(text, hits);
  }
}

/**
 * Bundle and automaton belong together when the automaton finds the literals in themselves. A sample of them: one
 * signature speaks for both files, and whatever they hold, no number in them leads out of a table.
 */
function selfTest(literals: Literals, automaton: Automaton | null): void {
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

/** Literals that a load looks for, at most. */
const SELF_TESTS = 256;
