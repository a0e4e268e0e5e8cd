"""A save of a rule file → the event at a connected reader, stage by stage, with the real compiler and server.

    python -m tests.benchmarks.server.bench_push [saves] [rules/]

The saves are atomic renames: a new phrase in a rule of superlative.yaml, and one in a group of words.yaml that many rules
use, by turns. Reader and server share this process; the extension's part (fetch, verify, activate) is measured by the
end-to-end benchmark. Beside the clock's times is the CPU time of the process, which a busy machine distorts less; the release
of the other channels, behind the event, is in neither.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from compiler.build import Builder
from server.app import Options, Service
from server.serve import bind, http_server

RULES = Path(__file__).parents[3] / "rules"
PAUSE = 0.5
"""Seconds between saves, as a person makes them: what the server does behind a save is done by then."""


def word(n: int) -> str:
    """A new one each time, of everyday characters."""
    return "".join(chr(0x4E00 + (n * step) % 6000) for step in (7, 61, 347))


def in_rule(text: str, n: int) -> str:
    return text.replace("    find: [", f"    find: [{word(2 * n)}, ", 1)


def in_group(text: str, n: int) -> str:
    return re.sub(r"(?m)^(  agree: \[)", rf"\g<1>{word(2 * n + 1)}, ", text, count=1)


EDITS: dict[str, Callable[[str, int], str]] = {"superlative.yaml": in_rule, "words.yaml": in_group}


class Marks:
    """When the first call of each stage in a save began and ended: that is the channel the reader is on."""

    def __init__(self) -> None:
        self.at: dict[str, tuple[float, float]] = {}

    def mark(self, name: str) -> None:
        self.at.setdefault(name, (time.perf_counter(), time.process_time()))

    def around(self, thing: Any, method: str, stage: str) -> None:
        real = getattr(thing, method)

        def timed(*arguments: Any, **options: Any) -> Any:
            self.mark(f"{stage} began")
            try:
                return real(*arguments, **options)
            finally:
                self.mark(f"{stage} ended")

        setattr(thing, method, timed)

    def before(self, thing: Any, method: str, stage: str) -> None:
        real = getattr(thing, method)

        def timed(*arguments: Any, **options: Any) -> Any:
            self.mark(stage)
            return real(*arguments, **options)

        setattr(thing, method, timed)


STAGES = {
    "watch": ("saved", "build began"),
    "compile": ("build began", "build ended"),
    "hand over": ("build ended", "publish"),
    "sign, store": ("publish", "push"),
    "push": ("push", "event"),
    "save → event": ("saved", "event"),
}


async def main(saves: int, rules: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "rules"
        shutil.copytree(rules, root)
        listener = bind("127.0.0.1", 0)
        port = listener.getsockname()[1]
        builder, marks = Builder(root), Marks()
        hosts = frozenset({f"127.0.0.1:{port}"})
        service = Service(Options(rules=root, data=Path(name) / "data", hosts=hosts), builder)
        server = http_server(service)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while service.builds.state.state == "building":
            await asyncio.sleep(0.05)
        if not service.releases.current:
            print(f"{rules} does not compile: {service.builds.state.faults} faults; nothing to measure")
            server.should_exit = True
            await serving
            return
        channel = next(iter(service.releases.current))
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        writer.write(f"GET /v1/channels/{channel}/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        await reader.readuntil(b"event: manifest")
        marks.around(builder, "build", "build")
        marks.before(service.releases, "publish", "publish")
        marks.before(service.hub, "publish", "push")
        times: dict[str, dict[str, list[tuple[float, float]]]] = {file: defaultdict(list) for file in EDITS}
        for n in range(saves + 1):  # the first of each warms up
            for file, edit in EDITS.items():
                target = root / file
                temporary = target.with_suffix(".tmp")
                temporary.write_text(edit((rules / file).read_text(encoding="utf-8"), n), encoding="utf-8")
                await asyncio.sleep(PAUSE)
                marks.at.clear()
                sequence = service.builds.state.sequence
                marks.mark("saved")
                temporary.replace(target)
                await reader.readuntil(b"event: manifest")
                marks.mark("event")
                for stage, (began, ended) in STAGES.items():
                    if n:
                        spent = [1000 * (b - a) for a, b in zip(marks.at[began], marks.at[ended], strict=True)]
                        times[file][stage].append((spent[0], spent[1]))
                while service.builds.state.sequence == sequence:  # the other channels of this save
                    await asyncio.sleep(0.005)
        manifest = service.releases.current[channel].manifest
        print(
            f"{manifest.rules} rules, bundle {manifest.bundle.size:,} bytes, automaton {manifest.automaton.size:,} bytes, "
            f"{len(service.builds.following())} channels"
        )
        for file, stages in times.items():
            for stage, both in stages.items():
                clock, cpu = zip(*both, strict=True)
                print(
                    f"{file:17} {stage:14} p50 {median(clock):6.1f} ms   p95 {quantiles(clock, n=20)[18]:6.1f}   "
                    f"best {min(clock):6.1f}   CPU {median(cpu):5.1f}, best {min(cpu):5.1f}"
                )
        writer.close()
        server.should_exit = True
        await serving


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20, Path(sys.argv[2]) if len(sys.argv) > 2 else RULES))
