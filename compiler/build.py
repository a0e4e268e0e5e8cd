"""Folder → release: the compiler's one entry, for the command line and for the server."""

from __future__ import annotations

import datetime
import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from compiler import automaton, bundle, meaning, overlay, schema, sounds
from compiler.atoms import NONE, Numbers
from compiler.diagnostics import Diagnostic
from compiler.examples import ExampleRun
from compiler.folding import bundle_folding
from compiler.matcher.engine import Engine
from compiler.matcher.fold import Folder
from compiler.programs import Lowering, Verb
from compiler.rulebook import Reader, ReplyEntry, Rulebook, RuleEntry

DEFAULT_CHANNEL = "default"


@dataclass(frozen=True, slots=True)
class Release:
    """What is distributed."""

    bundle: bytes
    automaton: bytes
    rule_count: int

    @property
    def digest(self) -> str:
        """SHA-256 over both artifacts' hashes: the identity of the release's content."""
        parts = hashlib.sha256(self.bundle).digest() + hashlib.sha256(self.automaton).digest()
        return hashlib.sha256(parts).hexdigest()


@dataclass(slots=True)
class Build:
    """The outcome of one compilation; `release` is None when there is any error."""

    release: Release | None
    diagnostics: list[Diagnostic]
    report: dict[str, Any] = field(default_factory=dict)
    engine: Engine | None = None
    """The Python engine of what was compiled, also when an example failed."""


class Builder:
    """Compiles one rulebook folder again and again, cheaply."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._reader = Reader(root)
        self._folder: tuple[frozenset[str], bundle.Folding, Folder] | None = None
        self._channels: list[schema.ChannelSource] = []

    def channels(self) -> list[schema.ChannelSource]:
        """The channels of rulebook.yaml as the last build saw them; one named "default" when there are none."""
        if not self._channels:
            self._channels = self._reader.read().channels
        return self._channels or [schema.ChannelSource(id=DEFAULT_CHANNEL)]

    def build(self, channel: str = "", drafts: Mapping[str, bytes] | None = None, *, examples: bool = True) -> Build:
        """Compile the folder for one channel ("" = the first one).

        `drafts` stand in for files, by path relative to the root. Never raises for what the files say: every fault is
        a diagnostic, and with any error there is no release.
        """
        clock = _Clock()
        today = datetime.date.today().isoformat()
        book = self._reader.read(drafts)
        self._channels = book.channels
        clock.lap("read")
        target = next((c for c in self.channels() if c.id == channel), self.channels()[0])
        shop = overlay.apply(book, target.overlay, today)
        meaning.check(book, shop.rules, today)
        clock.lap("meaning")
        folding, folder = self._folding(book)
        lowering = Lowering(book, lambda text: folder.fold(text).text)
        compiled, verbs, numbers = _compile(book, shop, lowering, target, folding)
        clock.lap("programs")
        packed = automaton.pack(compiled.atoms.literals) if compiled.atoms.literals else b""
        clock.lap("automaton")
        data = msgspec.json.encode(compiled)
        clock.lap("encode")
        engine = None
        ran = 0
        if not any(d.severity == "error" for d in book.diagnostics):
            engine = Engine(compiled)
            clock.lap("engine")
        if examples and engine is not None:
            run = ExampleRun(book, engine)
            for rule in shop.rules:
                run.rule(rule)
            for rule, rule_verbs in verbs:
                run.coverage(rule, rule_verbs, numbers)
            for reply in book.replies:
                run.reply(reply)
            if shop.removed:
                silent = ExampleRun(book, engine, silenced=True)
                for rule in shop.removed:
                    silent.rule(rule)
            ran = run.count
            clock.lap("examples")
        diagnostics = sorted(book.diagnostics, key=lambda d: (d.path, d.line, d.column, d.code))
        good = not any(d.severity == "error" for d in diagnostics)
        release = Release(data, packed, len(compiled.rules)) if good else None
        report = {
            "channel": target.id,
            "rules": len(compiled.rules),
            "replies": len(compiled.replies),
            "literals": len(compiled.atoms.literals),
            "sets": len(compiled.atoms.sets),
            "bundle_bytes": len(data),
            "automaton_bytes": len(packed),
            "examples": ran,
            "generated": lowering.generated,
            "milliseconds": clock.laps,
        }
        return Build(release, diagnostics, report, engine)

    def _folding(self, book: Rulebook) -> tuple[bundle.Folding, Folder]:
        """The folding table, with units for the astral characters that the rulebook uses."""
        astral = frozenset(
            char
            for file in book.files.values()
            for line in file.document.lines
            if not line.isascii() and max(line) > "\uffff"
            for char in line
            if char > "\uffff"
        )
        if self._folder is None or self._folder[0] != astral:
            folding = bundle_folding(sorted(astral))
            self._folder = astral, folding, Folder(folding)
        return self._folder[1], self._folder[2]


def _compile(
    book: Rulebook, shop: overlay.Overlay, lowering: Lowering, channel: schema.ChannelSource, folding: bundle.Folding
) -> tuple[bundle.Bundle, list[tuple[RuleEntry, dict[str, Verb]]], Numbers]:
    """The bundle; with it the verbs of each rule, and what turns their handles into the bundle's atom numbers."""
    fillers = lowering.literals([(document, at, text) for document, at, text in book.fillers])
    allow = NONE
    if shop.source is not None and shop.document is not None and shop.source.allow:
        texts = [item.text for item in shop.source.allow]
        allow = lowering.verb(shop.document, ("allow",), texts).handle
    negations: list[bundle.Negation] = []
    index: dict[int, int] = {}
    rules: list[tuple[RuleEntry, dict[str, Verb], int]] = []
    for rule in shop.rules:
        if rule.source.status == "retired":
            continue
        which = -1
        if rule.negated:
            key = id(rule.negation[0]) if rule.negation else 0
            if key not in index:
                parts = [*book.negations, *([rule.negation] if rule.negation else [])]
                index[key] = len(negations)
                negations.append(lowering.negation(parts))
            which = index[key]
        rules.append((rule, lowering.rule(rule), which))
    replies = [(r, lowering.verb(r.document, (*r.at, "ask"), r.source.ask).handle) for r in book.replies]
    atoms, numbers = lowering.atoms.finish()
    topics = list(book.topics)
    overlaid = shop.source
    compiled = bundle.Bundle(
        format=bundle.FORMAT,
        name=book.name,
        channel=channel.id,
        folding=folding,
        atoms=atoms,
        fillers=numbers.of(fillers),
        allow=numbers.of(allow),
        negations=[_numbered(n, numbers) for n in negations],
        topics=[bundle.Topic(id=topic, title=book.topics[topic]) for topic in topics],
        rules=[_rule(entry, verbs, which, topics, numbers) for entry, verbs, which in rules],
        replies=[_reply(entry, n, numbers.of(ask), topics) for n, (entry, ask) in enumerate(replies)],
        sites=book.sites,
        platform=channel.platform,
        categories=tuple([*channel.categories, *(overlaid.categories if overlaid else ())]),
        facts={**channel.facts, **(overlaid.facts if overlaid else {})},
    )
    return compiled, [(entry, verbs) for entry, verbs, _ in rules], numbers


