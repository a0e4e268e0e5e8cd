"""How likely a reply is to break a rule of each topic: a linear model over n-grams, the same in both engines.

Rules know what is forbidden; how a whole sentence sounds (giving in or declining, claiming or warning) shows in many
small words, more than anybody lists. The model weighs them:

    logit(topic) = bias(topic) + scale · (Σ weights of the reply's n-grams / √n + ¾ · Σ weights of the buyer's / √m)

where n and m count all n-grams, known or not, of up to three units of the reply and of up to two of the buyer's
messages; a known one counts once in a message. A softmax over topics and "compliant" makes probabilities. The sums are of whole
numbers and so exact; what follows is the same arithmetic in both engines, rounded to whole percents.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import lru_cache, partial
from math import exp, log, sqrt
from operator import itemgetter
from struct import Struct

from compiler import bundle
from compiler.bundle import BETWEEN, Rule
from compiler.matcher.evaluate import Note
from compiler.matcher.passages import passages
from compiler.matcher.reading import Reading

REPLY_UNITS = 3
"""Longest n-gram of a reply."""
BUYER_UNITS = 2
BUYER_MESSAGES = 3
"""The newest ones, which are looked at."""
BUYER_SHARE = 0.75
TOO_SHORT = 8
"""Units of a reply (可以的呢, 没问题) in which nothing is heard that could overrule a rule."""
NEAR = 20
"""Percent."""
Span = tuple[int, int]
"""Folded units."""
_START, _END = "\u0002", "\u0003"
_LANE = 4
"""Bytes in which the sum of one topic's weights is kept: an unsigned integer of `struct`."""
_OFFSET = 128
_UNSIGNED = bytes(range(_OFFSET, 256)) + bytes(range(_OFFSET))
"""int8 → uint8: w + 128."""


class Classifier:
    def __init__(self, model: bundle.Classifier) -> None:
        """`model` is known to be faultless (`validate.fault`)."""
        self._model = model
        self.index = {topic: n for n, topic in enumerate(model.topics)}
        width = len(model.topics)
        # A row is one number with a lane for each topic, so that rows are added by adding two numbers.
        lanes = bytearray(_LANE * len(model.weights))
        lanes[::_LANE] = model.weights.translate(_UNSIGNED)
        size = _LANE * width
        self._lanes = Struct(f"<{width}I")
        rows = [int.from_bytes(lanes[at : at + size], "little") for at in range(0, len(lanes), size)]
        reply, buyer = grams(model.reply), grams(model.buyer)
        self._reply = dict(zip(reply, rows, strict=False))
        self._buyer = dict(zip(buyer, rows[len(reply) :], strict=True))

        # Greetings and the sentences that are written all day.
        self._said = lru_cache(maxsize=2048)(partial(self._sums, self._reply, REPLY_UNITS))
        self._heard = lru_cache(maxsize=4096)(partial(self._sums, self._buyer, BUYER_UNITS))

    def percents(self, reply: str, buyer: Sequence[str]) -> list[int]:
        """How likely each of `index` is, for a folded reply and the buyer's folded messages, newest last."""
        logits = self._logits(reply, buyer)
        top = max(logits)
        shares = [exp(logit - top) for logit in logits]
        whole = sum(shares)
        return [int(100 * share / whole + 0.5) for share in shares]

    def may_reach(self, percent: int, reply: str, buyer: Sequence[str]) -> bool:
        """False when in no passage of the reply a topic can be as likely as `percent` (1–99); cheaper than `percents`.

        A topic's probability is at most what it would be if there were only this topic and compliance.
        """
        share = (percent - 1) / 100  # for the rounding
        if share <= 0:
            return True
        least = log(share / (1 - share))
        for start, end in passages(reply):
            compliant, *topics = self._logits(reply[start:end], buyer)
            if max(topics) - compliant >= least:
                return True
        return False

    def _logits(self, reply: str, buyer: Sequence[str]) -> list[float]:
        model = self._model
        said, count = self._said(reply)
        own = 1 / sqrt(count)
        heard = [self._heard(message) for message in buyer[-BUYER_MESSAGES:]]
        if not heard:
            return [bias + model.scale * (s * own) for bias, s in zip(model.bias, said, strict=True)]
        asked = heard[0][0] if len(heard) == 1 else [*map(sum, zip(*(sums for sums, _ in heard), strict=True))]
        other = BUYER_SHARE / sqrt(sum(count for _, count in heard))
        return [bias + model.scale * (s * own + a * other) for bias, s, a in zip(model.bias, said, asked, strict=True)]

    def _sums(self, rows: dict[str, int], longest: int, text: str) -> tuple[list[int], int]:
        """Of each topic, the weights of a text's n-grams that are known; how many n-grams it has."""
        present, count = ngrams(text, longest)
        known = [rows[gram] for gram in rows.keys() & present]
        excess = _OFFSET * len(known)
        lanes = self._lanes.unpack(sum(known).to_bytes(self._lanes.size, "little"))
        return [lane - excess for lane in lanes], count


