"""The real server with a synthetic release of a realistic size, driven over stdin. Run by the benchmarks.

Commands, one a line: `publish` → prints the CLOCK_MONOTONIC time at which publishing began, and after it `done TIME`.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from pathlib import Path

from compiler.build import Build
from compiler.schema import ChannelSource
from server.app import Options, Service
from server.connection import Limits
from server.serve import bind, http_server


class Still:
    """A builder with nothing to build: the benchmark publishes itself."""

    def channels(self) -> list[ChannelSource]:
        return [ChannelSource(id="default")]

    def build(self, channel: str = "", *, examples: bool = True, compiled: object = None):
        return Build(None, None, [], {}, None)


def content(seed: int, size: int) -> bytes:
    """JSON that compresses about as well as a bundle does."""
    numbers = random.Random(seed)
    words = ["".join(chr(numbers.randrange(0x4E00, 0x9000)) for _ in range(3)) for _ in range(2000)]
    parts = []
    length = 0
    while length < size:
        parts.append(f'"{numbers.choice(words)}":[{numbers.randrange(9999)},{numbers.randrange(9999)}]')
        length += len(parts[-1].encode()) + 1
    return ('{"rules":[],"x":{' + ",".join(parts) + "}}").encode()


async def main(data: Path, size: int) -> None:
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    rules = data / "rules"
    rules.mkdir(parents=True, exist_ok=True)
    service = Service(Options(rules=rules, data=data, hosts=frozenset({f"127.0.0.1:{port}"})), Still())  # type: ignore[arg-type]
    server = http_server(service, Limits())
    started = asyncio.Event()
    startup = server.startup

    async def startup_and_tell(sockets=None) -> None:
        await startup(sockets)
        started.set()

    server.startup = startup_and_tell  # type: ignore[method-assign]
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    await started.wait()

    def publish_parts(number: int) -> tuple[bytes, bytes]:
        base = content(1, size)
        return base[:-2] + b',"n":%d}}' % number, random.Random(number).randbytes(20_000)

    number = 0

    async def publish() -> None:
        nonlocal number
        number += 1
        await service.releases.publish("default", *publish_parts(number), 0)

    await publish()
    await service.artifacts.settled()
    manifest = service.releases.current["default"].manifest
    print(port, manifest.bundle.url, flush=True)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if line.strip() == "publish":
            print(time.monotonic(), flush=True)
            await publish()
            print("done", time.monotonic(), flush=True)
        elif line.strip() == "streams":
            print(service.hub.streams, flush=True)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
