"""Content on its way into the store, by its hash: begun when the compiler has it, waited for by who publishes it."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any, NamedTuple

from .manifest import Artifact
from .store import Store

KEEP = 16
"""So many that nobody waits for; their saves failed."""


class Content(NamedTuple):
    data: bytes
    digest: asyncio.Task[str]
    stored: asyncio.Task[None]
    """Raises StoreError."""

    async def artifact(self, kind: str) -> Artifact:
        """As a manifest names it; it may not be stored yet."""
        digest = await self.digest
        return Artifact(digest, len(self.data), f"/v1/bundles/{digest}.{kind}")


class Contents:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._begun: dict[int, Content] = {}

    def begin(self, data: bytes) -> Content:
        """Hash and store `data`; who asks for it with the same object later finds that begun."""
        known = self._begun.get(id(data))
        if known is not None:
            return known
        digest = asyncio.create_task(asyncio.to_thread(_sha256, data))
        stored = asyncio.create_task(self._put(digest, data))
        stored.add_done_callback(_told)
        self._begun[id(data)] = content = Content(data, digest, stored)
        while len(self._begun) > KEEP:
            del self._begun[next(iter(self._begun))]
        return content

    def take(self, data: bytes) -> Content:
        """For who waits for it; the next time it is begun anew."""
        content = self.begin(data)
        del self._begun[id(data)]
        return content

    async def _put(self, digest: asyncio.Task[str], data: bytes) -> None:
        await self._store.put_blob(await digest, data)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _told(task: asyncio.Task[Any]) -> None:
    """Perhaps nobody asks what went wrong."""
    if not task.cancelled():
        task.exception()
