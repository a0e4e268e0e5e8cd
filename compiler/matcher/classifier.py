"""How likely a reply is to break a rule of each topic: a linear model over n-grams, the same in both engines.

Rules know what is forbidden; how a whole sentence sounds (giving in or declining, claiming or warning) shows in many
small words, more than anybody lists. The model weighs them:

    logit(topic) = bias(topic) + scale · (Σ weights of the reply's n-grams / √n + ¾ · Σ weights of the buyer's / √m)

where n and m count all n-grams, known or not, of up to three units of the reply and of up to two of the buyer's
messages; a known one counts once. A softmax over topics and "compliant" makes probabilities. The sums are of whole
numbers and so exact; what follows is the same arithmetic in both engines, rounded to whole percents.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import exp, sqrt

from compiler import bundle
from compiler.bundle import BETWEEN, Rule
from compiler.matcher.evaluate import Note
from compiler.matcher.reading import Reading

REPLY_UNITS = 3
"""Longest n-gram of a reply."""
BUYER_UNITS = 2
BUYER_MESSAGES = 3
"""The newest ones, which are looked at."""
BUYER_SHARE = 0.75
_START, _END = "\u0002", "\u0003"
_LANE = 3
"""Bytes in which the sum of one topic's weights is kept: enough for 2¹⁶ n-grams."""
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
        rows = [int.from_bytes(lanes[at : at + size], "little") for at in range(0, len(lanes), size)]
        reply, buyer = grams(model.reply), grams(model.buyer)
        self._reply = dict(zip(reply, rows, strict=False))
        self._buyer = dict(zip(buyer, rows[len(reply) :], strict=True))

    def percents(self, reply: str, buyer: Sequence[str]) -> list[int]:
        """How likely each of `index` is, for a folded reply and the buyer's folded messages, newest last."""
        model = self._model
        said = self._sums(self._reply, (reply,), REPLY_UNITS)
        asked = self._sums(self._buyer, buyer[-BUYER_MESSAGES:], BUYER_UNITS)
        logits = [
            bias + model.scale * (r + BUYER_SHARE * b) for bias, r, b in zip(model.bias, said, asked, strict=True)
        ]
        top = max(logits)
        shares = [exp(logit - top) for logit in logits]
        whole = sum(shares)
        return [int(100 * share / whole + 0.5) for share in shares]

    def _sums(self, rows: dict[str, int], texts: Sequence[str], longest: int) -> list[float]:
        """Of each topic, the weights of the n-grams that are known, over the root of how many there are."""
        present, count = ngrams(texts, longest)
        width = len(self._model.topics)
        known = [rows[gram] for gram in rows.keys() & present]
        if not known:
            return [0.0] * width
        lanes = sum(known).to_bytes(width * _LANE, "little")
        root = sqrt(count)
        excess = _OFFSET * len(known)
        sums = (int.from_bytes(lanes[at : at + _LANE], "little") - excess for at in range(0, len(lanes), _LANE))
        return [total / root for total in sums]


class Likelihood:
    """How likely one reply is to break rules, worked out when it is first asked for."""

    def __init__(self, classifier: Classifier | None, reply: Reading, buyer: Sequence[Reading]) -> None:
        self._classifier, self._reply, self._buyer = classifier, reply, buyer
        self._percents: list[int] = []

    def lacks(self, rule: Rule, topic: str, note: Note | None) -> bool:
        """Whether the reply is less likely a violation than `rule`, of the topic with this id, asks for."""
        classifier = self._classifier
        if classifier is None:
            return False
        if not self._percents:
            self._percents = classifier.percents(self._reply.text, [message.text for message in self._buyer])
        of_topic = self._percents[classifier.index[topic]] if rule.likely_topic else 0
        if 100 - self._percents[0] < rule.likely:
            step, percent = "likely", 100 - self._percents[0]
        elif of_topic < rule.likely_topic:
            step, percent = "likely_topic", of_topic
        else:
            return False
        if note:
            note(step, None, percent)
        return True


def ngrams(texts: Iterable[str], longest: int) -> tuple[set[str], int]:
    """The n-grams of up to `longest` units of texts, their starts and ends marked, and how many they are with repeats."""
    found: set[str] = set()
    count = 0
    for text in texts:
        marked = f"{_START}{text}{_END}"
        for n in range(1, longest + 1):
            here = [marked[at : at + n] for at in range(len(marked) - n + 1)]
            found.update(here)
            count += len(here)
    return found, count


def grams(joined: str) -> list[str]:
    return joined.split(BETWEEN) if joined else []
