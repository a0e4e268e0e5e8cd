"""Bulk checking of exported chats: cases in, findings and a report out, with memory that does not grow with the file."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from compiler.audit_engines import EngineName
from compiler.audit_input import Case, Skipped, day, open_cases
from compiler.audit_output import open_writer
from compiler.audit_progress import Progress
from compiler.audit_rows import AuditError
from compiler.audit_stats import Stats
from compiler.audit_workers import EngineError, Workers
from compiler.build import Release
from compiler.bundle import decode
from compiler.diagnostics import Language
from compiler.matcher.conversation import Conversation
from compiler.report import Report

_BATCH: Final = 1_000
"""Cases that go to an engine at once."""
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
    engine: EngineName | None = None
    """None: the fastest that can be used."""


def conversation(case: Case, platform: str = "", category: str = "") -> Conversation:
    """What an engine looks at of a case; its day decides which rules were in force."""
    turns = case.turns
    heard = [turn for turn in turns if turn.role == "buyer"]
    if turns and turns[-1].role == "agent":  # some rules look across two messages
        heard.append(turns[-1])
    date = day(case.time) if case.time else ""
    return Conversation(
        case.reply, tuple(heard), case.platform or platform, case.category or category, case.facts, date
    )


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


def audit_file(release: Release, options: Options) -> int:
    """Check a file, write the findings and the report; a summary goes to standard error.

    The exit status is 0, or 1 when the file could not be read to its end, an engine failed or a result could not be written.
    """
    started = time.perf_counter()
    lang, path = options.lang, options.path
    stats, skipped = Stats(), Skipped()
    bundle = decode(release.bundle)
    fill = partial(conversation, platform=options.platform, category=options.category)
    try:
        cases, place = open_cases(path, skipped)
        writer = open_writer(options.form, options.out, bundle, lang)
        progress = Progress(place, lang)
        try:
            with _workers(release, options) as workers:
                for case, all_findings in workers.check(batches(cases), fill):
                    findings = (
                        [finding for finding in all_findings if not finding.silent] if all_findings else all_findings
                    )
                    stats.add(case, findings)
                    writer.write(case, findings)
                    if not stats.checked & 63:
                        progress.tick(stats.checked, stats.findings)
        finally:
            progress.close()
            writer.close()
        if options.report:
            page = Report(bundle, stats, lang, source=path.name, texts=options.texts).html()
            options.report.write_text(page, encoding="utf-8")
    except BrokenPipeError:  # the reader of our output has seen enough
        sys.stderr.close()
        return 1
    except (OSError, AuditError, ValueError) as error:
        print(f"replyguard: {path}: {error}", file=sys.stderr)
        return 1
    except EngineError as error:
        text = "the engine failed: {}" if lang == "en" else "检查引擎出错：{}"
        hint = "" if options.engine == "python" else " · --engine python ?"
        print(f"replyguard: {text.format(error)}{hint}", file=sys.stderr)
        return 1
    _summarise(stats, skipped, time.perf_counter() - started, lang)
    return 0


def _workers(release: Release, options: Options) -> Workers:
    """With the engine that was asked for; when none was, with V8, or else with the Python engine."""
    start = partial(Workers, bundle=release.bundle, automaton=release.automaton, jobs=options.jobs)
    if options.engine:
        return start(options.engine)
    try:
        return start("v8")
    except EngineError as error:
        text = (
            "V8 cannot be used ({}): the Python engine checks, several times slower"
            if options.lang == "en"
            else "V8 用不了（{}），改用 Python 引擎，要慢好几倍"
        )
        print(f"replyguard: {text.format(error)}", file=sys.stderr)
        return start("python")


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