@lru_cache(maxsize=2)
def classifier_of(model: bundle.Classifier) -> Classifier:
    """One for all engines of a model: a save makes several, and to lay out the weights takes some 14 ms."""
    return Classifier(model)


class Likelihood:
    """How likely one reply is to break rules, worked out when it is first asked for."""

    def __init__(self, classifier: Classifier | None, reply: Reading, buyer: Sequence[Reading]) -> None:
        self._classifier, self._reply, self._buyer = classifier, reply, buyer
        self._passages: list[tuple[int, int, list[int]]] = []
        """Where each begins and ends, and its `percents`."""

    def heard(self, rule: Rule, topic: str, spans: Sequence[Span], note: Note | None) -> Sequence[Span]:
        """Those of `spans` where the reply is as likely a violation as `rule`, of the topic with this id, asks for.

        A finding is heard in the passages that it has a part in, one of the whole reply, (-1, -1), in all of them.
        """
        classifier = self._classifier
        # Half of what is heard is what the reply answers; and there must be something to hear.
        if classifier is None or not (rule.likely_topic or (self._buyer and len(self._reply.text) > TOO_SHORT)):
            return spans
        if not self._passages:
            said = [message.text for message in self._buyer]
            text = self._reply.text
            self._passages = [(start, end, classifier.percents(text[start:end], said)) for start, end in passages(text)]
        if rule.likely_topic:
            step, least, place = "likely_topic", rule.likely_topic, classifier.index[topic]
            heard = [(start, end, percents[place]) for start, end, percents in self._passages]
        else:
            step, least = "likely", rule.likely
            heard = [(start, end, 100 - percents[0]) for start, end, percents in self._passages]
        most = [max([percent for _, _, percent in (heard if span[0] < 0 else _around(heard, span))]) for span in spans]
        kept = [span for span, percent in zip(spans, most, strict=True) if percent >= least]
        # Of a rule that nothing else woke only what came near is worth a line.
        if note and not kept and (max(most) >= NEAR or rule.find >= 0 or rule.asked >= 0):
            note(step, None, max(most))
        return kept


def _around(heard: list[tuple[int, int, int]], span: Span) -> list[tuple[int, int, int]]:
    """Of passages, each of which begins and ends behind the one before, those that have a part in a span."""
    first = bisect_right(heard, span[0], key=itemgetter(1))
    return heard[first : bisect_left(heard, span[1], key=itemgetter(0))]


def ngrams(text: str, longest: int) -> tuple[set[str], int]:
    """The n-grams of up to `longest` units of a text with its start and end marked; how many, repeats included."""
    marked = f"{_START}{text}{_END}"
    found: set[str] = set()
    count = 0
    for n in range(1, longest + 1):
        here = [marked[at : at + n] for at in range(len(marked) - n + 1)]
        found.update(here)
        count += len(here)
    return found, count


def grams(joined: str) -> list[str]:
    return joined.split(BETWEEN) if joined else []
