"""Vectors of whole checks: `vectors/check/*.yaml`, small rulebooks with conversations and the findings they must give."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from compiler import examples
from compiler.build import Builder

HERE = Path(__file__).parent / "vectors" / "check"
_WHERE = re.compile(r"\[(\w+)(?:/(\w+))?\]\s*|\{(\w+): true\}\s*")


class Case(NamedTuple):
    text: str
    conversation: dict[str, Any]
    """As JSON; both engines read it."""
    expected: list[str]
    """rule@the text of its span."""


def load(path: Path, folder: Path) -> tuple[Builder, list[Case]]:
    """The vector file's rulebook, written to `folder`, and its cases."""
    suite = yaml.safe_load(path.read_text(encoding="utf-8"))
    (folder / "rules.yaml").write_text(suite["rules"], encoding="utf-8")
    return Builder(folder), [_case(text, expected) for text, expected in suite["cases"]]


def _case(text: str, expected: list[str]) -> Case:
    where = _WHERE.match(text)
    platform, category, fact = where.groups() if where else (None, None, None)
    example = examples.parse(text[where.end() :] if where else text)
    conversation = {
        "platform": platform or "",
        "category": category or "",
        "facts": {fact: True} if fact else {},
        "turns": [{"role": turn.role, "text": turn.text} for turn in example.turns],
        "reply": example.reply,
    }
    return Case(text, conversation, expected)


def named(reply: str, findings: list[tuple[str, int | None, int | None]]) -> list[str]:
    return [f"{rule}@{'*' if start is None else reply[start:end]}" for rule, start, end in findings]
