"""Which browser runs which release, and why one is behind. Enumerations, integers and hex only: no text has a place here."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from .limits import RateLimit
from .problems import Problem
from .publishing import answer, read_body

MAX_STATUS = 2048
FLUSH = 1.0
"""Seconds between writes to the disk: one transaction for all reports of that time."""
KEEP_DAYS = 30
MAX_INSTALLS = 200_000

Count = Annotated[int, Meta(ge=0, le=2**53 - 1)]
State = Literal["ok", "seed", "expired", "stale", "refused"]
Refusal = Literal[
    "none", "malformed", "signature", "schema", "channel", "engine", "rollback", "equivocation", "fast-forward", "size",
    "hash", "selftest", "network", "storage",
]  # fmt: skip


class Status(msgspec.Struct, forbid_unknown_fields=True):
    """docs/protocol.md, "Status"."""

    schema: Literal[1]
    install: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    channel: str
    epoch: Count
    version: Count
    bundle: Annotated[str, Meta(pattern=r"^([0-9a-f]{16})?\Z")]
    engine: Annotated[int, Meta(ge=0, le=10_000)]
    extension: Annotated[int, Meta(ge=0, le=1_000_000_000)]
    browser: Literal["chrome", "edge", "firefox", "other"]
    state: State
    refused: Refusal
    latency: Annotated[int, Meta(ge=-1, le=600_000)]
    hits: Annotated[
        list[tuple[Annotated[int, Meta(ge=0, le=100_000)], Annotated[int, Meta(ge=1, le=100_000)]]], Meta(max_length=64)
    ] = []


_SCHEMA = """
CREATE TABLE IF NOT EXISTS installs (
  install TEXT PRIMARY KEY, channel TEXT, epoch INTEGER, version INTEGER, bundle TEXT, engine INTEGER,
  extension INTEGER, browser TEXT, state TEXT, refused TEXT, latency INTEGER, seen INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS installs_seen ON installs (seen);
CREATE TABLE IF NOT EXISTS hits (
  channel TEXT, rule TEXT, day INTEGER, count INTEGER, PRIMARY KEY (channel, rule, day)) WITHOUT ROWID;
"""


class Fleet:
    """Reports in memory first, in SQLite once a second.

    `rule_ids` names the rules of a bundle by its prefix; `served` is each channel's (epoch, version) of now.
    """

    def __init__(
        self,
        path: Path,
        channels: Callable[[], set[str]],
        rule_ids: Mapping[str, list[str]],
        served: Callable[[], dict[str, tuple[int, int]]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._path = path
        self._channels = channels
        self._rule_ids = rule_ids
        self._served = served
        self._clock = clock
        self._waiting: dict[str, tuple[Status, int]] = {}
        self._hits: Counter[tuple[str, str, int]] = Counter()
        self._rate = RateLimit(burst=20, per_second=0.2)
        self._rate_all = RateLimit(burst=2000, per_second=500)
        self.received: Counter[str] = Counter()
        self.latencies = [0] * (len(BUCKETS) + 1)
        self.latency_sum = 0

    async def report(self, request: Request) -> Response:
        """`POST /v1/status`."""
        status = await read_body(request, Status, MAX_STATUS)
        if status.channel not in self._channels():
            raise Problem("bad-request", "channel")
        self._rate.take(status.install)
        self._rate_all.take("")
        now = int(self._clock())
        self._waiting[status.install] = (status, now)
        self.received[status.state] += 1
        if status.latency >= 0:
            self.latency_sum += status.latency
            self.latencies[sum(status.latency > bound for bound in BUCKETS)] += 1
        if status.hits:
            names = self._rule_ids.get(status.bundle, [])
            for index, count in status.hits:
                if index < len(names):
                    self._hits[status.channel, names[index], now // 86400] += count
        return Response(status_code=204)

    async def run(self) -> None:
        try:
            while True:
                await asyncio.sleep(FLUSH)
                await self.flush()
        finally:
            await asyncio.shield(self.flush())

    async def flush(self) -> None:
        waiting, self._waiting = self._waiting, {}
        hits, self._hits = self._hits, Counter()
        if not waiting and not hits:
            return
        try:
            await asyncio.to_thread(self._write, list(waiting.values()), hits)
        except (sqlite3.Error, OSError):
            # A full disk must not lose reports that still fit into memory, nor stop anything else.
            if len(self._waiting) + len(waiting) <= MAX_INSTALLS:
                self._waiting = {**waiting, **self._waiting}
                self._hits.update(hits)

    async def summary(self) -> dict[str, Any]:
        """Counts by (channel, version), state, refusal, browser; the rules shown most in seven days."""
        await self.flush()
        try:
            return await asyncio.to_thread(self._summary, self._served())
        except (sqlite3.Error, OSError) as error:
            raise Problem("unavailable", f"fleet.sqlite3: {error}", retry_after=5) from error

    def _connect(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=5)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(_SCHEMA)
        return connection

    def _write(self, reports: list[tuple[Status, int]], hits: Counter[tuple[str, str, int]]) -> None:
        connection = self._connect()
        try:
            with connection:
                connection.executemany(
                    "REPLACE INTO installs VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
                    [
                        (s.install, s.channel, s.epoch, s.version, s.bundle, s.engine, s.extension, s.browser, s.state,
                         s.refused, s.latency, seen)
                        for s, seen in reports
                    ],
                )  # fmt: skip
                connection.executemany(
                    "INSERT INTO hits VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET count = count + excluded.count",
                    [(*key, count) for key, count in hits.items()],
                )
                oldest = int(self._clock()) - KEEP_DAYS * 86400
                connection.execute("DELETE FROM installs WHERE seen < ?", (oldest,))
                connection.execute("DELETE FROM hits WHERE day < ?", (oldest // 86400,))
                connection.execute(
                    "DELETE FROM installs WHERE install IN (SELECT install FROM installs ORDER BY seen DESC LIMIT -1 OFFSET ?)",
                    (MAX_INSTALLS,),
                )
        finally:
            connection.close()

    def _summary(self, served: dict[str, tuple[int, int]]) -> dict[str, Any]:
        connection = self._connect()
        now = int(self._clock())
        day = now - 86400
        try:

            def rows(query: str, *values: int | str) -> list[list[Any]]:
                return [list(row) for row in connection.execute(query, values)]

            return {
                "now": now,
                "active_day": rows("SELECT count(*) FROM installs WHERE seen >= ?", day)[0][0],
                "versions": rows(
                    "SELECT channel, epoch, version, count(*) FROM installs WHERE seen >= ? GROUP BY 1, 2, 3 "
                    "ORDER BY 1, 2 DESC, 3 DESC LIMIT 200", day),
                "states": rows("SELECT state, count(*) FROM installs WHERE seen >= ? GROUP BY 1 ORDER BY 2 DESC", day),
                "refusals": rows(
                    "SELECT refused, count(*) FROM installs WHERE seen >= ? AND refused != 'none' GROUP BY 1 ORDER BY 2 DESC",
                    day),
                "browsers": rows(
                    "SELECT browser, extension, count(*) FROM installs WHERE seen >= ? GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 50",
                    day),
                "served": [[channel, *version] for channel, version in sorted(served.items())],
                "behind": [
                    row
                    for channel, version in sorted(served.items())
                    for row in rows(
                        "SELECT substr(install, 1, 8), channel, epoch, version, state, refused, seen FROM installs "
                        "WHERE seen >= ? AND channel = ? AND (epoch, version) < (?, ?) ORDER BY seen DESC LIMIT 100",
                        day, channel, *version)
                ][:100],
                "rules": rows(
                    "SELECT channel, rule, sum(count) FROM hits WHERE day > ? GROUP BY 1, 2 ORDER BY 3 DESC LIMIT 50",
                    now // 86400 - 7),
            }  # fmt: skip
        finally:
            connection.close()

    async def page_data(self, request: Request) -> Response:
        """`GET /v1/fleet`."""
        return answer(await self.summary())


BUCKETS = (25, 50, 100, 150, 250, 500, 1000, 5000, 30000)
"""Milliseconds: upper bounds of the latency histogram."""
