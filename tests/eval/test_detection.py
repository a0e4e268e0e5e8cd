"""The rulebook on the project's own labelled conversations: what was found once stays found, and nobody is alarmed."""

from __future__ import annotations

from pathlib import Path

from .score import counted_topics, report

HERE = Path(__file__).parent


def test_the_bars_hold_on_the_conversations_that_rules_were_written_with() -> None:
    assert report(HERE / "cases.jsonl", HERE.parents[1] / "rules", counted_topics(), misses=True)
