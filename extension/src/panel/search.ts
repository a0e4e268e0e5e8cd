/** Knowledge-base search: words of title, topic and text, or pinyin initials. */
import type { Reply } from "../engine/types";

/** Every term must be found; a title counts more than a text. Order is stable for equal scores. */
export function searchReplies(replies: readonly Reply[], query: string): Reply[] {
  const terms = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (!terms.length) return [...replies];
  const score = (reply: Reply): number => {
    let total = 0;
    for (const term of terms) {
      if (reply.title.toLowerCase().includes(term)) total += 4;
      else if (/^[a-z]+$/.test(term) && reply.initials.toLowerCase().includes(term)) total += 3;
      else if (reply.topic.toLowerCase().includes(term)) total += 2;
      else if (reply.say.some((say) => say.toLowerCase().includes(term))) total += 1;
      else return 0;
    }
    return total;
  };
  return replies
    .map((reply) => ({ reply, points: score(reply) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .map(({ reply }) => reply);
}
