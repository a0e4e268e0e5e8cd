"""Bulk checking of conversations: one JSON object a line in, one a line out."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from compiler.bundle import Bundle
from compiler.diagnostics import Language
from compiler.matcher.conversation import Conversation, Finding, Turn
from compiler.matcher.engine import Engine


class Line(msgspec.Struct):
    """A conversation to be checked; fields not named here are ignored."""

    id: str
    reply: str
    platform: str = ""
    category: str = ""
    facts: dict[str, bool | int | str] = {}
    turns: tuple[Turn, ...] = ()


class AuditError(ValueError):
    """A line that is not a conversation; the message names the line."""


def read_jsonl(file: IO[bytes]) -> Iterator[Line]:
    """Conversations of a JSONL file, blank lines skipped.

    Raises
    ------
    AuditError
        At the first line that cannot be read.
    """
    decoder = msgspec.json.Decoder(Line)
    for number, raw in enumerate(file, 1):
        if raw.strip():
            try:
                yield decoder.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise AuditError(f"line {number}: {error}") from error


def check(engine: Engine, lines: Iterable[Line]) -> Iterator[tuple[Line, list[Finding]]]:
    """Each line with its findings, silent ones left out."""
    for line in lines:
        conversation = Conversation(line.reply, line.turns, line.platform, line.category, line.facts)
        yield line, [finding for finding in engine.check(conversation) if not finding.silent]


def to_json(bundle: Bundle, line: Line, findings: Iterable[Finding]) -> dict[str, Any]:
    rules = {rule.id: rule for rule in bundle.rules}
    return {
        "id": line.id,
        "findings": [
            {
                "rule": f.rule,
                "topic": bundle.topics[rules[f.rule].topic].title,
                "title": rules[f.rule].title,
                "level": f.level,
                "start": f.start,
                "end": f.end,
            }
            for f in findings
        ],
    }


def audit_file(engine: Engine, path: Path, form: str, out: Path | None, lang: Language) -> int:
    """Check a file and write the findings; a summary goes to standard error. The exit status is 1 on bad input."""
    started = time.perf_counter()
    counts: Counter[str] = Counter()
    checked = 0
    try:
        with path.open("rb") as source, _sink(out) as sink:
            for line, findings in check(engine, read_jsonl(source)):
                checked += 1
                counts.update(f.rule for f in findings)
                if form == "jsonl":
                    sink.write(msgspec.json.encode(to_json(engine.bundle, line, findings)) + b"\n")
                else:
                    for f in findings:
                        said = line.reply if f.start is None else line.reply[f.start : f.end]
                        sink.write(f"{f.level:6} {f.rule:32} {line.id:12} 「{said}」 {line.reply}\n".encode())
    except (OSError, AuditError) as error:
        print(f"replyguard: {path}: {error}", file=sys.stderr)
        return 1
    seconds = time.perf_counter() - started
    found = sum(counts.values())
    text = (
        "{} messages, {} findings, {:.2f} s, {:,.0f} a second"
        if lang == "en"
        else "检查 {} 条，发现 {} 处，用时 {:.2f} 秒，每秒 {:,.0f} 条"
    )
    print(text.format(checked, found, seconds, checked / max(seconds, 1e-9)), file=sys.stderr)
    for rule, count in counts.most_common():
        print(f"{count:6} {rule}", file=sys.stderr)
    return 0


def _sink(out: Path | None) -> IO[bytes]:
    return out.open("wb") if out else open(sys.stdout.fileno(), "wb", closefd=False)
