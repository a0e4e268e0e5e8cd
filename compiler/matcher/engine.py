"""The engine: a release, loaded, that checks conversations. One entry, `check`."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import msgspec

from compiler import bundle as files
from compiler.bundle import Bundle, Reply
from compiler.matcher import evaluate
from compiler.matcher.classifier import BUYER_MESSAGES, Likelihood, classifier_of
from compiler.matcher.conversation import Conversation, Finding, Trap, Turn
from compiler.matcher.fold import Folded, Folder
from compiler.matcher.hit_table import HitTable
from compiler.matcher.reading import Reader, Reading
from compiler.matcher.scan import Hit
from compiler.matcher.validate import fault

_ACROSS = 24
"""Units of the agent's previous message and of the reply that are read together for rules `across` messages."""
_KINDS = 512
"""Kinds of conversations (platform, category, day) of which is remembered which rules speak of them."""

_WHOLE: Final = ((-1, -1),)
"""The span of a finding of the whole reply."""

Step = tuple[str, str, tuple[int, int] | None, object]
"""Of a trace: rule, step, span of the hit (None: the whole rule), and what decided."""


class ReleaseError(ValueError):
    """A bundle or an automaton that cannot be what the compiler wrote."""


def decode(data: bytes) -> Bundle:
    """A bundle from its JSON.

    Raises
    ------
    ReleaseError
        Not JSON, not a bundle, or of a format this engine does not know.
    """
    try:
        bundle = files.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ReleaseError(str(error)) from error
    if wrong := fault(bundle):
        raise ReleaseError(wrong)
    return bundle


