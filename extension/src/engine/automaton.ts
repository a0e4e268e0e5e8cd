/**
 * The automaton: finds every literal of a rulebook in a folded text.
 *
 * `compiler/automaton.py` packs the literals into one little-endian file; this is its reader. The file is a trie in a
 * double array: a node is a number `base`, and its child by the unit of class `c` is the cell `base + c`, if that
 * cell is labelled `c`.
 *
 *     ┌────────────┬─────────────────────────────┬──────────────┬──────────────┬───────────────┬─────────┐
 *     │ header     │ cells                       │ codes        │ tails        │ lengths       │ padding │
 *     │ 8 × u32    │ i32 × cells (× 2 if wide)   │ u16 × classes│ u16 × tails  │ u8 × patterns │ 0–3 × 0 │
 *     └────────────┴─────────────────────────────┴──────────────┴──────────────┴───────────────┴─────────┘
 *
 *     header    0 magic "RGA1"   1, 2 checksum   3 patterns   4 classes   5 cells   6 tails (u16s)
 *               7 shape:  longest pattern (8 bits) │ label bits (8) │ wide (8) │ 0 (8)
 *     codes     codes[c - 1] is the UTF-16 unit of class c; class 0 is every unit that is in no pattern
 *
 *     cell      31                     label bits    0          word 0              word 1
 *              ┌──────────────────────────┬───────────┐         ┌────────┬────────┐ ┌────────────────┐
 *              │ value (signed)           │ label     │  wide:  │ 0      │ label  │ │ value (signed) │
 *              └──────────────────────────┴───────────┘         └────────┴────────┘ └────────────────┘
 *               label: the class that leads here; all ones = empty.   value ≥ 0: base of the node;
 *               value < 0: ~value is a pattern, whose tail follows.   The root's base is 0.
 *
 *     lengths   bits 4…0 of byte p: length of the tail of pattern p; bit 7: others go on behind it
 *     tails     in the order of patterns: the units of the tail, then, if it goes on, a base as u16 low, u16 high
 */

import { ReleaseError } from "./errors";

const MAGIC = 0x31414752;
const HEADER_BYTES = 32;
const MAX_LENGTH = 32;
const GOES_ON = 0x80;
const TAIL_LENGTH = 0x1f;
const UNUSED = 0x60;
const EMPTY = -1;

/** What `scan` reads. Plain data, passed as an argument: a closure over it would be slower after each hot reload. */
export interface Automaton {
  readonly patterns: number;
  /** Length of the longest pattern, in units. */
  readonly longest: number;
  /** UTF-16 unit → class. */
  readonly classes: Uint16Array;
  /** The cells of the file and as many empty ones behind as there are classes: no step leaves the table. */
  readonly cells: Int32Array;
  readonly labelMask: number;
  /** log₂ of the words of a cell. */
  readonly wide: number;
  readonly valueShift: number;
  readonly tails: Uint16Array;
  /** Pattern → where its tail begins; one more entry than patterns. */
  readonly tailStarts: Uint32Array;
  readonly lengths: Uint8Array;
}

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
 * Tables over the bytes of a file, which must not change afterwards. Throws `ReleaseError` unless every number in the
 * file is in range, so that `scan` needs no checks: it can neither leave a table nor run on, whatever the bytes.
 */
