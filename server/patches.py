"""From the release before to the new one, small enough to be told with the event: what is the same is not sent again.

A patch builds an artifact out of pieces: spans of the one before, and new bytes. A compiler that goes on changes few places
(docs/engine.md, *Handles*), so a plain search for where the two meet again finds them in a few milliseconds. It is a
convenience that nobody has to trust: what a browser built has the size and the hash of the signed manifest, or it is
thrown away and the whole artifact fetched.
"""

from __future__ import annotations

import asyncio
import base64
from collections import Counter, OrderedDict

import msgspec

from .artifacts import Artifacts
from .manifest import Pair
from .push import Hub, Message, event
from .store import StoreError

Piece = tuple[int, int] | bytes
"""From where in the one before, and how many bytes; or new bytes."""

MAX_PATCH = 24 * 1024
"""Characters that stand beside one event, which ten thousand may read: for more, browsers fetch what changed (as a difference, too).
A phrase in a group of the project's rulebook that 17 rules use is 9,000."""
MAX_NEW = 16 * 1024
"""New bytes in one patch; base64 makes a third more of them."""
MAX_PIECES = 512
KEEP = 16

_RUN = 1 << 16
"""Bytes compared at once."""
_WINDOW = 1 << 16
"""How far behind the place where they part two artifacts may meet again."""
_PROBE = 24
"""Bytes that are alike where they do; shorter spans cost as a piece what they cost as bytes."""


def pieces(old: bytes, new: bytes) -> list[Piece] | None:
    """What makes `new` of `old`; None when they differ by more than a patch may hold."""
    found: list[Piece] = []
    place = at = fresh = 0
    while True:
        run = _alike(old, place, new, at)
        if run:
            found.append((place, run))
            place, at = place + run, at + run
        if at == len(new):
            return found
        meeting = _meeting(old, place, new, at)
        if meeting is None:
            return None
        place, begin = meeting
        fresh += begin - at
        if begin > at:
            found.append(new[at:begin])
        at = begin
        if fresh > MAX_NEW or len(found) >= MAX_PIECES:
            return None


def _alike(old: bytes, place: int, new: bytes, at: int) -> int:
    """How many bytes are the same from here on."""
    most = min(len(old) - place, len(new) - at)
    run = 0
    step = _RUN
    while step and run < most:
        step = min(step, most - run)
        if old[place + run : place + run + step] == new[at + run : at + run + step]:
            run += step
        else:
            step //= 2
    return run


def _meeting(old: bytes, place: int, new: bytes, at: int) -> tuple[int, int] | None:
    """Where in both, from here on, the same bytes stand again, or the new one ends; None when that is too far."""
    skipped = 0
    while skipped <= MAX_NEW:
        begin = at + skipped
        probe = new[begin : begin + _PROBE]
        if len(probe) < _PROBE:
            return len(old), len(new)
        # Bytes that were replaced by as many are the common case, and tables repeat themselves elsewhere.
        there = place + skipped
        if old[there : there + _PROBE] != probe:
            there = old.find(probe, place, place + _WINDOW)
        if there >= 0:
            while begin > at and there > place and old[there - 1] == new[begin - 1]:
                begin, there = begin - 1, there - 1
            return there, begin
        skipped += 1 + skipped // 8
    return None


class Patches:
    """Patches of releases that are being published."""

    def __init__(self, artifacts: Artifacts, hub: Hub) -> None:
        self._artifacts = artifacts
        self._hub = hub
        self._made: OrderedDict[tuple[str, str], asyncio.Task[bytes | None]] = OrderedDict()
        self.told: Counter[str] = Counter()
        """Releases told with a `patch` beside them, and with `none`, since it would have been too large."""

    async def beside(self, channel: str, before: Pair | None, after: Pair) -> Message | None:
        """The event for those who follow the channel, and have what was served `before`. When it would be too large they will
        ask, for a difference that is begun here.
        """
        if before is None or before == after or not self._hub.topic(channel).readers:
            return None
        changed = [
            (old.sha256, new.sha256)
            for old, new in ((before.bundle, after.bundle), (before.automaton, after.automaton))
            if old.sha256 != new.sha256
        ]
        made = [await self._patch(*hashes) for hashes in changed]
        patches = [patch for patch in made if patch is not None]
        if len(patches) < len(made) or sum(map(len, patches)) > MAX_PATCH:
            self.told["none"] += 1
            for old, new in changed:
                self._artifacts.expect(new, old)
            return None
        self.told["patch"] += 1
        return event("patch", b'{"patches":[' + b",".join(patches) + b"]}")

    async def _patch(self, old: str, new: str) -> bytes | None:
        """Channels often share an automaton, and a patch is made once."""
        key = old, new
        task = self._made.get(key)
        if task is None:
            task = self._made[key] = asyncio.create_task(self._make(*key))
            while len(self._made) > KEEP:
                self._made.popitem(last=False)
        return await asyncio.shield(task)

    async def _make(self, old: str, new: str) -> bytes | None:
        try:
            have, want = await self._artifacts.get(old), await self._artifacts.get(new)
        except StoreError:
            return None
        if have is None or want is None:
            return None
        found = await asyncio.to_thread(pieces, have.data, want.data)
        if found is None:
            return None
        told = [base64.b64encode(piece).decode() if isinstance(piece, bytes) else piece for piece in found]
        return msgspec.json.encode({"from": old, "to": new, "pieces": told})
