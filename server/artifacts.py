"""Bundles and automata on the wire: encoded once, then served as ready-made ASGI messages.

At publish nothing is made but, where a patch (patches.py) would be too large, the difference to the release before, and
nobody waits for it; the smallest encodings follow in the background.
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
from collections import Counter, OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import brotli  # type: ignore[import-untyped]
import zstandard

from .store import Store

Message = dict[str, Any]
TYPES = {"bundle": b"application/octet-stream", "bin": b"application/octet-stream"}
KEEP = 64
"""Artifacts held in memory, least recently used first out: some thirty releases."""
KEEP_DELTAS = 64
SQUEEZE_AFTER = 3.0
"""Seconds without a new artifact after which the slow encodings begin: they would take the CPU from the next save."""
DICTIONARY_AFTER = 0.3
"""Seconds after which the newest artifacts are made ready to be dictionaries: the release itself is out by then."""
KEEP_DICTIONARIES = 8
"""Of a bundle that is some 5 MB."""
# The frame that RFC 9842 puts before a zstd stream: a skippable frame that carries the dictionary's hash.
_DCZ_MAGIC = bytes([0x5E, 0x2A, 0x4D, 0x18, 0x20, 0x00, 0x00, 0x00])
_DELTA_LEVEL = 6
"""It finds what level 10 does in a third of the time."""

log = logging.getLogger("replyguard.artifacts")


class Artifact:
    """One content in the encodings made so far. `messages[encoding]` are the two ASGI messages."""

    def __init__(self, digest: str, data: bytes) -> None:
        self.digest = digest
        self.data = data
        self.kind = "bundle" if data[:1] == b"{" else "bin"
        self.messages: dict[bytes, tuple[Message, Message]] = {}
        self.dictionary: zstandard.ZstdCompressionDict | None = None
        """Itself as a dictionary that is worked out, while it is one of the newest."""
        self._set(b"identity", data)

    def encode(self, encoding: bytes) -> None:
        """In a few milliseconds (zstd), or for those who do not take it; gzip is all that browsers offer over plain HTTP
        from another machine."""
        if encoding == b"zstd":
            self._set(b"zstd", zstandard.ZstdCompressor(level=3).compress(self.data))
        elif encoding == b"br":
            self._set(b"br", brotli.compress(self.data, quality=5))
        elif encoding == b"gzip":
            self._set(b"gzip", gzip.compress(self.data, 6, mtime=0))

    def squeeze(self) -> None:
        """The best encodings; takes a second for a large bundle."""
        _be_nice()
        self._set(b"br", brotli.compress(self.data, quality=11))
        self._set(b"zstd", zstandard.ZstdCompressor(level=19).compress(self.data))

    def become_dictionary(self) -> None:
        """Nine tenths of the time that a difference to this artifact takes, which the next release need not wait for."""
        dictionary = zstandard.ZstdCompressionDict(self.data, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        dictionary.precompute_compress(level=_DELTA_LEVEL)
        self.dictionary = dictionary

    def delta(self, base: Artifact) -> tuple[Message, Message]:
        """`dcz`: zstd with `base` as raw dictionary."""
        dictionary = base.dictionary or zstandard.ZstdCompressionDict(
            base.data, dict_type=zstandard.DICT_TYPE_RAWCONTENT
        )
        body = zstandard.ZstdCompressor(level=_DELTA_LEVEL, dict_data=dictionary).compress(self.data)
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
        self._running: dict[tuple[str, str | bytes], asyncio.Future[Any]] = {}
        self._unsqueezed: list[Artifact] = []
        self._added: list[Artifact] = []
        """The newest, and before them those that were it."""
        self._squeezing: asyncio.Task[None] | None = None
        self._slow = ThreadPoolExecutor(1, "squeeze")
        self.sent: Counter[bytes] = Counter()
        """Answers by encoding."""

    def add(self, data: bytes, digest: str = "") -> Artifact:
        """Make ready to be served; encodings are made when they are asked for first. `digest` is that of `data`, when it is
        known.
        """
        digest = digest or hashlib.sha256(data).hexdigest()
        artifact = self._known.get(digest)
        if artifact is None:
            artifact = Artifact(digest, data)
            self._remember(artifact)
        return artifact

    def expect(self, digest: str, before: str) -> None:
        """Readers who hold the artifact `before` will ask for this one at once: begin the difference, for which nobody
        waits but who asks for it.
        """
        artifact = self._known.get(digest)
        base = artifact and self._base(artifact, before)
        if artifact and base and (digest, before) not in self._deltas:
            self._once((digest, before), self._difference, artifact, base)

    async def get(self, digest: str) -> Artifact | None:
        """None when nobody has it."""
        artifact = self._known.get(digest)
        if artifact is not None:
            self._known.move_to_end(digest)
            return artifact
        data = await self._store.get_blob(digest)
        return None if data is None else self.add(data)

    async def delta(self, artifact: Artifact, dictionary: bytes) -> tuple[Message, Message] | None:
        """For the value of an `Available-Dictionary` header (`:base64 of SHA-256:`), when that artifact is known."""
        try:
            digest = base64.b64decode(dictionary.strip(b": "), validate=True).hex()
        except ValueError:
            return None
        base = self._base(artifact, digest)
        if base is None:
            return None
        key = (artifact.digest, digest)
        messages = self._deltas.get(key) or await self._once(key, self._difference, artifact, base)
        self.sent[b"dcz"] += 1
        return messages

    def _base(self, artifact: Artifact, digest: str) -> Artifact | None:
        base = self._known.get(digest)
        return base if base is not None and base is not artifact and base.kind == artifact.kind else None

    def _difference(self, artifact: Artifact, base: Artifact) -> tuple[Message, Message]:
        found = self._deltas[artifact.digest, base.digest] = artifact.delta(base)
        return found

    def _once(self, key: tuple[str, str | bytes], work: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """In a thread; thousands may ask for it at the same moment, and it is done once. Who leaves stops it for nobody."""
        running = self._running.get(key)
        if running is None:
            running = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
            self._running[key] = running
            running.add_done_callback(lambda _: self._done(key))
        return asyncio.shield(running)

    def _done(self, key: tuple[str, str | bytes]) -> None:
        del self._running[key]
        while len(self._deltas) > KEEP_DELTAS:
            self._deltas.popitem(last=False)

    def _remember(self, artifact: Artifact) -> None:
        self._known[artifact.digest] = artifact
        while len(self._known) > KEEP:
            self._known.popitem(last=False)
        self._unsqueezed.append(artifact)
        self._added.append(artifact)
        if self._squeezing is not None:
            self._squeezing.cancel()
        self._squeezing = asyncio.get_running_loop().create_task(self._squeeze(SQUEEZE_AFTER))

    async def messages(self, artifact: Artifact, accept: bytes) -> tuple[Message, Message]:
        """The best answer for an `Accept-Encoding` header: br once it is squeezed, zstd until then."""
        offered = offers(accept)
        for encoding in (b"br", b"zstd"):
            if encoding in offered and encoding in artifact.messages:
                break
        else:
            encoding = next((name for name in (b"zstd", b"br", b"gzip") if name in offered), b"identity")
            if encoding not in artifact.messages:
                await self._once((artifact.digest, encoding), artifact.encode, encoding)
        self.sent[encoding] += 1
        return artifact.messages[encoding]

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
        """Once the saves have paused, newest first: what has been replaced by then matters least. But before that the newest
        become dictionaries, for the next save.
        """
        loop = asyncio.get_running_loop()
        soon = min(delay, DICTIONARY_AFTER)
        await asyncio.sleep(soon)
        for artifact in self._added[:-KEEP_DICTIONARIES]:
            artifact.dictionary = None
        del self._added[:-KEEP_DICTIONARIES]
        for artifact in [*self._added]:
            if artifact.dictionary is None:
                await loop.run_in_executor(self._slow, artifact.become_dictionary)
        await asyncio.sleep(delay - soon)
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
