"""Where releases are kept: the one seam between one machine and many.

A channel is a row of entries with revisions 1, 2, 3 …; the newest is what is served. `publish` appends under
compare-and-set, so two publishers never both win. Blobs are content-addressed and never change.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import os
import time
from collections.abc import AsyncIterator, Callable, Iterable, Set
from pathlib import Path
from typing import Any, Protocol, TypeVar

import msgspec

from .files import TEMPORARY, create_exclusive, write_content, write_temporary
from .manifest import CHANNEL, DIGEST

TICK = 5.0
"""Seconds after which `changes()` yields although nothing was heard: any notification can be lost silently."""

log = logging.getLogger("replyguard.store")
_T = TypeVar("_T")


class Conflict(Exception):
    """Somebody else published first. `current` is the newest revision."""

    def __init__(self, channel: str, expected: int, current: int) -> None:
        self.current = current
        super().__init__(f"{channel}: expected revision {expected}, found {current}")


class StoreError(Exception):
    """The store cannot be read or written now (full, read-only, not reachable). Trying later may help."""


class Entry(msgspec.Struct, frozen=True):
    """One published envelope. `skipped` counts newer entries that could not be read."""

    revision: int
    envelope: str
    note: msgspec.Raw = msgspec.Raw(b"{}")
    skipped: int = 0


class Store(Protocol):
    """Every method may raise StoreError."""

    async def put_blob(self, digest: str, data: bytes) -> None: ...

    async def get_blob(self, digest: str) -> bytes | None:
        """None when unknown or damaged; what is returned has that SHA-256."""

    async def latest(self, channel: str) -> Entry | None:
        """None = nothing published yet. Revision 0 = there are entries, none of them readable."""

    async def publish(self, channel: str, expected: int, envelope: bytes, note: bytes = b"{}") -> Entry:
        """Append revision `expected + 1`; the blobs that it names are stored before. Raises Conflict."""

    async def history(self, channel: str, limit: int = 50) -> list[Entry]:
        """Newest first."""

    async def channels(self) -> list[str]:
        """Those that were ever published to."""

    async def forget(self, channel: str, revisions: Iterable[int]) -> None:
        """Take entries out of the history. Never the newest: its number would be used again."""

    async def drop_blobs(self, kept: Set[str], older: float) -> int:
        """Delete the blobs that are not `kept` and were not stored in the last `older` seconds; how many.

        `put_blob` renews the time of what is there already, so what is being published is always young.
        """

    def changes(self) -> AsyncIterator[None]:
        """Yields when something may have changed, at least every TICK seconds. A hint: read again."""

    async def close(self) -> None: ...


class _File(msgspec.Struct):
    check: str
    entry: msgspec.Raw


def encode_entry(entry: Entry) -> bytes:
    body = msgspec.json.encode(entry)
    return msgspec.json.encode(_File(hashlib.sha256(body).hexdigest(), msgspec.Raw(body)))


def decode_entry(data: bytes) -> Entry:
    """Raises ValueError when a byte is not as it was written."""
    file = msgspec.json.decode(data, type=_File)
    if hashlib.sha256(bytes(file.entry)).hexdigest() != file.check:
        raise ValueError("checksum differs")
    return msgspec.json.decode(bytes(file.entry), type=Entry)


class DirStore:
    """A plain directory: `blobs/ab/<sha256>`, `channels/<id>/<revision>.json`. Several processes may share it."""

    def __init__(self, root: Path) -> None:
        self._blobs = root / "blobs"
        self._channels = root / "channels"
        self._published = asyncio.Event()

    async def put_blob(self, digest: str, data: bytes) -> None:
        await self._run(self._put_blob, digest, data)

    async def get_blob(self, digest: str) -> bytes | None:
        return await self._run(self._get_blob, digest)

    async def latest(self, channel: str) -> Entry | None:
        return await self._run(self._latest, channel)

    async def publish(self, channel: str, expected: int, envelope: bytes, note: bytes = b"{}") -> Entry:
        entry = Entry(expected + 1, envelope.decode(), msgspec.Raw(note))
        await self._run(self._publish, channel, entry)
        self._published.set()
        return entry

    async def forget(self, channel: str, revisions: Iterable[int]) -> None:
        await self._run(self._forget, channel, revisions)

    async def drop_blobs(self, kept: Set[str], older: float) -> int:
        return await self._run(self._drop_blobs, kept, older)

    async def history(self, channel: str, limit: int = 50) -> list[Entry]:
        return await self._run(self._read, channel, limit)

    async def channels(self) -> list[str]:
        return await self._run(self._list)

    async def changes(self) -> AsyncIterator[None]:
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._published.wait(), TICK)
            self._published.clear()
            yield

    async def close(self) -> None:
        pass

    async def _run(self, function: Callable[..., _T], *arguments: Any) -> _T:
        try:
            return await asyncio.to_thread(function, *arguments)
        except OSError as error:
            raise StoreError(str(error)) from error

    def _blob_path(self, digest: str) -> Path:
        if not DIGEST.match(digest):
            raise ValueError(f"not a SHA-256: {digest!r}")
        return self._blobs / digest[:2] / digest

    def _put_blob(self, digest: str, data: bytes) -> None:
        path = self._blob_path(digest)
        if self._get_blob(digest) is None:  # absent, or damaged and thereby mended
            path.parent.mkdir(parents=True, exist_ok=True)
            write_content(path, data)
        else:
            os.utime(path)

    def _get_blob(self, digest: str) -> bytes | None:
        path = self._blob_path(digest)
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            return None
        if hashlib.sha256(data).hexdigest() != digest:
            log.error("blob %s is damaged", path)
            return None
        return data

    def _channel_path(self, channel: str) -> Path:
        if not CHANNEL.match(channel):
            raise ValueError(f"not a channel: {channel!r}")
        return self._channels / channel

    def _list(self) -> list[str]:
        try:
            return sorted(p.name for p in self._channels.iterdir() if CHANNEL.match(p.name))
        except FileNotFoundError:
            return []

    def _revisions(self, channel: str) -> list[int]:
        """Newest first."""
        try:
            names = [p.stem for p in self._channel_path(channel).iterdir() if p.suffix == ".json"]
        except FileNotFoundError:
            return []
        return sorted((int(name) for name in names if name.isdigit()), reverse=True)

    def _latest(self, channel: str) -> Entry | None:
        found = self._read(channel, 1)
        if found:
            return found[0]
        revisions = self._revisions(channel)
        return Entry(0, "", skipped=revisions[0]) if revisions else None

    def _read(self, channel: str, limit: int) -> list[Entry]:
        entries: list[Entry] = []
        skipped = 0
        for revision in self._revisions(channel):
            path = self._entry_path(channel, revision)
            try:
                entry = decode_entry(path.read_bytes())
            except FileNotFoundError:
                continue
            except (ValueError, msgspec.DecodeError) as error:
                log.error("release entry %s is damaged: %s", path, error)
                skipped += 1
                continue
            entries.append(msgspec.structs.replace(entry, skipped=skipped))
            if len(entries) == limit:
                break
        return entries

    def _entry_path(self, channel: str, revision: int) -> Path:
        return self._channel_path(channel) / f"{revision:012}.json"

    def _publish(self, channel: str, entry: Entry) -> None:
        self._append(channel, entry, self._prepare(channel, entry))

    def _prepare(self, channel: str, entry: Entry) -> Path:
        """The entry's file, complete but for its name."""
        path = self._entry_path(channel, entry.revision)
        current = next(iter(self._revisions(channel)), 0)
        if current != entry.revision - 1:
            raise Conflict(channel, entry.revision - 1, current)
        path.parent.mkdir(parents=True, exist_ok=True)
        return write_temporary(path, encode_entry(entry))

    def _append(self, channel: str, entry: Entry, prepared: Path) -> None:
        try:
            create_exclusive(prepared, self._entry_path(channel, entry.revision))
        except FileExistsError:
            raise Conflict(channel, entry.revision - 1, entry.revision) from None

    def _forget(self, channel: str, revisions: Iterable[int]) -> None:
        newest = next(iter(self._revisions(channel)), 0)
        for revision in revisions:
            if revision != newest:
                self._entry_path(channel, revision).unlink(missing_ok=True)

    def _drop_blobs(self, kept: Set[str], older: float) -> int:
        """Also what a killed process left half written."""
        dropped = 0
        for path in [*self._blobs.glob("*/*"), *self._channels.glob(f"*/{TEMPORARY}*")]:
            temporary = path.name.startswith(TEMPORARY)
            if (temporary or (DIGEST.match(path.name) and path.name not in kept)) and (
                time.time() - path.stat().st_mtime >= older
            ):
                path.unlink(missing_ok=True)
                dropped += not temporary
        return dropped
