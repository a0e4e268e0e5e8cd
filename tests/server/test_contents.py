"""Content is stored while its examples run; a release is announced when they hold and it is on the disk, not before."""

from __future__ import annotations

import asyncio
import hashlib
import threading
from typing import Any

import pytest

from server.contents import KEEP, Contents
from server.store import DirStore, StoreError

from .conftest import DEADLINE, TinyBuilder, TinyDiagnostic, live, tiny_release

pytestmark = pytest.mark.anyio


class Watched(DirStore):
    """Remembers what is put, and fails when it is told to."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.put: list[str] = []
        self.full = False

    async def put_blob(self, digest: str, data: bytes) -> None:
        self.put.append(digest)
        if self.full:
            raise StoreError("No space left on device")
        await super().put_blob(digest, data)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


async def test_what_is_begun_is_not_stored_twice(tmp_path):
    store = Watched(tmp_path)
    contents = Contents(store)
    data = b"rules"
    contents.begin(data)
    assert [await contents.stored(data), *await asyncio.gather(contents.stored(data))] == [sha256(data)] * 2
    assert await store.get_blob(sha256(data)) == data
    assert store.put == [sha256(data)] * 2, "the second time it was asked for anew"


async def test_a_fault_is_told_to_who_asks_and_the_next_time_it_is_tried_again(tmp_path):
    store = Watched(tmp_path)
    contents = Contents(store)
    data = b"rules"
    store.full = True
    contents.begin(data)
    with pytest.raises(StoreError, match="No space"):
        await contents.stored(data)
    store.full = False
    assert await contents.stored(data) == sha256(data)


async def test_what_nobody_asks_for_is_let_go(tmp_path):
    contents = Contents(Watched(tmp_path))
    tasks = [contents.begin(b"%d" % n) for n in range(2 * KEEP)]
    await asyncio.gather(*tasks)
    assert len(contents._running) == KEEP


async def test_a_save_is_stored_while_its_examples_run_and_announced_when_they_hold(make, rules, tmp_path):
    store = Watched(tmp_path / "data/releases")
    proving, hold = threading.Event(), threading.Event()

    class Proving(TinyBuilder):
        failing = False

        def build(self, channel: str = "", **options: Any):
            build = super().build(channel, **options)
            if self.builds > 1:
                proving.set()
                assert hold.wait(DEADLINE)
            if self.failing:
                build.release, build.diagnostics = None, [TinyDiagnostic("error", "a.yaml", 1)]
            return build

    builder = Proving(rules)
    async with live(make(builder=builder, store=store)) as running:
        await running.version(1)
        for count, failing, version in ((6, True, 1), (7, False, 2)):
            builder.failing = failing
            text = {f"r{n}": f"词{n}" for n in range(count)}
            expected = sha256(tiny_release(text).bundle)
            (rules / "a.yaml").write_text("".join(f"{name}: {word}\n" for name, word in text.items()))
            assert await asyncio.to_thread(proving.wait, DEADLINE)
            async with asyncio.timeout(DEADLINE):
                while await store.get_blob(expected) is None:
                    await asyncio.sleep(0.01)
            assert running.service.releases.current["default"].manifest.version == 1
            sequence = running.service.builds.state.sequence
            hold.set()
            async with asyncio.timeout(DEADLINE):
                while running.service.builds.state.sequence == sequence:
                    await asyncio.sleep(0.01)
            assert running.service.releases.current["default"].manifest.version == version
            assert store.put.count(expected) == 1
            proving.clear()
            hold.clear()
        hold.set()


async def test_a_publisher_who_has_not_heard_of_another_goes_on_from_what_it_did(make, tmp_path):
    ours, theirs = make(), make()
    first, second, third = (tiny_release({"r": word}) for word in ("甲", "乙", "丙"))
    for service, release, version in ((ours, first, 1), (theirs, second, 2), (ours, third, 3), (theirs, third, 3)):
        current = await service.releases.publish("default", release.bundle, release.automaton, 1)
        assert current.manifest.version == version
    assert [m.version for m, _, _ in await ours.releases.history("default")] == [3, 2, 1]
