"""Faults of the machine: the clock, the disk, the process, the keys. What was good stays served, nothing goes back."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import threading
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from server.keys import Keyring
from server.manifest import moment
from server.signing import open_envelope, trusted_keys
from server.store import Conflict

from .conftest import DEADLINE, TinyBuilder, events, live, tiny_release

pytestmark = pytest.mark.anyio
DAY = timedelta(days=1)


def publish(service, count: int, channel: str = "default"):
    release = tiny_release({f"r{n}": f"词{n}" for n in range(count)})
    return service.releases.publish(channel, release.bundle, release.automaton, release.rule_count)


async def until(condition) -> None:
    async with asyncio.timeout(DEADLINE):
        while not condition():
            await asyncio.sleep(0.01)


async def test_signatures_are_renewed_daily_under_the_same_version(make, clock):
    service = make()
    first = (await publish(service, 3)).manifest
    clock.forward(hours=23)
    await service.releases.resign()
    assert service.releases.current["default"].manifest == first
    clock.forward(hours=2)
    await service.releases.resign()
    renewed = service.releases.current["default"].manifest
    assert (renewed.version, renewed.pair, renewed.rollout) == (first.version, first.pair, first.rollout)
    assert moment(renewed.expires) > moment(first.expires)
    history = await service.releases.history("default")
    assert [m.version for m, _, _ in history] == [1]


async def test_a_clock_set_back_or_forward_never_lowers_a_version(make, clock):
    service = make()
    await publish(service, 3)
    clock.forward(days=400)
    await service.releases.resign()
    assert (await publish(service, 4)).manifest.version == 2
    clock.forward(days=-800)
    await service.releases.resign()
    manifest = service.releases.current["default"].manifest
    assert manifest.version == 2
    assert moment(manifest.expires) < clock.moment.replace(year=clock.moment.year + 1), "signed by today's clock"
    assert (await publish(service, 5)).manifest.version == 3


async def test_after_a_revocation_the_running_server_signs_anew_and_the_old_key_no_longer_counts(make, clock):
    service = make()
    await publish(service, 3)
    before = service.keyring.trust
    revoked = service.keyring.keys[0].keyid
    Keyring(service.options.data / "keys").revoke(revoked)  # the command, in another process
    await service.releases.resign()
    current = service.releases.current["default"]
    after = service.keyring.trust
    assert after.version > before.version
    assert revoked not in trusted_keys(after)
    manifest = open_envelope(current.envelope, trusted_keys(after), after.threshold)
    assert (manifest.version, manifest.trust) == (1, after)
    # Who pinned both keys at enrolment follows without a new enrolment: the standby key signs now.
    left = {k: v for k, v in trusted_keys(before).items() if k in trusted_keys(after)}
    assert open_envelope(current.envelope, left, 1).trust == after


async def test_a_restart_after_a_revocation_serves_and_goes_on_counting(make, clock):
    service = make()
    await publish(service, 3)
    await publish(service, 4)
    Keyring(service.options.data / "keys").revoke(service.keyring.keys[0].keyid)
    again = make()
    assert (await again.releases.refresh("default")).manifest.version == 2
    await again.releases.resign()
    current = again.releases.current["default"]
    assert open_envelope(current.envelope, trusted_keys(again.keyring.trust), 1).version == 2
    assert (await publish(again, 5)).manifest.version == 3


async def test_a_new_epoch_begins_at_version_one_and_is_higher(make):
    service = make()
    await publish(service, 3)
    await publish(service, 4)
    Keyring(service.options.data / "keys").raise_epoch()
    await service.releases.resign()
    manifest = service.releases.current["default"].manifest
    assert (manifest.epoch, manifest.version) == (2, 1)
    assert (await publish(service, 5)).manifest.version == 2


async def test_a_release_of_another_server_in_the_store_is_not_served(make, tmp_path):
    mine, foreign = make(), make(data=tmp_path / "foreign")
    await publish(mine, 3)
    envelope = (await publish(foreign, 4)).envelope
    await mine.store.publish("default", 1, envelope)
    assert (await mine.releases.refresh("default")).manifest.rules == 3
    assert (await publish(mine, 5)).manifest.version == 3, "the number it used is not used again"


async def test_a_release_moved_to_another_channel_is_not_served(make):
    service = make()
    envelope = (await publish(service, 3, "default")).envelope
    await service.store.publish("other", 0, envelope)
    assert await service.releases.refresh("other") is None


async def test_a_damaged_store_after_a_restart_falls_back_and_the_next_save_mends_it(make, tmp_path):
    service = make()
    for count in (3, 4, 5):
        await publish(service, count)
    digest = service.releases.current["default"].manifest.bundle.sha256
    (tmp_path / "data/releases/blobs" / digest[:2] / digest).write_bytes(b"{}")
    (tmp_path / "data/releases/channels/default/000000000002.json").write_bytes(b"\0")
    again = make()
    assert await again.releases.refresh("default") is None, "its content is gone"
    assert (await publish(again, 5)).manifest.version == 3, "what it names is there again"
    assert (await publish(again, 6)).manifest.version == 4
    (tmp_path / "data/releases/channels/default/000000000004.json").write_bytes(b"")
    third = make()
    await third.releases.refresh("default")
    assert (await publish(third, 7)).manifest.version == 5


async def test_a_full_disk_shows_as_unavailable_and_is_tried_again(make, rules, monkeypatch):
    from server import files

    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        real = files.os.fsync

        def full(handle: int) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(files.os, "fsync", full)
        (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 新\n")
        await until(lambda: running.service.builds.state.state == "unavailable")
        assert (await client.get("/readyz")).status_code == 200
        assert (await client.get("/v1/channels/default/manifest")).status_code == 200
        monkeypatch.setattr(files.os, "fsync", real)
        await running.version(2)
        await until(lambda: running.service.builds.state.state == "ok")


async def test_a_read_only_data_directory_serves_what_it_has(make, rules, tmp_path):
    """On a real read-only mount where this machine allows one: root writes through mode bits."""
    service = make()
    await publish(service, 5)
    data = tmp_path / "data"
    mounted = subprocess.run(["mount", "--bind", str(data), str(data)], capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip("mounting is not allowed here")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", str(data)], check=True)
        (rules / "a.yaml").write_text("".join(f"x{n}: 词\n" for n in range(6)))
        async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
            await until(lambda: running.service.builds.state.state == "unavailable")
            assert (await client.get("/v1/channels/default/manifest")).status_code == 200
            status = {
                "schema": 1, "install": "0" * 32, "channel": "default", "epoch": 1, "version": 1, "bundle": "",
                "engine": 1, "extension": 1, "browser": "edge", "state": "ok", "refused": "none", "latency": 1,
            }  # fmt: skip
            assert (await client.post("/v1/status", json=status)).status_code == 204
    finally:
        subprocess.run(["umount", str(data)], check=True)


SERVE = """
import asyncio, pathlib, sys
sys.path.insert(0, sys.argv[4])
from tests.server.conftest import Options, Service, TinyBuilder, live
root = pathlib.Path(sys.argv[1])
service = Service(Options(rules=root, data=pathlib.Path(sys.argv[2]), hosts=frozenset()), TinyBuilder(root))

