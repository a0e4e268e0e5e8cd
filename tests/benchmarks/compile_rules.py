"""Compiling generated rulebooks: cold, and one file saved.

    python -m tests.benchmarks.compile_rules

`cold` is a new process' first build of the folder, without and with all examples; `save` the median of ten builds after
one phrase of one file changed, examples that the change can affect included, the last engine at hand as on a server.
Parsing is compared with msgspec.yaml.decode over the same files in the same run.
"""

from __future__ import annotations

import gc
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import msgspec

from compiler.build import Builder
from compiler.source import Document
from tests.benchmarks import rulebooks

SIZES = ((300, 12), (5000, 100))


def milliseconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return (time.perf_counter() - start) * 1000


def parse_ours(files: list[bytes]) -> None:
    for data in files:
        Document("rules.yaml", data)


def parse_msgspec(files: list[bytes]) -> None:
    for data in files:
        msgspec.yaml.decode(data)


def measure(rules: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "rules"
        rulebooks.write(root, rules, count)
        files = [path.read_bytes() for path in sorted(root.glob("*.yaml"))]
        gc.disable()  # as a build does
        ours = min(milliseconds(lambda: parse_ours(files)) for _ in range(3))
        theirs = min(milliseconds(lambda: parse_msgspec(files)) for _ in range(3))
        gc.enable()
        plain = min(milliseconds(lambda: Builder(root).build(examples=False)) for _ in range(3))
        builder = Builder(root)
        cold = milliseconds(builder.build)
        assert builder.build().engine is not None
        target = root / "topic-1.yaml"
        text = target.read_text(encoding="utf-8")
        saves = []
        for n in range(10):
            target.write_text(text.replace("规定]", f"规定, 改{n}动的词{n}]", 1), encoding="utf-8")
            start = time.perf_counter()
            build = builder.build()
            saves.append((time.perf_counter() - start) * 1000)
            assert build.engine is not None  # made now, as a server does when nobody waits
        build = builder.build()
        assert build.release is not None, [d.render() for d in build.diagnostics][:3]
        report = build.report
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{rules} rules / {count} files, {report['literals']} literals: cold {plain:.0f} ms without examples, "
            f"{cold:.0f} ms with; save {median(saves):.0f} ms median; parsing {ours:.0f} ms, msgspec.yaml {theirs:.0f} ms "
            f"({theirs / ours:.1f}×); bundle {report['bundle_bytes']:,} B, automaton {report['automaton_bytes']:,} B; "
            f"peak memory {peak:.0f} MB"
        )


def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f}")
    for rules, count in SIZES:
        measure(rules, count)


if __name__ == "__main__":
    main()
