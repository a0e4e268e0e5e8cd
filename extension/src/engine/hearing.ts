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

/**
 * Those of `spans` (folded units, start and end alternating) where the reply is as likely a violation as the rule, of the topic with
 * this id, asks for. A finding is heard in the passages that it has a part in, one of the whole reply, at -1, in all of them.
 */
export type Heard = (rule: Rule, topic: string, spans: readonly number[], note: Note | null) => readonly number[];

/** For one reply; how likely its passages break rules is worked out when it is first asked for. */
export function hearing(classifier: Classifier, reading: Reading, buyer: readonly BuyerMessage[]): Heard {
  const { text } = reading;
  const places = passages(reading);
  let percents: readonly number[][] | undefined;
  return (rule, topic, spans, note) => {
    // Half of what is heard is what the reply answers; and there must be something to hear.
    if (rule.likely_topic === 0 && (buyer.length === 0 || text.length <= TOO_SHORT)) return spans;
    const said = buyer.map((message) => message.text);
    percents ??= places.flatMap((from, n) =>
      n % 2 === 0 ? [classifier.percents(text.slice(from, places[n + 1]), said)] : [],
    );
    const step = rule.likely_topic > 0 ? "likely_topic" : "likely";
    const place = classifier.places.get(topic)!;
    let most = 0;
    const kept: number[] = [];
    for (let i = 0; i < spans.length; i += 2) {
      const [start, end] = [spans[i]!, spans[i + 1]!];
      let loudest = 0;
      percents.forEach((percent, n) => {
        if (start >= 0 && (end <= places[2 * n]! || places[2 * n + 1]! <= start)) return;
        loudest = Math.max(loudest, rule.likely_topic > 0 ? percent[place]! : 100 - percent[0]!);
      });
      if (loudest >= rule[step]) kept.push(start, end);
      most = Math.max(most, loudest);
    }
    // Of a rule that nothing else woke only what came near is worth a line.
    if (kept.length === 0 && (most >= NEAR || rule.find >= 0 || rule.asked >= 0)) note?.(step, null, most);
    return kept;
  };
}
