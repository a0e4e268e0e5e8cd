"""Two replicas behind one address (nginx in front), one Redis: the same answers, and no client lost while the engine is killed."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from pathlib import Path

import httpx
import pytest

from .conftest import DEADLINE, events, live, service_hosts
from .test_proxy import NGINX

pytest.importorskip("redis")
pytest.importorskip("obstore")
from .test_store_redis import SERVER, RedisServer, store_at

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        not (NGINX and SERVER), reason="no nginx or no redis-server (apt install nginx-light redis-server)"
    ),
]
CONFIGURATION = """
daemon off; master_process off; pid {root}/nginx.pid; error_log stderr warn;
events {{ worker_connections 512; }}
http {{
  access_log off; client_body_temp_path {root}/a; proxy_temp_path {root}/b; fastcgi_temp_path {root}/c;
  uwsgi_temp_path {root}/d; scgi_temp_path {root}/e;
  upstream replicas {{ {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://replicas; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
      proxy_buffering off; proxy_read_timeout 60s; add_header x-replica $upstream_addr always;
    }}
  }}
}}
"""
STREAMS = 30


@contextlib.asynccontextmanager
async def one_address(root: Path, replicas):
    """nginx that takes turns between the replicas; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    servers = " ".join(f"server {r.url.removeprefix('http://')};" for r in replicas)
    root.mkdir()
    (root / "nginx.conf").write_text(CONFIGURATION.format(root=root, port=port, servers=servers))
    for replica in replicas:
        service_hosts(replica.service).add(f"127.0.0.1:{port}".encode())
    process = await asyncio.create_subprocess_exec(str(NGINX), "-p", str(root), "-c", str(root / "nginx.conf"))
    url = f"http://127.0.0.1:{port}"
    try:
        async with asyncio.timeout(DEADLINE), httpx.AsyncClient() as client:
            while True:
                with contextlib.suppress(httpx.ConnectError):
                    await client.get(url + "/healthz")
                    break
                await asyncio.sleep(0.01)
        yield url
    finally:
        process.terminate()
        await process.wait()


@pytest.fixture
async def cluster(make, rules, tmp_path):
    """(redis, replicas, address): the first replica watches the rules."""
    (tmp_path / "redis").mkdir()
    redis = RedisServer(tmp_path / "redis")
    await redis.start()
    async with contextlib.AsyncExitStack() as stack:
        replicas = []
        for folder in (rules, tmp_path / "nothing"):
            service = make(store=store_at(redis, tmp_path), rules=folder)
            replicas.append(await stack.enter_async_context(live(service)))
        for replica in replicas:
            await replica.version(1)
        url = await stack.enter_async_context(one_address(tmp_path / "nginx", replicas))
        yield redis, replicas, url
    await redis.kill()


async def test_every_answer_is_the_same_whoever_gives_it(cluster):
    _, replicas, url = cluster
    path = "/v1/channels/default/manifest"
    async with httpx.AsyncClient(base_url=url) as client:
        first = await client.get(path)
        etag = first.headers["etag"]
        asked = [await client.get(path, headers={"if-none-match": etag}) for _ in range(20)]
        assert {answer.status_code for answer in asked} == {304}
        assert {answer.headers["etag"] for answer in asked} == {etag}
        assert len({answer.headers["x-replica"] for answer in asked}) == 2, "both were asked"
        bundle = replicas[0].service.releases.current["default"].manifest.bundle.url
        for encoding in ("identity", "zstd", "br", "gzip"):
            answers = []
            for _ in range(4):
                answer = await client.get(bundle, headers={"accept-encoding": encoding})
                answers.append((answer.headers["etag"], answer.headers.get("content-encoding"), answer.content))
            assert len(set(answers)) == 1, encoding


async def test_the_engine_is_killed_under_load_and_everybody_ends_with_the_last_save(cluster, rules):
    redis, replicas, url = cluster
    reached: list[asyncio.Event] = [asyncio.Event() for _ in range(STREAMS)]
    opened = [asyncio.Event() for _ in range(STREAMS)]
    versions: list[list[int]] = [[] for _ in range(STREAMS)]
    last = 0

    async def follow(n: int) -> None:
        async with contextlib.aclosing(events(url)) as stream:
            async for name, identity, _ in stream:
                if name == "manifest":
                    versions[n].append(int(identity))
                    opened[n].set()
                    if last and int(identity) >= last:
                        reached[n].set()

    async def knock(stop: asyncio.Event) -> int:
        answers = 0
        async with httpx.AsyncClient(base_url=url, timeout=DEADLINE) as client:
            while not stop.is_set():
                answer = await client.get("/v1/channels/default/manifest")
                assert answer.status_code == 200, "reading goes on"
                answers += 1
        return answers

    def save(n: int) -> None:
        (rules / "a.yaml").write_text("".join(f"r{i}: 词{i}-{n}\n" for i in range(6)))

    stop = asyncio.Event()
    streams = [asyncio.create_task(follow(n)) for n in range(STREAMS)]
    knocking = [asyncio.create_task(knock(stop)) for _ in range(4)]
    writer = replicas[0]
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(event.wait() for event in opened))
            assert {r.service.hub.streams for r in replicas} == {STREAMS // 2}
            save(1)
            await writer.version(2)
            await redis.kill()
            save(2)
            while writer.service.builds.state.state != "unavailable":
                await asyncio.sleep(0.01)
            token = writer.service.access.tokens.issue("publisher", "张三")
            async with httpx.AsyncClient(timeout=DEADLINE) as client:
                answer = await client.post(
                    writer.url + "/v1/channels/default/publish",
                    json={"expected": 2},
                    headers={"authorization": f"Bearer {token}"},
                )
            assert (answer.status_code, bool(answer.headers["retry-after"])) == (503, True)
            assert sum(r.service.hub.streams for r in replicas) == STREAMS, "no stream was lost"
            await redis.start()
            last = 3
            await writer.version(3)
            for n in range(STREAMS):
                if versions[n][-1] >= last:
                    reached[n].set()
            await asyncio.gather(*(event.wait() for event in reached))
    finally:
        stop.set()
        for task in streams:
            task.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    assert min(await asyncio.gather(*knocking)) > 0
    assert all(seen == sorted(seen) for seen in versions), "nobody was taken back"
    etags = {r.service.releases.current["default"].etag for r in replicas}
    assert len(etags) == 1
    assert writer.service.releases.current["default"].manifest.rules == 6
