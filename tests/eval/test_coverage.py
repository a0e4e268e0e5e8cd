"""docs/coverage.md against the rulebook: every rule it names exists, and no rule is left out of it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


# Statements of the two seed decks that bear on chat, by topic: `F14` is the last of fourteen on invoices.
ROWS = "G6 F14 BY7 XY7 XX10 XL5 GB3 WP6 CN11 QH3 TH4 YJ2 YG1 JX5 XJ3 GX8 WC3 DX4 DY1 YI4 CF2 GN1 NT1"


def _rule_ids() -> set[str]:
    return {
        found
        for path in (ROOT / "rules").glob("*.yaml")
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
    want = {f"{topic}{n + 1}" for topic, last in re.findall(r"([A-Z]+)(\d+)", ROWS) for n in range(int(last))}
    assert sorted(row[1].strip() for row in rows) == sorted(want)
    assert [row[1] for row in rows if not (row[4].strip().startswith(("`", "– ")) and len(row[4].strip()) > 3)] == []
