/** What rules ask the classifier about a reply (`likely`, `likely_topic`). */

import type { Rule } from "./bundle";
import type { Classifier } from "./classifier";
import type { BuyerMessage, Note } from "./evaluate";
import { passages } from "./passages";
import type { Reading } from "./reading";

/** Units of a reply (可以的呢, 没问题) in which nothing is heard that could overrule a rule. */
const TOO_SHORT = 8;
/** Percent. */
const NEAR = 20;
const QUIET = 10;

/** Of the passages, how many at the start and at the end are those of the reply that was heard before. */
export interface Kept {
  readonly same: number;
  readonly rest: number;
}

/** How likely one reply, passage by passage, is to break rules: worked out when it is first asked for. */
export class Hearing {
  readonly passages: readonly number[];
  kept: Kept | null = null;
  /** The passages that are no less likely than `QUIET`. */
  #loud: readonly number[] | null = null;
  #known = false;

  readonly #classifier: Classifier;
  readonly #text: string;
  readonly #buyer: readonly BuyerMessage[];

  constructor(classifier: Classifier, reading: Pick<Reading, "text" | "breaks">, buyer: readonly BuyerMessage[]) {
    this.#classifier = classifier;
    this.#text = reading.text;
    this.#buyer = buyer;
    this.passages = passages(reading);
  }

  /** Whether rules with this `likely`, or more, find nothing in `[start, end)`, or anywhere when that is at -1. */
  isBelow(limit: number, start: number, end: number): boolean {
    return this.#overrules() && this.#every(start, end, (passage) => this.#classifier.isBelow(limit, passage));
  }

  /**
   * Those of `spans` (folded units, start and end alternating) where the reply is as likely a violation as the rule asks for, whose
   * topic the classifier has at `topic`. A finding is heard in the passages that it has a part in, one of the whole reply, at -1,
   * in all of them.
   */
  heard(rule: Rule, topic: number, spans: readonly number[], note: Note | null): readonly number[] {
    const { likely, likely_topic } = rule;
    const least = likely_topic || (this.#overrules() ? likely : 0);
    if (least === 0) return spans;
    const place = likely_topic > 0 ? topic : 0;
    let most = 0;
    const kept: number[] = [];
    for (let i = 0; i < spans.length; i += 2) {
      const percent = this.#loudest(place, spans[i]!, spans[i + 1]!, note ? 0 : least);
      if (percent >= least) kept.push(spans[i]!, spans[i + 1]!);
      most = Math.max(most, percent);
    }
    // Of a rule that nothing else woke only what came near is worth a line.
    if (kept.length === 0 && (most >= NEAR || rule.find >= 0 || rule.asked >= 0)) {
      note?.(place > 0 ? "likely_topic" : "likely", null, most);
    }
    return kept;
  }

  /** Half of what is heard is what the reply answers; and there must be something to hear. */
  #overrules(): boolean {
    return this.#buyer.length > 0 && this.#text.length > TOO_SHORT;
  }

  /** Whether all passages that have a part in `[start, end)`, or all when that is at -1, pass a test. */
  #every(start: number, end: number, test: (passage: number) => boolean): boolean {
    const { passages, kept } = this;
    if (!this.#known) {
      const sounds = this.#buyer.map(({ sound }) => sound!);
      this.#classifier.listen(this.#text, passages, sounds, kept?.same, kept?.rest);
      this.#known = true;
    }
    const count = passages.length >> 1;
    let n = 0;
    // Each ends behind the one before.
    for (let high = start < 0 ? 0 : count; n < high; ) {
      const middle = (n + high) >> 1;
      if (passages[2 * middle + 1]! <= start) n = middle + 1;
      else high = middle;
    }
    for (; n < count && (start < 0 || passages[2 * n]! < end); n++) if (!test(n)) return false;
    return true;
  }

  /** Of these passages the highest percentage, if it is `least` or more. */
  #loudest(place: number, start: number, end: number, least: number): number {
    let most = 0;
    const hear = (passage: number): boolean => {
      most = Math.max(most, this.#classifier.percent(passage, place));
      return true;
    };
    if (start < 0 && least > QUIET) {
      // Most of a long reply is below whatever a rule asks for. One topic may be a percent above all of them together.
      if (!this.#loud) {
        const loud: number[] = [];
        this.#every(-1, -1, (passage) => this.#classifier.isBelow(QUIET, passage) || loud.push(passage) > 0);
        this.#loud = loud;
      }
      this.#loud.forEach(hear);
    } else this.#every(start, end, hear);
    return most;
  }
}
