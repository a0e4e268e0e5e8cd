"""Old releases go; what a channel serves, a rollout names or a revert may bring back never does. On both stores."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from server.cli import main
from server.current import Note
from server.retention import prune
from server.store import DirStore, Store

from .conftest import tiny_release

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["directory", "cluster"])
async def store(request: pytest.FixtureRequest, tmp_path: Path):
    if request.param == "directory":
        yield DirStore(tmp_path / "store")
        return
    pytest.importorskip("redis")
    from .test_store_redis import SERVER, RedisServer, store_at

    if SERVER is None:
        pytest.skip("no redis-server (apt install redis-server)")
    (tmp_path / "redis").mkdir()
    engine = RedisServer(tmp_path / "redis")
    await engine.start()
    store = store_at(engine, tmp_path)
    yield store
    await store.close()
    await engine.kill()


async def publish(service, count: int, channel: str = "default", percent: int = 100):
    release = tiny_release({f"r{n}": f"词{n}" for n in range(count)})
    return await service.releases.publish(channel, release.bundle, release.automaton, count, percent=percent)


async def named(store: Store, manifest) -> list[bool]:
    pairs = [manifest.pair, *([manifest.rollout.otherwise] if manifest.rollout.otherwise else [])]
    return [await store.get_blob(part.sha256) is not None for pair in pairs for part in (pair.bundle, pair.automaton)]


async def test_what_history_and_revert_reach_stays_and_the_rest_goes(make, store: Store):
    service = make(store=store)
    manifests = [(await publish(service, n + 1)).manifest for n in range(20)]
    done = await prune(store, keep=12, grace=0)
    assert (done.entries, done.blobs) == (8, 16)
    assert [m.version for m, _, _ in await service.releases.history("default")] == list(range(20, 8, -1))
    for manifest in manifests[8:]:
        assert await named(store, manifest) == [True, True]
    assert await named(store, manifests[7]) == [False, False]
    back = await service.releases.revert("default", 9, expected=20, note=Note())
    assert (back.manifest.version, back.manifest.pair) == (21, manifests[8].pair)
    with pytest.raises(LookupError):
        await service.releases.revert("default", 8, expected=21, note=Note())
    again = make(store=store)
    assert (await again.releases.refresh("default")).manifest == back.manifest
    assert (await prune(store, keep=100, grace=0)).blobs == 0, "nothing that is needed is ever left out"


async def test_a_channel_that_rests_keeps_its_release_whatever_others_do(make, store: Store):
    service = make(store=store)
    quiet = (await publish(service, 3, "stable")).manifest
    partly = (await publish(service, 50, "canary")).manifest
    partly = (await publish(service, 51, "canary", percent=10)).manifest
    for n in range(15):
        await publish(service, n + 60, "dev")
    await prune(store, keep=1, grace=0)
    assert await named(store, quiet) == [True, True]
    assert await named(store, partly) == [True] * 4, "the pair that the others run as well"


async def test_daily_signatures_do_not_push_releases_out(make, store: Store, clock):
    service = make(store=store)
    for count in (3, 4):
        await publish(service, count)
    for _ in range(40):
        clock.forward(days=1, seconds=1)
        await service.releases.resign()
    served = service.releases.current["default"].manifest
    done = await prune(store, keep=2, grace=0)
    assert (done.entries, done.blobs) == (30, 0)
    assert [m.version for m, _, _ in await service.releases.history("default", 5)] == [2, 1]
    assert (await make(store=store).releases.refresh("default")).manifest == served
    assert (await service.releases.revert("default", 1, expected=2, note=Note())).manifest.version == 3


async def test_content_that_may_be_on_its_way_stays_and_counts_as_young_again_when_published(make, store: Store):
    service = make(store=store)
    first = (await publish(service, 1)).manifest
    for n in range(12):
        await publish(service, n + 2)
    assert (await prune(store, keep=1)).blobs == 0, "all of it is younger than the grace"
    assert await named(store, first) == [True, True]


async def test_old_content_that_is_published_anew_is_young(make, tmp_path: Path):
    store = DirStore(tmp_path / "store")
    service = make(store=store)
    pair = (await publish(service, 1)).manifest.pair
    path = tmp_path / "store/blobs" / pair.bundle.sha256[:2] / pair.bundle.sha256
    os.utime(path, (0, 0))
    await store.put_blob(pair.bundle.sha256, path.read_bytes())
    assert await store.drop_blobs(set(), 3600) == 0


async def test_what_a_killed_process_left_is_cleared(tmp_path: Path):
    store = DirStore(tmp_path)
    await store.publish("default", 0, b"1")
    left = tmp_path / "channels/default/.tmp-x"
    left.write_bytes(b"half")
    await store.drop_blobs(set(), 3600)
    assert left.exists(), "it may be somebody's who is writing"
    os.utime(left, (0, 0))
    await store.drop_blobs(set(), 3600)
    assert not left.exists()
    assert (await store.latest("default")).envelope == "1"


async def test_the_command(make, tmp_path: Path, capsys):
    service = make()
    for n in range(14):
        await publish(service, n + 1)

    def run() -> int:
        return main(["prune", "--keep", "10", "--data", str(tmp_path / "data")])

    import asyncio

    assert await asyncio.to_thread(run) == 0
    assert "4 条旧记录" in capsys.readouterr().out
