/** Hits by atom: a table that is emptied, not made anew, for every text. */

export interface Hit {
  /** Folded units. */
  readonly start: number;
  readonly end: number;
  /** Start and end, alternating, of each gap inside. */
  readonly gaps: readonly number[];
}

export const NO_GAPS: readonly number[] = [];
const NO_HITS: readonly Hit[] = [];

export class HitTable {
  private readonly lists: Hit[][] = [];
  private readonly filled: number[] = [];

  constructor(private readonly atoms: number) {
    for (let n = 0; n < atoms; n++) this.lists.push([]);
  }

  clear(): void {
    for (const atom of this.filled) this.lists[atom] = [];
    this.filled.length = 0;
  }

  add(atom: number, hit: Hit): void {
    const hits = this.lists[atom]!;
    if (hits.length === 0) this.filled.push(atom);
    hits.push(hit);
  }

  set(atom: number, hits: Hit[]): void {
    if (this.lists[atom]!.length === 0) this.filled.push(atom);
    this.lists[atom] = hits;
  }

  /** Hits of an atom, sorted; none for -1. */
  get(atom: number): readonly Hit[] {
    return atom < 0 || atom >= this.atoms ? NO_HITS : this.lists[atom]!;
  }

  has(atom: number): boolean {
    return atom >= 0 && this.lists[atom]!.length > 0;
  }

  /** Atoms that occur, in the order in which they were found. */
  get present(): readonly number[] {
    return this.filled;
  }
}

export function compareHits(a: Hit, b: Hit): number {
  return a.start - b.start || a.end - b.end;
}

/** Sorted by span; of equal spans the one with the fewest units in gaps, then the earliest gaps. */
export function unique(found: Hit[]): Hit[] {
  if (found.length < 2) return found;
  found.sort((a, b) => compareHits(a, b) || compareGaps(a.gaps, b.gaps));
  let kept = 1;
  for (let i = 1; i < found.length; i++) {
    if (compareHits(found[i]!, found[i - 1]!) !== 0) found[kept++] = found[i]!;
  }
  found.length = kept;
  return found;
}

function compareGaps(a: readonly number[], b: readonly number[]): number {
  const units = gapUnits(a) - gapUnits(b);
  if (units !== 0) return units;
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

function gapUnits(gaps: readonly number[]): number {
  let units = 0;
  for (let i = 0; i < gaps.length; i += 2) units += gaps[i + 1]! - gaps[i]!;
  return units;
}
