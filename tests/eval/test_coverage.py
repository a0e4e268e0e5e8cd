"""docs/coverage.md against the rulebook: every rule it names exists, and no rule is left out of it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _rule_ids() -> set[str]:
    return {
        found
        for path in (ROOT / "rules").rglob("*.yaml")
        for found in re.findall(r"^  - id: ([a-z0-9.-]+)$", path.read_text("utf-8"), re.MULTILINE)
        if "." in found
    }


def _table() -> str:
    return (ROOT / "docs" / "coverage.md").read_text("utf-8")


def test_every_rule_named_in_the_table_exists() -> None:
    named = set(re.findall(r"`([a-z-]+\.[a-z0-9-]+)`", _table()))
    assert named - _rule_ids() == set()


def test_every_rule_is_in_the_table() -> None:
    named = set(re.findall(r"`([a-z-]+\.[a-z0-9-]+)`", _table()))
    assert _rule_ids() - named == set()


def test_every_row_names_a_rule_or_a_reason() -> None:
    rows = [line.split("|") for line in _table().splitlines() if re.match(r"\| [A-Z]+\d+ \|", line)]
    assert len(rows) > 100
    assert [row[1] for row in rows if not (row[4].strip().startswith(("`", "– ")) and len(row[4].strip()) > 3)] == []
