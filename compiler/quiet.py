"""The texts of a file in which a change may find something that it must not, or no longer what it should."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from compiler.entries import ReplyEntry, RuleEntry
from compiler.examples import ExampleRun, texts_of_example, texts_of_say
from compiler.matcher.fold import Folder
from compiler.rulebook import SourceFile
from compiler.touched import Strung, loud_texts


@dataclass(frozen=True, eq=False, slots=True)
class QuietText:
    """A text that no rule may find anything in."""

    rule: str
    """Whose it is; "" for a reply."""
    run: Callable[[ExampleRun], None]
    texts: tuple[str, ...]
    """It, and what was said before."""


class FileTexts:
    def __init__(self, file: SourceFile, folder: Folder) -> None:
        self.file = file  # kept, so that no other file is taken for it
        self.quiet = Strung(((item, "\n".join(item.texts)) for item in _quiet_texts(file)), folder)
        self.loud = Strung(loud_texts(file.rules), folder)


def _quiet_texts(file: SourceFile) -> Iterator[QuietText]:
    for entry in file.rules:
        if entry.source.status == "retired":
            continue
        for n, text in enumerate(entry.source.good):
            yield QuietText(entry.source.id, _of_rule(entry, "good", n, text), tuple(texts_of_example(text)))
        for n, text in enumerate(entry.source.say):
            yield QuietText(entry.source.id, _of_rule(entry, "say", n, text), tuple(texts_of_say(entry, text)))
    for reply in file.replies:
        for n, text in enumerate(reply.source.say):
            yield QuietText("", _of_reply(reply, n, text), (text,))


def _of_rule(entry: RuleEntry, kind: str, n: int, text: str) -> Callable[[ExampleRun], None]:
    return lambda examples: (examples.good if kind == "good" else examples.say)(entry, n, text)


def _of_reply(reply: ReplyEntry, n: int, text: str) -> Callable[[ExampleRun], None]:
    return lambda examples: examples.reply_text(reply, n, text)
