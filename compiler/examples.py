"""Every rule proves itself: its `bad` examples fire it, with the marked spans; `good` and `say` fire nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import NamedTuple, Protocol

from compiler.entries import ReplyEntry, RuleEntry, Steps
from compiler.matcher.conversation import Conversation, Finding, Trap, Turn
from compiler.matcher.engine import Engine, Step
from compiler.rulebook import Rulebook
from compiler.source import Document

_AGENT = ("客服：", "客服:", "agent:")


class ExampleError(Exception):
    """The example cannot be read; `code` is the diagnostic's."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class Example(NamedTuple):
    turns: tuple[Turn, ...]
    reply: str
    spans: tuple[tuple[int, int], ...]
    """Marked parts of the reply, in code points; () when nothing is marked."""


def parse(text: str) -> Example:
    """`buyer => 客服：earlier reply => reply with 〔the offending part〕`.

    Raises
    ------
    ExampleError
        RG408 for marks that do not pair.
    """
    *before, reply = [part.strip() for part in text.split("=>")]
    turns = []
    for part in before:
        said = next((part.removeprefix(prefix) for prefix in _AGENT if part.startswith(prefix)), None)
        turns.append(Turn("buyer", part) if said is None else Turn("agent", said))
    plain: list[str] = []
    spans: list[tuple[int, int]] = []
    start = -1
    for char in reply:
        if char == "〔":
            if start >= 0:
                raise ExampleError("RG408")
            start = len(plain)
        elif char == "〕":
            if start < 0:
                raise ExampleError("RG408")
            spans.append((start, len(plain)))
            start = -1
        else:
            plain.append(char)
    if start >= 0:
        raise ExampleError("RG408")
    return Example(tuple(turns), "".join(plain), tuple(spans))


class Checker(Protocol):
    """What examples are run against: an engine, or what stands in for one."""

    def check(self, conversation: Conversation) -> list[Finding]: ...
    def traps(self, conversation: Conversation) -> list[Trap]: ...
    def trace(self, conversation: Conversation) -> list[Step]: ...


class ExampleRun:
    """Runs examples against an engine and reports to the book."""

    def __init__(self, book: Rulebook, engine: Checker, silenced: bool = False) -> None:
        self._book = book
        self._engine = engine
        self._silenced = silenced
        """The examples of rules that an overlay switched off or softened are listed, not faulted."""
        self.count = 0

    def rule(self, entry: RuleEntry, alone: ExampleRun | None = None, before: RuleEntry | None = None) -> None:
        """All examples of a rule.

        `alone` runs those that are only about the rule itself, and texts that were `before`, when nothing was found in
        them: other rules that are the same find nothing in them now.
        """
        source = entry.source
        if source.status == "retired":
            return
        alone = alone or self
        for n, text in enumerate(source.bad):
            alone._bad(entry, (*entry.at, "bad", n), text, known=False)
        for n, text in enumerate(source.known_bad):
            alone._bad(entry, (*entry.at, "known_bad", n), text, known=True)
        settled = _settled(entry, before)
        for n, text in enumerate(source.good):
            (alone if ("good", text) in settled else self).good(entry, n, text)
        self.known_good(entry)
        for n, text in enumerate(source.say):
            (alone if ("say", text) in settled else self).say(entry, n, text)

    def known_good(self, entry: RuleEntry) -> None:
        """Texts in which something is found that should not be; by whichever rule."""
        for n, text in enumerate(entry.source.known_good):
            self._good(entry, (*entry.at, "known_good", n), text, known=True)

    def good(self, entry: RuleEntry, n: int, text: str) -> None:
        self._good(entry, (*entry.at, "good", n), text, known=False)

    def say(self, entry: RuleEntry, n: int, text: str) -> None:
        """A suggestion must be safe by itself, and as the answer to what the first `bad` example asks."""
        contexts = [(), context] if (context := context_of(entry)) else [()]
        self._say(entry.document, (*entry.at, "say", n), text, contexts, entry)

    def reply(self, entry: ReplyEntry) -> None:
        """A knowledge-base entry: its replies must be safe by themselves."""
        for n, text in enumerate(entry.source.say):
            self.reply_text(entry, n, text)

    def reply_text(self, entry: ReplyEntry, n: int, text: str) -> None:
        self._say(entry.document, (*entry.at, "say", n), text, [()], None)

    def _parsed(self, document: Document, at: Steps, text: str) -> Example | None:
        try:
            return parse(text)
        except ExampleError as error:
            self._book.fault(error.code, document, at)
            return None

    def _bad(self, entry: RuleEntry, at: Steps, text: str, *, known: bool) -> None:
        example = self._parsed(entry.document, at, text)
        if example is None:
            return
        rule = entry.source
        only_trap = not (rule.find or rule.unless or rule.likely_topic)
        conversation = _conversation(entry, example.turns, example.reply)
        if only_trap:
            fired = any(trap.rule == rule.id for trap in self._trapped(conversation, rule.status == "draft"))
            spans: tuple[tuple[int, int], ...] = ()
        else:
            if not example.reply:
                self._book.fault("RG409", entry.document, at)
                return
            own = [f for f in self._check(conversation) if f.rule == rule.id]
            fired = bool(own)
            spans = tuple((f.start, f.end) for f in own if f.start is not None and f.end is not None)
        right = fired and (not example.spans or spans == example.spans)
        if known:
            if right:
                self._book.fault("RG405", entry.document, at)
        elif self._silenced and not right:
            self._book.fault("RG503", entry.document, at, example=text, rule=rule.id)
        elif not right and self._is_allowed(rule.id, conversation, example):
            return  # told as RG503 (compiler/coverage.py), as long as it is so
        elif not fired:
            self._book.fault("RG401", entry.document, at, why=self._why_not(conversation, rule.id))
        elif not right:
            expected, actual = _shown(example.reply, example.spans), _shown(example.reply, spans)
            self._book.fault("RG402", entry.document, at, expected=expected, actual=actual)

    def _is_allowed(self, rule: str, conversation: Conversation, example: Example) -> bool:
        engine = self._engine
        return (
            isinstance(engine, Engine)
            and engine.bundle.allow >= 0
            and _finds(engine.without_allowed(), rule, conversation, example)
        )

    def _good(self, entry: RuleEntry, at: Steps, text: str, *, known: bool) -> None:
        example = self._parsed(entry.document, at, text)
        if example is None:
            return
        if not example.reply:
            self._book.fault("RG409", entry.document, at)
            return
        wrong = self._loud(_conversation(entry, example.turns, example.reply), entry.source.id)
        if known:
            if not wrong:
                self._book.fault("RG406", entry.document, at)
        elif wrong:
            first = wrong[0]
            self._book.fault("RG403", entry.document, at, rule=first.rule, span=_said(example.reply, first))

    def _say(
        self, document: Document, at: Steps, text: str, contexts: Iterable[tuple[Turn, ...]], entry: RuleEntry | None
    ) -> None:
        for turns in contexts:
            conversation = Conversation(text, turns) if entry is None else _conversation(entry, turns, text)
            wrong = self._loud(conversation, "")
            if wrong:
                self._book.fault("RG404", document, at, rule=wrong[0].rule, span=_said(text, wrong[0]))
                return

    def _loud(self, conversation: Conversation, own: str) -> list[Finding]:
        """Findings of rules that are on, and of `own` even while it is a draft."""
        return [f for f in self._check(conversation) if not f.silent or f.rule == own]

    def _check(self, conversation: Conversation) -> list[Finding]:
        self.count += 1
        return self._engine.check(conversation)

    def _trapped(self, conversation: Conversation, draft: bool) -> list[Trap]:
        self.count += 1
        return [] if draft else self._engine.traps(conversation)

    def _why_not(self, conversation: Conversation, rule: str) -> tuple[str, str]:
        """Which step let the example go, for the hint."""
        steps = [step for step in self._engine.trace(conversation) if step[0] == rule]
        if not steps:
            return "没有任何说法命中这句回复", "no phrase occurs in the reply"
        name, span = steps[-1][1], steps[-1][2]
        if span is None:
            return f"整条规则被 {name} 排除", f"'{name}' silences the rule"
        said = conversation.reply[span[0] : span[1]]
        return f"「{said}」命中了，但被 {name} 排除", f"'{said}' occurs but '{name}' excuses it"


