"""Server-sent events to thousands of readers from one worker.

Each reader has one slot that holds the newest message only (latest wins): a publisher never waits for a reader, and a
reader that is slow skips versions it would have replaced anyway. A hub that awaited each send was stalled for all by
five readers that never read.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

HEARTBEAT = 20.0
LEASE = 15 * 60.0
LEASE_SPREAD = 0.2
MAX_STREAMS = 12_000

_START = {
    "type": "http.response.start",
    "status": 200,
    "headers": [
        (b"content-type", b"text/event-stream; charset=utf-8"),
        (b"cache-control", b"no-store"),
        (b"x-accel-buffering", b"no"),
        (b"x-content-type-options", b"nosniff"),
    ],
}
_BEAT = {"type": "http.response.body", "body": b": hb\n\n", "more_body": True}
_END = {"type": "http.response.body", "body": b"", "more_body": False}


def event(name: str, data: bytes, identity: str = "") -> dict[str, Any]:
    """An ASGI body message with one event. `data` has no line break."""
    head = f"event: {name}\n" + (f"id: {identity}\n" if identity else "")
    return {"type": "http.response.body", "body": head.encode() + b"data: " + data + b"\n\n", "more_body": True}


ON_CLOSE = "replyguard.on_close"
"""A key of the scope that our protocol sets: what is put there is called when the connection is lost. A task that waits
for the `http.disconnect` of each of ten thousand idle streams costs two kilobytes a stream."""


class Full(Exception):
    """The hub holds as many streams as it may."""


class _Reader:
    __slots__ = ("deadline", "slot", "waiter")

    def __init__(self, deadline: float) -> None:
        self.slot: dict[str, Any] | None = None
        self.waiter: asyncio.Future[None] | None = None
        self.deadline = deadline

    def offer(self, message: dict[str, Any]) -> None:
        if self.slot is not None and not self.slot["more_body"]:
            return  # the end has been decided
        self.slot = message
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def leave(self) -> None:
        self.offer(_END)


class Topic:
    """Readers of one channel and the message that each new one gets first."""

    def __init__(self) -> None:
        self.current: dict[str, Any] | None = None
        self.readers: set[_Reader] = set()

    def publish(self, message: dict[str, Any]) -> None:
        self.current = message
        for reader in self.readers:
            reader.offer(message)


class Hub:
    """All topics of a process; `run` must be running for heartbeats and leases."""

    def __init__(self, max_streams: int = MAX_STREAMS, heartbeat: float = HEARTBEAT, lease: float = LEASE) -> None:
        self.max_streams = max_streams
        self.streams = 0
        self.published = 0
        self._heartbeat = heartbeat
        self._lease = lease
        self._topics: dict[str, Topic] = {}
        self.closing = False

    def topic(self, name: str) -> Topic:
        return self._topics.setdefault(name, Topic())

    def publish(self, name: str, message: dict[str, Any]) -> None:
        self.published += 1
        self.topic(name).publish(message)

    async def run(self) -> None:
        """Heartbeats and ends of lease, a tenth of the readers at a time so that the wake-ups do not come all at once."""
        loop = asyncio.get_running_loop()
        part = 0
        while True:
            await asyncio.sleep(self._heartbeat / 10)
            part = (part + 1) % 10
            now = loop.time()
            for topic in self._topics.values():
                for reader in list(topic.readers):
                    if now >= reader.deadline:
                        reader.offer(_bye("lease"))
                    elif hash(reader) // 16 % 10 == part and reader.slot is None:
                        reader.offer(_BEAT)

    def close(self) -> None:
        """End every stream; no new one is let in."""
        self.closing = True
        for topic in self._topics.values():
            for reader in topic.readers:
                reader.offer(_bye("shutdown"))

    async def serve(self, name: str, scope: Scope, receive: Receive, send: Send) -> None:
        """One stream until the reader leaves, its lease ends or the hub closes. Raises Full before anything is sent."""
        if self.closing or self.streams >= self.max_streams:
            raise Full
        topic = self.topic(name)
        loop = asyncio.get_running_loop()
        reader = _Reader(loop.time() + self._lease * random.uniform(1 - LEASE_SPREAD, 1 + LEASE_SPREAD))
        reader.slot = topic.current or _BEAT
        topic.readers.add(reader)
        self.streams += 1
        watcher = None
        if ON_CLOSE in scope:
            scope[ON_CLOSE] = reader.leave
        else:
            watcher = loop.create_task(_gone(receive, reader))
        try:
            await send(_START)
            while True:
                message = reader.slot
                if message is None:
                    reader.waiter = loop.create_future()
                    await reader.waiter
                    reader.waiter = None
                    continue
                reader.slot = None
                if message is _END:
                    return
                await send(message)
                if not message["more_body"]:
                    return
        finally:
            if watcher is not None:
                watcher.cancel()
            topic.readers.discard(reader)
            self.streams -= 1


def _bye(reason: str) -> dict[str, Any]:
    return {**event("bye", b'{"reason":"' + reason.encode() + b'"}'), "more_body": False}


async def _gone(receive: Receive, reader: _Reader) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.offer(_END)
