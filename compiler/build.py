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
from compiler.bundle_file import BundleFile
from compiler.diagnostics import Diagnostic
from compiler.examples import ExampleRun
from compiler.folding import bundle_folding
from compiler.lowering import Lowering
from compiler.matcher.engine import Engine
from compiler.matcher.fold import Folder
from compiler.meaning import Meaning
from compiler.packing import Packer
from compiler.programs import Programs
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


class _Tools:
    """All that goes on from build to build while the folding is the same."""

    def __init__(self, astral: frozenset[str]) -> None:
        self.astral = astral
        self.folding = bundle_folding(sorted(astral))
        self.folder = folder = Folder(self.folding)
        self.programs = Programs(Lowering(lambda text: folder.fold(text).text))
        self.atoms_at_first = 0
        """How many there were after the first build."""
        self._files: dict[str, BundleFile] = {}
        self._provers: dict[str, Prover] = {}
        self._packer = Packer()
        self._packed = (0, b"")
        """So many literals, as an automaton."""

    @property
    def lowering(self) -> Lowering:
        return self.programs.lowering

    @property
    def outgrown(self) -> bool:
        first = self.atoms_at_first
        return len(self.lowering.atoms) - first > first * MOST_GROWN + SLACK

    def file(self, channel: str) -> BundleFile:
        if channel not in self._files:
            self._files[channel] = BundleFile(self.lowering.atoms)
        return self._files[channel]

    def prover(self, channel: str) -> Prover:
        if channel not in self._provers:
            self._provers[channel] = Prover(self.folder)
        return self._provers[channel]

    def automaton(self) -> bytes:
        literals = self.lowering.atoms.texts
        if self._packed[0] != len(literals):
            self._packed = len(literals), self._packer.pack(literals)
        return self._packed[1]


class Builder:
    """Compiles one rulebook folder again and again, cheaply. Not thread-safe."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._reader = Reader(root)
        self._tools: _Tools | None = None
        self._meaning = Meaning()
        self._channels: list[schema.ChannelSource] | None = None

    def channels(self) -> list[schema.ChannelSource]:
        """The channels of rulebook.yaml as the last build saw them; one named "default" when there are none."""
        if self._channels is None:
            self._channels = self._reader.read().channels
        return self._channels or [schema.ChannelSource(id=DEFAULT_CHANNEL)]

    def build(
        self,
        channel: str = "",
        drafts: Mapping[str, bytes] | None = None,
        *,
        examples: bool = True,
        compiled: Callable[[Release], None] = lambda _: None,
    ) -> Build:
        """Compile the folder for one channel ("" = the first one).

        `drafts` stand in for files, by path relative to the root. Never raises for what the files say: every fault is
        a diagnostic, and with any error there is no release. `compiled` is told what will be the release should the
        examples hold, before they are run.
        """
        # A build makes some hundred thousand objects that live on; looking for garbage among them doubles its time.
        collecting, first = gc.isenabled(), self._tools is None
        gc.disable()
        try:
            return self._build(channel, drafts, examples, compiled)
        finally:
            if first:
                # What a first build leaves is no garbage: a later collection that went through it would stop a save, or
                # the requests of browsers, for a tenth of a second.
                gc.freeze()
            if collecting:
                gc.enable()

    def _build(
        self,
        channel: str,
        drafts: Mapping[str, bytes] | None,
        examples: bool,
        compiled: Callable[[Release], None],
    ) -> Build:
        clock = _Clock()
        today = datetime.date.today().isoformat()
        book = self._reader.read(drafts)
        self._channels = book.channels
        clock.lap("read")
        target = next((c for c in self.channels() if c.id == channel), self.channels()[0])
        shop = overlay.apply(book, target.overlay, today)
        self._meaning.check(book, shop.rules, today)
        clock.lap("meaning")
        tools = self._tools_for(book)
        assembly = Assembly(book, shop, tools.programs, target, tools.folding)
        data = assembly.release(shop.rules, tools.file(target.id))
        tools.atoms_at_first = tools.atoms_at_first or len(tools.lowering.atoms)
        clock.lap("programs")
        packed = tools.automaton()
        clock.lap("automaton")
        usable = not any(d.severity == "error" for d in book.diagnostics)
        live = sum(rule.source.status != "retired" for rule in shop.rules)
        trial = Release(data, packed, live) if usable else None
        if trial is not None:
            compiled(trial)
        engine = cache(lambda: Engine(bundle.decode(data), tools.folder))
        ran = 0
        if examples and usable:
            ran = self._prove(book, shop, assembly, tools.prover(target.id), engine)
            clock.lap("examples")
        diagnostics = sorted(book.diagnostics, key=lambda d: (d.path, d.line, d.column, d.code))
        good = not any(d.severity == "error" for d in diagnostics)
        report = {
            "channel": target.id,
            "rules": live,
            "replies": len(book.replies),
            "literals": len(tools.lowering.atoms.texts),
            "bundle_bytes": len(data),
            "automaton_bytes": len(packed),
            "examples": ran,
            "generated": tools.lowering.generated,
            "milliseconds": clock.laps,
        }
        return Build(trial if good else None, trial, diagnostics, report, engine if usable else lambda: None)

    @staticmethod
    def _prove(
        book: Rulebook, shop: overlay.Overlay, assembly: Assembly, prover: Prover, engine: Callable[[], Engine]
    ) -> int:
        live = [rule for rule in shop.rules if rule.source.status != "retired"]
        stamps = {rule.source.id: Stamp(rule, assembly.programs.uses(rule)) for rule in live}
        ran = prover.prove(book, stamps, assembly, engine)
        if shop.removed:
            silent = ExampleRun(book, engine(), silenced=True)
            for rule in shop.removed:
                silent.rule(rule)
            ran += silent.count
        return ran

    def _tools_for(self, book: Rulebook) -> _Tools:
        """Begun anew when the folding changed, or much of what was compiled since is no longer asked for."""
        tools, astral = self._tools, book.astral
        if tools is None or tools.astral != astral or tools.outgrown:
            tools = self._tools = _Tools(astral)
        tools.lowering.begin(book)
        return tools


class _Clock:
    """Milliseconds of each stage, for the report."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self.laps[stage] = round((now - self._last) * 1000, 2)
        self._last = now
