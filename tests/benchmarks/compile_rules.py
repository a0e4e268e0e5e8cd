"""Compiling generated rulebooks and the project's own: cold, and one file saved.

    python -m tests.benchmarks.compile_rules

`cold` is a first build of the folder, without and with all examples; `save` the median of ten builds after one phrase of
one file changed, examples that the change can affect included, the last engine at hand as on a server. In brackets the
least CPU time of these builds, which a busy machine distorts less. Parsing is compared with msgspec.yaml.decode over the
same files in the same run, by CPU time.
"""

from __future__ import annotations

import gc
import os
import re
import resource
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import TypeVar

import msgspec

from compiler.build import Builder
from compiler.source import Document
from tests.benchmarks import rulebooks

SIZES = ((300, 12), (5000, 100))
OWN = Path(__file__).parents[2] / "rules"

T = TypeVar("T")


class Times:
    """Milliseconds of some runs, by the clock and of this process' CPU."""

    def __init__(self) -> None:
        self.clock: list[float] = []
        self.cpu: list[float] = []

    def run(self, work: Callable[[], T]) -> T:
        clock, cpu = time.perf_counter(), time.process_time()
        done = work()
        self.clock.append((time.perf_counter() - clock) * 1000)
        self.cpu.append((time.process_time() - cpu) * 1000)
        return done

    def __str__(self) -> str:
        return f"{median(self.clock):.0f} ms (CPU {min(self.cpu):.0f})"


def cpu(work: Callable[[], object], rounds: int = 5) -> float:
    times = Times()
    for _ in range(rounds):
        times.run(work)
    return min(times.cpu)


def parse_ours(files: list[bytes]) -> None:
    for data in files:
        Document("rules.yaml", data)


def parse_msgspec(files: list[bytes]) -> None:
    for data in files:
        msgspec.yaml.decode(data)


def saves(builder: Builder, target: Path, edit: Callable[[str, int], str], rounds: int = 10) -> Times:
    """Builds after each of some edits of one file, which is left as it was."""
    text = target.read_text(encoding="utf-8")
    times = Times()
    for n in range(rounds):
        target.write_text(edit(text, n), encoding="utf-8")
        build = times.run(builder.build)
        assert build.release is not None, [d.render() for d in build.diagnostics][:3]
        assert build.engine is not None  # made now, as a server does when nobody waits
    target.write_text(text, encoding="utf-8")
    return times


def cold(root: Path) -> tuple[str, Builder]:
    plain, proven = Times(), Times()
    for _ in range(3):
        plain.run(lambda: Builder(root).build(examples=False))
    builder = Builder(root)
    assert proven.run(builder.build).engine is not None
    return f"cold {plain} without examples, {proven} with", builder


def measure(rules: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "rules"
        rulebooks.write(root, rules, count)
        files = [path.read_bytes() for path in sorted(root.glob("*.yaml"))]
        gc.disable()  # as a build does
        ours, theirs = cpu(lambda: parse_ours(files)), cpu(lambda: parse_msgspec(files))
        gc.enable()
        first, builder = cold(root)
        times = saves(
            builder, root / "topic-1.yaml", lambda text, n: text.replace("规定]", f"规定, 改{n}动的词{n}]", 1)
        )
        report = builder.build().report
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{rules} rules / {count} files, {report['literals']} literals: {first}; save {times} median; parsing "
            f"{ours:.1f} ms, msgspec.yaml {theirs:.1f} ms ({theirs / ours:.1f}×); bundle {report['bundle_bytes']:,} B, "
            f"automaton {report['automaton_bytes']:,} B; peak memory {peak:.0f} MB"
        )


def in_find(text: str, n: int) -> str:
    return text.replace("    find: [", f"    find: [测速词{n}, ", 1)


def in_group(text: str, n: int) -> str:
    """A group that many rules use."""
    return re.sub(r"(?m)^(  agree: \[)", rf"\g<1>测速组词{n}, ", text, count=1)


def measure_own() -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "rules"
        shutil.copytree(OWN, root)
        first, builder = cold(root)
        rule, group = (
            saves(builder, root / file, edit)
            for file, edit in (("superlative.yaml", in_find), ("words.yaml", in_group))
        )
        report = builder.build().report
        print(
            f"the project's, {report['rules']} rules, {report['literals']} literals: {first}; a phrase in a rule of "
            f"superlative.yaml {rule}, in a group of words.yaml {group} median"
        )


def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f}")
    for rules, count in SIZES:
        measure(rules, count)
    measure_own()
    print(f"load {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
