/** Places where atoms occur: plain numbers in parallel arrays, since a check looks at hundreds and keeps none. */

import { IntList } from "./int-list";

/** A place, for those who are told of a few: folded units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Of lists this short, moving each hit to its place is the quickest way to sort. */
const SHORT = 24;

/** Hits of one text, one behind the other. A list of hits is a range `from … to - 1` of them. */
export class HitStore {
  /** Valid up to `length`; replaced when they grow. */
  starts: Int32Array = new Int32Array(1024);
  ends: Int32Array = new Int32Array(1024);
  /** Each hit's gaps: `gaps[gapFrom] … gaps[gapFrom + gapCount - 1]` are start and end, alternating, of each. */
  gapFrom: Int32Array = new Int32Array(1024);
  gapCount: Int32Array = new Int32Array(1024);
  length = 0;
  readonly gaps = new IntList();

  clear(): void {
    this.length = 0;
    this.gaps.clear();
  }

  push(start: number, end: number, gapFrom: number, gapCount: number): void {
    const at = this.length;
    if (at === this.starts.length) this.grow();
    this.starts[at] = start;
    this.ends[at] = end;
    this.gapFrom[at] = gapFrom;
    this.gapCount[at] = gapCount;
    this.length = at + 1;
  }

  copy(hit: number): void {
    this.push(this.starts[hit]!, this.ends[hit]!, this.gapFrom[hit]!, this.gapCount[hit]!);
  }

  /** Two hits as one. Between them is a gap when `gap`, else what stands there counts as part of it. */
  pushJoined(left: number, right: number, gap: boolean): void {
    const { gaps } = this;
    const from = gaps.length;
    this.copyGaps(left);
    if (gap) {
      gaps.push(this.ends[left]!);
      gaps.push(this.starts[right]!);
    }
    this.copyGaps(right);
    this.push(this.starts[left]!, this.ends[right]!, from, gaps.length - from);
  }

  span(hit: number): Span {
    return { start: this.starts[hit]!, end: this.ends[hit]! };
  }

  /** Index of the first hit of a sorted list that starts at `start` or later. */
  firstFrom(from: number, to: number, start: number): number {
    const { starts } = this;
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (starts[middle]! < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether `[start, end)` lies in a gap of the hit. */
  insideGap(hit: number, start: number, end: number): boolean {
    const last = this.gapFrom[hit]! + this.gapCount[hit]!;
    const gaps = this.gaps.data;
    for (let i = this.gapFrom[hit]!; i < last; i += 2) if (gaps[i]! <= start && end <= gaps[i + 1]!) return true;
    return false;
  }

  /**
   * Makes a list of the hits from `from` on: sorted by span; of equal spans only the one with the fewest units in gaps,
   * then with the earliest gaps.
   */
  unique(from: number): void {
    if (this.length - from < 2) return;
    if (this.length - from <= SHORT) this.sortShort(from);
    else this.sortLong(from);
    let kept = from + 1;
    for (let at = from + 1; at < this.length; at++) {
      if (this.starts[at] === this.starts[kept - 1] && this.ends[at] === this.ends[kept - 1]) continue;
      if (at !== kept) this.move(at, kept);
      kept++;
    }
    this.length = kept;
  }

  private sortShort(from: number): void {
    const last = this.length;
    for (let at = from + 1; at < last; at++) {
      if (this.compare(at - 1, at) <= 0) continue;
      this.copy(at); // it waits behind the last
      let to = at;
      do this.move(to - 1, to);
      while (--to > from && this.compare(to - 1, last) > 0);
      this.move(last, to);
      this.length = last;
    }
  }

  private sortLong(from: number): void {
    const last = this.length;
    const order = Array.from({ length: last - from }, (_, n) => from + n).sort((a, b) => this.compare(a, b));
    for (const hit of order) this.copy(hit);
    for (let n = 0; n < order.length; n++) this.move(last + n, from + n);
    this.length = last;
  }

  private compare(a: number, b: number): number {
    const spans = this.starts[a]! - this.starts[b]! || this.ends[a]! - this.ends[b]!;
    return spans !== 0 ? spans : this.compareGaps(a, b);
  }

  private compareGaps(a: number, b: number): number {
    const units = this.gapUnits(a) - this.gapUnits(b);
    if (units !== 0) return units;
    const gaps = this.gaps.data;
    const count = Math.min(this.gapCount[a]!, this.gapCount[b]!);
    for (let i = 0; i < count; i++) {
      const difference = gaps[this.gapFrom[a]! + i]! - gaps[this.gapFrom[b]! + i]!;
      if (difference !== 0) return difference;
    }
    return this.gapCount[a]! - this.gapCount[b]!;
  }

  private gapUnits(hit: number): number {
    const last = this.gapFrom[hit]! + this.gapCount[hit]!;
    let units = 0;
    for (let i = this.gapFrom[hit]!; i < last; i += 2) units += this.gaps.data[i + 1]! - this.gaps.data[i]!;
    return units;
  }

  private copyGaps(hit: number): void {
    const last = this.gapFrom[hit]! + this.gapCount[hit]!;
    for (let i = this.gapFrom[hit]!; i < last; i++) this.gaps.push(this.gaps.data[i]!);
  }

  private move(from: number, to: number): void {
    this.starts[to] = this.starts[from]!;
    this.ends[to] = this.ends[from]!;
    this.gapFrom[to] = this.gapFrom[from]!;
    this.gapCount[to] = this.gapCount[from]!;
  }

  private grow(): void {
    for (const name of ["starts", "ends", "gapFrom", "gapCount"] as const) {
      const larger = new Int32Array(2 * this[name].length);
      larger.set(this[name]);
      this[name] = larger;
    }
  }
}
