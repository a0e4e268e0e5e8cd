"""What the store keeps: the last releases of every channel, and all content that they name. The rest is deleted once a day."""

from __future__ import annotations

import logging
from collections.abc import Set

import msgspec

from .current import Note
from .manifest import Pair
from .signing import peek
from .store import Entry, Store

KEEP = 200
"""Releases of a channel that history and revert reach."""
GRACE = 24 * 3600.0
"""Seconds for which content that nothing names is kept: another process may be about to publish it, and a browser that was
told of the release before is perhaps still fetching."""

log = logging.getLogger("replyguard.retention")


class Pruned(msgspec.Struct, frozen=True):
    entries: int
    blobs: int


async def prune(store: Store, keep: int = KEEP, grace: float = GRACE) -> Pruned:
    """Delete what no channel, no revert and no rollout needs any more. Raises StoreError; what is left then is whole.

    Entries go before the content they name, so that at no moment a release is listed whose content is gone.
    """
    forgotten = 0
    needed: set[str] = set()
    for channel in await store.channels():
        entries = await store.history(channel, 1_000_000)
        old = _superfluous(entries, keep)
        for entry in entries:
            if entry.revision not in old:
                needed |= _names(entry)
        await store.forget(channel, old)
        forgotten += len(old)
    # Read again: what was published since then is needed as well.
    for channel in await store.channels():
        for entry in await store.history(channel, 10):
            needed |= _names(entry)
    dropped = await store.drop_blobs(needed, grace)
    if forgotten or dropped:
        log.info("pruned %d entries and %d blobs", forgotten, dropped)
    return Pruned(forgotten, dropped)


def _superfluous(entries: list[Entry], keep: int) -> Set[int]:
    """Revisions, of entries newest first. The newest ten stay whatever they are: should one be damaged, the next counts."""
    found: set[int] = set()
    releases = 0
    for place, entry in enumerate(entries):
        signed_again = msgspec.json.decode(bytes(entry.note), type=Note).kind == "resign"
        if place >= 10 and (signed_again or releases >= keep):
            found.add(entry.revision)
        releases += not signed_again
    return found


def _names(entry: Entry) -> set[str]:
    manifest = peek(entry.envelope.encode())
    pairs = [manifest.pair, manifest.rollout.otherwise]
    return {part.sha256 for pair in pairs if isinstance(pair, Pair) for part in (pair.bundle, pair.automaton)}
