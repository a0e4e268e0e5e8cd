"""Server-sent events to thousands of readers from one worker.

A message is encoded once and written straight to each connection, without waking the task behind it. Who cannot take
more has one slot that holds the newest message only (latest wins): a publisher never waits for a reader, and a reader that
is slow skips versions it would have replaced anyway. A hub that awaited each send was stalled for all by five readers that
never read.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple, Protocol

Scope = MutableMapping[str, Any]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]

HEARTBEAT = 20.0
LEASE = 15 * 60.0
LEASE_SPREAD = 0.2
MAX_STREAMS = 12_000
BATCH = 500
"""Readers written to before other requests have their turn: some milliseconds."""

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


class Message(NamedTuple):
    """`chunk`: `body` as one chunk of a chunked HTTP answer."""

    body: bytes
    chunk: bytes
    last: bool = False


def _message(body: bytes, last: bool = False) -> Message:
    return Message(body, b"%x\r\n%b\r\n" % (len(body), body), last)


def event(name: str, data: bytes, identity: str = "") -> Message:
    """`data` has no line break."""
    head = f"event: {name}\n" + (f"id: {identity}\n" if identity else "")
    return _message(head.encode() + b"data: " + data + b"\n\n")


def _together(first: Message, second: Message) -> Message:
    return _message(first.body + second.body)


def _bye(reason: str) -> Message:
    return event("bye", b'{"reason":"' + reason.encode() + b'"}')._replace(last=True)


_BEAT = _message(b": hb\n\n")
_END = Message(b"", b"", True)

PEER = "replyguard.peer"
"""A key of the scope under which our protocol gives itself, as a `Peer`."""


class Peer(Protocol):
    """The connection below a stream. A task that waits for the `http.disconnect` of each of ten thousand idle streams costs
    two kilobytes a stream, and one that is woken for each message three times the CPU of the write.
    """

    reader: Reader | None

    def attach(self, reader: Reader) -> None:
        """`reader` is told when the connection is lost (`leave`) and when it can take more (`resume`)."""

    def push(self, chunk: bytes) -> bool:
        """Write a chunk of the answer that has begun; False = it cannot take more now, nothing was written."""


class Full(Exception):
    """The hub holds as many streams as it may."""


class Reader:
    """One stream. `peer` is None until the head of the answer is out, and with servers other than ours."""

    __slots__ = ("deadline", "peer", "slot", "waiter")

    def __init__(self, deadline: float, slot: Message) -> None:
        self.slot: Message | None = slot
        self.waiter: asyncio.Future[None] | None = None
        self.peer: Peer | None = None
        self.deadline = deadline

    def offer(self, message: Message) -> None:
        if self.slot is not None and self.slot.last:
            return  # the end has been decided
        if self.peer is not None and not message.last and self.peer.push(message.chunk):
            self.slot = None
            return
        self.slot = message
        if (self.peer is None or message.last) and self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    def resume(self) -> None:
        if self.slot is not None and not self.slot.last:
            self.offer(self.slot)

    def leave(self) -> None:
        self.offer(_END)


class Topic:
    """Readers of one channel and the message that each new one gets first."""

    def __init__(self) -> None:
        self.current: Message | None = None
        self.readers: set[Reader] = set()

    def publish(self, message: Message, aside: Message | None = None) -> None:
        self.current = message
        if self.readers:
            self._spread(message, _together(aside, message) if aside else message, list(self.readers))

    def _spread(self, current: Message, message: Message, readers: list[Reader]) -> None:
        """To the first of them now, to the rest in the next turns of the loop; a newer message ends it."""
        if current is not self.current:
            return
        for reader in readers[-BATCH:]:
            reader.offer(message)
        del readers[-BATCH:]
        if readers:
            asyncio.get_running_loop().call_soon(self._spread, current, message, readers)


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

    def publish(self, name: str, message: Message, aside: Message | None = None) -> None:
        """`aside`: goes before the message, to those who read by now; it says nothing to who comes later."""
        self.published += 1
        self.topic(name).publish(message, aside)

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
        slot = topic.current or _BEAT
        reader = Reader(loop.time() + self._lease * random.uniform(1 - LEASE_SPREAD, 1 + LEASE_SPREAD), slot)
        topic.readers.add(reader)
        self.streams += 1
        peer: Peer | None = scope.get(PEER)
        watcher = None
        if peer is not None:
            peer.attach(reader)
        else:
            watcher = loop.create_task(_gone(receive, reader))
        try:
            await send(_START)
            reader.peer = peer
            reader.resume()
            while True:
                message = reader.slot
                if message is None or (peer is not None and not message.last):
                    reader.waiter = loop.create_future()
                    await reader.waiter
                    reader.waiter = None
                    continue
                reader.slot = None
                if message is _END:
                    return
                await send({"type": "http.response.body", "body": message.body, "more_body": not message.last})
                if message.last:
                    return
        finally:
            if watcher is not None:
                watcher.cancel()
            if peer is not None:
                peer.reader = None
            reader.peer = None  # a message that is being spread must not land in the connection's next answer
            topic.readers.discard(reader)
            self.streams -= 1


async def _gone(receive: Receive, reader: Reader) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    reader.offer(_END)
