"""Checking many conversations at once: the same findings as `Engine.check` of each, for a fraction of the time.

All texts of a batch, each once, go through one sieve (`compiler/matcher/sieve.py`), which bounds from above where each set
occurs. From that follows which rules may have a finding in which reply:

- a rule that only finds: the replies in which its `find` may occur;
- a rule with `asked`: the replies with a message in reach (`turns`) in which `asked` may occur, and, unless the rule finds
  nothing itself (absence), in which `find` may occur;
- a rule with neither: the replies of which the classifier does not rule it out; without `likely_topic` it never has a finding.

Whatever else a rule asks (`unless`, `near`, `given`, dates …) only takes findings away. So these rules and no others are judged,
by `Engine.judge`, the same code as for a single reply. Rules `across` messages are not sifted: a reply that stands directly behind
another of the agent's is judged whatever the sieve says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from compiler.matcher.conversation import Conversation, Finding
from compiler.matcher.engine import Engine
from compiler.matcher.reading import Glance, Reading
from compiler.matcher.sieve import bits


class BulkCheck:
    """Checks batches with one engine. A batch may be of any size; some hundred conversations are worth the most."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # Greetings and the sentences that agents send all day.
        self._glance = lru_cache(maxsize=2048)(engine.reader.glance)

    def check(self, conversations: Sequence[Conversation]) -> list[list[Finding]]:
        """The findings of each."""
        return _Batch(self._engine, conversations, self._glance).findings()


class _Batch:
    def __init__(self, engine: Engine, conversations: Sequence[Conversation], glance: Callable[[str], Glance]) -> None:
        self._engine = engine
        self._conversations = conversations
        numbers: dict[str, int] = {}
        self._replies: list[int] = []
        """Of each conversation, the number of its reply among the texts."""
        self._buyers: list[list[int]] = []
        """The same of the buyer's newest messages, newest last."""
        for conversation in conversations:
            self._replies.append(numbers.setdefault(conversation.reply, len(numbers)))
            said = [turn.text for turn in conversation.turns if turn.role == "buyer"][-engine.turns :]
            self._buyers.append([numbers.setdefault(text, len(numbers)) for text in said])
        self._glances = [glance(text) for text in numbers]
        self._sieve = engine.reader.sift(self._glances)
        self._readings: dict[int, Reading] = {}

    def findings(self) -> list[list[Finding]]:
        judge = self._engine.judge
        results = []
        for conversation, woken, reply, buyer in zip(
            self._conversations, self._woken(), self._replies, self._buyers, strict=True
        ):
            if woken or self._engine.reads_across(conversation):
                results.append(judge(conversation, woken, self._reading(reply), [*map(self._reading, buyer)]))
            else:
                results.append([])
        return results

    def _woken(self) -> list[list[int]]:
        """Of each conversation, the rules that may have findings, ascending."""
        may = self._sieve.may
        woken: list[list[int]] = [[] for _ in self._conversations]
        replies: dict[int, list[int]] = {}
        for case, reply in enumerate(self._replies):
            replies.setdefault(reply, []).append(case)
        heard: dict[int, list[tuple[int, int]]] = {}
        for case, buyer in enumerate(self._buyers):
            for age, message in enumerate(reversed(buyer)):
                heard.setdefault(message, []).append((case, age))
        in_replies = sum(1 << reply for reply in replies)
        in_messages = sum(1 << message for message in heard)
        expected: dict[int, int] = {}
        """Set → texts in which it will be looked for."""
        for n, rule in enumerate(self._engine.bundle.rules):
            found = may(rule.find) & in_replies if rule.find >= 0 else in_replies
            if rule.asked < 0:
                reached = found if rule.find >= 0 else 0
                for reply in bits(reached):
                    for case in replies[reply]:
                        woken[case].append(n)
            else:
                reached = 0
                asked = may(rule.asked) & in_messages if found else 0
                for message in bits(asked):
                    for case, age in heard[message]:
                        reply = self._replies[case]
                        if age < rule.turns and found >> reply & 1 and woken[case][-1:] != [n]:
                            woken[case].append(n)
                            reached |= 1 << reply
                expected[rule.asked] = expected.get(rule.asked, 0) | asked
            expected[rule.find] = expected.get(rule.find, 0) | reached
        for atom, texts in expected.items():
            self._sieve.expect(atom, texts)
        for case, (reply, buyer) in enumerate(zip(self._replies, self._buyers, strict=True)):
            conversation = self._conversations[case]
            if presumed := self._engine.presumed(conversation, self._text(reply), [*map(self._text, buyer)]):
                woken[case] = sorted([*woken[case], *presumed])
        return woken

    def _text(self, number: int) -> str:
        return self._glances[number].folded.text

    def _reading(self, number: int) -> Reading:
        reading = self._readings.get(number)
        if reading is None:
            reading = self._engine.reader.read_sifted(self._glances[number], self._sieve, number)
            self._readings[number] = reading
        return reading
