"""A real service over a temporary folder, with a compiler small enough to be obvious.

`TinyBuilder` reads `<id>: <text>` lines; the server does not look into a bundle but for the rules' ids and programs.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import typing
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import msgspec
import pytest

from compiler.bundle import FORMAT, Atoms, Bundle, Folding, Rule, Topic, encode
from compiler.rulebook import rule_files
from compiler.schema import ChannelSource
from compiler.sets_in_file import Sets
from server.app import Options, Service
from server.connection import Limits
from server.serve import HttpServer, bind, http_server

from .hostile import Client

DEADLINE = 20
"""Seconds after which something that should have happened counts as never."""


@pytest.fixture(scope="session")
def node() -> Iterator[Client]:
    """Node, for the extension's own updater and stream."""
    client = Client()
    yield client
    client.close()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class TinyRelease(msgspec.Struct):
    bundle: bytes
    automaton: bytes
    rule_count: int


class TinyDiagnostic(msgspec.Struct):
    severity: str
    path: str
    line: int

    def render(self, lang: str = "zh") -> str:
        return f"{self.path}:{self.line}:1: " + ("这一行不对" if lang == "zh" else "bad line")

    def to_json(self) -> dict[str, object]:
        return {"code": "E1", "severity": self.severity, "path": self.path, "line": self.line, "column": 1}


class TinyBuild(msgspec.Struct):
    release: TinyRelease | None
    diagnostics: list[TinyDiagnostic]
    engine: None = None


def tiny_release(rules: dict[str, str], channel: str = "default") -> TinyRelease:
    texts = sorted(set(rules.values()))
    bundle = _record(
        Bundle,
        format=FORMAT,
        name="tiny",
        channel=channel,
        folding=_record(Folding),
        atoms=Atoms(texts, [], [], Sets.of([n] for n in range(len(texts)))),
        topics=[Topic("t", "题")],
        rules=[Rule(i, 0, i, "block", find=len(texts) + texts.index(t)) for i, t in sorted(rules.items())],
    )
    data = encode(bundle)
    return TinyRelease(data, b"RGA1" + hashlib.sha256(data).digest() * 8, len(rules))


def _record(record: type, **values: object) -> object:
    """With nothing in the other fields, whatever they are by now."""
    for field in msgspec.structs.fields(record):
        if field.required and field.name not in values:
            kind = typing.get_origin(field.type) or field.type
            values[field.name] = kind()
    return record(**values)


class TinyBuilder:
    """Channels come from `channels.txt`, one a line: id, which it follows, percent."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.builds = 0
        self.on_build: Callable[[], None] = lambda: None

    def channels(self) -> list[ChannelSource]:
        path = self.root / "channels.txt"
        lines = path.read_text().splitlines() if path.exists() else ["default"]
        sources = []
        for line in lines:
            name, follows, rollout = (*line.split(), "", "")[:3]
            sources.append(ChannelSource(id=name, follows=follows, rollout=int(rollout or 100)))
        return sources

    def build(
        self, channel: str = "", *, examples: bool = True, compiled: Callable[[TinyRelease], None] = lambda _: None
    ) -> TinyBuild:
        self.builds += 1
        rules: dict[str, str] = {}
        faults = []
        for path in (self.root / name for name in sorted(rule_files(self.root))):
            for number, line in enumerate(path.read_text().splitlines(), 1):
                name, separator, text = line.partition(":")
                if separator:
                    rules[name.strip()] = text.strip()
                else:
                    faults.append(TinyDiagnostic("error", path.name, number))
        self.on_build()
        if faults or not rules:
            return TinyBuild(None, faults or [TinyDiagnostic("error", "", 0)])
        release = tiny_release(rules, channel)
        compiled(release)
        return TinyBuild(release, [])


class Clock:
    """Moves only when told."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 21, 8, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def forward(self, **delta: float) -> None:
        self.moment += timedelta(**delta)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    root = tmp_path / "rules"
    root.mkdir()
    (root / "a.yaml").write_text("r1: 加微信\nr2: 不开发票\nr3: 刷信用卡要手续费\nr4: 最好\nr5: 全网最低\n")
    return root


@pytest.fixture
def make(tmp_path: Path, rules: Path, clock: Clock) -> Callable[..., Service]:
    def make_service(**options: object) -> Service:
        root = options.get("rules", rules)
        builder = options.pop("builder", None) or TinyBuilder(root)
        store = options.pop("store", None)
        data = options.pop("data", tmp_path / "data")
        hosts = frozenset({"test"})
        settings = Options(**{"rules": rules, "data": data, "hosts": hosts, **options})
        return Service(settings, builder, store=store, now=clock)

    return make_service


class Live(msgspec.Struct):
    service: Service
    server: HttpServer
    url: str
    task: asyncio.Task

    async def version(self, version: int, channel: str = "default") -> None:
        """Wait until that version (or a later one) is served."""
        async with asyncio.timeout(DEADLINE), httpx.AsyncClient(base_url=self.url) as client:
            while (await client.head(f"/v1/channels/{channel}/manifest")).status_code == 503:
                await asyncio.sleep(0.01)
        async with asyncio.timeout(DEADLINE), contextlib.aclosing(events(self.url, channel)) as stream:
            async for name, identity, _ in stream:
                if name == "manifest" and int(identity) >= version:
                    return


@contextlib.asynccontextmanager
async def live(service: Service, limits: Limits | None = None) -> AsyncIterator[Live]:
    """The service on a free port under real uvicorn."""
    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    for host in (f"127.0.0.1:{port}", f"localhost:{port}"):
        service_hosts(service).add(host.encode())
    server = http_server(service, limits)
    started = asyncio.Event()
    startup = server.startup

    async def startup_and_tell(sockets=None) -> None:
        await startup(sockets)
        started.set()

    server.startup = startup_and_tell
    task = asyncio.create_task(server.serve(sockets=[listener]))
    await started.wait()
    try:
        yield Live(service, server, f"http://127.0.0.1:{port}", task)
    finally:
        server.should_exit = True
        await task


def service_hosts(service: Service) -> set[bytes]:
    return service.app._guard.hosts


async def events(url: str, channel: str = "default", path: str = "") -> AsyncIterator[tuple[str, str, str]]:
    """(event, id, data) of an SSE stream; comments come as ("", "", text)."""
    async with (
        httpx.AsyncClient(timeout=httpx.Timeout(10, read=30)) as client,
        client.stream("GET", url + (path or f"/v1/channels/{channel}/events")) as answer,
    ):
        assert answer.status_code == 200, answer.status_code
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            if line.startswith(":"):
                yield "", "", line[1:].strip()
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            elif fields:
                yield fields.get("event", ""), fields.get("id", ""), fields.get("data", "")
                fields = {}


async def first(stream: AsyncIterator[tuple[str, str, str]], name: str) -> tuple[str, str, str]:
    async with asyncio.timeout(DEADLINE):
        async for item in stream:
            if item[0] == name:
                return item
    raise AssertionError(f"stream ended without {name}")
