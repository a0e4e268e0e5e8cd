"""The differences between releases are worked out when no release comes any more, not between two saves."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from compiler.build import Builder
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


def compiled(folder: Path, *rules: str) -> bytes:
    (folder / "a.yaml").write_text("topic: t\ntitle: t\nrules:\n" + "".join(f"  - {rule}\n" for rule in rules), "utf-8")
    release = Builder(folder).build(examples=False).release
    assert release is not None
    return release.bundle


EVERY_VERB = (
    "{id: a, title: t, asked: [甲乙], unless_asked: [丙丁], find: [戊己], near: [庚辛], not_near: [壬癸], "
    "except: [戊己子], unless: [丑寅], bad: [x]}"
)


def test_only_rules_that_differ_are_changed(tmp_path: Path) -> None:
    """Whatever the numbers are that a rule before them moved."""
    before = compiled(tmp_path, EVERY_VERB)
    after = compiled(tmp_path, "{id: b, title: t, find: [卯辰, 巳午], bad: [x]}", EVERY_VERB)
    assert changes.changes(before, after) == Changes(added=["b"])


@pytest.mark.parametrize("said", ["甲乙", "丙丁", "戊己]", "庚辛", "壬癸", "戊己子", "丑寅"])
def test_a_verb_that_says_something_else_is_a_change(said: str, tmp_path: Path) -> None:
    before = compiled(tmp_path, EVERY_VERB)
    after = compiled(tmp_path, EVERY_VERB.replace(said, f"另{said}", 1))
    assert changes.changes(before, after) == Changes(changed=["a"])
