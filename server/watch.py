"""Watching the rules folder: events only wake us, our own scan decides.

A file system event can be early (half a file), late, doubled or lost, and its path may be gone. So every event, and a
tick every two seconds, leads to a scan of (mtime, size, inode) of all files, and a scan after compiling shows whether the
state still holds. One file that changed is a save, and compiled at once; where several did, a checkout may be under way, and
two equal scans in a row make a state that is worth compiling; so they do where a file is gone, which an editor may be about to
write anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from pathlib import Path

from watchfiles import awatch

from compiler.rulebook import MAX_FOLDERS

from .inotify import Inotify

Signature = dict[str, tuple[int, int, int, int]]
SETTLE = 0.004
"""Seconds between the two scans that must agree, one before and one after compiling if need be."""
MAX_SETTLE = 2.0
"""A folder that never rests is compiled anyway after this long; the scan afterwards still guards what is published."""
STEP = 3
"""Milliseconds between looks of the watching thread, where there is no inotify; one and a half are the delay of a save, and
0.7 % of a core its price."""
POLL = 0.1
TICK = 2.0
"""Seconds after which the folder is looked at although nothing was heard of it."""
RECENT = 3_000_000_000
"""Nanoseconds. Network file systems keep whole seconds, so in polling mode the content of younger files counts too."""
SUFFIXES = (".yaml", ".yml")

log = logging.getLogger("replyguard.watch")


def folders(root: Path) -> Iterator[Path]:
    """Those that rule files may be in, `root` first."""
    pending = [(root, 0)]
    while pending:
        folder, depth = pending.pop()
        yield folder
        if depth <= MAX_FOLDERS:
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                inside = [Path(entry) for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
                pending += [(path, depth + 1) for path in inside]


def scan(root: Path, contents_of: Signature | None = None) -> Signature:
    """Relative path → (mtime_ns, size, inode, 0) of every rule file. Links are followed: Kubernetes swaps `..data`.

    Names that begin with a dot are not rules: `.git`, editors' swap files, Kubernetes' `..2026_01_02` generations.
    With `contents_of` (the scan before) the last number is a checksum of the content, read afresh while a file is young.
    """
    found: Signature = {}
    pending = [""]
    while pending:
        prefix = pending.pop()
        try:
            with os.scandir(root / prefix) as entries:
                for entry in entries:
                    if entry.name.startswith("."):
                        continue
                    path = prefix + entry.name
                    try:
                        if entry.is_dir():
                            if prefix.count("/") < MAX_FOLDERS:
                                pending.append(path + "/")
                        elif entry.name.endswith(SUFFIXES):
                            stat = entry.stat()
                            stamp = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
                            content = 0
                            if contents_of is not None:
                                content = _content(root / path, stamp, contents_of.get(path))
                            found[path] = (*stamp, content)
                    except OSError:
                        continue  # gone between listing and looking
        except OSError:
            continue
    return found


def _content(path: Path, stamp: tuple[int, int, int], before: tuple[int, int, int, int] | None) -> int:
    if before is not None and before[:3] == stamp and time.time_ns() - stamp[0] > RECENT:
        return before[3]
    return zlib.crc32(path.read_bytes())


class Watcher:
    """Calls `rebuild(unchanged)` for each new stable state until it has been accepted (returned True)."""

    def __init__(
        self,
        root: Path,
        rebuild: Callable[[Callable[[], Awaitable[bool]]], Awaitable[bool]],
        *,
        polling: bool = False,
    ) -> None:
        self.root = root
        self.polling = polling
        self._rebuild = rebuild
        self._built: Signature | None = None
        self._seen: Signature | None = {} if polling else None

    def _scan(self) -> Signature:
        state = scan(self.root, self._seen)
        if self.polling:
            self._seen = state
        return state

    async def run(self) -> None:
        await self._check()
        async with contextlib.aclosing(self._wakes()) as wakes:
            async for _ in wakes:
                await self._check()

    async def _check(self) -> None:
        loop = asyncio.get_running_loop()
        while (state := await self._settled()) != self._built:
            since = loop.time()

            async def unchanged(state: Signature = state, since: float = since) -> bool:
                # A small rulebook is compiled sooner than it can be told whether the state holds.
                await asyncio.sleep(since + SETTLE - loop.time())
                return self._scan() == state

            if await self._rebuild(unchanged):
                self._built = state

    async def _settled(self) -> Signature:
        """Two equal scans in a row, unless all is as it was built or one file was saved."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + MAX_SETTLE
        last = self._scan()
        while not self._is_save(last) and loop.time() < deadline:
            await asyncio.sleep(SETTLE)
            now = self._scan()
            if now == last:
                break
            last = now
        return last

    def _is_save(self, state: Signature) -> bool:
        """Whether at most one file changed since the last build, and none is gone."""
        built = self._built
        if built is None or not built.keys() <= state.keys():
            return False
        return len({path for path, _ in state.items() ^ built.items()}) <= 1

    async def _wakes(self) -> AsyncGenerator[None, None]:
        """Yields whenever it may be worth looking."""
        while True:
            if self.polling or not self.root.is_dir():
                await asyncio.sleep(POLL)
                yield
                continue
            armed = _identity(self.root)
            try:
                async with contextlib.aclosing(self._events()) as events:
                    async for _ in events:
                        yield
                        if _identity(self.root) != armed:
                            break  # the folder was deleted and made again: the watch is on the old one
            except (OSError, RuntimeError) as error:
                # The system's limits, or the folder went away while the watch was being set.
                log.warning("watching %s: %s", self.root, error)
                await asyncio.sleep(POLL)
            yield

    async def _events(self) -> AsyncGenerator[None, None]:
        try:
            inotify = Inotify()
        except OSError:  # another system than Linux, or the limit of watchers is reached
            async for _ in awatch(
                self.root,
                watch_filter=None,
                step=STEP,
                debounce=200,
                rust_timeout=round(1000 * TICK),
                yield_on_timeout=True,
                force_polling=False,
                ignore_permission_denied=True,
            ):
                yield
            return
        try:
            while True:
                inotify.watch(
                    folders(self.root)
                )  # a new folder too: what was written into it before is seen by a look now
                yield
                await inotify.wait(TICK)
        finally:
            inotify.close()


def _identity(root: Path) -> tuple[int, int] | None:
    try:
        stat = root.stat()
    except OSError:
        return None
    return (stat.st_dev, stat.st_ino)
