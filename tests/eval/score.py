"""`make eval`: how the rulebook does on the project's own labelled conversations.

    python -m tests.eval.score [--cases tests/eval/cases.jsonl …] [--rules rules/] [--misses]

Runs `replyguard audit` over the cases and prints, for every topic and kind of case, how many flagged cases were found
and how many compliant ones were alarmed. The exit status is 1 when the bars (recall ≥ 0.85, false alarms ≤ 3 %) are
missed on any of the files.

`cases.jsonl` is what rules are written with: read its misses, mend them. `heldout.jsonl` tells what that is worth on
words that nobody has read: half of it like everyday chats, half hard on purpose. Never read it while writing rules,
and never print its misses; only its sums say anything, and only for as long as that holds.

`training.jsonl` is what the classifier learns from besides (docs/classifier.md); its figures say nothing.

A case is found when a finding of its topic, or of one that `topics.json` counts for it, overlaps the labelled span
(any place when the case as a whole is at fault). A promise may be met by a reminder; a violation needs `block` or
`warn`. A `hint` counts for nothing, a reminder on a compliant case is counted apart.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

HERE = Path(__file__).parent
RECALL_BAR, FALSE_BAR = 0.85, 0.03
VIOLATION = frozenset({"block", "warn"})


class Tally:
    """Counts of one row of the report."""

    def __init__(self) -> None:
        self.flagged = self.found = self.compliant = self.alarmed = self.reminded = 0

    def row(self, name: str) -> str:
        recall = f"{self.found / self.flagged:.1%}" if self.flagged else "–"
        false = f"{self.alarmed / self.compliant:.1%}" if self.compliant else "–"
        return (
            f"{name:<24}{self.found:>5}/{self.flagged:<5}{recall:>8}{self.alarmed:>7}/{self.compliant:<5}"
            f"{false:>8}{self.reminded:>7}"
        )


class Verdict(NamedTuple):
    case: dict[str, Any]
    findings: list[dict[str, Any]]
    right: bool


def audit(cases: Path, rules: Path) -> dict[str, list[dict[str, Any]]]:
    """Findings by case id, from the same command a supervisor uses."""
    command = [
        str(Path(sys.executable).with_name("replyguard")),
        "audit",
        str(cases),
        "--rules",
        str(rules),
        "--format",
        "jsonl",
    ]
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {line["id"]: line["findings"] for line in map(json.loads, output.splitlines())}


def meets(expected: dict[str, Any], finding: dict[str, Any], reply: str, counts: dict[str, list[str]]) -> bool:
    """Whether `finding` is what the label asks for."""
    if finding["topic"] not in (expected["topic"], *counts.get(expected["topic"], ())):
        return False
    if finding["level"] == "hint" or (expected["level"] == "violation" and finding["level"] not in VIOLATION):
        return False
    if expected["span"] is None or finding["start"] is None:
        return True
    start = reply.index(expected["span"])
    return bool(finding["start"] < start + len(expected["span"]) and start < finding["end"])


def judge(case: dict[str, Any], findings: list[dict[str, Any]], counts: dict[str, list[str]]) -> Verdict:
    if case["expect"]:
        right = any(meets(label, finding, case["reply"], counts) for label in case["expect"] for finding in findings)
    else:
        right = all(finding["level"] not in VIOLATION for finding in findings)
    return Verdict(case, findings, right)


def tally(verdicts: list[Verdict]) -> dict[str, Tally]:
    """Rows by topic, by kind, and over all."""
    rows: dict[str, Tally] = defaultdict(Tally)
    for case, findings, right in verdicts:
        for name in ("all", f"kind {case['kind']}", case["topic"]):
            row = rows[name]
            if case["expect"]:
                row.flagged += 1
                row.found += right
            else:
                row.compliant += 1
                row.alarmed += not right
                row.reminded += right and any(finding["level"] == "remind" for finding in findings)
    return rows


def report(path: Path, rules: Path, counts: dict[str, list[str]], misses: bool) -> bool:
    """Prints the table of one file; whether its bars are met."""
    cases = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line]
    findings = audit(path, rules)
    verdicts = [judge(case, findings.get(case["id"], []), counts) for case in cases]
    rows = tally(verdicts)
    print(f"{path.name:<24}{'found':>11}{'recall':>8}{'alarmed':>13}{'false':>8}{'remind':>7}")
    for name in sorted(rows, key=lambda name: (name != "all", name.startswith("kind"), name)):
        print(rows[name].row(name))
    if misses:
        for case, hits, right in verdicts:
            if not right:
                buyer = " | ".join(turn["text"] for turn in case["turns"])
                found = ", ".join(hit["rule"] for hit in hits)
                print(f"{'missed' if case['expect'] else 'false '} {case['id']}: {buyer} => {case['reply']}  [{found}]")
    overall = rows["all"]
    met = overall.found >= RECALL_BAR * overall.flagged and overall.alarmed <= FALSE_BAR * overall.compliant
    print("bars met" if met else f"bars missed: recall ≥ {RECALL_BAR:.0%}, false alarms ≤ {FALSE_BAR:.0%}")
    return met


def counted_topics() -> dict[str, list[str]]:
    """Topic → further topics of a finding that meet a label of it."""
    found: dict[str, list[str]] = json.loads((HERE / "topics.json").read_text("utf-8"))["also_counts"]
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=Path, nargs="+", default=[HERE / "cases.jsonl", HERE / "heldout.jsonl"])
    parser.add_argument("--rules", type=Path, default=HERE.parents[1] / "rules")
    parser.add_argument("--misses", action="store_true", help="also print every case that went wrong")
    options = parser.parse_args()
    counts = counted_topics()
    shown = [
        report(path, options.rules, counts, options.misses and path.name != "heldout.jsonl") for path in options.cases
    ]
    return 0 if all(shown) else 1


if __name__ == "__main__":
    sys.exit(main())
