/** Places where atoms occur: plain numbers, since a check looks at hundreds and keeps none. */

import { IntList } from "./int-list";

/** A place, for those who are told of a few: folded units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Of lists this short, moving each hit to its place is the quickest way to sort. */
const SHORT = 24;

/**
 * Hits of one text, one behind the other, four numbers each: start, end, and a range of `gaps`, which holds start and end,
 * alternating, of each gap inside. A list of hits is a range `from … to - 1` of them.
 */
export class HitStore {
  length = 0;
  /** Units of the longest hit. */
  longest = 0;
  /** Replaced when it grows. */
  #data: Int32Array = new Int32Array(4096);
  readonly #gaps = new IntList();

  clear(): void {
    this.length = this.longest = 0;
    this.#gaps.length = 0;
  }

  start(hit: number): number {
    return this.#data[4 * hit]!;
  }

  end(hit: number): number {
    return this.#data[4 * hit + 1]!;
  }

  /** A hit without gaps, or with those in a range of `gaps`. */
  push(start: number, end: number, gapFrom = 0, gapTo = 0): void {
    const at = 4 * this.length++;
    if (at === this.#data.length) {
      const larger = new Int32Array(2 * at);
      larger.set(this.#data);
      this.#data = larger;
    }
    const data = this.#data;
    if (end - start > this.longest) this.longest = end - start;
    data[at] = start;
    data[at + 1] = end;
    data[at + 2] = gapFrom;
    data[at + 3] = gapTo;
  }

  copy(hit: number): void {
    const data = this.#data;
    this.push(data[4 * hit]!, data[4 * hit + 1]!, data[4 * hit + 2]!, data[4 * hit + 3]!);
  }

  /** Two hits as one. Between them is a gap when `gap`, else what stands there counts as part of it. */
  pushJoined(left: number, right: number, gap: boolean): void {
    const from = this.#gaps.length;
    this.#copyGaps(left);
    if (gap) {
      this.#gaps.push(this.end(left));
      this.#gaps.push(this.start(right));
    }
    this.#copyGaps(right);
    this.push(this.start(left), this.end(right), from, this.#gaps.length);
  }

  span(hit: number): Span {
    return { start: this.start(hit), end: this.end(hit) };
  }

  /** Index of the first hit of a sorted list that starts at `start` or later. */
  firstFrom(from: number, to: number, start: number): number {
    let low = from;
    let high = to;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.start(middle) < start) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Whether `[start, end)` lies in a gap of the hit. */
  insideGap(hit: number, start: number, end: number): boolean {
    const gaps = this.#gaps.data;
    const to = this.#data[4 * hit + 3]!;
    for (let i = this.#data[4 * hit + 2]!; i < to; i += 2) if (gaps[i]! <= start && end <= gaps[i + 1]!) return true;
    return false;
  }

  /**
   * Makes a list of the hits from `from` on: sorted by span; of equal spans only the one with the fewest units in gaps,
   * then with the earliest gaps.
   */
  unique(from: number): void {
    const last = this.length;
    if (last - from < 2) return;
    if (last - from <= SHORT) this.#sortShort(from, last);
    else this.#sortLong(from, last);
    let kept = from;
    for (let at = from + 1; at < last; at++) {
      if (this.start(at) !== this.start(kept) || this.end(at) !== this.end(kept)) this.#move(at, ++kept);
    }
    this.length = kept + 1;
  }

  #sortShort(from: number, last: number): void {
    for (let at = from + 1; at < last; at++) {
      if (this.#compare(at - 1, at) <= 0) continue;
      this.copy(at); // it waits behind the last
      let to = at;
      do this.#move(to - 1, to);
      while (--to > from && this.#compare(to - 1, last) > 0);
      this.#move(last, to);
      this.length = last;
    }
  }

  /** Nearly always the lists of a set's members, one behind the other: `sort` merges what is sorted already. */
  #sortLong(from: number, last: number): void {
    const hits = Array.from({ length: last - from }, (_, n) => from + n);
    for (const hit of hits.sort((a, b) => this.#compare(a, b))) this.copy(hit);
    this.#data.copyWithin(4 * from, 4 * last, 4 * this.length);
    this.length = last;
  }

  #compare(a: number, b: number): number {
    return this.start(a) - this.start(b) || this.end(a) - this.end(b) || this.#compareGaps(4 * a + 2, 4 * b + 2);
  }

  /** `a` and `b`: where their gaps are said to be. */
  #compareGaps(a: number, b: number): number {
    const units = this.#gapUnits(a) - this.#gapUnits(b);
    if (units !== 0) return units;
    const data = this.#data;
    const gaps = this.#gaps.data;
    for (let i = data[a]!, j = data[b]!; i < data[a + 1]! && j < data[b + 1]!; i++, j++) {
      if (gaps[i] !== gaps[j]) return gaps[i]! - gaps[j]!;
    }
    return data[a + 1]! - data[a]! - data[b + 1]! + data[b]!;
  }

  #gapUnits(at: number): number {
    let units = 0;
    for (let i = this.#data[at]!; i < this.#data[at + 1]!; i += 2) {
      units += this.#gaps.data[i + 1]! - this.#gaps.data[i]!;
    }
    return units;
  }

  #copyGaps(hit: number): void {
    const to = this.#data[4 * hit + 3]!;
    for (let i = this.#data[4 * hit + 2]!; i < to; i++) this.#gaps.push(this.#gaps.data[i]!);
  }

  #move(from: number, to: number): void {
    const data = this.#data;
    data[4 * to] = data[4 * from]!;
    data[4 * to + 1] = data[4 * from + 1]!;
    data[4 * to + 2] = data[4 * from + 2]!;
    data[4 * to + 3] = data[4 * from + 3]!;
  }
}
