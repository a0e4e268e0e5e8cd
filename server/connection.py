"""The HTTP connection with the deadlines and caps that uvicorn lacks.

uvicorn waits for ever for the end of the headers, for a trickled body and for a reader that never reads; its
`limit_concurrency` counts streams, and then refuses health checks as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from .problems import Problem
from .push import PEER, Reader

HEADER_DEADLINE = 10.0
BODY_DEADLINE = 20.0
WRITE_DEADLINE = 30.0
MAX_HEADER = 16 * 1024
MAX_BODY = 2 * 1024 * 1024
STREAM_BUFFER = 16 * 1024
MAX_CONNECTIONS = 13_000
"""Above this a request gets 503; a tenth more, and the connection is dropped unheard. Higher than the cap of streams,
so that readers who hold all streams leave room for health checks and polls. Nobody who is connected is ever evicted."""


class Limits:
    """The knobs, one object per server so that tests can turn them."""

    def __init__(
        self,
        header_deadline: float = HEADER_DEADLINE,
        body_deadline: float = BODY_DEADLINE,
        write_deadline: float = WRITE_DEADLINE,
        max_connections: int = MAX_CONNECTIONS,
    ) -> None:
        self.header_deadline = header_deadline
        self.body_deadline = body_deadline
        self.write_deadline = write_deadline
        self.max_connections = max_connections


class _Gate:
    """What is used of `asyncio.Event`, for one waiter."""

    __slots__ = ("_open", "_waiter")

    def __init__(self, is_open: bool) -> None:
        self._open = is_open
        self._waiter: asyncio.Future[None] | None = None

    def is_set(self) -> bool:
        return self._open

    def set(self) -> None:
        self._open = True
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def clear(self) -> None:
        self._open = False

    async def wait(self) -> bool:
        while not self._open:
            self._waiter = asyncio.get_running_loop().create_future()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return True


def guarded(limits: Limits) -> Callable[..., asyncio.Protocol]:
    """A protocol class for `uvicorn.Config(http=…)` bound to these limits."""

    class Bound(GuardedProtocol):
        pass

    Bound.limits = limits
    return Bound


class GuardedProtocol(HttpToolsProtocol):
    limits = Limits()

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._reading = "headers"  # what the peer owes: "headers", "body" or "" (nothing)
        self._read_timer: asyncio.TimerHandle | None = None
        self._write_timer: asyncio.TimerHandle | None = None
        self._header_bytes = 0
        self._body_bytes = 0
        self._broken = False
        self.reader: Reader | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        count = len(self.connections)
        if count > self.limits.max_connections * 1.1 + 16:
            transport.abort()
        elif count > self.limits.max_connections:
            self.app = _busy
        self._arm(self.limits.header_deadline)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().connection_lost(exc)
        if self.reader is not None:
            self.reader.leave()
        if self.cycle is not None:
            self.cycle.scope.pop(PEER, None)  # type: ignore[misc]

    def attach(self, reader: Reader) -> None:
        self.reader = reader
        # Two events of asyncio, each with a queue for waiters that a stream never has, would be a tenth of its memory.
        self.flow._is_writable_event = _Gate(not self.flow.write_paused)  # type: ignore[assignment]
        self.cycle.message_event = _Gate(False)  # type: ignore[assignment]
        # Of a reader that never reads this much stays with us; and what was asked is not needed for the hours it lasts.
        self.transport.set_write_buffer_limits(high=STREAM_BUFFER)
        self.headers.clear()

    def push(self, chunk: bytes) -> bool:
        if self.flow.write_paused or self.transport.is_closing():
            return False
        self.transport.write(chunk)
        return True

    def data_received(self, data: bytes) -> None:
        if self._broken:
            return
        super().data_received(data)
        if self._reading and self._read_timer is None and not self.transport.is_closing():
            self._arm(self.limits.header_deadline if self._reading == "headers" else self.limits.body_deadline)

    def on_message_begin(self) -> None:
        self._reading = "headers"
        self._header_bytes = self._body_bytes = 0
        super().on_message_begin()
        self.scope[PEER] = self  # type: ignore[literal-required]

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count_header(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_header(len(name) + len(value) + 4)
        super().on_header(name, value)
        if name.lower() == b"content-length" and int(value) > MAX_BODY:
            self._refuse(Problem("too-large"))

    def on_headers_complete(self) -> None:
        self._disarm()
        self._reading = "body"
        if not self._broken:
            super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._broken:
            return
        self._body_bytes += len(body)
        if self._body_bytes > MAX_BODY:
            self._refuse(Problem("too-large"))
            return
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._disarm()
        self._reading = ""
        if not self._broken:
            super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._write_timer = self.loop.call_later(self.limits.write_deadline, self.transport.abort)

    def resume_writing(self) -> None:
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
        super().resume_writing()
        if self.reader is not None:
            self.reader.resume()

    def _count_header(self, size: int) -> None:
        self._header_bytes += size
        if self._header_bytes > MAX_HEADER:
            self._refuse(Problem("header-too-large"))

    def _arm(self, seconds: float) -> None:
        self._read_timer = self.loop.call_later(seconds, self._late)

    def _disarm(self) -> None:
        if self._read_timer is not None:
            self._read_timer.cancel()
            self._read_timer = None

    def _late(self) -> None:
        self._read_timer = None
        self._refuse(Problem("timeout"))

    def _refuse(self, problem: Problem) -> None:
        """Answer at once, below the application, and close."""
        if self._broken or self.transport.is_closing():
            return
        self._broken = True
        self._disarm()
        started = self.cycle is not None and self.cycle.response_started and not self.cycle.response_complete
        if not started:
            body = problem.body()
            lines = [f"HTTP/1.1 {problem.status} {problem.code}"]
            lines += [f"{name}: {value}" for name, value in problem.headers().items()]
            lines += [f"content-length: {len(body)}", "connection: close", "", ""]
            self.transport.write("\r\n".join(lines).encode() + body)
        self.transport.close()


async def _busy(scope: Any, receive: Any, send: Any) -> None:
    for message in Problem("unavailable", "连接已满", retry_after=30).messages({"connection": "close"}):
        await send(message)
