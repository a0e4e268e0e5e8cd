"""Patches: what makes a release of the one before it, and who is told."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import patches
from server.patches import pieces

from .conftest import DEADLINE, events, live

pytestmark = pytest.mark.anyio


def put_together(old: bytes, found: list[tuple[int, int] | bytes]) -> bytes:
    return b"".join(p if isinstance(p, bytes) else old[p[0] : p[0] + p[1]] for p in found)


def edited(random: Random, data: bytes) -> bytes:
    """With a few spans replaced, dropped or put in."""
    for _ in range(random.randint(1, 12)):
        at = random.randrange(len(data))
        cut, fresh = random.choice([(4, 4), (0, 8), (random.randint(1, 400), 0), (30, 200)])
        data = data[:at] + random.randbytes(fresh) + data[at + cut :]
    return data


@given(st.integers(0, 10_000), st.booleans())
def test_what_comes_out_is_the_new_one_and_what_is_new_is_about_what_was_edited(seed: int, repetitive: bool):
    random = Random(seed)
    # A table of an automaton is mostly the same few bytes again and again.
    old = b"\xff" * 30_000 + random.randbytes(60_000) if repetitive else random.randbytes(90_000)
    new = edited(random, old)
    found = pieces(old, new)
    assert found is not None
    assert put_together(old, found) == new
    assert sum(len(p) for p in found if isinstance(p, bytes)) < 12 * (200 + 2 * 24)


@given(st.binary(max_size=200), st.binary(max_size=200))
def test_any_two_texts(old: bytes, new: bytes):
    found = pieces(old, new)
    assert found is not None
    assert put_together(old, found) == new


def test_the_same_is_one_span_and_too_much_is_none():
    random = Random(1)
    old = random.randbytes(200_000)
    assert pieces(old, old) == [(0, len(old))]
    assert pieces(old, random.randbytes(200_000)) is None
    assert pieces(old, b"".join(old[at : at + 100] + b"." for at in range(0, 200_000, 100))) is None, "too many pieces"


async def test_who_follows_is_told_what_changed_and_who_comes_later_the_manifest_alone(make, rules):
    async with live(make()) as running:
        await running.version(1)
        artifacts = running.service.artifacts
        told = []
        async with asyncio.timeout(DEADLINE), contextlib.aclosing(events(running.url)) as stream:
            async for name, _, data in stream:
                told.append((name, data))
                if len(told) == 1:
                    before = running.service.releases.current["default"].manifest
                    (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 加支付宝好友\n")
                elif name == "manifest":
                    break
        assert [name for name, _ in told] == ["manifest", "patch", "manifest"]
        assert running.service.releases.patches.told == {"patch": 1}
        after = running.service.releases.current["default"].manifest
        found = json.loads(told[1][1])["patches"]
        assert [(p["from"], p["to"]) for p in found] == [
            (before.bundle.sha256, after.bundle.sha256),
            (before.automaton.sha256, after.automaton.sha256),
        ]
        for patch in found:
            old = await artifacts.get(patch["from"])
            made = put_together(
                old.data, [base64.b64decode(p) if isinstance(p, str) else tuple(p) for p in patch["pieces"]]
            )
            assert hashlib.sha256(made).hexdigest() == patch["to"]
        async with asyncio.timeout(DEADLINE), contextlib.aclosing(events(running.url)) as stream:
            async for name, identity, _ in stream:
                assert (name, identity) == ("manifest", str(after.version))
                break


async def test_a_patch_that_would_be_too_large_is_not_told_but_the_difference_begun(make, rules, monkeypatch):
    monkeypatch.setattr(patches, "MAX_PATCH", 10)
    async with live(make()) as running:
        await running.version(1)
        names = []
        async with asyncio.timeout(DEADLINE), contextlib.aclosing(events(running.url)) as stream:
            async for name, identity, _ in stream:
                names.append(name)
                if identity == "2":
                    break
                (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 加支付宝好友\n")
        assert names == ["manifest", "manifest"]
        assert running.service.releases.patches.told == {"none": 1}
        artifacts = running.service.artifacts
        after = running.service.releases.current["default"].manifest
        begun = {new for new, _ in [*artifacts._deltas, *artifacts._running]}
        assert begun == {after.bundle.sha256, after.automaton.sha256}


async def test_where_nobody_follows_nothing_is_compared(make, rules, monkeypatch):
    monkeypatch.setattr(patches, "pieces", lambda old, new: pytest.fail("nobody is there to be told"))
    service = make()
    async with live(service) as running:
        await running.version(1)
        (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 加支付宝好友\n")
        async with asyncio.timeout(DEADLINE):
            while service.releases.versions()["default"] != (1, 2):
                await asyncio.sleep(0.01)
