"""The conformance suite of `Store`: every implementation runs it."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncIterator, Callable

import pytest

from server.store import Conflict, Store

Factory = Callable[[], contextlib.AbstractAsyncContextManager[Store]]


class StoreSuite:
    """Subclass with a fixture `factory`; two stores it makes look at the same data."""

    pytestmark = pytest.mark.anyio

    @pytest.fixture
    async def store(self, factory: Factory) -> AsyncIterator[Store]:
        async with factory() as store:
            yield store

    @pytest.fixture
    async def other(self, factory: Factory) -> AsyncIterator[Store]:
        async with factory() as store:
            yield store

    async def test_blobs_come_back_by_their_hash(self, store: Store, other: Store):
        for data in (b"", b"\0" * 1000, "规则".encode() * 100_000):
            digest = hashlib.sha256(data).hexdigest()
            assert await store.get_blob(digest) is None
            await store.put_blob(digest, data)
            await store.put_blob(digest, data)
            assert await store.get_blob(digest) == data
            assert await other.get_blob(digest) == data

    @pytest.mark.parametrize("digest", ["", "../../x", "A" * 64, "0" * 63, "0" * 64 + "\n"])
    async def test_a_name_that_is_no_hash_is_refused(self, store: Store, digest: str):
        with pytest.raises(ValueError, match="SHA-256"):
            await store.get_blob(digest)
        with pytest.raises(ValueError, match="SHA-256"):
            await store.put_blob(digest, b"")

    @pytest.mark.parametrize("channel", ["", "../x", "A", "a/b", "x" * 33, "a\n"])
    async def test_a_name_that_is_no_channel_is_refused(self, store: Store, channel: str):
        with pytest.raises(ValueError, match="channel"):
            await store.latest(channel)
        with pytest.raises(ValueError, match="channel"):
            await store.publish(channel, 0, b"{}")

    async def test_revisions_follow_one_another(self, store: Store, other: Store):
        assert await store.latest("default") is None
        assert await store.history("default") == []
        for n in range(1, 6):
            entry = await store.publish("default", n - 1, b'"%d"' % n, b'{"n":%d}' % n)
            assert entry.revision == n
        latest = await other.latest("default")
        assert (latest.revision, latest.envelope, bytes(latest.note)) == (5, '"5"', b'{"n":5}')
        assert [e.revision for e in await other.history("default", 3)] == [5, 4, 3]
        assert await store.latest("another") is None
        await store.publish("another", 0, b"1")
        assert await other.channels() == ["another", "default"]

    async def test_who_saw_an_older_revision_loses(self, store: Store, other: Store):
        await store.publish("default", 0, b"1")
        for expected in (0, 2, 7):
            with pytest.raises(Conflict) as caught:
                await other.publish("default", expected, b"2")
            assert caught.value.current == 1
        assert (await store.latest("default")).envelope == "1"

    async def test_of_many_publishers_one_wins_each_round(self, store: Store, other: Store):
        for round_ in range(5):
            answers = await asyncio.gather(
                *((store, other)[n % 2].publish("default", round_, b"%d" % n) for n in range(8)), return_exceptions=True
            )
            winners = [a for a in answers if not isinstance(a, BaseException)]
            assert len(winners) == 1, answers
            assert all(isinstance(a, Conflict) for a in answers if a is not winners[0])
            assert (await other.latest("default")).envelope == winners[0].envelope

    async def test_forgotten_entries_are_gone_and_the_newest_never(self, store: Store, other: Store):
        for n in range(30):
            await store.publish("default", n, b"%d" % n)
        await store.forget("default", [*range(1, 25), 30, 99])
        assert [e.revision for e in await other.history("default", 100)] == [30, 29, 28, 27, 26, 25]
        assert [e.revision for e in await other.history("default", 2)] == [30, 29]
        assert (await store.publish("default", 30, b"next")).revision == 31
        await store.forget("default", [25, 26, 27, 28, 29, 30])
        assert [e.revision for e in await other.history("default", 100)] == [31]
        assert (await other.latest("default")).revision == 31

    async def test_only_old_blobs_that_nobody_names_are_dropped(self, store: Store, other: Store):
        parts = {hashlib.sha256(b"%d" % n).hexdigest(): b"%d" % n for n in range(5)}
        for digest, part in parts.items():
            await store.put_blob(digest, part)
        first, *rest = parts
        assert await other.drop_blobs(set(), 3600) == 0, "what is young may be on its way to be published"
        assert await other.drop_blobs({first}, 0) == 4
        assert await store.get_blob(first) == parts[first]
        assert [await store.get_blob(digest) for digest in rest] == [None] * 4

    async def test_changes_wake_a_reader(self, store: Store):
        waiting = store.changes()
        woken = asyncio.ensure_future(anext(waiting))
        await store.publish("default", 0, b"1")
        await asyncio.wait_for(woken, 20)
        await waiting.aclose()
