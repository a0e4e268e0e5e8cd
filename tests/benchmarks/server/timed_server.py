"""The real server that also tells when each stage of a save began and ended. Run by the benchmarks.

First line: its address. Then one line of JSON a release: {"channel", "build": [from, to], "publish": [from, to], "pushed": at},
in seconds since the epoch. Ends when its input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Any

from compiler.build import Builder
from server.app import Options, Service
from server.push import Hub
from server.serve import bind, http_server


class Stages:
    """Wraps methods of the service."""

    def __init__(self) -> None:
        self.built: list[float] = []
        self.pushed: dict[str, float] = {}

    def build(self, real: Any) -> Any:
        def timed(*arguments: Any, **options: Any) -> Any:
            began = time.time()
            try:
                return real(*arguments, **options)
            finally:
                self.built = [began, time.time()]

        return timed

    def publish(self, real: Any) -> Any:
        async def timed(channel: str, *arguments: Any, **options: Any) -> Any:
            began = time.time()
            built = self.built
            self.pushed.pop(channel, None)
            try:
                return await real(channel, *arguments, **options)
            finally:
                if pushed := self.pushed.get(channel):
                    told = {"channel": channel, "build": built, "publish": [began, time.time()], "pushed": pushed}
                    print(json.dumps(told), flush=True)

        return timed

    def push(self, hub: Hub) -> None:
        real = hub.publish

        def timed(name: str, *messages: Any) -> None:
            self.pushed.setdefault(name, time.time())
            real(name, *messages)

        hub.publish = timed  # type: ignore[method-assign]


async def main(rules: Path, data: Path) -> None:
    listener = bind("127.0.0.1", 0)
    address = f"127.0.0.1:{listener.getsockname()[1]}"
    builder, stages = Builder(rules), Stages()
    builder.build = stages.build(builder.build)  # type: ignore[method-assign]
    service = Service(Options(rules=rules, data=data, hosts=frozenset({address})), builder)
    service.releases.publish = stages.publish(service.releases.publish)  # type: ignore[method-assign]
    stages.push(service.hub)
    server = http_server(service)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    print(f"http://{address}", flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.should_exit = True
    await serving


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
