"""A small client of WebDriver BiDi, which stock Firefox speaks by itself: no driver binary in between."""

from __future__ import annotations

import itertools
import json
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from websockets.sync.client import ClientConnection, connect

T = TypeVar("T")
Json = dict[str, Any]


class BiDiError(Exception):
    pass


class Connection:
    """Commands one after another; events are handed to their listeners while an answer is awaited."""

    def __init__(self, remote: ClientConnection) -> None:
        self._socket = remote
        self._numbers = itertools.count(1)
        self._listeners: dict[str, Callable[[Json], None]] = {}

    def on(self, event: str, listener: Callable[[Json], None]) -> None:
        self._listeners[event] = listener

    def post(self, method: str, **params: Any) -> int:
        """Sends without waiting for the answer: what a listener may do."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        return number

    def call(self, method: str, **params: Any) -> Json:
        number = self.post(method, **params)
        while True:
            message = json.loads(self._socket.recv(timeout=120))
            if message["type"] == "event":
                listener = self._listeners.get(message["method"])
                if listener:
                    listener(message["params"])
            elif message.get("id") == number:
                if message["type"] == "error":
                    raise BiDiError(f"{method}: {message['error']}: {message['message']}")
                return dict(message["result"])


@contextmanager
def launch(binary: str, profile: Path, port: int) -> Iterator[Connection]:
    """Headless Firefox with a profile of its own, listening on 127.0.0.1."""
    # Without system access BiDi may not open an extension's own pages.
    flags = ["--headless", "--no-remote", "--remote-allow-system-access", "--remote-debugging-port", str(port)]
    process = subprocess.Popen(
        [binary, *flags, "--profile", str(profile)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        listening(port, process)
        with connect(f"ws://127.0.0.1:{port}/session", max_size=None, open_timeout=60, ping_interval=None) as remote:
            yield Connection(remote)
    finally:
        process.terminate()
        process.wait(timeout=60)


def listening(port: int, process: subprocess.Popen[bytes]) -> None:
    def answers() -> bool:
        assert process.poll() is None, "Firefox has ended"
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    eventually(answers, bool, timeout=90)


def plain(value: Json) -> Any:
    """A remote value as Python has it."""
    kind, inner = value["type"], value.get("value")
    if kind == "array":
        return [plain(item) for item in inner or []]
    if kind == "object":
        return {key: plain(item) for key, item in inner or []}
    return inner


def eventually(get: Callable[[], T], holds: Callable[[T], bool], timeout: float = 90) -> T:
    """Asks until it holds; fails with the last answer."""
    end = time.monotonic() + timeout
    while True:
        value = get()
        if holds(value):
            return value
        if time.monotonic() > end:
            raise AssertionError(f"still {value!r} after {timeout} s")
        time.sleep(0.05)
