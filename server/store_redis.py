"""The store of a cluster: pointers and wake-ups in Redis (or Valkey), content in object storage through obstore.

A channel is one hash: `latest` = newest revision, `e<n>` = entry n. Compare-and-set is one script. Redis may come back
from a crash without its last writes; every process remembers the newest entry it saw and puts it back.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Iterable, Set
from datetime import UTC, datetime
from typing import Any, TypeVar, cast

import msgspec
import obstore
from obstore.exceptions import BaseError as ObjectError
from obstore.store import ObjectStore, from_url
from redis.asyncio import Redis
from redis.exceptions import RedisError

from .manifest import CHANNEL, DIGEST
from .store import TICK, Conflict, Entry, StoreError, decode_entry, encode_entry

TIMEOUT = 2.0
"""Seconds for a call to Redis or to object storage, so that a dead one is said soon."""
BLOB_TIMEOUT = 20.0
KEEP = 2000
"""Entries of a channel that are kept whatever happens; retention.py keeps fewer."""

_PUBLISH = """
local latest = tonumber(redis.call('HGET', KEYS[1], 'latest') or '0')
if latest ~= tonumber(ARGV[1]) then return -1 - latest end
redis.call('HSET', KEYS[1], 'latest', latest + 1, 'e' .. (latest + 1), ARGV[2])
redis.call('HDEL', KEYS[1], 'e' .. (latest + 1 - tonumber(ARGV[3])))
redis.call('SADD', KEYS[3], ARGV[4])
redis.call('PUBLISH', KEYS[2], KEYS[1])
return latest + 1
"""
_RESTORE = """
local latest = tonumber(redis.call('HGET', KEYS[1], 'latest') or '0')
if latest >= tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'latest', ARGV[1], 'e' .. ARGV[1], ARGV[2])
redis.call('SADD', KEYS[3], ARGV[3])
redis.call('PUBLISH', KEYS[2], KEYS[1])
return 1
"""

FRESH = 6 * 3600.0
"""Seconds. Content that was stored longer ago is stored again when it is published anew, so that nobody takes it for
forgotten (`drop_blobs`)."""

log = logging.getLogger("replyguard.store")
_T = TypeVar("_T")


class RedisStore:
    """`redis_url` as in redis-py; `blobs_url` as in obstore (`s3://bucket/prefix`, `gs://…`, `az://…`, `file:///…`).

    Credentials come from the environment, as each cloud's own tools read them.
    """

    def __init__(self, redis_url: str, blobs_url: str, prefix: str = "replyguard") -> None:
        self._redis: Redis = Redis.from_url(redis_url, socket_timeout=TIMEOUT, socket_connect_timeout=TIMEOUT)
        # A reader of wake-ups waits longer than any answer takes, so it has a connection of its own.
        self._waiter: Redis = Redis.from_url(
            redis_url, socket_timeout=TICK * 2, socket_connect_timeout=TIMEOUT, health_check_interval=int(TICK)
        )
        options: dict[str, Any] = {"mkdir": True} if blobs_url.startswith("file:") else {}
        self._blobs: ObjectStore = from_url(blobs_url, **options)
        self._prefix = prefix
        self._topic = f"{prefix}:changes"
        self._all = f"{prefix}:channels"
        self._seen: dict[str, tuple[int, bytes]] = {}

    async def put_blob(self, digest: str, data: bytes) -> None:
        path = self._blob_path(digest)
        if not await self._is_fresh(path) or await self.get_blob(digest) is None:
            await self._object(obstore.put_async(self._blobs, path, data))

    async def get_blob(self, digest: str) -> bytes | None:
        path = self._blob_path(digest)
        try:
            answer = await self._object(obstore.get_async(self._blobs, path))
        except FileNotFoundError:
            return None
        data = bytes(await self._object(cast("Awaitable[Any]", answer.bytes_async())))
        if hashlib.sha256(data).hexdigest() != digest:
            log.error("blob %s is damaged", path)
            return None
        return data

    async def latest(self, channel: str) -> Entry | None:
        found = await self._read(channel, 1)
        if found:
            return found[0]
        top = self._seen.get(channel, (0, b""))[0]
        return Entry(0, "", skipped=top) if top else None

    async def publish(self, channel: str, expected: int, envelope: bytes, note: bytes = b"{}") -> Entry:
        key = self._key(channel)
        entry = Entry(expected + 1, envelope.decode(), msgspec.Raw(note))
        data = encode_entry(entry)
        keys = (key, self._topic, self._all)
        answer = int(await self._call(self._redis.eval(_PUBLISH, 3, *keys, str(expected), data, str(KEEP), channel)))
        if answer < 0:
            raise Conflict(channel, expected, -1 - answer)
        self._remember(channel, entry.revision, data)
        return entry

    async def history(self, channel: str, limit: int = 50) -> list[Entry]:
        return await self._read(channel, limit)

    async def channels(self) -> list[str]:
        return sorted(name.decode() for name in await self._call(self._redis.smembers(self._all)))

    async def forget(self, channel: str, revisions: Iterable[int]) -> None:
        key = self._key(channel)
        newest = int(await self._call(self._redis.hget(key, "latest")) or 0)
        if fields := [f"e{revision}" for revision in revisions if revision != newest]:
            await self._call(self._redis.hdel(key, *fields))

    async def drop_blobs(self, kept: Set[str], older: float) -> int:
        dropped = 0
        for path in [path async for path in self._old_blobs(older)]:
            # Looked at again: it may have been stored anew since the list was made.
            if path.rsplit("/", 1)[1] not in kept and not await self._is_fresh(path, older):
                await self._object(obstore.delete_async(self._blobs, path))
                dropped += 1
        return dropped

    async def _old_blobs(self, older: float) -> AsyncIterator[str]:
        listed = obstore.list(self._blobs, prefix="blobs", chunk_size=500)
        while batch := await self._object(_next(listed)):
            for found in batch:
                if _age(found["last_modified"]) >= older and DIGEST.match(found["path"].rsplit("/", 1)[1]):
                    yield found["path"]

    async def _is_fresh(self, path: str, older: float = FRESH) -> bool:
        try:
            found = await self._object(obstore.head_async(self._blobs, path))
        except FileNotFoundError:
            return False
        return _age(found["last_modified"]) < older

    async def changes(self) -> AsyncIterator[None]:
        """After every (re)subscription, message and tick: a subscription can be dead without a sign."""
        while True:
            try:
                async with self._waiter.pubsub() as listener:
                    await listener.subscribe(self._topic)
                    yield
                    while True:
                        await listener.get_message(timeout=TICK)
                        yield
            except (RedisError, OSError, TimeoutError) as error:
                log.warning("redis: %s", error)
                await asyncio.sleep(TIMEOUT / 4)
                yield

    async def close(self) -> None:
        for client in (self._redis, self._waiter):
            with contextlib.suppress(RedisError, OSError):
                await client.aclose()

    def _key(self, channel: str) -> str:
        if not CHANNEL.match(channel):
            raise ValueError(f"not a channel: {channel!r}")
        return f"{self._prefix}:channel:{channel}"

    @staticmethod
    def _blob_path(digest: str) -> str:
        if not DIGEST.match(digest):
            raise ValueError(f"not a SHA-256: {digest!r}")
        return f"blobs/{digest[:2]}/{digest}"

    async def _read(self, channel: str, limit: int) -> list[Entry]:
        key = self._key(channel)
        latest = int(await self._call(self._redis.hget(key, "latest")) or 0)
        seen, data = self._seen.get(channel, (0, b""))
        if latest < seen:
            log.warning("redis lost revision %d of %s; putting it back", seen, channel)
            await self._call(self._redis.eval(_RESTORE, 3, key, self._topic, self._all, str(seen), data, channel))
            latest = max(seen, int(await self._call(self._redis.hget(key, "latest")) or 0))
        entries: list[Entry] = []
        skipped = 0
        revisions: Iterable[int] = range(latest, max(latest - 8, 0), -1)
        if limit > 1:  # old ones may have gaps
            fields = await self._call(self._redis.hkeys(key))
            revisions = sorted((int(name[1:]) for name in fields if name[:1] == b"e"), reverse=True)
        for batch in _batches(list(revisions), 200):
            values = await self._call(self._redis.hmget(key, [f"e{n}" for n in batch]))
            for revision, value in zip(batch, values, strict=True):
                if value is None:
                    continue
                try:
                    entry = decode_entry(value)
                except (ValueError, msgspec.DecodeError) as error:
                    log.error("revision %d of %s is damaged: %s", revision, channel, error)
                    skipped += 1
                    continue
                if not entries:
                    self._remember(channel, revision, value)
                entries.append(msgspec.structs.replace(entry, skipped=skipped))
                if len(entries) == limit:
                    return entries
        return entries

    def _remember(self, channel: str, revision: int, data: bytes) -> None:
        if revision > self._seen.get(channel, (0, b""))[0]:
            self._seen[channel] = (revision, data)

    async def _call(self, work: Any) -> Any:
        try:
            return await work
        except (RedisError, OSError, TimeoutError) as error:
            raise StoreError(f"redis: {error}") from error

    async def _object(self, work: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout(BLOB_TIMEOUT):
                return await work
        except FileNotFoundError:
            raise
        except (ObjectError, OSError, TimeoutError) as error:
            raise StoreError(f"object storage: {error}") from error


def _age(moment: datetime) -> float:
    """Seconds."""
    return (datetime.now(UTC) - moment).total_seconds()


def _batches(items: list[int], size: int) -> Iterable[list[int]]:
    return (items[n : n + size] for n in range(0, len(items), size))


async def _next(listed: Any) -> list[Any]:
    """The next batch of a list of objects; empty at its end."""
    try:
        return list(await anext(listed))
    except StopAsyncIteration:
        return []
