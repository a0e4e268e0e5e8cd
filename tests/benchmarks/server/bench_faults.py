"""How long faults are felt: the figures of docs/reliability.md, measured with the tests' own means.

    python -m tests.benchmarks.server.bench_faults

Needs redis-server. Times are this machine's; counts are not.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import httpx

from server.app import Options, Service
from server.connection import Limits
from server.store import DirStore, Store
from tests.server.conftest import TinyBuilder, live
from tests.server.test_store_dir import PUBLISH_AND_DIE
from tests.server.test_store_redis import RedisServer, store_at

STREAM = b"GET /v1/channels/default/events HTTP/1.1\r\nhost: HOST\r\n\r\n"


def service(root: Path, name: str = "data", store: Store | None = None, rules: str = "rules") -> Service:
    folder = root / rules
    folder.mkdir(exist_ok=True)
    return Service(Options(rules=folder, data=root / name, hosts=frozenset()), TinyBuilder(folder), store=store)  # type: ignore[arg-type]


def save(root: Path, n: int) -> None:
    (root / "rules").mkdir(exist_ok=True)
    (root / "rules/a.yaml").write_text("".join(f"r{i}: 词{i}-{n}\n" for i in range(5)))


async def until(condition: Callable[[], bool]) -> float:
    began = time.perf_counter()
    while not condition():
        await asyncio.sleep(0.001)
    return time.perf_counter() - began


async def kills(root: Path) -> str:
    store = DirStore(root)
    digest = hashlib.sha256(b"first").hexdigest()
    await store.publish("default", 0, b'{"blob": "%s"}' % digest.encode(), b"{}", {digest: b"first"})
    torn = points = 0
    while True:
        points += 1
        done = subprocess.run(
            [sys.executable, "-c", PUBLISH_AND_DIE, str(root), str(points)], capture_output=True, check=False
        )
        latest = await store.latest("default")
        blob = latest.envelope.split('"')[3] if latest else ""
        torn += latest is None or latest.skipped > 0 or await store.get_blob(blob) is None
        if done.returncode == 0:
            return f"killed at {points - 1} points of a publish: {torn} torn releases"


async def shutdown(root: Path) -> str:
    save(root, 0)
    async with live(service(root)) as running:
        await running.version(1)
        host, port = running.url.removeprefix("http://").split(":")
        streams = []
        for _ in range(500):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(STREAM.replace(b"HOST", f"{host}:{port}".encode()))
            await reader.readuntil(b"event: manifest")
            streams.append((reader, writer))
        began = time.perf_counter()
        running.server.should_exit = True
        await running.task
        took = time.perf_counter() - began
        told = sum([b"bye" in await reader.read() for reader, _ in streams])
    return f"shutdown with 500 open streams: {took:.2f} s, {told} told"


async def cap(root: Path) -> str:
    save(root, 0)
    async with live(service(root), Limits(max_connections=500)) as running:
        await running.version(1)
        host, port = running.url.removeprefix("http://").split(":")
        kept, refused = [], 0
        for _ in range(1000):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(STREAM.replace(b"HOST", f"{host}:{port}".encode()))
            try:
                line = await reader.readline()
            except ConnectionError:
                line = b""
            if b" 200 " in line:
                kept.append((reader, writer))
            else:
                refused += 1
                writer.close()
        for reader, _ in kept:
            await reader.readuntil(b"event: manifest")
        began = time.perf_counter()
        save(root, 1)
        for reader, _ in kept:
            await reader.readuntil(b"id: 2\n")
        took = time.perf_counter() - began
        for _, writer in kept:
            writer.close()
    return f"1,000 connections at a cap of 500: {len(kept)} served, {refused} turned away; the next save reached all of the first in {took:.2f} s"


async def engine(root: Path) -> str:
    save(root, 0)
    (root / "redis").mkdir()
    redis = RedisServer(root / "redis")
    await redis.start()
    async with (
        live(service(root, store=store_at(redis, root))) as one,
        live(service(root, store=store_at(redis, root), rules="none")) as two,
    ):
        await one.version(1)
        await two.version(1)
        began = time.perf_counter()
        save(root, 1)
        await two.version(2)
        across = time.perf_counter() - began
        await redis.kill()
        save(root, 2)
        noticed = await until(lambda: one.service.builds.state.state == "unavailable")
        await redis.start()
        converged = await until(
            lambda: {r.service.releases.current["default"].manifest.version for r in (one, two)} == {3}
        )
    await redis.kill()
    return (
        f"save on one replica → event on the other: {across * 1000:.0f} ms; Redis killed: said after {noticed:.2f} s; "
        f"back again: both serve the save made meanwhile after {converged:.2f} s"
    )


async def restart(root: Path) -> str:
    save(root, 0)
    async with live(service(root)) as running:
        await running.version(1)
    began = time.perf_counter()
    async with live(service(root)) as running, httpx.AsyncClient() as client:
        assert (await client.get(running.url + "/v1/channels/default/manifest")).status_code == 200
        took = time.perf_counter() - began
    return f"restart → the manifest is served again: {took * 1000:.0f} ms (in the same process: without Python's own start)"


async def main() -> None:
    print(f"load {os.getloadavg()[0]:.1f}")
    for measure in (kills, shutdown, cap, engine, restart):
        with tempfile.TemporaryDirectory() as name:
            print(await measure(Path(name)), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
