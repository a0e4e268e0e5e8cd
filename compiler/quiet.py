"""The texts of a rulebook in which a change may find something that it must not, or no longer what it should."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from compiler.entries import ReplyEntry, RuleEntry
from compiler.examples import ExampleRun, texts_of_example, texts_of_say
from compiler.matcher.fold import Folder
from compiler.phrases import PhraseError, parse
from compiler.phrases import Texts as Literals
from compiler.touched import Strung, Waking, touched_by


@dataclass(frozen=True, eq=False, slots=True)
class QuietText:
    """A text that no rule may find anything in."""

    rule: str
    """Whose it is; "" for a reply."""
    run: Callable[[ExampleRun], None]
    texts: tuple[str, ...]
    """It, and what was said before."""


class _Folded(NamedTuple):
    """The texts of a rule or a reply."""

    entry: RuleEntry | ReplyEntry
    quiet: Strung[QuietText]
    loud: Strung[RuleEntry]


class Texts:
    """Of all rules and replies; those of an entry that says what it did are folded once."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known: dict[int, _Folded] = {}

    def update(self, entries: Iterable[RuleEntry | ReplyEntry]) -> None:
        """To the state of a rulebook with these."""
        known = self._known
        self._known = {id(entry): known.get(id(entry)) or self._folded(entry) for entry in entries}

    def quiet(self, waking: Waking) -> list[QuietText]:
        """Those that hold something which wakes a rule."""
        return touched_by(waking, [folded.quiet for folded in self._known.values()])

    def loud(self, waking: Waking) -> list[RuleEntry]:
        """Rules of which some own example or exception does."""
        return touched_by(waking, [folded.loud for folded in self._known.values()])

    def _folded(self, entry: RuleEntry | ReplyEntry) -> _Folded:
        if isinstance(entry, ReplyEntry):
            return _Folded(entry, Strung(_of_reply(entry), self._folder), Strung((), self._folder))
        if entry.source.status == "retired":
            return _Folded(entry, Strung((), self._folder), Strung((), self._folder))
        return _Folded(entry, Strung(_of_rule(entry), self._folder), Strung(_loud(entry), self._folder))


def _of_rule(entry: RuleEntry) -> Iterator[tuple[QuietText, str]]:
    def good(n: int, text: str) -> Callable[[ExampleRun], None]:
        return lambda run: run.good(entry, n, text)

    def say(n: int, text: str) -> Callable[[ExampleRun], None]:
        return lambda run: run.say(entry, n, text)

    for n, text in enumerate(entry.source.good):
        yield _quiet(entry.source.id, good(n, text), texts_of_example(text))
    for n, text in enumerate(entry.source.say):
        yield _quiet(entry.source.id, say(n, text), texts_of_say(entry, text))


def _of_reply(entry: ReplyEntry) -> Iterator[tuple[QuietText, str]]:
    def say(n: int, text: str) -> Callable[[ExampleRun], None]:
        return lambda run: run.reply_text(entry, n, text)

    for n, text in enumerate(entry.source.say):
        yield _quiet("", say(n, text), (text,))


def _quiet(rule: str, run: Callable[[ExampleRun], None], texts: Iterable[str]) -> tuple[QuietText, str]:
    read = tuple(texts)
    return QuietText(rule, run, read), "\n".join(read)


def _loud(entry: RuleEntry) -> Iterator[tuple[RuleEntry, str]]:
    """What decides over a rule's own examples and warnings, beside the texts that must stay quiet."""
    source = entry.source
    for text in (*source.bad, *source.known_bad, *source.known_good):
        yield entry, text.replace("〔", "").replace("〕", "")
    for phrase in source.except_:
        try:
            parts = [part for sequence in parse(phrase) for part in sequence]
        except PhraseError:
            continue
        yield from ((entry, text) for part in parts if isinstance(part, Literals) for text in part.any)
