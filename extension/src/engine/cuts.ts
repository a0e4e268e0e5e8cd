/**
 * Where a long text may be cut, so that what rules find in its pieces is what they find in the whole.
 *
 * Behind a unit that ends a clause, since all that joins hits stays inside a clause, but for what is looked at here: a
 * literal that holds that unit, a spaced literal or a gap for symbols that reaches over it, and entities.
 */

import type { Atoms } from "./bundle";
import type { EntityHit } from "./entity_text";
import { SOFT } from "./join";
import type { SetTable } from "./sets";
import { boundaryClass, isSymbol, MAX_SYMBOLS } from "./text";

/** What a unit may be on the two sides of a gap for symbols. */
const BEFORE = 1;
const BEHIND = 2;

export class Cuts {
  /** Pairs of units that stand side by side in a literal, one of which ends a clause, and such units that are literals. */
  readonly #written: ReadonlySet<number>;
  /** Pairs that stand side by side in a spaced literal. */
  readonly #spaced = new Set<number>();
  readonly #beside = new Uint8Array(0x10000);

  constructor({ literals, spaced }: Atoms, table: SetTable) {
    this.#written = literals.aroundBreaks();
    for (const literal of spaced) {
      const text = literals.at(literal);
      for (let i = 1; i < text.length; i++) this.#spaced.add(pairAt(text, i));
    }
    const { elements } = table;
    const mark = (step: 1 | -1, bit: number): void => {
      const atoms: number[] = [];
      elements.forEach((element, n) => {
        if (element === SOFT) atoms.push(elements[n + step]!);
      });
      table.literalsIn(atoms, step).forEach((bits, word) => {
        for (let rest = bits; rest !== 0; rest &= rest - 1) {
          const atom = 32 * word + 31 - Math.clz32(rest & -rest);
          const text = literals.at(spaced[atom - literals.count] ?? atom);
          this.#beside[text.charCodeAt(step > 0 ? 0 : text.length - 1)]! |= bit;
        }
      });
    };
    mark(-1, BEFORE);
    mark(1, BEHIND);
  }

  /** Whether a text may be cut at `at`, behind a unit that ends a clause. */
  isSafe(text: string, at: number, entities: readonly EntityHit[]): boolean {
    const written = this.#written;
    const end = text.charCodeAt(at - 1);
    if (written.has(end) || written.has(pairAt(text, at - 1)) || written.has(pairAt(text, at))) return false;
    const beside = this.#beside;
    let before = at - 2;
    let behind = at;
    let seen = 0;
    for (; ; before--) {
      seen |= beside[text.charCodeAt(before)]! & BEFORE;
      if (!isSymbol(text.charCodeAt(before)) || at - before > MAX_SYMBOLS) break;
    }
    for (; ; behind++) {
      seen |= beside[text.charCodeAt(behind)]! & BEHIND;
      if (!isSymbol(text.charCodeAt(behind)) || behind - at >= MAX_SYMBOLS) break;
    }
    const a = text.charCodeAt(before);
    const b = text.charCodeAt(behind);
    const kind = boundaryClass(a);
    return (
      seen !== (BEFORE | BEHIND) &&
      !this.#spaced.has((a << 16) | b) &&
      (kind === 0 || kind !== boundaryClass(b)) &&
      !entities.some((entity) => entity.start < at + MAX_SYMBOLS && at - MAX_SYMBOLS - 1 < entity.end)
    );
  }
}

/** The units before and at `at`. */
function pairAt(text: string, at: number): number {
  return (text.charCodeAt(at - 1) << 16) | text.charCodeAt(at);
}
