"""Bulk checking of exported chats: cases in, findings and a report out, with memory that does not grow with the file."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from compiler.audit_input import AuditError, Case, Skipped, day, open_cases
from compiler.audit_jobs import check_in_processes
from compiler.audit_output import open_writer
from compiler.audit_progress import Progress
from compiler.audit_stats import Stats
from compiler.diagnostics import Language
from compiler.matcher.bulk import BulkCheck
from compiler.matcher.conversation import Conversation, Finding
from compiler.matcher.engine import Engine
from compiler.report import Report

_NEW_OBJECTS: Final = 100_000
"""Between two collections. What a check leaves behind holds no cycles, so that there is little to collect."""
_BATCH: Final = 1_000
"""Cases that are checked together: many, since what a set costs is shared by them."""
_BATCH_SIZE: Final = 1_000_000
"""Characters after which a batch ends early, for memory's sake."""


class Options(NamedTuple):
    """How to audit a file; `out` None = standard output, `report` None = none."""

    path: Path
    form: str
    out: Path | None
    report: Path | None
    lang: Language
    platform: str = ""
    """Of rows that name none."""
    category: str = ""
    jobs: int = 1
    texts: bool = True
    """Whether the report may quote messages."""


def conversation(case: Case, platform: str = "", category: str = "") -> Conversation:
    """A case as the engine takes it; its day decides which rules were in force."""
    date = day(case.time) if case.time else ""
    return Conversation(case.reply, case.turns, case.platform or platform, case.category or category, case.facts, date)


def batches(cases: Iterable[Case]) -> Iterator[list[Case]]:
    """Cases that are checked together, in their order; the last ones too when the file cannot be read on."""
    batch: list[Case] = []
    size = 0
    try:
        for case in cases:
            batch.append(case)
            size += len(case.reply) + sum(len(turn.text) for turn in case.turns)
            if len(batch) == _BATCH or size > _BATCH_SIZE:
                yield batch
                batch, size = [], 0
    except (OSError, ValueError):
        if batch:
            yield batch
        raise
    if batch:
        yield batch


def check(
    bulk: BulkCheck, cases: Iterable[Case], platform: str = "", category: str = ""
) -> Iterator[tuple[Case, list[Finding]]]:
    """Each case with its findings, silent ones left out."""
    for batch in batches(cases):
        found = bulk.check([conversation(case, platform, category) for case in batch])
        for case, findings in zip(batch, found, strict=True):
            yield case, [finding for finding in findings if not finding.silent] if findings else findings


def audit_file(engine: Engine, options: Options) -> int:
    """Check a file, write the findings and the report; a summary goes to standard error.

    The exit status is 0, or 1 when the file could not be read to its end or a result not be written.
    """
    started = time.perf_counter()
    lang, path = options.lang, options.path
    stats, skipped = Stats(), Skipped()
    try:
        cases, place = open_cases(path, skipped)
        writer = open_writer(options.form, options.out, engine.bundle, lang)
        progress = Progress(place, lang)
        fill = (options.platform, options.category)
        # The rulebook's many objects live as long as this does; unfrozen, every full collection would walk them all.
        gc.collect()
        gc.freeze()
        often = gc.get_threshold()
        gc.set_threshold(_NEW_OBJECTS, *often[1:])
        results = (
            check_in_processes(engine, cases, options.jobs, *fill)
            if options.jobs > 1
            else check(BulkCheck(engine), cases, *fill)
        )
        try:
            for case, findings in results:
                stats.add(case, findings)
                writer.write(case, findings)
                if not stats.checked & 63:
                    progress.tick(stats.checked, stats.findings)
        finally:
            gc.set_threshold(*often)
            gc.unfreeze()
            progress.close()
            writer.close()
        if options.report:
            page = Report(engine.bundle, stats, lang, source=path.name, texts=options.texts).html()
            options.report.write_text(page, encoding="utf-8")
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 1
    except (OSError, AuditError, ValueError) as error:
        print(f"replyguard: {path}: {error}", file=sys.stderr)
        return 1
    _summarise(stats, skipped, time.perf_counter() - started, lang)
    return 0


def _summarise(stats: Stats, skipped: Skipped, seconds: float, lang: Language) -> None:
    text = (
        "{} messages, {} findings, {:.2f} s, {:,.0f} a second"
        if lang == "en"
        else "检查 {} 条，发现 {} 处，用时 {:.2f} 秒，每秒 {:,.0f} 条"
    )
    print(text.format(stats.checked, stats.findings, seconds, stats.checked / max(seconds, 1e-9)), file=sys.stderr)
    for rule, count in stats.by_rule.most_common():
        print(f"{count:6} {rule}", file=sys.stderr)
    if skipped.count:
        head = f"{skipped.count} rows left out:" if lang == "en" else f"有 {skipped.count} 行没有检查："
        print("\n  ".join([head, *skipped.reasons]), file=sys.stderr)
