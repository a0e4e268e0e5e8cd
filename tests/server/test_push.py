"""The hub: latest wins, nobody waits for anybody, leases and heartbeats."""

from __future__ import annotations

import asyncio
import socket

import pytest

from server.connection import Limits
from server.push import BATCH, Full, Hub, event

from .conftest import DEADLINE, live

pytestmark = pytest.mark.anyio


class Reader:
    """An ASGI peer that takes what is sent only while `open` is set."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.open = asyncio.Event()
        self.open.set()
        self.left = asyncio.Event()
        self.changed = asyncio.Condition()

    async def receive(self) -> dict:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: dict) -> None:
        await self.open.wait()
        if message.get("body"):
            async with self.changed:
                self.got.append(message["body"])
                self.changed.notify_all()

    async def until(self, text: bytes) -> None:
        async with asyncio.timeout(DEADLINE), self.changed:
            await self.changed.wait_for(lambda: any(text in part for part in self.got))


async def test_a_reader_that_does_not_read_holds_up_nobody_and_gets_the_newest():
    hub = Hub()
    good, stuck = Reader(), Reader()
    tasks = [asyncio.create_task(hub.serve("c", {}, r.receive, r.send)) for r in (good, stuck)]
    await good.until(b"hb")
    await stuck.until(b"hb")
    stuck.open.clear()
    for n in range(400):
        hub.publish("c", event("manifest", b"%d" % n, str(n)))
        await good.until(b"data: %d\n" % n)
    stuck.open.set()
    await stuck.until(b"data: 399")
    assert len(good.got) == 401
    assert len(stuck.got) <= 3
    hub.close()
    await asyncio.gather(*tasks)
    assert b'"shutdown"' in good.got[-1]


async def test_a_new_reader_gets_the_current_message_first_and_leaving_frees_its_place():
    hub = Hub(max_streams=1)
    hub.publish("c", event("manifest", b"now", "7"))
    reader = Reader()
    task = asyncio.create_task(hub.serve("c", {}, reader.receive, reader.send))
    await reader.until(b"event: manifest\nid: 7\ndata: now\n\n")
    with pytest.raises(Full):
        await hub.serve("c", {}, reader.receive, reader.send)
    reader.left.set()
    await task
    assert hub.streams == 0


async def test_heartbeats_and_the_end_of_the_lease():
    hub = Hub(heartbeat=0.02, lease=0.3)
    ticking = asyncio.create_task(hub.run())
    reader = Reader()
    await asyncio.wait_for(hub.serve("c", {}, reader.receive, reader.send), DEADLINE)
    assert reader.got.count(b": hb\n\n") >= 2
    assert reader.got[-1] == b'event: bye\ndata: {"reason":"lease"}\n\n'
    ticking.cancel()


async def test_a_closing_hub_lets_nobody_in_and_its_goodbye_is_not_overwritten():
    hub = Hub()
    reader = Reader()
    task = asyncio.create_task(hub.serve("c", {}, reader.receive, reader.send))
    await reader.until(b"hb")
    hub.close()
    hub.publish("c", event("manifest", b"late"))
    await task
    assert b"bye" in reader.got[-1]
    with pytest.raises(Full):
        await hub.serve("c", {}, reader.receive, reader.send)


async def test_sockets_that_never_read_are_dropped_after_the_write_deadline_and_harm_nobody(make, rules):
    async with live(make(), Limits(write_deadline=0.3)) as running:
        await running.version(1)
        host, port = running.url.removeprefix("http://").split(":")
        request = f"GET /v1/channels/default/events HTTP/1.1\r\nhost: {host}:{port}\r\n\r\n".encode()
        deaf = []
        for _ in range(5):
            sock = socket.socket()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            sock.setblocking(False)
            await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
            await asyncio.get_running_loop().sock_sendall(sock, request)
            deaf.append(sock)
        reader, writer = await asyncio.open_connection(host, int(port), limit=1_000_000)
        writer.write(request)
        await reader.readuntil(b"event: manifest")
        big = event("manifest", b"x" * 300_000, "9")
        for _ in range(40):
            running.service.hub.publish("default", big)
            await asyncio.wait_for(reader.readuntil(b"id: 9\n"), DEADLINE)
        async with asyncio.timeout(DEADLINE):
            while running.service.hub.streams > 1:
                running.service.hub.publish("default", big)
                await reader.readuntil(b"id: 9\n")
        for sock in deaf:
            sock.close()
        writer.close()


async def test_a_message_that_is_being_spread_does_not_reach_a_stream_that_has_ended(make):
    """Its connection may be answering the next request by then."""
    async with live(make()) as running:
        await running.version(1)
        hub = running.service.hub
        host, port = running.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"GET /v1/channels/default/events HTTP/1.1\r\nhost: {host}:{port}\r\n\r\n".encode())
        await reader.readuntil(b"event: manifest")
        (mine,) = hub.topic("default").readers
        mine.offer(event("bye", b"{}")._replace(last=True))
        await reader.readuntil(b"0\r\n\r\n")
        mine.offer(event("manifest", b"stray"))
        writer.write(f"GET /healthz HTTP/1.1\r\nhost: {host}:{port}\r\nconnection: close\r\n\r\n".encode())
        rest = await asyncio.wait_for(reader.read(), DEADLINE)
        assert rest.startswith(b"HTTP/1.1 200 ")
        assert b"stray" not in rest
        writer.close()


async def test_all_of_many_readers_hear_it_and_only_the_newest_is_spread_on():
    hub = Hub()
    readers = [Reader() for _ in range(BATCH * 2 + 10)]
    tasks = [asyncio.create_task(hub.serve("c", {}, r.receive, r.send)) for r in readers]
    for reader in readers:
        await reader.until(b"hb")
    hub.publish("c", event("manifest", b"old"))
    hub.publish("c", event("manifest", b"new"))
    for reader in readers:
        await reader.until(b"new")
    assert sum(any(b"old" in part for part in reader.got) for reader in readers) == 0
    hub.close()
    await asyncio.gather(*tasks)


async def test_leases_end_at_different_times():
    """15 minutes give or take a fifth, so that those who came at once do not come back at once."""
    hub = Hub()
    readers = [Reader() for _ in range(50)]
    tasks = [asyncio.create_task(hub.serve("c", {}, r.receive, r.send)) for r in readers]
    for reader in readers:
        await reader.until(b"hb")
    now = asyncio.get_running_loop().time()
    left = [reader.deadline - now for reader in hub.topic("c").readers]
    assert all(700 < seconds < 1081 for seconds in left)
    assert max(left) - min(left) > 120
    hub.close()
    await asyncio.gather(*tasks)
