"""Writes what an audit found: JSONL (the format of record), CSV and XLSX for people, a table for the terminal."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO, Final, Protocol

import msgspec

from compiler.audit_input import Case
from compiler.audit_workbook_out import WorkbookOut
from compiler.bundle import Bundle, Rule
from compiler.diagnostics import Language
from compiler.matcher.conversation import Finding

FORMATS: Final = ("jsonl", "csv", "xlsx", "table")

LEVELS: Final = {
    "block": ("拦下", "block"),
    "warn": ("警告", "warn"),
    "remind": ("提醒", "remind"),
    "hint": ("提示", "hint"),
}
_HEADER: Final = (
    ("编号", "id"),
    ("客服", "agent"),
    ("时间", "time"),
    ("平台", "platform"),
    ("级别", "level"),
    ("主题", "topic"),
    ("不能做什么", "title"),
    ("规则编号", "rule"),
    ("命中", "found"),
    ("起", "start"),
    ("止", "end"),
    ("回复", "reply"),
    ("买家最后一句", "asked"),
    ("可以这样说", "say"),
    ("扣分", "penalty"),
)
_WIDTHS: Final = (22, 12, 18, 8, 6, 14, 30, 24, 18, 5, 5, 50, 40, 40, 10)
"""Of the columns of a workbook, in characters."""


class Writer(Protocol):
    """Takes each case with its findings, in the order of the file; `close` finishes what was begun."""

    def write(self, case: Case, findings: Sequence[Finding]) -> None: ...

    def close(self) -> None: ...


def open_writer(form: str, out: Path | None, bundle: Bundle, lang: Language) -> Writer:
    """A writer of one of FORMATS to `out`, or to standard output.

    Raises ValueError for XLSX without a file, OSError when the file cannot be made.
    """
    if form == "xlsx":
        if out is None:
            raise ValueError("XLSX 要写到文件：--out 文件.xlsx / XLSX needs --out FILE.xlsx")
        return _Workbook(out, bundle, lang)
    sink = out.open("wb") if out else open(sys.stdout.fileno(), "wb", closefd=False)  # noqa: SIM115
    if form == "csv":
        return _Csv(sink, bundle, lang)
    return _Jsonl(sink, bundle) if form == "jsonl" else _Table(sink)


class _Jsonl:
    def __init__(self, sink: IO[bytes], bundle: Bundle) -> None:
        self._sink = sink
        self._encoder = msgspec.json.Encoder()
        self._rules = {rule.id: (bundle.topics[rule.topic].title, rule.title) for rule in bundle.rules}

    def write(self, case: Case, findings: Sequence[Finding]) -> None:
        line = self._encoder.encode({"id": case.id, "findings": [self._finding(f) for f in findings]})
        self._sink.write(line + b"\n")

    def _finding(self, f: Finding) -> dict[str, object]:
        topic, title = self._rules[f.rule]
        return {"rule": f.rule, "topic": topic, "title": title, "level": f.level, "start": f.start, "end": f.end}

    def close(self) -> None:
        self._sink.close()


class _Table:
    def __init__(self, sink: IO[bytes]) -> None:
        self._sink = sink

    def write(self, case: Case, findings: Sequence[Finding]) -> None:
        for f in findings:
            line = f"{f.level:6} {f.rule:32} {case.id:12} 「{said(case, f)}」 {_one_line(case.reply)}\n"
            self._sink.write(line.encode(errors="replace"))

    def close(self) -> None:
        self._sink.close()


class _Rows:
    """Findings as rows for people."""

    def __init__(self, bundle: Bundle, lang: Language) -> None:
        self._english = lang == "en"
        self._bundle = bundle
        self._rules = {rule.id: rule for rule in bundle.rules}

    @property
    def header(self) -> list[str]:
        return [name[self._english] for name in _HEADER]

    def rows(self, case: Case, findings: Iterable[Finding]) -> list[list[str | int | None]]:
        asked = next((turn.text for turn in reversed(case.turns) if turn.role == "buyer"), "")
        rows: list[list[str | int | None]] = []
        for f in findings:
            rule = self._rules[f.rule]
            found = said(case, f, self._english)
            row: list[str | int | None] = [
                case.id,
                case.agent,
                case.time,
                case.platform,
                LEVELS[f.level][self._english],
            ]
            row += [
                self._bundle.topics[rule.topic].title,
                rule.title,
                rule.id,
                found,
                f.start,
                f.end,
                case.reply,
                asked,
            ]
            rows.append([*row, rule.say[0] if rule.say else "", _penalty(rule, case.platform)])
        return rows


class _Csv(_Rows):
    def __init__(self, sink: IO[bytes], bundle: Bundle, lang: Language) -> None:
        super().__init__(bundle, lang)
        # The mark makes Excel read UTF-8.
        self._sink = io.TextIOWrapper(sink, encoding="utf-8-sig", errors="replace", newline="")
        self._csv = csv.writer(self._sink)
        self._csv.writerow(self.header)

    def write(self, case: Case, findings: Sequence[Finding]) -> None:
        for row in self.rows(case, findings):
            self._csv.writerow([_inert(cell) for cell in row])

    def close(self) -> None:
        self._sink.close()


class _Workbook(_Rows):
    def __init__(self, out: Path, bundle: Bundle, lang: Language) -> None:
        super().__init__(bundle, lang)
        self._book = WorkbookOut(out, self.header, _WIDTHS)

    def write(self, case: Case, findings: Sequence[Finding]) -> None:
        for row in self.rows(case, findings):
            self._book.write(row)

    def close(self) -> None:
        self._book.close()


def said(case: Case, finding: Finding, english: bool = False) -> str:
    """The words of the reply that a finding is about."""
    if finding.start is None:
        return "(whole reply)" if english else "（整句）"
    return case.reply[finding.start : finding.end]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _inert(cell: str | int | None) -> str | int | None:
    """A cell that no spreadsheet takes for a formula (CSV knows no types)."""
    if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
        return f"'{cell}"
    return cell


def _penalty(rule: Rule, platform: str) -> str:
    if platform in rule.penalty:
        return str(rule.penalty[platform])
    return "；".join(f"{name} {points}" for name, points in rule.penalty.items())
