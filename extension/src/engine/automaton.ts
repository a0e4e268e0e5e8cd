/**
 * The automaton: finds every literal of a rulebook in a folded text.
 *
 * `compiler/automaton.py` packs the literals into one little-endian file; this is its reader. The file is a trie in a
 * double array: a node is a number `base`, and its child by the unit of class `c` is the cell `base + c`, if that cell
 * is labelled `c`. No two nodes have the same base.
 *
 *     ┌────────────┬─────────────────────────────┬──────────────┬──────────────┬───────────────┬─────────┐
 *     │ header     │ cells                       │ codes        │ tails        │ lengths       │ padding │
 *     │ 8 × u32    │ i32 × cells (× 2 if wide)   │ u16 × classes│ u16 × tails  │ u8 × patterns │ 0–3 × 0 │
 *     └────────────┴─────────────────────────────┴──────────────┴──────────────┴───────────────┴─────────┘
 *
 *     header    0 magic "RGA1"   1, 2 checksum   3 patterns   4 classes   5 cells   6 tails (u16s)
 *               7 shape:  longest pattern (8 bits) │ label bits (8) │ wide (8) │ 0 (8)
 *     codes     codes[c - 1] is the UTF-16 unit of class c; a unit that is in no cell gets the class `classes + 1`
 *
 *     cell      31                  label bits    0          word 0              word 1
 *              ┌──────────────────┬───┬───────────┐         ┌────────┬────────┐ ┌────────────────┬───┐
 *              │ value (signed)   ┆ + │ label     │  wide:  │ 0      │ label  │ │ value (signed) ┆ + │
 *              └──────────────────┴───┴───────────┘         └────────┴────────┘ └────────────────┴───┘
 *               label  the class that leads here; 0 = a pattern ends here; all ones = empty
 *               value  ≥ 0, a node:  base << 1, or base << 1 | 1 if a pattern ends here: cell `base` is its leaf
 *                      < 0, a leaf:  ~(id << 1), or ~(id << 1 | 1) if a tail remains to be compared
 *               The root's base is 0.
 *
 *     lengths   of the tails, in the order of ids
 *     tails     their units, one tail after the other in the order of ids
 *
 * `automaton_scan.ts` says how a text is searched with it.
 */

import { pairHash } from "./automaton_scan";
import { ReleaseError } from "./errors";

export { HitBuffer, matchesAt, pairHash, scan } from "./automaton_scan";

const MAGIC = 0x31414752;
const HEADER_BYTES = 32;
const MAX_LENGTH = 32;
const END = 0;
const EMPTY = -1;
/** log₂ of the bits of the gate: at least, and at most (more would fall out of the processor's second cache). */
const GATE_BITS = [12, 20] as const;

/** What `scan` reads. Plain data, passed as an argument: a closure over it would be slower after each hot reload. */
export interface Automaton extends Trie, Gate {}

interface Trie {
  readonly patterns: number;
  /** Length of the longest pattern, in units. */
  readonly longest: number;
  /** UTF-16 unit → class. */
  readonly classes: Uint16Array;
  /** The cells of the file, and empty ones behind so that no step can leave the table. */
  readonly cells: Int32Array;
  readonly labelMask: number;
  /** 1 when a cell has two words. */
  readonly wide: number;
  readonly valueShift: number;
  readonly tails: Uint16Array;
  /** Pattern → where its tail begins; one more entry than patterns. */
  readonly tailStarts: Int32Array;
}

interface Gate {
  /** Bit `pairHash & gateMask`: some pattern may begin with this pair. */
  readonly gate: Int32Array;
  readonly gateMask: number;
  /** Bit u: the unit u alone is a pattern. Null when there is none. */
  readonly singles: Int32Array | null;
}

/**
 * Tables over the bytes of a file, which must not change afterwards. Throws `ReleaseError` unless every number in the
 * file is in range, so that `scan` needs no checks: it can neither leave a table nor run on, whatever the bytes.
 */
export function loadAutomaton(buffer: ArrayBuffer): Automaton {
  if (buffer.byteLength < HEADER_BYTES || buffer.byteLength % 4 !== 0) {
    refuse("cut");
  }
  const header = new Uint32Array(buffer, 0, HEADER_BYTES / 4);
  const field = (index: number) => header[index]!;
  const [patterns, classes, cellCount, tailCount, shape] = [field(3), field(4), field(5), field(6), field(7)];
  if (field(0) !== MAGIC) refuse("not one, or of another format");
  const longest = shape & 0xff;
  const bits = (shape >>> 8) & 0xff;
  const wide = shape >>> 16;
  // Exact: each product is below 2³⁵. They must give the size of the file, which bounds all that is allocated below.
  const codesAt = HEADER_BYTES + 4 * cellCount * (1 + wide);
  const tailsAt = codesAt + 2 * classes;
  const lengthsAt = tailsAt + 2 * tailCount;
  const size = lengthsAt + patterns;
  if (Math.ceil(size / 4) * 4 !== buffer.byteLength) {
    refuse("not of its size");
  }
  verifyChecksum(new Int32Array(buffer, 12), field(1), field(2));
  if (wide > 1 || bits !== 32 - Math.clz32(classes + 2) || classes >= 0xffff || longest > MAX_LENGTH) {
    refuse("the header contradicts itself");
  }

  const codes = new Uint16Array(buffer, codesAt, classes);
  const tails = new Uint16Array(buffer, tailsAt, tailCount);
  const words = new Int32Array(buffer, HEADER_BYTES, cellCount << wide);
  const cells = new Int32Array((cellCount + classes + 2) << wide).fill(EMPTY, words.length);
  cells.set(words);
  const tables: Trie = {
    patterns,
    longest,
    classes: classTable(codes),
    cells,
    labelMask: (1 << bits) - 1,
    wide,
    valueShift: wide ? 0 : bits,
    tails,
    tailStarts: sums(new Uint8Array(buffer, lengthsAt, patterns), tailCount),
  };
  return { ...tables, ...verifyCells(tables, codes, cellCount) };
}

