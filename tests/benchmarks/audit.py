"""Bulk review: messages a second on one core with the whole rulebook, and memory against the size of the file, by both engines.

    python -m tests.benchmarks.audit [--rows 200000] [--file EXPORT]

Rows are the project's own labelled conversations over and over, each message made different by a number, so that no cache
of whole messages helps; half of them are agents'. CPU time of all processes of the audit, from the moment when the rules are
compiled, and not wall time: other work on the machine does not count. `loop` is what one turn of an empty loop takes at the same
moment, to compare runs of different machines. Memory is the most that was resident, of the process that reads and writes, with
the compiler in it, and of the one that checks. The Python engine checks the tenth part only.
"""

from __future__ import annotations

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
CASES = ROOT / "tests" / "eval" / "cases.jsonl"


def write(path: Path, rows: int) -> None:
    cases = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        out.writerow(["会话ID", "角色", "时间", "客服", "平台", "内容"])
        written = number = 0
        while written < rows:
            for case in cases:
                number += 1
                said = [*((turn["role"], turn["text"]) for turn in case["turns"]), ("agent", case["reply"])]
                for role, text in said:
                    name = {"buyer": "买家", "agent": "客服"}[role]
                    day = f"2026-11-{number % 28 + 1:02} 10:00:00"
                    out.writerow([number, name, day, f"客服{number % 40}", case["platform"], f"{text} 第{number}"])
                written += len(said)
                if written >= rows:
                    break


def loop() -> float:
    """Nanoseconds of one turn of an empty loop."""
    started = time.process_time()
    for _ in range(5_000_000):
        pass
    return (time.process_time() - started) * 200


def run(path: Path, engine: str) -> tuple[float, int, int]:
    """CPU seconds of auditing a file, and the most memory, in bytes, that the reading and the checking process had."""
    code = (
        "import resource, sys, time; from pathlib import Path; from compiler.build import Builder;"
        "from compiler.audit import Options, audit_file;"
        "release = Builder(Path('rules')).build(examples=False).release; assert release is not None;"
        "started = time.process_time(); path = Path(sys.argv[1]);"
        "out, report = path.with_suffix('.out'), path.with_suffix('.html');"
        "status = audit_file(release, Options(path, 'jsonl', out, report, 'en', engine=sys.argv[2]));"
        "here, there = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(time.process_time() - started + there.ru_utime + there.ru_stime, here.ru_maxrss, there.ru_maxrss);"
        "sys.exit(status)"
    )
    command = [sys.executable, "-c", code, str(path), engine]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    seconds, here, there = done.stdout.split()
    return float(seconds), int(here) * 1024, int(there) * 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--file", type=Path, help="an export of your own instead; messages are counted by lines")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for size in (arguments.rows // 10, arguments.rows):
            path = Path(folder) / f"{size}.csv"
            if arguments.file:
                path = Path(folder) / f"{size}{arguments.file.suffix}"
                with arguments.file.open("rb") as file, path.open("wb") as out:
                    out.writelines(line for _, line in zip(range(size), file, strict=False))
                size = sum(1 for _ in path.open("rb"))
            else:
                write(path, size)
            for engine in ("v8", "python") if size < arguments.rows else ("v8",):
                before = loop()
                seconds, here, there = run(path, engine)
                turn = (before + loop()) / 2
                print(
                    f"{engine:<6} {size:>9,} messages: {size / seconds:>8,.0f} a second, "
                    f"peak {here / 2**20:,.0f} + {there / 2**20:,.0f} MiB; "
                    f"one message = {seconds / size * 1e9 / turn:,.0f} loop turns of {turn:.0f} ns",
                    flush=True,
                )


if __name__ == "__main__":
    main()
