/**
 * Searches a folded text with an automaton (`automaton.ts` draws its tables).
 *
 * Nearly all time goes into positions where nothing begins, and there into reading a JavaScript string, so
 * the first look at a position must be cheap and free of branches: a *gate*, a table of bits over hashes of the pairs
 * of units that patterns begin with. 32 positions make one word; whoever is left in it is walked through the trie.
 * The loop that fills the word stores nothing to memory, because after a store V8 looks up anew what kind of string
 * it reads, which halves its speed. Measurements: docs/benchmarks.md.
 */

import type { Automaton } from "./automaton";

/** Matches as triples `id, start, end` (end exclusive), sorted by start, then by length. Reuse it from scan to scan. */
export class HitBuffer {
  /** Valid up to `3 * count`; replaced when it grows. */
  data: Int32Array = new Int32Array(3 * 256);
  count = 0;

  /** Twice as large, with the contents kept. */
  grow(): Int32Array {
    const larger = new Int32Array(2 * this.data.length);
    larger.set(this.data);
    this.data = larger;
    return larger;
  }
}

/**
 * Writes all matches in `text`, overlapping ones too, to `out`, and returns how many. The first `kept` of them stand in
 * `out` already: those that begin before `from`.
 */
export function scan(tables: Automaton, text: string, out: HitBuffer, from = 0, kept = 0): number {
  const last = text.length - 1;
  let at = 3 * kept;
  for (let first = from; first < last; first += 32) {
    const to = Math.min(first + 32, last);
    let starts = pairStarts(tables, text, first, to);
    if (tables.singles !== null) starts |= singleStarts(tables.singles, text, first, to);
    while (starts !== 0) {
      const step = Math.clz32(starts);
      starts ^= 0x80000000 >>> step;
      at = walk(tables, text, first + step, out, at);
    }
  }
  if (last >= 0 && tables.singles !== null) at = walk(tables, text, last, out, at);
  out.count = at / 3;
  return out.count;
}

/** The positions `from … to - 1` (at most 32, each with a unit behind it) that pass the gate; the first is bit 31. */
function pairStarts(tables: Automaton, text: string, from: number, to: number): number {
  const { gate, gateMask } = tables;
  let starts = 0;
  let a = text.charCodeAt(from);
  let i = from + 1;
  for (; i < to; i += 2) {
    const b = text.charCodeAt(i);
    const c = text.charCodeAt(i + 1);
    const ab = pairHash(a, b) & gateMask;
    const bc = pairHash(b, c) & gateMask;
    starts = (starts << 2) | (((gate[ab >> 5]! >>> ab) & 1) << 1) | ((gate[bc >> 5]! >>> bc) & 1);
    a = c;
  }
  if (i === to) {
    const ab = pairHash(a, text.charCodeAt(i)) & gateMask;
    starts = (starts << 1) | ((gate[ab >> 5]! >>> ab) & 1);
  }
  return starts << (32 - (to - from));
}

/** The same for patterns of one unit. Its own loop, because most automata have none and the pair loop is hot. */
function singleStarts(singles: Int32Array, text: string, from: number, to: number): number {
  let starts = 0;
  for (let i = from; i < to; i++) {
    const a = text.charCodeAt(i);
    starts = (starts << 1) | ((singles[a >> 5]! >>> a) & 1);
  }
  return starts << (32 - (to - from));
}

export function pairHash(a: number, b: number): number {
  return Math.imul(a, 2533) ^ b;
}

/** Writes the matches that begin at `start` to `out`, and returns how many. */
export function matchesAt(tables: Automaton, text: string, start: number, out: HitBuffer): number {
  out.count = walk(tables, text, start, out, 0) / 3;
  return out.count;
}

/** Writes the matches that begin at `start` to `out` from index `at` on; returns the index behind them. */
function walk(tables: Automaton, text: string, start: number, out: HitBuffer, at: number): number {
  const { classes, cells, labelMask, wide, valueShift, tails, tailStarts } = tables;
  const limit = Math.min(text.length, start + tables.longest);
  let base = 0;
  let i = start;
  while (i < limit) {
    const c = classes[text.charCodeAt(i++)]!;
    const cell = (base + c) << wide;
    if ((cells[cell]! & labelMask) !== c) break;
    const value = cells[cell + wide]! >> valueShift;
    let pattern: number;
    if (value >= 0) {
      base = value >> 1;
      if ((value & 1) === 0) continue;
      pattern = ~(cells[(base << wide) + wide]! >> valueShift) >> 1;
    } else {
      pattern = ~value >> 1;
      if ((value & 1) === 0) {
        let tail = tailStarts[pattern]!;
        const end = tailStarts[pattern + 1]!;
        if (i + end - tail > limit) break;
        while (tail < end && text.charCodeAt(i) === tails[tail]) {
          tail++;
          i++;
        }
        if (tail < end) break;
      }
    }
    let data = out.data;
    if (at + 3 > data.length) data = out.grow();
    data[at] = pattern;
    data[at + 1] = start;
    data[at + 2] = i;
    at += 3;
    if (value < 0) break;
  }
  return at;
}
