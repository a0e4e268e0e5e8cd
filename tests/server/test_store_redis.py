"""RedisStore against a real redis-server that the test starts, kills and restarts; blobs in obstore's local store."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import signal
import socket
from pathlib import Path

import httpx
import pytest

from server.cli import main
from server.store import StoreError

from .conftest import DEADLINE, events, live
from .stores import StoreSuite

pytest.importorskip("redis")
pytest.importorskip("obstore")
from server.store_redis import RedisStore

SERVER = shutil.which("redis-server")
pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(SERVER is None, reason="no redis-server (apt install redis-server)"),
]


class RedisServer:
    def __init__(self, directory: Path, durable: bool = True) -> None:
        self.directory = directory
        self.durable = durable
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        persistence = ["--appendonly", "yes", "--appendfsync", "always"] if self.durable else ["--appendonly", "no"]
        self._process = await asyncio.create_subprocess_exec(
            SERVER, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self.directory), "--save", "",
            *persistence, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        async with asyncio.timeout(DEADLINE):
            while b"Ready to accept connections" not in (line := await self._process.stdout.readline()):
                assert line, "redis-server did not start"

    async def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.communicate()
            self._process = None


@pytest.fixture
async def redis(tmp_path: Path):
    directory = tmp_path / "redis"
    directory.mkdir()
    server = RedisServer(directory)
    await server.start()
    yield server
    await server.kill()


def store_at(server: RedisServer, tmp_path: Path) -> RedisStore:
    return RedisStore(server.url, (tmp_path / "objects").as_uri())


class TestRedisStore(StoreSuite):
    @pytest.fixture
    def factory(self, redis: RedisServer, tmp_path: Path):
        @contextlib.asynccontextmanager
        async def make():
            store = store_at(redis, tmp_path)
            yield store
            await store.close()

        return make

    async def test_a_wake_up_comes_from_another_process(self, store, other):
        waiting = store.changes()
        await anext(waiting)  # subscribed
        woken = asyncio.ensure_future(anext(waiting))
        await other.publish("default", 0, b"1")
        await asyncio.wait_for(woken, DEADLINE)
        assert (await store.latest("default")).envelope == "1"
        await waiting.aclose()

    async def test_an_engine_that_forgot_is_told_again(self, redis, store, other):
        for n in range(3):
            await store.publish("default", n, b"%d" % n)
        await store._redis.flushall()
        assert (await other.latest("default")) is None
        assert (await store.latest("default")).revision == 3
        assert (await other.latest("default")).envelope == "2"
        assert (await other.publish("default", 3, b"next")).revision == 4

    async def test_while_redis_is_gone_every_call_says_so_and_afterwards_all_is_there(self, redis, store):
        await store.publish("default", 0, b"1")
        await redis.kill()
        for call in (store.latest("default"), store.publish("default", 1, b"2"), store.history("default")):
            with pytest.raises(StoreError):
                await call
        await redis.start()
        assert (await store.latest("default")).envelope == "1"
        assert (await store.publish("default", 1, b"2")).revision == 2


@contextlib.asynccontextmanager
async def replica(make, redis, tmp_path, name, rules):
    """A server process of its own but for the address space: own hub and memory, shared keys and store."""
    store = store_at(redis, tmp_path)
    async with live(make(store=store, rules=rules, builder=None)) as running:
        yield running


async def served(running, version: int) -> None:
    await running.version(version)


async def test_two_replicas_serve_the_same_and_survive_the_engine(make, redis, rules, tmp_path):
    elsewhere = tmp_path / "no-rules-here"
    async with (
        replica(make, redis, tmp_path, "a", rules) as writer,
        replica(make, redis, tmp_path, "b", elsewhere) as reader,
        httpx.AsyncClient(timeout=30) as client,
    ):
        token = writer.service.access.tokens.issue("publisher", "张三")
        headers = {"authorization": f"Bearer {token}"}
        await served(writer, 1)
        await served(reader, 1)
        path = "/v1/channels/default/manifest"
        one, two = await client.get(writer.url + path), await client.get(reader.url + path)
        assert (one.headers["etag"], one.content) == (two.headers["etag"], two.content)
        artifact = writer.service.releases.current["default"].manifest.bundle.url
        one, two = await client.get(writer.url + artifact), await client.get(reader.url + artifact)
        assert one.content == two.content

        async with contextlib.aclosing(events(reader.url)) as stream:
            assert (await anext(stream))[0] == "manifest"
            await redis.kill()
            (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 新\n")
            answer = await client.post(
                writer.url + "/v1/channels/default/publish", json={"expected": 1}, headers=headers
            )
            assert (answer.status_code, answer.json()["type"]) == (503, "/problems/unavailable")
            assert int(answer.headers["retry-after"]) > 0
            assert (await client.get(reader.url + path)).status_code == 200, "reading goes on"
            assert reader.service.hub.streams == 1, "the stream stays"
            await redis.start()
            async with asyncio.timeout(DEADLINE):
                async for name, identity, _ in stream:
                    if name == "manifest" and identity == "2":
                        break
        one, two = await client.get(writer.url + path), await client.get(reader.url + path)
        assert one.headers["etag"] == two.headers["etag"]
        assert writer.service.releases.current["default"].manifest.rules == 6


async def test_commands_work_on_what_the_cluster_serves(make, redis, rules, tmp_path, capsys):
    where = ["--data", str(tmp_path / "data"), "--blobs", (tmp_path / "objects").as_uri(), "--redis", redis.url]
    async with replica(make, redis, tmp_path, "a", rules) as running:
        await running.version(1)
        (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 新\n")
        await running.version(2)
        assert await asyncio.to_thread(main, ["revert", "default", "1", *where]) == 0
        await running.version(3)
        assert running.service.releases.current["default"].manifest.rules == 5
        assert await asyncio.to_thread(main, ["history", "default", *where]) == 0
        assert "第 3 版" in capsys.readouterr().out
        assert await asyncio.to_thread(main, ["prune", *where]) == 0
    assert not (tmp_path / "data/releases").exists()
