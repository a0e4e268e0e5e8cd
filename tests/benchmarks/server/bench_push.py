"""A save of a rule file → the event at a connected reader, stage by stage, with the real compiler and server.

    python -m tests.benchmarks.server.bench_push [rules/] [saves]

The saves are atomic renames that change one rule's title in the largest file. Reader and server share this process; the
extension's part (fetch, verify, activate) is measured by the end-to-end benchmark.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from compiler.build import Builder
from server.app import Options, Service
from server.serve import bind, http_server

Stage = dict[str, list[float]]


async def main(rules: Path, saves: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = Path(name) / "rules"
        shutil.copytree(rules, root)
        target = max((p for p in root.glob("*.yaml") if "\nrules:" in p.read_text()), key=lambda p: p.stat().st_size)
        text = target.read_text()
        listener = bind("127.0.0.1", 0)
        port = listener.getsockname()[1]
        builder = Builder(root)
        hosts = frozenset({f"127.0.0.1:{port}"})
        service = Service(Options(rules=root, data=Path(name) / "data", hosts=hosts), builder)
        stages: Stage = {}
        marks: dict[str, float] = {}
        _time(builder, "build", "compile", stages, marks)
        _time_async(service.releases, "publish", "encode, store, sign", stages)
        server = http_server(service)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not service.releases.current and service.builds.state.state in ("building",):
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
        while service.builds.state.state == "building":
            await asyncio.sleep(0.05)
        stages.clear()
        total: list[float] = []
        for n in range(saves):
            temporary = target.with_suffix(".tmp")
            temporary.write_text(re.sub(r"(\n {4}title: .*)", rf"\1 {n}", text, count=1))
            marks.clear()
            began = time.perf_counter()
            temporary.replace(target)
            await reader.readuntil(b"event: manifest")
            total.append((time.perf_counter() - began) * 1000)
            stages.setdefault("watch", []).append((marks["build"] - began) * 1000)
            sequence = service.builds.state.sequence
            while service.builds.state.sequence == sequence:  # the other channels of this save
                await asyncio.sleep(0.005)
        manifest = service.releases.current[channel].manifest
        print(
            f"{manifest.rules} rules, bundle {manifest.bundle.size:,} bytes, automaton {manifest.automaton.size:,} bytes, "
            f"{len(service.builds.following())} channels"
        )
        for stage, values in {
            **{k: stages[k] for k in ("watch", "compile", "encode, store, sign")},
            "save → event": total,
        }.items():
            values = sorted(values)
            print(f"{stage:22} p50 {median(values):6.1f} ms   p95 {values[int(len(values) * 0.95)]:6.1f} ms")
        writer.close()
        server.should_exit = True
        await serving


def _time(thing: Any, method: str, stage: str, stages: Stage, marks: dict[str, float]) -> None:
    """The first call of a save only: that is the channel the reader is on."""
    real = getattr(thing, method)

    def timed(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        first = "build" not in marks
        marks.setdefault("build", began)
        try:
            return real(*arguments, **options)
        finally:
            if first:
                stages.setdefault(stage, []).append((time.perf_counter() - began) * 1000)

    setattr(thing, method, timed)


def _time_async(thing: Any, method: str, stage: str, stages: Stage) -> None:
    real = getattr(thing, method)

    async def timed(*arguments: Any, **options: Any) -> Any:
        began = time.perf_counter()
        try:
            return await real(*arguments, **options)
        finally:
            stages.setdefault(stage, []).append((time.perf_counter() - began) * 1000)

    setattr(thing, method, timed)


if __name__ == "__main__":
    asyncio.run(
        main(Path(sys.argv[1] if len(sys.argv) > 1 else "rules"), int(sys.argv[2]) if len(sys.argv) > 2 else 40)
    )