def _numbered(negation: bundle.Negation, numbers: Numbers) -> bundle.Negation:
    cues = {name: numbers.of(getattr(negation, name)) for name in ("before", "after", "pseudo", "double", "stop")}
    return bundle.Negation(**cues, reach=negation.reach)


def _rule(entry: RuleEntry, verbs: dict[str, Verb], negation: int, topics: list[str], numbers: Numbers) -> bundle.Rule:
    source = entry.source
    atoms = {("except_" if n == "except" else n): numbers.of(verb.handle) for n, verb in verbs.items()}
    follow = source.follow_up
    return bundle.Rule(
        id=source.id,
        topic=topics.index(entry.topic),
        title=source.title,
        level=entry.level,
        why=source.why,
        say=tuple(source.say),
        source=entry.cited,
        penalty=entry.penalty,
        platforms=entry.platforms,
        categories=entry.categories,
        given=entry.given,
        turns=entry.turns,
        negation=negation,
        unless_quoted=source.unless_quoted,
        across=source.across,
        since=source.since,
        until=source.until,
        draft=source.status == "draft",
        follow_up=bundle.FollowUp(do=follow.do, within=follow.within) if follow else None,
        **atoms,
    )


def _reply(entry: ReplyEntry, n: int, ask: int, topics: list[str]) -> bundle.Reply:
    source = entry.source
    return bundle.Reply(
        id=source.id or f"{entry.topic}.{n}",
        topic=topics.index(entry.topic),
        title=source.title,
        say=tuple(source.say),
        ask=ask,
        initials=sounds.initials(source.title),
    )


class _Clock:
    """Milliseconds of each stage, for the report."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.laps[stage] = round((now - self._last) * 1000, 2)
        self._last = now
