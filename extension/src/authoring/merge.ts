/** Line-wise differences and the three-way merge of two drafts of one text. */

/** Pairs of equal lines (index in a, index in b), ascending: the longest common subsequence. */
export function common(a: readonly string[], b: readonly string[]): [number, number][] {
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a[a.length - 1 - tail] === b[b.length - 1 - tail]) tail++;
  const rows = a.length - head - tail;
  const columns = b.length - head - tail;
  const pairs: [number, number][] = [];
  for (let i = 0; i < head; i++) pairs.push([i, i]);
  // Quadratic in the changed middle only; a file that was rewritten whole is one change.
  if (rows * columns <= 4_000_000) {
    const width = columns + 1;
    const table = new Uint16Array((rows + 1) * width);
    for (let i = rows - 1; i >= 0; i--) {
      for (let j = columns - 1; j >= 0; j--) {
        table[i * width + j] =
          a[head + i] === b[head + j]
            ? table[(i + 1) * width + j + 1]! + 1
            : Math.max(table[(i + 1) * width + j]!, table[i * width + j + 1]!);
      }
    }
    for (let i = 0, j = 0; i < rows && j < columns; ) {
      if (a[head + i] === b[head + j]) pairs.push([head + i++, head + j++]);
      else if (table[(i + 1) * width + j]! >= table[i * width + j + 1]!) i++;
      else j++;
    }
  }
  for (let i = tail; i > 0; i--) pairs.push([a.length - i, b.length - i]);
  return pairs;
}

/** A stretch of the merged text: settled, or two versions to choose from. */
export type Piece =
  | { readonly kind: "settled"; readonly lines: readonly string[] }
  | {
      readonly kind: "conflict";
      readonly base: readonly string[];
      readonly yours: readonly string[];
      readonly theirs: readonly string[];
    };

export function merge(base: string, yours: string, theirs: string): Piece[] {
  const [o, a, b] = [base.split("\n"), yours.split("\n"), theirs.split("\n")];
  const inA = new Map(common(o, a));
  const inB = new Map(common(o, b));
  const pieces: Piece[] = [];
  const settle = (lines: readonly string[]): void => {
    if (lines.length === 0) return;
    const last = pieces.at(-1);
    if (last?.kind === "settled") pieces[pieces.length - 1] = { kind: "settled", lines: [...last.lines, ...lines] };
    else pieces.push({ kind: "settled", lines });
  };
  let [i, j, k] = [0, 0, 0];
  for (;;) {
    while (i < o.length && inA.get(i) === j && inB.get(i) === k) {
      settle([o[i]!]);
      i++;
      j++;
      k++;
    }
    if (i >= o.length && j >= a.length && k >= b.length) return pieces;
    // To the next line that all three share.
    let next = i;
    while (next < o.length && !((inA.get(next) ?? -1) >= j && (inB.get(next) ?? -1) >= k)) next++;
    const [toA, toB] = next < o.length ? [inA.get(next)!, inB.get(next)!] : [a.length, b.length];
    const [from, mine, other] = [o.slice(i, next), a.slice(j, toA), b.slice(k, toB)];
    if (same(mine, other) || same(other, from)) settle(mine);
    else if (same(mine, from)) settle(other);
    else pieces.push({ kind: "conflict", base: from, yours: mine, theirs: other });
    [i, j, k] = [next, toA, toB];
  }
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, n) => line === b[n]);
}