export function loadAutomaton(buffer: ArrayBuffer): Automaton {
  if (buffer.byteLength < HEADER_BYTES || buffer.byteLength % 4 !== 0) {
    throw new ReleaseError(`automaton: ${buffer.byteLength} bytes, too short or cut`);
  }
  const header = new Uint32Array(buffer, 0, 8);
  const field = (index: number) => header[index]!;
  const [magic, patterns, classes, cellCount, tailCount] = [field(0), field(3), field(4), field(5), field(6)];
  if (magic !== MAGIC) throw new ReleaseError("automaton: not one, or of another format");
  const shape = field(7);
  const longest = shape & 0xff;
  const bits = (shape >>> 8) & 0xff;
  const wide = shape >>> 16;
  // Sums of counts below 2³⁵: exact. They must give the size of the file, which bounds every allocation below.
  const codesAt = HEADER_BYTES + 4 * cellCount * (1 + wide);
  const tailsAt = codesAt + 2 * classes;
  const lengthsAt = tailsAt + 2 * tailCount;
  const size = lengthsAt + patterns;
  if (wide > 1 || Math.ceil(size / 4) * 4 !== buffer.byteLength) {
    throw new ReleaseError(`automaton: ${buffer.byteLength} bytes, but a header for ${size}`);
  }
  verifyChecksum(new Int32Array(buffer, 12), field(1), field(2));
  if (bits !== 32 - Math.clz32(classes + 1) || bits > 17 || longest > MAX_LENGTH || classes > 0xffff) {
    throw new ReleaseError("automaton: the header contradicts itself");
  }

  const codes = new Uint16Array(buffer, codesAt, classes);
  const classOf = new Uint16Array(0x10000);
  for (let c = 0; c < classes; c++) {
    const code = codes[c]!;
    if (classOf[code] !== 0) throw new ReleaseError("automaton: a unit has two classes");
    classOf[code] = c + 1;
  }

  const words = cellCount << wide;
  const cells = new Int32Array(words + ((classes + 1) << wide)).fill(EMPTY, words);
  cells.set(new Int32Array(buffer, HEADER_BYTES, words));
  const labelMask = (1 << bits) - 1;
  const valueShift = wide ? 0 : bits;
  for (let at = 0; at < words; at += 1 << wide) {
    if (cells[at] === EMPTY) continue;
    const value = cells[at + wide]! >> valueShift;
    if (value < 0 ? ~value >= patterns : value >= cellCount) throw new ReleaseError("automaton: a cell leads nowhere");
  }

  const lengths = new Uint8Array(buffer, lengthsAt, patterns);
  const tails = new Uint16Array(buffer, tailsAt, tailCount);
  const tailStarts = new Uint32Array(patterns + 1);
  let start = 0;
  for (let pattern = 0; pattern < patterns; pattern++) {
    const length = lengths[pattern]!;
    if (length & UNUSED) throw new ReleaseError("automaton: a tail length has unknown bits");
    start += (length & TAIL_LENGTH) + (length & GOES_ON ? 2 : 0);
    tailStarts[pattern + 1] = start;
    if (length & GOES_ON && start <= tailCount && baseBehind(tails, start) >= cellCount) {
      throw new ReleaseError("automaton: a pattern goes on to nowhere");
    }
  }
  if (start !== tailCount) throw new ReleaseError("automaton: the lengths do not add up to the tails");

  return { patterns, longest, classes: classOf, cells, labelMask, wide, valueShift, tails, tailStarts, lengths };
}

function verifyChecksum(words: Int32Array, sum1: number, sum2: number): void {
  let a = 0;
  let b = 0;
  for (let i = 0; i < words.length; i++) {
    a = (a + words[i]!) | 0;
    b = (b + a) | 0;
  }
  if (a >>> 0 !== sum1 || b >>> 0 !== sum2) throw new ReleaseError("automaton: damaged, the checksum is wrong");
}

/** The base of the node behind a pattern that goes on; its two units are the last of its tail. */
function baseBehind(tails: Uint16Array, end: number): number {
  return tails[end - 2]! + tails[end - 1]! * 0x10000;
}

/** Writes all matches in `text`, overlapping ones too, to `out`, and returns how many. */
export function scan(tables: Automaton, text: string, out: HitBuffer): number {
  const { classes, cells, labelMask, wide, valueShift, tails, tailStarts, lengths } = tables;
  let data = out.data;
  let at = 0;
  for (let from = 0; from < text.length; from++) {
    const limit = Math.min(text.length, from + tables.longest);
    let base = 0;
    for (let i = from; i < limit; i++) {
      const c = classes[text.charCodeAt(i)]!;
      const cell = (base + c) << wide;
      if (c === 0 || (cells[cell]! & labelMask) !== c) break;
      base = cells[cell + wide]! >> valueShift;
      if (base >= 0) continue;

      const pattern = ~base;
      const length = lengths[pattern]!;
      let tail = tailStarts[pattern]!;
      const tailEnd = tail + (length & TAIL_LENGTH);
      if (i + 1 + tailEnd - tail > limit) break;
      while (tail < tailEnd && text.charCodeAt(i + 1) === tails[tail]) {
        tail++;
        i++;
      }
      if (tail < tailEnd) break;
      if (at + 3 > data.length) data = out.grow();
      data[at++] = pattern;
      data[at++] = from;
      data[at++] = i + 1;
      if (!(length & GOES_ON)) break;
      base = baseBehind(tails, tailEnd + 2);
    }
  }
  out.count = at / 3;
  return out.count;
}