async def main():
    async with live(service) as running:
        print(running.url, flush=True)
        await running.task

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def process(rules: Path, data: Path):
    """The server in a process of its own."""
    here = str(Path(__file__).parents[2])
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVE, str(rules), str(data), "", here, stdout=asyncio.subprocess.PIPE, cwd=here
    )
    try:
        url = (await asyncio.wait_for(started.stdout.readline(), DEADLINE)).decode().strip()
        assert url.startswith("http"), "the server did not start"
        yield started, url
    finally:
        with contextlib.suppress(ProcessLookupError):
            started.kill()
        await started.communicate()


async def test_killed_without_warning_while_it_publishes_it_goes_on_where_it_was(rules, tmp_path):
    highest = 0
    for round_ in range(4):
        async with process(rules, tmp_path / "data") as (server, url):
            async with contextlib.aclosing(events(url)) as stream:
                async for name, identity, _ in stream:
                    if name == "manifest":
                        assert int(identity) >= highest
                        highest = int(identity)
                        break
                for n in range(3):
                    text = "".join(f"r{i}: 词{round_}-{n}-{i}\n" for i in range(50))
                    (rules / "a.yaml").write_text(text)
                    async with asyncio.timeout(DEADLINE):
                        async for name, identity, _ in stream:
                            if name == "manifest" and int(identity) > highest:
                                highest = int(identity)
                                break
            (rules / "a.yaml").write_text("".join(f"r{i}: 词{round_}-end-{i}\n" for i in range(50)))
            os.kill(server.pid, signal.SIGKILL)
    assert highest >= 12


