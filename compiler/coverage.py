"""What of a rule is idle: phrases that no `bad` example hits, exceptions that cover nothing, examples that a shop silences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from compiler import examples
from compiler.atoms import Numbers
from compiler.entries import RuleEntry, Steps
from compiler.matcher.engine import Engine
from compiler.phrases import Texts, parse
from compiler.programs import Verb


class Idle(NamedTuple):
    """A warning of a rule, placed relative to the rule: it stays true when the rule moves in its file."""

    code: str
    at: Steps
    key: bool
    detail: dict[str, Any]


def check(engine: Engine, entry: RuleEntry, verbs: Mapping[str, Verb], numbers: Numbers) -> Iterator[Idle]:
    """RG407, RG305 and RG503 of one rule. `numbers` are those of the engine's bundle."""
    find = verbs.get("find")
    if find is None:
        return
    replies = [engine.read(_reply(text)) for text in entry.source.bad]
    idle = [
        phrase
        for phrase, sequences in find.origins
        if sequences
        and not any(
            engine.occurs([numbers.of(e) for e in sequence], reading) for reading in replies for sequence in sequences
        )
    ]
    if idle and replies:
        yield Idle("RG407", ("find",), True, {"phrases": idle})
    if engine.bundle.allow >= 0 and any(engine.bundle.allow in reading.hits for reading in replies):
        for n in examples.allowed(engine, entry):
            detail = {"example": entry.source.bad[n], "rule": entry.source.id}
            yield Idle("RG503", ("bad", n), False, detail)
    if "except" in verbs:
        yield from _idle_exceptions(engine, verbs["except"], numbers.of(find.handle))


def _idle_exceptions(engine: Engine, verb: Verb, find: int) -> Iterator[Idle]:
    for n, (phrase, sequences) in enumerate(verb.origins):
        if not sequences:
            continue
        parts = [part for item in parse(phrase) for part in item]
        if not all(isinstance(part, Texts) for part in parts):
            continue  # with gaps and groups, only examples could tell
        literals = [text for part in parts if isinstance(part, Texts) for text in part.any]
        if not any(find in engine.read(text).hits for text in literals):
            yield Idle("RG305", ("except", n), False, {"phrase": phrase})


def _reply(text: str) -> str:
    """The reply of an example that may be malformed."""
    return text.rsplit("=>", 1)[-1].replace("〔", "").replace("〕", "").strip()
