"""Content on its way into the store, by its hash: begun when the compiler has it, waited for by who publishes it."""

from __future__ import annotations

import asyncio
import hashlib

from .store import Store

KEEP = 16
"""So many that nobody waits for; their saves failed."""


class Contents:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._running: dict[int, tuple[bytes, asyncio.Task[str]]] = {}

    def begin(self, data: bytes) -> asyncio.Task[str]:
        """Store `data`; what comes of it, or goes wrong, is told to who asks for it with the same object."""
        known = self._running.get(id(data))
        if known is not None:
            return known[1]
        task = asyncio.create_task(self._put(data))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody may ever ask
        self._running[id(data)] = data, task
        while len(self._running) > KEEP:
            del self._running[next(iter(self._running))]
        return task

    async def stored(self, data: bytes) -> str:
        """The hash of `data`, which is in the store. Raises StoreError."""
        try:
            return await asyncio.shield(self.begin(data))
        finally:
            self._running.pop(id(data), None)

    async def _put(self, data: bytes) -> str:
        digest = await asyncio.to_thread(lambda: hashlib.sha256(data).hexdigest())
        await self._store.put_blob(digest, data)
        return digest
