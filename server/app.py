"""The table of routes; the parts behind it are put together in `assemble`."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from compiler.build import Builder

from . import crx, metrics
from .artifacts import Artifacts
from .audit import Audit
from .auth import Access, Tokens
from .authoring import Authoring
from .builds import TOPIC, Builds
from .changes import ChangeLog
from .enrolment import describe
from .fleet import Fleet
from .guard import Guard
from .hot import App, HotPaths
from .keys import Keyring, KeyringError
from .problems import Problem, on_http_error, on_problem
from .publishing import Publishing, answer
from .push import Full, Hub, Receive, Scope, Send
from .releases import Releases
from .retention import prune
from .site import Site
from .store import DirStore, Store, StoreError
from .watch import Watcher

EXTENSION = Path(__file__).parent.parent / "extension" / "dist"
RESIGN_EVERY = 60.0
"""Seconds between looks at the age of the signatures and at the keyring."""

PRUNE_EVERY = 24 * 3600.0
BEGIN_AGAIN = 1.0
"""Seconds after which work in the background that failed is begun anew."""

log = logging.getLogger("replyguard")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What `replyguard serve` was told."""

    rules: Path
    data: Path
    hosts: frozenset[str]
    public_url: str = ""
    follow: tuple[str, ...] = ()
    polling: bool = False
    require_token: bool = False
    local_author: bool = False
    git_commit: bool = False
    extension: Path = EXTENSION
    max_streams: int = 12_000