class Engine:
    def __init__(self, bundle: Bundle, folder: Folder | None = None) -> None:
        """`folder` is the bundle's own, when it was made already."""
        self.bundle = bundle
        self.reader = Reader(bundle, folder)
        self._by_find: dict[int, list[int]] = {}
        self._by_asked: dict[int, list[int]] = {}
        self._across: list[int] = []
        self._presumed: set[int] = set()
        """Rules that nothing wakes but the sound of the whole reply."""
        for n, rule in enumerate(bundle.rules):
            if rule.asked >= 0:
                self._by_asked.setdefault(rule.asked, []).append(n)
            elif rule.find >= 0:
                self._by_find.setdefault(rule.find, []).append(n)
            elif rule.likely_topic:
                self._presumed.add(n)
            if rule.across and rule.find >= 0:
                self._across.append(n)
        asking = [rule.turns for rule in bundle.rules if rule.asked >= 0 or rule.unless_asked >= 0]
        self._turns = max(asking, default=1)
        """Messages of the buyer that any rule looks at."""
        self._classifier = None
        if bundle.classifier is not None:
            self._classifier = classifier_of(bundle.classifier)
            self._turns = max(self._turns, BUYER_MESSAGES)
        self._presumption = min((bundle.rules[n].likely_topic for n in self._presumed), default=0)
        self._quoting = frozenset(n for n, rule in enumerate(bundle.rules) if rule.unless_quoted)
        self._unfitting: dict[tuple[str, str, str], dict[int, str]] = {}
        self.read = self.reader.read
        """A reply, read for what rules find."""
        # Buyers repeat themselves, and agents send the same sentences all day.
        self._message = lru_cache(maxsize=4096)(self.reader.read_message)
        self._reply = lru_cache(maxsize=2048)(self.reader.read)
        self._said = lru_cache(maxsize=4096)(self.reader.entities)

    def occurs(self, sequence: Sequence[int], reading: Reading) -> bool:
        """Whether a sequence of atoms, gaps and edges occurs in a text that was read."""
        return self.reader.occurs(tuple(sequence), reading)

    def check(self, conversation: Conversation) -> list[Finding]:
        """Findings of the reply, sorted by (start, order of the rules)."""
        return self._check(conversation, self._reply(conversation.reply))

    def without_allowed(self) -> Engine:
        """Itself, but for what a shop allows: that excuses nothing."""
        other = copy.copy(self)
        other.bundle = msgspec.structs.replace(self.bundle, allow=-1)
        return other

    def trace(self, conversation: Conversation) -> list[Step]:
        """For each rule whose `find` occurs: (rule, step, span of the hit or None, what decided); step "found" for a
        finding. Spans are code points of the reply."""
        steps: list[Step] = []
        self._check(conversation, self.reader.read(conversation.reply), steps)
        return steps

    def traps(self, conversation: Conversation) -> list[Trap]:
        """Rules whose `asked` the newest buyer messages satisfy, in the order of the rules."""
        indices = [n for n, turn in enumerate(conversation.turns) if turn.role == "buyer"][-self._turns :]
        buyer = [self._message(conversation.turns[n].text) for n in indices]
        failing = self._failing(conversation)
        found: list[Trap] = []
        for n in self._asked_for(buyer):
            rule = self.bundle.rules[n]
            if rule.draft or rule.likely_topic or n in failing or evaluate.asked(rule, buyer):
                continue
            recent = list(zip(indices, buyer, strict=True))[-rule.turns :]
            turn = next(index for index, reading in reversed(recent) if reading.has(rule.asked))
            found.append(Trap(rule.id, turn))
        return found

    def suggestions(self, conversation: Conversation) -> list[Reply]:
        """Knowledge-base entries that the newest buyer message asks for."""
        newest = next((turn for turn in reversed(conversation.turns) if turn.role == "buyer"), None)
        if newest is None:
            return []
        hits = self._message(newest.text).hits
        return [reply for reply in self.bundle.replies if reply.ask in hits]

    def _check(
        self,
        conversation: Conversation,
        reading: Reading,
        steps: list[Step] | None = None,
    ) -> list[Finding]:
        bundle, hits = self.bundle, reading.hits
        buyer = self._buyer(conversation.turns)
        if steps is None:
            woken = [n for atom in hits.woken() for n in self._by_find[atom]]
            woken += self._maybe_asked_for(buyer, hits)
            woken += self._presumed_rules(conversation, reading.text, [message.text for message in buyer])
        else:
            woken = [n for atom in hits.occurring() for n in self._by_find[atom]]
            woken += [n for ns in self._by_asked.values() for n in ns]
            woken += self._presumed if buyer else ()
        before = self._before(conversation) if self._across else ""
        if not (woken or before):
            return []
        failing = self._failing(conversation)
        quoted: frozenset[tuple[str, str]] = frozenset()
        if before or not self._quoting.isdisjoint(woken):
            said = [turn.text for turn in conversation.turns if turn.role == "buyer"]
            quoted = frozenset((e.kind, e.value) for text in said for e in self._said(text))
        found: list[tuple[int, int, int, int]] = []
        blank = not reading.text.strip()
        likelihood = Likelihood(self._classifier, reading, buyer)
        for n in sorted(woken):
            rule = bundle.rules[n]
            failed = failing.get(n) or evaluate.asked(rule, buyer)
            if failed:
                if steps is not None and rule.find in hits:
                    steps.append((rule.id, failed, _span(reading.folded, hits.get(rule.find)[0]), None))
                continue
            topic = bundle.topics[rule.topic].id
            asks = rule.likely or rule.likely_topic
            # Unless somebody is to be told why a rule finds nothing, what is cheaper to ask goes first.
            if steps is None and asks and not likelihood.heard(rule, topic, _WHOLE, None):
                continue
            note = None if steps is None else _recorder(steps, rule.id, reading.folded)
            if rule.find < 0:
                claims = (rule.unless >= 0 or rule.likely_topic > 0) and not blank
                spans: Sequence[tuple[int, int]] = _WHOLE if claims and rule.unless not in hits else ()
            else:
                spans = evaluate.find(rule, reading, bundle, quoted, note)
            if spans and asks:
                spans = likelihood.heard(rule, topic, spans, note)
                if spans and rule.likely_topic:
                    spans = _WHOLE
            found += [(start, n, start, end) for start, end in spans]
        if before:
            found += self._find_across(before, failing, reading, buyer, quoted)
        if not found:
            return []
        result: list[Finding] = []
        for _, n, start, end in sorted(set(found)):
            rule = bundle.rules[n]
            span = None if start < 0 else reading.folded.span(start, end)
            first, last = span or (None, None)
            result.append(Finding(rule.id, rule.level, first, last, rule.draft))
            if steps is not None:
                steps.append((rule.id, "found", span, None))
        return result

    def _presumed_rules(self, conversation: Conversation, reply: str, buyer: Sequence[str]) -> Sequence[int]:
        """Rules that the sound of the reply may break; the reply and the buyer's messages are folded.

        None when the buyer said nothing: half of what is heard is what the reply answers.
        """
        if self._classifier is None or not (self._presumed and buyer):
            return ()
        if self._failing(conversation).keys() >= self._presumed:
            return ()
        return sorted(self._presumed) if self._classifier.may_reach(self._presumption, reply, buyer) else ()

    def _buyer(self, turns: Sequence[Turn]) -> list[Reading]:
        """The newest messages of the buyer, as many as any rule looks at, newest last."""
        texts = [turn.text for turn in turns if turn.role == "buyer"]
        return [self._message(text) for text in texts[-self._turns :]]

    def _failing(self, conversation: Conversation) -> Mapping[int, str]:
        """Rules that do not speak of this conversation, each with the condition that it fails."""
        if conversation.facts:
            return self._unfit(conversation, {**self.bundle.facts, **conversation.facts})
        key = (conversation.platform, conversation.category, conversation.date)
        known = self._unfitting.get(key)
        if known is None:
            if len(self._unfitting) >= _KINDS:
                self._unfitting.clear()
            known = self._unfitting[key] = self._unfit(conversation, self.bundle.facts)
        return known

    def _unfit(self, conversation: Conversation, facts: Mapping[str, bool | int | str]) -> dict[int, str]:
        rules = enumerate(self.bundle.rules)
        sold = self.bundle.categories
        return {n: failed for n, rule in rules if (failed := evaluate.applies(rule, conversation, facts, sold))}

    def _asked_for(self, buyer: list[Reading]) -> list[int]:
        """Rules of which `asked` occurs in any of the buyer's messages, in their order."""
        atoms = {atom for reading in buyer for atom in reading.hits.occurring() if atom in self._by_asked}
        return sorted(n for atom in atoms for n in self._by_asked[atom])

    def _maybe_asked_for(self, buyer: list[Reading], hits: HitTable) -> list[int]:
        """Rules of which `asked` may occur in the buyer's messages, and `find` in the reply; cheap to tell."""
        rules = self.bundle.rules
        atoms = {atom for reading in buyer for atom in reading.hits.woken()}
        return [n for atom in atoms for n in self._by_asked[atom] if (f := rules[n].find) < 0 or hits.may_occur(f)]

    @staticmethod
    def _before(conversation: Conversation) -> str:
        """The agent's message that stands directly before this reply, "" when the buyer spoke last."""
        if conversation.turns and conversation.turns[-1].role == "agent":
            return conversation.turns[-1].text
        return ""

    def _find_across(
        self,
        before: str,
        failing: Mapping[int, str],
        reading: Reading,
        buyer: Sequence[Reading],
        quoted: frozenset[tuple[str, str]],
    ) -> list[tuple[int, int, int, int]]:
        """Findings that begin in the agent's previous message and end in this one; reported in this one."""
        head = self.reader.fold(before).text[-_ACROSS:]
        tail = reading.text[:_ACROSS]
        joined = head + tail
        length = len(joined)
        both = self.reader.read_folded(Folded(joined, range(length), range(1, length + 1), length))
        cut = len(head)
        found: list[tuple[int, int, int, int]] = []
        for n in self._across:
            rule = self.bundle.rules[n]
            if rule.find not in both.hits or failing.get(n) or evaluate.asked(rule, buyer):
                continue
            spans = evaluate.find(rule, both, self.bundle, quoted, None)
            found += [(0, n, 0, end - cut) for start, end in spans if start < cut < end]
        return found


def _span(folded: Folded, hit: Hit) -> tuple[int, int]:
    return folded.span(hit[0], hit[1])


def _recorder(steps: list[Step], rule: str, folded: Folded) -> evaluate.Note:
    def note(step: str, hit: Hit | None, by: object) -> None:
        decided = _span(folded, by) if isinstance(by, tuple) else by
        steps.append((rule, step, None if hit is None else _span(folded, hit), decided))

    return note