async def test_sigterm_says_goodbye_to_the_streams(rules, tmp_path):
    async with process(rules, tmp_path / "data") as (server, url), contextlib.aclosing(events(url)) as stream:
        await anext(stream)
        server.terminate()
        names = []
        with contextlib.suppress(httpx.RemoteProtocolError):
            names = [name async for name, _, _ in stream]
        assert names[-1] == "bye"
        assert await asyncio.wait_for(server.wait(), DEADLINE) is not None


async def test_after_a_restart_every_channel_is_there_before_the_first_request(make, rules):
    (rules / "channels.txt").write_text("dev\nstable dev 100\n")
    service = make()
    await publish(service, 3, "stable")
    (rules / "channels.txt").unlink()
    (rules / "a.yaml").write_text("broken\n")
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        assert (await client.get("/v1/channels/stable/manifest")).status_code == 200
        async with contextlib.aclosing(events(running.url, "stable")) as stream:
            assert (await anext(stream))[:2] == ("manifest", "1")


async def test_while_the_first_build_runs_an_unknown_channel_is_not_called_wrong(make, rules):
    (rules / "channels.txt").write_text("dev\n")
    builder = TinyBuilder(rules)
    go_on = threading.Event()
    builder.on_build = lambda: go_on.wait(DEADLINE) and None
    async with live(make(builder=builder)) as running, httpx.AsyncClient(base_url=running.url) as client:
        answer = await client.get("/v1/channels/other/manifest")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        go_on.set()
        await running.version(1, "dev")
        await until(lambda: running.service.builds.state.sequence > 0)
        assert (await client.get("/v1/channels/other/manifest")).status_code == 404


def test_tiny_builder_is_what_the_service_expects(tmp_path):
    """The tests' compiler must not drift from the real one."""
    import inspect

    from compiler.build import Builder

    real = set(inspect.signature(Builder.build).parameters)
    assert set(inspect.signature(TinyBuilder.build).parameters) <= real


async def test_signing_goes_on_after_whatever_stopped_it(make, clock, monkeypatch, tmp_path):
    """A key's file on its way, a keyring on a volume that is being mounted, another server that was faster."""
    monkeypatch.setattr("server.app.RESIGN_EVERY", 0.01)
    async with live(make()) as running:
        await running.version(1)
        service = running.service
        active = next(key.keyid for key in service.keyring.keys if key.role == "active")
        keys = tmp_path / "data/keys"
        for name in (f"{active}.pem", "keyring.json"):
            (keys / name).rename(tmp_path / name)
            clock.forward(days=2)
            await asyncio.sleep(0.1)
            (tmp_path / name).rename(keys / name)
            await until(lambda: abs(moment(service.releases.current["default"].manifest.created) - clock.moment) < DAY)
        real, conflicts = service.store.publish, [Conflict("default", 1, 2)]

        async def publish(*arguments):
            if conflicts:
                raise conflicts.pop()
            return await real(*arguments)

        monkeypatch.setattr(service.store, "publish", publish)
        clock.forward(days=2)
        await until(lambda: abs(moment(service.releases.current["default"].manifest.created) - clock.moment) < DAY)
        assert not conflicts


async def test_work_in_the_background_that_fails_is_begun_anew(make, rules, monkeypatch):
    """Whatever it was: a watcher that is gone would leave every later save unheard."""
    monkeypatch.setattr("server.app.BEGIN_AGAIN", 0.01)
    service = make()
    rebuild, failures = service.builds.rebuild, [RuntimeError("a bug")]

    async def failing(*arguments):
        if failures:
            raise failures.pop()
        return await rebuild(*arguments)

    monkeypatch.setattr(service.watcher, "_rebuild", failing)
    async with live(service) as running:
        await running.version(1)
        (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 新\n")
        await running.version(2)