class Service:
    """All parts of one server process. `app` is the ASGI application; `run` keeps the background work going."""

    def __init__(
        self,
        options: Options,
        builder: Builder,
        *,
        store: Store | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.options = options
        self._now = now
        self.keyring = Keyring(options.data / "keys")
        self.store = store or DirStore(options.data / "releases")
        self.hub = Hub(options.max_streams)
        self.artifacts = Artifacts(self.store)
        self.change_log = ChangeLog(options.data / "changes", self.store)
        self.releases = Releases(self.store, self.keyring, self.artifacts, self.hub, self.change_log, now)
        self.access = Access(Tokens(options.data / "tokens.json", now), options.require_token, options.local_author)
        self.builds = Builds(builder, self.releases, self.hub, root=options.rules, follow=options.follow)
        self.watcher = Watcher(options.rules, self.builds.rebuild, polling=options.polling)
        self.site = Site(options.extension, options.data / "extension")
        self.audit = Audit(options.data / "audit.jsonl")
        self.publishing = Publishing(self.releases, self.builds, self.access, self.audit)
        self.fleet = Fleet(
            options.data / "fleet.sqlite3", self._channels, self.releases.rule_ids, self.releases.versions
        )
        self.authoring = Authoring(
            options.rules,
            options.data,
            self.access,
            self.builds,
            self.releases,
            self.audit,
            git_commit=options.git_commit,
        )
        self.app: App = HotPaths(
            self._routes(),
            Guard(options.hosts),
            self.access,
            self.releases,
            self.artifacts,
            self.hub,
            self._channels,
            lambda: self.builds.state.sequence == 0,
        )

    def _routes(self) -> Starlette:
        routes = [
            Route("/", self.site.page("start")),
            Route("/demo", self.site.page("demo")),
            Route("/install", self.site.page("install")),
            Route("/fleet", self.site.page("fleet")),
            Route("/static/{name}", self.site.static),
            Route("/download/replyguard-extension.zip", self.site.download),
            *(Route(f"/download/{name}", self.site.package) for name in (crx.CRX, crx.UPDATES)),
            Route("/v1/enrol", self._enrol),
            Route("/v1/channels/{channel}/publish", self.publishing.publish, methods=["POST"]),
            Route("/v1/channels/{channel}/rollout", self.publishing.rollout, methods=["POST"]),
            Route("/v1/channels/{channel}/revert", self.publishing.revert, methods=["POST"]),
            Route("/v1/channels/{channel}/history", self.publishing.history),
            Route("/v1/status", self.fleet.report, methods=["POST"]),
            Route("/v1/fleet", self._fleet),
            Route("/v1/build", self._build),
            Route("/v1/build/events", _Stream(self.hub, TOPIC, self.access)),
            Route("/healthz", _health),
            Route("/readyz", self._ready),
            Route("/metrics", self._metrics),
            *self.authoring.routes(self.site.page("author")),
        ]
        handlers = {Problem: on_problem, HTTPException: on_http_error}
        return Starlette(routes=routes, exception_handlers=handlers, lifespan=self._lifespan)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        # Before the first request: after a restart every browser comes back at once, and finds what it had.
        with contextlib.suppress(StoreError):
            await self._refresh()
        tasks = [asyncio.create_task(_kept_up(work)) for work in self._work()]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.builds.close()
            self.artifacts.close()
            self.change_log.close()
            self.authoring.close()
            await self.store.close()

    def _work(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        return (
            self.hub.run,
            self.fleet.run,
            self.watcher.run,
            self._following_store,
            self._resigning,
            self._pruning,
        )

    def _channels(self) -> set[str]:
        """Of the rulebook and of the store: what was published goes on being served while the rulebook is broken."""
        return {*self.builds.channels, *self.releases.current}

    async def _refresh(self) -> None:
        for channel in {*self._channels(), *await self.store.channels()}:
            await self.releases.refresh(channel)

    async def _following_store(self) -> None:
        """Another process may publish into the same store."""
        async for _ in self.store.changes():
            with contextlib.suppress(StoreError):
                before = {c: r.revision for c, r in self.releases.current.items()}
                await self._refresh()
                if before != {c: r.revision for c, r in self.releases.current.items()}:
                    self.builds.refresh()
                if self.builds.state.state == "unavailable":
                    await self.builds.rebuild()  # what could not be published then may be published now

    async def _pruning(self) -> None:
        while True:
            # Not at once: a start has other work, and several replicas should not do it all at the same moment.
            await asyncio.sleep(PRUNE_EVERY * random.uniform(0.5, 1))
            with contextlib.suppress(StoreError):
                await prune(self.store)

    async def _resigning(self) -> None:
        while True:
            try:
                await self.releases.resign()
            except (StoreError, KeyringError, OSError) as error:
                log.error("not signed anew: %s", error)
            await asyncio.sleep(RESIGN_EVERY)

    async def _enrol(self, request: Request) -> Response:
        url = self.options.public_url or f"{request.url.scheme}://{request.headers['host']}"
        with contextlib.suppress(KeyringError, OSError):  # what was read last is still good
            self.keyring.reload()
        body = describe(self.keyring, self.builds.channels, url.rstrip("/"), self.access.require_reader)
        return answer(body)

    async def _fleet(self, request: Request) -> Response:
        if self.access.require_reader:
            self.access.need("publisher", request.scope["headers"], None, request.client)
        return await self.fleet.page_data(request)

    async def _metrics(self, request: Request) -> Response:
        self.access.read(request.scope["headers"], None)
        text = metrics.render(self.releases, self.builds, self.hub, self.fleet, datetime.now(UTC))
        return Response(text, media_type="text/plain; version=0.0.4", headers={"cache-control": "no-store"})

    async def _ready(self, request: Request) -> Response:
        reasons = metrics.readiness(self.releases, self.hub, self._now())
        return Response(
            "\n".join(reasons) + "\n" if reasons else "ok\n",
            503 if reasons else 200,
            {"cache-control": "no-store"},
            "text/plain",
        )

    async def _build(self, request: Request) -> Response:
        self.access.read(request.scope["headers"], None)
        return answer(self.builds.state)


class _Stream:
    """A topic of the hub as an ASGI endpoint below the router."""

    def __init__(self, hub: Hub, topic: str, access: Access) -> None:
        self._hub = hub
        self._topic = topic
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._access.read(scope["headers"], None)
            await self._hub.serve(self._topic, scope, receive, send)
        except Full:
            raise Problem("unavailable", "连接已满", retry_after=30) from None


async def _kept_up(work: Callable[[], Awaitable[None]]) -> None:
    """Work that must not end while the server runs, whatever a rulebook, the store or the keys provoke."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("%s failed and is begun anew", work.__qualname__)
        await asyncio.sleep(BEGIN_AGAIN)


async def _health(request: Request) -> Response:
    return Response("ok\n", media_type="text/plain", headers={"cache-control": "no-store"})
