/** evaluate: what rules ask of the sound of the whole reply (`likely`, `likely_topic`). */

import type { Rule } from "./bundle";
import { BUYER_MESSAGES, type Classifier } from "./classifier";
import type { BuyerMessage, Note } from "./evaluate";

/** Units of a reply (可以的呢, 没问题) in which nothing is heard that could overrule a rule. */
const TOO_SHORT = 8;
/** Percent. */
const NEAR = 20;

/** How likely one reply is to break rules, worked out when it is first asked for. */
export class Likelihood {
  #percents: readonly number[] | null = null;

  constructor(
    private readonly classifier: Classifier,
    private readonly reply: string,
    private readonly buyer: readonly BuyerMessage[],
  ) {}

  /** Whether rules with `likely` of this many percent, or more, find nothing in the reply. */
  isBelow(limit: number): boolean {
    return this.#overrules() && 100 - this.#heard()[0]! < limit;
  }

  /** Whether the reply is less likely a violation than the rule, of a topic with this id, asks for. */
  lacks(rule: Rule, topic: string, note: Note | null): boolean {
    const step = rule.likely_topic > 0 ? "likely_topic" : "likely";
    const least = rule[step];
    if (least === 0 || (step === "likely" && !this.#overrules())) return false;
    const percents = this.#heard();
    const percent = step === "likely" ? 100 - percents[0]! : percents[this.classifier.places.get(topic)!]!;
    if (percent >= least) return false;
    // Of a rule that nothing else woke only what came near is worth a line.
    if (percent >= NEAR || rule.find >= 0 || rule.asked >= 0) note?.(step, null, percent);
    return true;
  }

  /** Half of what is heard is what the reply answers; and there must be something to hear. */
  #overrules(): boolean {
    return this.buyer.length > 0 && this.reply.length > TOO_SHORT;
  }

  #heard(): readonly number[] {
    this.#percents ??= this.classifier.percents(
      this.reply,
      this.buyer.slice(-BUYER_MESSAGES).map((message) => message.sound!),
    );
    return this.#percents;
  }
}
