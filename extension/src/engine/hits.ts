/** A place where an atom occurs. */

export interface Hit {
  /** Folded units. */
  readonly start: number;
  readonly end: number;
  /** Start and end, alternating, of each gap inside. */
  readonly gaps: readonly number[];
}

export const NO_GAPS: readonly number[] = [];
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