function refuse(why: string): never {
  throw new ReleaseError(`automaton: ${why}`);
}

function verifyChecksum(words: Int32Array, sum1: number, sum2: number): void {
  let a = 0;
  let b = 0;
  const even = words.length & ~1;
  for (let i = 0; i < even; i += 2) {
    const next = (a + words[i]!) | 0;
    a = (next + words[i + 1]!) | 0;
    b = (b + next + a) | 0;
  }
  if (even < words.length) {
    a = (a + words[even]!) | 0;
    b = (b + a) | 0;
  }
  if (a >>> 0 !== sum1 || b >>> 0 !== sum2) refuse("the checksum is wrong");
}

function classTable(codes: Uint16Array): Uint16Array {
  const none = codes.length + 1;
  const table = new Uint16Array(0x10000).fill(none);
  for (let c = 1; c < none; c++) {
    const code = codes[c - 1]!;
    if (table[code] !== none) refuse("a unit has two classes");
    table[code] = c;
  }
  return table;
}

function sums(lengths: Uint8Array, total: number): Int32Array {
  const starts = new Int32Array(lengths.length + 1);
  let sum = 0;
  let all = 0;
  for (let i = 0; i < lengths.length; i++) {
    const length = lengths[i]!;
    all |= length;
    sum += length;
    starts[i + 1] = sum;
  }
  if (sum !== total || all >= MAX_LENGTH) refuse("tails and lengths do not agree");
  return starts;
}

/**
 * Checks that each cell leads to a node in the table, to a pattern that there is, and, if it says so, to an end; and
 * collects the first two steps of the trie in the gate.
 */
function verifyCells(tables: Trie, codes: Uint16Array, count: number): Gate {
  const [least, most] = GATE_BITS;
  const bits = Math.min(most, Math.max(least, 37 - Math.clz32(count))); // some 100 for each pair: few others pass
  const gate = new Int32Array(1 << (bits - 5));
  const gateMask = (1 << bits) - 1;
  const firsts = new Firsts(count);
  const singles = firstSteps(tables, codes, count, firsts, gate, gateMask);
  if (!secondSteps(tables, codes, count, firsts, gate, gateMask)) refuse("a cell leads nowhere");
  return { gate, gateMask, singles };
}

/** The nodes of depth 1, by their bases. */
class Firsts {
  /** Bit: there is one with this base. Unlike the classes it stays in the processor's first cache. */
  readonly bits: Int32Array;
  /** Base → its class. */
  readonly classes: Uint16Array;

  constructor(count: number) {
    this.bits = new Int32Array((count + 31) >> 5);
    this.classes = new Uint16Array(count);
  }
}

/** Puts the children of the root into `firsts`, and the patterns that have no other node into the gate or the result. */
function firstSteps(
  { cells, labelMask, wide, valueShift, tails, tailStarts }: Trie,
  codes: Uint16Array,
  count: number,
  firsts: Firsts,
  gate: Int32Array,
  gateMask: number,
): Int32Array | null {
  const singles = new Int32Array(0x10000 / 32);
  let anySingle = false;
  for (let c = 1; c <= codes.length && c < count; c++) {
    if ((cells[c << wide]! & labelMask) !== c) continue;
    const value = cells[(c << wide) + wide]! >> valueShift;
    const code = codes[c - 1]!;
    if ((value & 1) !== 0) {
      anySingle = true; // a node that is an end, or a leaf without a tail
      singles[code >> 5]! |= 1 << code;
    }
    if (value >= 0) {
      const base = value >> 1;
      if (base === 0 || base >= count) continue; // the root's own, or nowhere
      firsts.bits[base >> 5]! |= 1 << base;
      firsts.classes[base] = c;
    } else if ((value & 1) === 0) {
      const hash = pairHash(code, tails[tailStarts[~value >> 1]!]!) & gateMask;
      gate[hash >> 5]! |= 1 << hash;
    }
  }
  return anySingle ? singles : null;
}

/**
 * Checks all cells, and puts those that are a second step into the gate; false for a fault. It runs before V8 has
 * optimised anything, so there is one loop with few operations, and faults are gathered in the sign of `bad`.
 */
function secondSteps(
  { cells, labelMask, wide, valueShift, patterns }: Trie,
  codes: Uint16Array,
  count: number,
  { bits, classes }: Firsts,
  gate: Int32Array,
  gateMask: number,
): boolean {
  const most = codes.length;
  const last = count - 1;
  const lastPattern = patterns - 1;
  let bad = 0;
  for (let cell = 0; cell < count; cell++) {
    const at = cell << wide;
    const word = cells[at]!;
    if (word === EMPTY) continue;
    const label = word & labelMask;
    const value = cells[at + wide]! >> valueShift;
    const base = cell - label;
    bad |= (most - label) | base;
    if (value < 0) {
      bad |= lastPattern - (~value >> 1);
      if (label === END) continue;
    } else {
      bad |= last - (value >> 1);
      if (label === END) bad = -1;
      else if ((value & 1) !== 0) bad |= -(cells[(value >> 1) << wide]! & labelMask);
    }
    if ((bits[base >> 5]! & (1 << base)) === 0) continue;
    const hash = pairHash(codes[classes[base]! - 1]!, codes[label - 1]!) & gateMask;
    gate[hash >> 5]! |= 1 << hash;
  }
  return bad >= 0;
}