def allowed(engine: Engine, entry: RuleEntry) -> Iterator[int]:
    """Which `bad` examples are not found, or not as marked, for nothing but what a shop allows."""
    anyway = engine.without_allowed()
    for n, text in enumerate(entry.source.bad):
        with contextlib.suppress(ExampleError):
            example = parse(text)
            asked = entry.source.id, _conversation(entry, example.turns, example.reply), example
            if not _finds(engine, *asked) and _finds(anyway, *asked):
                yield n


def _finds(engine: Engine, rule: str, conversation: Conversation, example: Example) -> bool:
    spans = tuple((f.start, f.end) for f in engine.check(conversation) if f.rule == rule)
    return bool(spans) and (not example.spans or spans == example.spans)


def context_of(entry: RuleEntry) -> tuple[Turn, ...]:
    """The turns of the rule's first `bad` example."""
    try:
        return parse(entry.source.bad[0]).turns if entry.source.bad else ()
    except ExampleError:
        return ()


def texts_of_example(text: str) -> Iterator[str]:
    """All that a check of the example reads: each message, and the two that are read together."""
    try:
        example = parse(text)
    except ExampleError:
        return
    yield from (turn.text for turn in example.turns)
    yield example.reply
    if example.turns and example.turns[-1].role == "agent":
        yield example.turns[-1].text + example.reply


def texts_of_say(entry: RuleEntry, text: str) -> Iterator[str]:
    turns = context_of(entry)
    yield from (turn.text for turn in turns)
    yield text
    if turns and turns[-1].role == "agent":
        yield turns[-1].text + text


def texts_of(entry: RuleEntry) -> Iterator[str]:
    """All that is read when the examples of a rule are run and looked at for what they leave idle."""
    source = entry.source
    for text in (*source.bad, *source.known_bad, *source.good, *source.known_good):
        yield from texts_of_example(text)
    for text in source.say:
        yield from texts_of_say(entry, text)
    yield from source.except_


def _settled(entry: RuleEntry, before: RuleEntry | None) -> set[tuple[str, str]]:
    """Texts of a rule that must stay quiet and are checked in the same conversation as before."""
    if before is None or before.source.status == "retired":
        return set()
    if (entry.platforms, entry.categories, entry.given) != (before.platforms, before.categories, before.given):
        return set()
    said = before.source.say if context_of(before) == context_of(entry) else []
    return {*(("good", text) for text in before.source.good), *(("say", text) for text in said)}


def _conversation(entry: RuleEntry, turns: tuple[Turn, ...], reply: str) -> Conversation:
    return Conversation(
        reply=reply,
        turns=turns,
        platform=entry.platforms[0] if entry.platforms else "",
        category=entry.categories[0] if entry.categories else "",
        facts=entry.given,
    )


def _said(reply: str, finding: Finding) -> str:
    return "整句" if finding.start is None else reply[finding.start : finding.end]


def _shown(reply: str, spans: Iterable[tuple[int, int]]) -> str:
    return " / ".join(reply[start:end] for start, end in spans) or "整句"
