"""Bundles and automata on the wire: encoded once, then served as ready-made ASGI messages.

The fastest encoding is made at publish, so that the push need not wait; the smallest follow in the background.
RFC 9842: a browser that kept the last release asks for the new one with it as dictionary, and a change of three rules
costs some hundred bytes.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import hashlib
import logging
import os
import threading
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import brotli  # type: ignore[import-untyped]
import zstandard

from .store import Store

Message = dict[str, Any]
TYPES = {"json": b"application/json", "bin": b"application/octet-stream"}
KEEP = 64
"""Artifacts held in memory, least recently used first out: some thirty releases."""
KEEP_DELTAS = 64
SQUEEZE_AFTER = 3.0
"""Seconds without a new artifact after which the slow encodings begin: they would take the CPU from the next save."""
# The frame that RFC 9842 puts before a zstd stream: a skippable frame that carries the dictionary's hash.
_DCZ_MAGIC = bytes([0x5E, 0x2A, 0x4D, 0x18, 0x20, 0x00, 0x00, 0x00])

log = logging.getLogger("replyguard.artifacts")


class Artifact:
    """One content in every encoding. `messages[encoding]` are the two ASGI messages."""

    def __init__(self, digest: str, data: bytes) -> None:
        self.digest = digest
        self.data = data
        self.kind = "json" if data[:1] == b"{" else "bin"
        self.messages: dict[bytes, tuple[Message, Message]] = {}
        self._set(b"identity", data)
        self._set(b"zstd", zstandard.ZstdCompressor(level=3).compress(data))

    def add(self, encoding: bytes) -> None:
        """For those who do not take zstd; gzip is all that browsers offer over plain HTTP from another machine."""
        if encoding == b"br":
            self._set(b"br", brotli.compress(self.data, quality=5))
        elif encoding == b"gzip":
            self._set(b"gzip", gzip.compress(self.data, 6, mtime=0))

    def squeeze(self) -> None:
        """The best encodings; takes a second for a large bundle."""
        _be_nice()
        self._set(b"br", brotli.compress(self.data, quality=11))
        self._set(b"zstd", zstandard.ZstdCompressor(level=19).compress(self.data))

    def delta(self, base: Artifact) -> tuple[Message, Message]:
        """`dcz`: zstd with `base` as raw dictionary."""
        dictionary = zstandard.ZstdCompressionDict(base.data, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        body = zstandard.ZstdCompressor(level=10, dict_data=dictionary).compress(self.data)
        return self._messages(b"dcz", _DCZ_MAGIC + bytes.fromhex(base.digest) + body)

    def _set(self, encoding: bytes, body: bytes) -> None:
        self.messages[encoding] = self._messages(encoding, body)

    def _messages(self, encoding: bytes, body: bytes) -> tuple[Message, Message]:
        headers = [
            (b"content-type", TYPES[self.kind]),
            (b"content-length", str(len(body)).encode()),
            (b"cache-control", b"public, max-age=31536000, immutable"),
            (b"etag", b'"' + self.digest.encode() + b'"'),
            (b"vary", b"accept-encoding, available-dictionary"),
            (b"use-as-dictionary", b'match="/v1/bundles/*.' + self.kind.encode() + b'"'),
            (b"x-content-type-options", b"nosniff"),
        ]
        if encoding != b"identity":
            headers.append((b"content-encoding", encoding))
        return (
            {"type": "http.response.start", "status": 200, "headers": headers},
            {"type": "http.response.body", "body": body},
        )


class Artifacts:
    """All known artifacts, from memory or from the store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: OrderedDict[str, Artifact] = OrderedDict()
        self._deltas: OrderedDict[tuple[str, str], tuple[Message, Message]] = OrderedDict()
        self._unsqueezed: list[Artifact] = []
        self._squeezing: asyncio.Task[None] | None = None
        self._slow = ThreadPoolExecutor(1, "squeeze")

    async def add(self, data: bytes) -> str:
        """Store and encode, side by side; the SHA-256 in hex. Raises StoreError."""
        digest = hashlib.sha256(data).hexdigest()
        if digest in self._known:
            await self._store.put_blob(digest, data)
            return digest
        encoding = asyncio.ensure_future(asyncio.to_thread(Artifact, digest, data))
        try:
            await self._store.put_blob(digest, data)
        finally:
            artifact = await encoding
        self._remember(artifact)
        return digest

    async def get(self, digest: str) -> Artifact | None:
        """None when nobody has it."""
        artifact = self._known.get(digest)
        if artifact is not None:
            self._known.move_to_end(digest)
            return artifact
        data = await self._store.get_blob(digest)
        if data is None:
            return None
        artifact = await asyncio.to_thread(Artifact, digest, data)
        self._remember(artifact)
        return artifact

    async def delta(self, artifact: Artifact, dictionary: bytes) -> tuple[Message, Message] | None:
        """For the value of an `Available-Dictionary` header (`:base64 of SHA-256:`), when that artifact is known."""
        try:
            digest = base64.b64decode(dictionary.strip(b": "), validate=True).hex()
        except ValueError:
            return None
        base = self._known.get(digest)
        if base is None or base is artifact or base.kind != artifact.kind:
            return None
        key = (artifact.digest, digest)
        if key not in self._deltas:
            self._deltas[key] = await asyncio.to_thread(artifact.delta, base)
            while len(self._deltas) > KEEP_DELTAS:
                self._deltas.popitem(last=False)
        return self._deltas[key]

    def _remember(self, artifact: Artifact) -> None:
        self._known[artifact.digest] = artifact
        while len(self._known) > KEEP:
            self._known.popitem(last=False)
        self._unsqueezed.append(artifact)
        if self._squeezing is not None:
            self._squeezing.cancel()
        self._squeezing = asyncio.get_running_loop().create_task(self._squeeze(SQUEEZE_AFTER))

    async def messages(self, artifact: Artifact, accept: bytes) -> tuple[Message, Message]:
        """The best answer for an `Accept-Encoding` header: br once it is squeezed, zstd until then."""
        offered = offers(accept)
        for encoding in (b"br", b"zstd"):
            if encoding in offered and encoding in artifact.messages:
                return artifact.messages[encoding]
        for encoding in (b"br", b"gzip"):
            if encoding in offered:
                if encoding not in artifact.messages:
                    await asyncio.to_thread(artifact.add, encoding)
                return artifact.messages[encoding]
        return artifact.messages[b"identity"]

    async def settled(self) -> None:
        """Make the best encodings now and wait for them."""
        if self._squeezing is not None:
            self._squeezing.cancel()
        await self._squeeze(0)

    def close(self) -> None:
        if self._squeezing is not None:
            self._squeezing.cancel()
        self._slow.shutdown(wait=False, cancel_futures=True)

    async def _squeeze(self, delay: float) -> None:
        """Once the saves have paused, newest first: what has been replaced by then matters least."""
        await asyncio.sleep(delay)
        loop = asyncio.get_running_loop()
        while self._unsqueezed:
            artifact = self._unsqueezed[-1]
            await loop.run_in_executor(self._slow, artifact.squeeze)
            self._unsqueezed.remove(artifact)
            del self._unsqueezed[: -2 * KEEP]


def _be_nice() -> None:
    """The lowest priority for this thread, where the system has priorities for threads."""
    with contextlib.suppress(AttributeError, OSError):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)


def offers(accept: bytes) -> set[bytes]:
    """The encodings an `Accept-Encoding` header allows, `*` spelt out; q-values other than 0 are not weighed."""
    offered = set()
    for part in accept.split(b","):
        name, _, quality = part.strip().lower().partition(b";")
        if quality.replace(b" ", b"") not in (b"q=0", b"q=0.0", b"q=0.00", b"q=0.000"):
            offered.add(name.strip())
    return offered | {b"br", b"zstd", b"gzip"} if b"*" in offered else offered
