"""The rulebook on the project's own labelled conversations: what was found once stays found, and nobody is alarmed."""

from __future__ import annotations

import json
from pathlib import Path

from .score import audit, counted_topics, judge, report, tally

HERE = Path(__file__).parent
RULES = HERE.parents[1] / "rules"


def _cases(name: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in (HERE / name).read_text("utf-8").splitlines()]


def test_the_bars_hold_on_the_conversations_that_rules_were_written_with() -> None:
    assert report(HERE / "cases.jsonl", RULES, counted_topics(), misses=True)


def test_what_is_held_out_is_judged_no_worse() -> None:
    """Bars a little below where it stands (docs/detection.md): what is gained on read words must not cost unread ones."""
    findings = audit(HERE / "heldout.jsonl", RULES)
    counts = counted_topics()
    overall = tally([judge(case, findings[case["id"]], counts) for case in _cases("heldout.jsonl")])["all"]
    assert overall.found >= 0.80 * overall.flagged, overall.found
    assert overall.alarmed <= 0.04 * overall.compliant, overall.alarmed


def test_nothing_held_out_is_trained_on() -> None:
    held_out = {case["reply"] for case in _cases("heldout.jsonl")}
    # Short replies (好的, 可以的哦) anybody may write.
    read = {case["reply"] for name in ("cases.jsonl", "training.jsonl") for case in _cases(name)}
    assert [reply for reply in held_out & read if len(str(reply)) > 8] == []
