"""`make bench`: every benchmark, one after the other, each in a process of its own. Names as arguments choose some.

python -m tests.benchmarks [automaton fold check compile save keystroke push hot streams audit draft]
"""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS = {
    "automaton": "tests.benchmarks.automaton.run",
    "fold": "tests.benchmarks.fold",
    "check": "tests.benchmarks.check_reply",
    "compile": "tests.benchmarks.compile_rules",
    "save": "tests.benchmarks.save_to_warning",
    "keystroke": "tests.benchmarks.extension.bench_keystroke",
    "push": "tests.benchmarks.server.bench_push",
    "hot": "tests.benchmarks.server.bench_hot_paths",
    "streams": "tests.benchmarks.server.bench_streams",
    "audit": "tests.benchmarks.audit",
    "draft": "tests.benchmarks.draft",
}


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        print(f"unknown: {' '.join(unknown)}; known: {' '.join(BENCHMARKS)}", file=sys.stderr)
        return 2
    failed = []
    for name in names or list(BENCHMARKS):
        print(f"\n== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", BENCHMARKS[name]], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {' '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
