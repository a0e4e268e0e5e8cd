"""DirStore: the conformance suite, damage, and a kill at every point of a publish."""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server import files
from server.store import DirStore, StoreError

from .stores import StoreSuite


class TestDirStore(StoreSuite):
    @pytest.fixture
    def factory(self, tmp_path: Path):
        @contextlib.asynccontextmanager
        async def make():
            yield DirStore(tmp_path / "store")

        return make


@pytest.mark.anyio
async def test_a_damaged_entry_is_skipped_and_its_number_never_used_again(tmp_path):
    store = DirStore(tmp_path)
    for n in range(3):
        await store.publish("default", n, b"%d" % n)
    path = tmp_path / "channels/default/000000000003.json"
    good = path.read_bytes()
    for damaged in (b"", good[: len(good) // 2], good.replace(b'"2"', b'"7"'), b"\0" * len(good)):
        path.write_bytes(damaged)
        latest = await store.latest("default")
        assert (latest.revision, latest.envelope, latest.skipped) == (2, "1", 1)
        assert (await store.publish("default", 3, b"new")).revision == 4
        (tmp_path / "channels/default/000000000004.json").unlink()
    for name in ("000000000001.json", "000000000002.json"):
        (tmp_path / "channels/default" / name).write_bytes(b"{")
    latest = await store.latest("default")
    assert (latest.revision, latest.skipped) == (0, 3)


@pytest.mark.anyio
async def test_a_damaged_blob_is_not_given_out_and_mended_by_the_next_put(tmp_path):
    store = DirStore(tmp_path)
    digest = hashlib.sha256(b"data").hexdigest()
    await store.put_blob(digest, b"data")
    path = tmp_path / "blobs" / digest[:2] / digest
    path.write_bytes(b"dat4")
    assert await store.get_blob(digest) is None
    await store.put_blob(digest, b"data")
    assert await store.get_blob(digest) == b"data"


PUBLISH_AND_DIE = """
import asyncio, hashlib, os, pathlib, sys, tempfile
from server.store import DirStore
root, die_at = pathlib.Path(sys.argv[1]), int(sys.argv[2])
count = 0

def deadly(function):
    def call(*arguments, **options):
        global count
        count += 1
        if count == die_at:
            os._exit(9)
        return function(*arguments, **options)
    return call

async def main():
    store = DirStore(root)
    entry = await store.latest("default")
    data = b"blob %d" % entry.revision * 1000
    for module, names in ((os, ("fsync", "link", "replace", "rename", "open", "close", "fchmod", "unlink", "mkdir", "fdopen")),
                          (tempfile, ("mkstemp",))):
        for name in names:
            setattr(module, name, deadly(getattr(module, name)))
    digest = hashlib.sha256(data).hexdigest()
    await store.put_blob(digest, data)
    await store.publish("default", entry.revision, b'{"blob": "%s"}' % digest.encode())

asyncio.run(main())
print(count)
"""


@pytest.mark.anyio
async def test_killed_at_every_point_of_a_publish_nothing_is_torn(tmp_path):
    import json

    store = DirStore(tmp_path)
    blob = hashlib.sha256(b"first").hexdigest()
    await store.put_blob(blob, b"first")
    await store.publish("default", 0, b'{"blob": "%s"}' % blob.encode())
    survived = killed = 0
    for point in range(1, 200):
        before = await store.latest("default")
        done = subprocess.run(
            [sys.executable, "-c", PUBLISH_AND_DIE, str(tmp_path), str(point)],
            capture_output=True,
            text=True,
            check=False,
        )
        after = await store.latest("default")
        assert after.skipped == 0
        assert after.revision - before.revision in (0, 1)
        assert await store.get_blob(json.loads(after.envelope)["blob"]) is not None, f"torn at {point}"
        if done.returncode == 0:
            survived += 1
            assert after.revision == before.revision + 1
            break
        assert done.returncode == 9, done.stderr
        killed += 1
    assert survived == 1
    assert killed >= 10, "the publish made fewer system calls than it must"


@pytest.mark.anyio
@pytest.mark.parametrize("function", ["fsync", "link", "replace"])
async def test_a_full_disk_is_said_and_leaves_the_old_release(tmp_path, monkeypatch, function):
    store = DirStore(tmp_path)
    await store.publish("default", 0, b"1")

    def full(*arguments, **options):
        raise OSError(28, "No space left on device")

    if function == "replace":
        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(StoreError, match="No space"):
            await store.put_blob(hashlib.sha256(b"x").hexdigest(), b"x")
    else:
        monkeypatch.setattr(files.os, function, full)
        with pytest.raises(StoreError, match="No space"):
            await store.publish("default", 1, b"2")
    monkeypatch.undo()
    assert (await store.latest("default")).envelope == "1"
    assert not [p for p in tmp_path.rglob(".tmp-*") if p.is_file()]
    assert (await store.publish("default", 1, b"2")).revision == 2


@pytest.mark.anyio
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no tmpfs to fill")
async def test_a_disk_that_is_really_full(tmp_path):
    """On a file system of 64 KiB, where the machine lets us mount one."""
    mount = tmp_path / "small"
    mount.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mount)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        store = DirStore(mount)
        await store.publish("default", 0, b"1")
        data = os.urandom(100_000)
        with pytest.raises(StoreError):
            await store.put_blob(hashlib.sha256(data).hexdigest(), data)
        assert (await store.latest("default")).envelope == "1"
        assert not [p for p in mount.rglob(".tmp-*") if p.is_file()]
    finally:
        subprocess.run(["umount", str(mount)], check=True)
