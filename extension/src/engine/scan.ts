/** scan: folded text → hits of literal and spaced atoms. */

import { type Automaton, HitBuffer, pairHash, scan } from "./automaton";
import type { Atoms } from "./bundle";
import { off } from "./errors";
import type { LeafHits } from "./leaf-hits";
import { BETWEEN, type Literals } from "./literals";
import { FIRST, LAST, LAST_SHIFT, SpacedScanner } from "./scan-spaced";
import { alike, boundaryClass } from "./text";

/** Of a literal's flags: a spaced atom is written like it. */
const SPACED = 16;
/** log₂ of how much smaller a narrow gate is: even with all literals behind it, six bits are left for each pair. */
const NARROW = 4;

/** What is known of the literals of a release. */
export class LiteralTables {
  /** Bit n: literal n has flags. Few have, and the bits of all fit the processor's first cache. */
  readonly flagged: Int32Array;
  readonly flags: Uint8Array;
  /** Literal → its spaced atom, if it has one. */
  readonly spacedAtom: Int32Array;

  constructor(
    readonly atoms: Atoms,
    readonly automaton: Automaton,
  ) {
    const { literals, spaced } = atoms;
    const { count } = literals;
    this.flagged = new Int32Array((count + 31) >> 5);
    this.flags = literals.boundaries(LAST_SHIFT, this.flagged);
    this.spacedAtom = new Int32Array(count).fill(-1);
    spaced.forEach((literal, n) => {
      this.flagged[literal >> 5]! |= 1 << literal;
      this.flags[literal]! |= SPACED;
      this.spacedAtom[literal] = count + n;
    });
  }
}

/** Finds all literal and spaced atoms, or some of them: then it looks only where one of these may begin. */
export class LiteralScanner {
  readonly #tables: LiteralTables;
  readonly #automaton: Automaton;
  readonly #spaced: SpacedScanner | null;
  /** Bit n: the literal n is one of them; null: all are. */
  readonly #some: Int32Array | null;
  readonly #buffer = new HitBuffer();
  /** The text whose matches stand in the buffer. */
  #text = "";

  /** `some`: a bit for each atom. */
  constructor(tables: LiteralTables, some: Int32Array | null) {
    const { atoms, automaton, spacedAtom, flags } = tables;
    const { literals, spaced } = atoms;
    this.#tables = tables;
    this.#some = some;
    const { count } = literals;
    const apart = spaced.filter((_, n) => some === null || (some[(count + n) >> 5]! & (1 << (count + n))) !== 0);
    const written = apart.map((literal) => literals.at(literal));
    this.#spaced = apart.length > 0 ? new SpacedScanner(automaton, written, spacedAtom, flags) : null;
    this.#automaton = automaton;
    if (some === null) return;
    const gateMask = automaton.gateMask >> NARROW;
    const gate = new Int32Array((gateMask + 1) >> 5);
    const singles = new Int32Array(0x10000 >> 5);
    for (let word = 0; word < some.length; word++) {
      for (let rest = some[word]!; rest !== 0; rest &= rest - 1) {
        const atom = 32 * word + 31 - Math.clz32(rest & -rest);
        const pair = literals.pairAt(atom < count ? atom : spaced[atom - count]!);
        const first = pair & 0xffff;
        const hash = pairHash(first, pair >>> 16) & gateMask;
        if (pair >>> 16 === BETWEEN) singles[first >> 5]! |= 1 << first;
        else gate[hash >> 5]! |= 1 << hash;
      }
    }
    this.#automaton = { ...automaton, gate, gateMask, singles };
  }

  /** Spaced atoms are found both as written and with symbols between. */
  scan(text: string, hits: LeafHits): void {
    const some = this.#some;
    const { flagged, flags, spacedAtom } = this.#tables;
    const count = this.#matches(text);
    const { data } = this.#buffer;
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
      if (some === null || (some[literal >> 5]! & (1 << literal)) !== 0) hits.add(literal, start, end);
    }
    this.#spaced?.scan(text, hits);
  }

  /** Fills the buffer. Of a text that begins like the one before, as one being typed does, only the rest is searched. */
  #matches(text: string): number {
    const automaton = this.#automaton;
    const { data, count } = this.#buffer;
    // A match that begins here or later may reach into what differs.
    const from = Math.max(0, alike(this.#text, text) - automaton.longest);
    this.#text = text;
    let kept = from === 0 ? 0 : count;
    while (kept > 0 && data[3 * kept - 2]! >= from) kept--;
    return scan(automaton, text, this.#buffer, from, kept);
  }
}

/**
 * Bundle and automaton belong together when the automaton finds the literals in themselves. A sample of them: one
 * signature speaks for both files, and whatever they hold, no number in them leads out of a table.
 */
export function selfTest(literals: Literals, automaton: Automaton | null): void {
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
