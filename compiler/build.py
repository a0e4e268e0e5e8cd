"""Folder → release: the compiler's one entry, for the command line and for the server."""

from __future__ import annotations

import datetime
import gc
import hashlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from compiler import bundle, overlay, schema
from compiler.assembly import Assembly
from compiler.diagnostics import Diagnostic
from compiler.examples import ExampleRun
from compiler.folding import bundle_folding
from compiler.matcher.engine import Engine
from compiler.matcher.fold import Folder
from compiler.meaning import Meaning
from compiler.packing import Packer
from compiler.programs import Lowering
from compiler.proof import Prover
from compiler.rulebook import Reader, Rulebook
from compiler.stamps import Stamp

DEFAULT_CHANNEL = "default"
MOST_GROWN = 1 / 8
"""A release keeps the atoms of earlier states, which costs less than to number all anew, until they are so many of those …"""
SLACK = 4096
"""… of the first one, and these. Then one save is a first build again."""


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


class Build:
    """The outcome of one compilation; `release` is None when there is any error."""

    def __init__(
        self,
        release: Release | None,
        trial: Release | None,
        diagnostics: list[Diagnostic],
        report: dict[str, Any],
        engine: Callable[[], Engine | None],
    ) -> None:
        self.release = release
        self.trial = trial
        """What was compiled, also when an example failed, to be tried but not distributed; None when there are other
        errors."""
        self.diagnostics = diagnostics
        self.report = report
        self._engine = engine

    @property
    def engine(self) -> Engine | None:
        """The Python engine of what was compiled, also when an example failed; None when there are other errors.

        Made at the first use: neither a release nor the next build waits for it.
        """
        return self._engine()


class Builder:
    """Compiles one rulebook folder again and again, cheaply. Not thread-safe."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._reader = Reader(root)
        self._folder: tuple[frozenset[str], bundle.Folding, Folder] | None = None
        self._meaning = Meaning()
        self._lowering: Lowering | None = None
        self._atoms_at_first = 0
        """How many the lowering had after its first build."""
        self._provers: dict[str, Prover] = {}
        self._packer = Packer()
        """Of the literals of the lowering, which only become more."""
        self._packed: tuple[int, bytes] = (0, b"")
        """How many of them, and as what."""
        self._channels: list[schema.ChannelSource] | None = None

    def channels(self) -> list[schema.ChannelSource]:
        """The channels of rulebook.yaml as the last build saw them; one named "default" when there are none."""
        if self._channels is None:
            self._channels = self._reader.read().channels
        return self._channels or [schema.ChannelSource(id=DEFAULT_CHANNEL)]

    def build(self, channel: str = "", drafts: Mapping[str, bytes] | None = None, *, examples: bool = True) -> Build:
        """Compile the folder for one channel ("" = the first one).

        `drafts` stand in for files, by path relative to the root. Never raises for what the files say: every fault is
        a diagnostic, and with any error there is no release.
        """
        # A build makes some hundred thousand objects that live on; looking for garbage among them doubles its time.
        collecting, first = gc.isenabled(), self._lowering is None
        gc.disable()
        try:
            return self._build(channel, drafts, examples)
        finally:
            if first:
                # What a first build leaves is no garbage: a later collection that went through it would stop a save, or
                # the requests of browsers, for a tenth of a second.
                gc.freeze()
            if collecting:
                gc.enable()

    def _build(self, channel: str, drafts: Mapping[str, bytes] | None, examples: bool) -> Build:
        clock = _Clock()
        today = datetime.date.today().isoformat()
        book = self._reader.read(drafts)
        self._channels = book.channels
        clock.lap("read")
        target = next((c for c in self.channels() if c.id == channel), self.channels()[0])
        shop = overlay.apply(book, target.overlay, today)
        self._meaning.check(book, shop.rules, today)
        clock.lap("meaning")
        folding, folder, lowering = self._tools(book)
        assembly = Assembly(book, shop, lowering, target, folding)
        data, literals = assembly.release(shop.rules)
        self._atoms_at_first = self._atoms_at_first or len(lowering.atoms)
        clock.lap("programs")
        if self._packed[0] != len(literals):
            self._packed = len(literals), self._packer.pack(literals)
        packed = self._packed[1]
        clock.lap("automaton")
        usable = not any(d.severity == "error" for d in book.diagnostics)
        engine = cache(lambda: Engine(bundle.decode(data), folder) if usable else None)
        ran = 0
        if examples and usable:
            ran = self._prove(
                book, shop, assembly, target.id, folder, lambda: engine() or Engine(bundle.decode(data), folder)
            )
            clock.lap("examples")
        diagnostics = sorted(book.diagnostics, key=lambda d: (d.path, d.line, d.column, d.code))
        good = not any(d.severity == "error" for d in diagnostics)
        live = sum(rule.source.status != "retired" for rule in shop.rules)
        trial = Release(data, packed, live) if usable else None
        report = {
            "channel": target.id,
            "rules": live,
            "replies": len(book.replies),
            "literals": len(literals),
            "bundle_bytes": len(data),
            "automaton_bytes": len(packed),
            "examples": ran,
            "generated": lowering.generated,
            "milliseconds": clock.laps,
        }
        return Build(trial if good else None, trial, diagnostics, report, engine)

    def _prove(
        self,
        book: Rulebook,
        shop: overlay.Overlay,
        assembly: Assembly,
        channel: str,
        folder: Folder,
        engine: Callable[[], Engine],
    ) -> int:
        prover = self._provers.get(channel)
        if prover is None:
            prover = self._provers[channel] = Prover(folder)
        live = [rule for rule in shop.rules if rule.source.status != "retired"]
        stamps = {rule.source.id: Stamp(rule, assembly.lowering.uses(rule)) for rule in live}
        ran = prover.prove(book, stamps, assembly, engine)
        if shop.removed:
            silent = ExampleRun(book, engine(), silenced=True)
            for rule in shop.removed:
                silent.rule(rule)
            ran += silent.count
        return ran

    def _tools(self, book: Rulebook) -> tuple[bundle.Folding, Folder, Lowering]:
        """The folding of this state of the rulebook, and the lowering, begun anew when the folding changed, or much of what
        it has compiled since is no longer asked for."""
        known = self._folder
        astral = book.astral
        grown = self._lowering is not None and len(self._lowering.atoms) - self._atoms_at_first
        if known is None or known[0] != astral or grown > self._atoms_at_first * MOST_GROWN + SLACK:
            folding = bundle_folding(sorted(astral))
            self._folder = known = astral, folding, Folder(folding)
            folder = known[2]
            self._lowering = Lowering(lambda text: folder.fold(text).text)
            self._packer, self._packed = Packer(), (0, b"")
            self._provers = {}
            self._atoms_at_first = 0
        assert self._lowering is not None
        self._lowering.begin(book)
        return known[1], known[2], self._lowering


class _Clock:
    """Milliseconds of each stage, for the report."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.laps[stage] = round((now - self._last) * 1000, 2)
        self._last = now
