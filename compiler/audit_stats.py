"""What an audit counts while it reads; its size does not grow with the file."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Final, NamedTuple

from compiler.audit_input import Case, day
from compiler.audit_output import said
from compiler.matcher.conversation import Finding

EXAMPLES: Final = 5
"""Kept of each rule."""
_MOST: Final = 5_000
"""Agents and days that are counted apart; a column that holds something else must not fill the memory."""
OTHERS: Final = "…"
_SHOWN: Final = 400
"""Characters of a reply that an example keeps."""


class Example(NamedTuple):
    case: str
    agent: str
    asked: str
    before: str
    found: str
    after: str


class Stats:
    def __init__(self) -> None:
        self.checked = 0
        self.alarmed = 0
        """Replies with at least one finding."""
        self.findings = 0
        self.by_rule: Counter[str] = Counter()
        self.by_level: Counter[str] = Counter()
        self.checked_by_agent: Counter[str] = Counter()
        self.by_agent: dict[str, Counter[str]] = defaultdict(Counter)
        """Agent → level → findings."""
        self.checked_by_day: Counter[str] = Counter()
        self.by_day: dict[str, Counter[str]] = defaultdict(Counter)
        self.examples: dict[str, list[Example]] = defaultdict(list)

    def add(self, case: Case, findings: Sequence[Finding]) -> None:
        self.checked += 1
        agent = _bounded(self.checked_by_agent, case.agent)
        self.checked_by_agent[agent] += 1
        date = _bounded(self.checked_by_day, day(case.time) if case.time else "")
        self.checked_by_day[date] += 1
        if not findings:
            return
        self.alarmed += 1
        self.findings += len(findings)
        for f in findings:
            self.by_rule[f.rule] += 1
            self.by_level[f.level] += 1
            self.by_agent[agent][f.level] += 1
            self.by_day[date][f.level] += 1
            if len(self.examples[f.rule]) < EXAMPLES:
                self.examples[f.rule].append(_example(case, f))


def _bounded(counts: Counter[str], name: str) -> str:
    name = name[:80]
    return name if len(counts) < _MOST or name in counts else OTHERS


def _example(case: Case, f: Finding) -> Example:
    asked = next((turn.text for turn in reversed(case.turns) if turn.role == "buyer"), "")[:_SHOWN]
    if f.start is None or f.end is None:
        return Example(case.id, case.agent, asked, case.reply[:_SHOWN], "", "")
    low = max(0, f.start - _SHOWN // 2)
    before, after = case.reply[low : f.start], case.reply[f.end : f.end + _SHOWN // 2]
    return Example(case.id, case.agent, asked, ("…" if low else "") + before, said(case, f)[:_SHOWN], after)
