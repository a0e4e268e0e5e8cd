"""The differences between releases are worked out when no release comes any more, not between two saves."""

from __future__ import annotations

import asyncio

import pytest

from server import changes
from server.changes import ChangeLog, Changes

pytestmark = pytest.mark.anyio


class Log(ChangeLog):
    def __init__(self) -> None:
        super().__init__(None, None)  # type: ignore[arg-type]
        self.asked: list[tuple[str | None, str]] = []

    async def between(self, old: str | None, new: str) -> Changes | None:
        self.asked.append((old, new))
        return None


async def test_a_newer_release_puts_it_off(monkeypatch):
    pauses: list[asyncio.Future[None]] = []

    async def sleep(seconds: float) -> None:
        assert seconds == changes.PREPARE_AFTER
        pauses.append(asyncio.get_running_loop().create_future())
        await pauses[-1]

    log, turn = Log(), asyncio.sleep
    monkeypatch.setattr(changes.asyncio, "sleep", sleep)
    log.prepare(None, "a")
    await turn(0)
    log.prepare("a", "b")
    await turn(0)
    assert pauses[0].cancelled()
    assert log.asked == []
    pauses[1].set_result(None)
    await turn(0)
    await turn(0)
    assert log.asked == [(None, "a"), ("a", "b")]
