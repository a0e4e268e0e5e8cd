"""Linux's inotify: it says at once that something happened in a folder, and costs nothing until it does.

A save in place is told when the file is closed, not when it is cut to be written anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
from collections.abc import Iterable
from pathlib import Path

_CLOSE_WRITE, _MOVED_FROM, _MOVED_TO, _CREATE, _DELETE, _DELETE_SELF, _MOVE_SELF = (
    0x8, 0x40, 0x80, 0x100, 0x200, 0x400, 0x800,
)  # fmt: skip
_EVENTS = _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE | _DELETE_SELF | _MOVE_SELF
_READ = 1 << 16


class Inotify:
    """Wakes when a file in one of the watched folders was written, moved, made or deleted. To be used in one event loop."""

    def __init__(self) -> None:
        """Raises OSError where there is no inotify, or none left."""
        libc = ctypes.CDLL(None, use_errno=True)
        if not hasattr(libc, "inotify_init1"):
            raise OSError("no inotify")
        self._add_watch = libc.inotify_add_watch
        self._add_watch.argtypes = ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32
        self._file = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        _check(self._file)
        self._woken = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._file, self._wake)

    def watch(self, folders: Iterable[Path]) -> None:
        """These too; a folder that is gone already is passed over.

        Raises OSError when the system's limit is reached.
        """
        for folder in folders:
            with contextlib.suppress(FileNotFoundError, NotADirectoryError):
                _check(self._add_watch(self._file, os.fsencode(folder), _EVENTS))

    async def wait(self, timeout: float) -> None:
        """Until something happened since the last time, or so many seconds have gone by."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._woken.wait(), timeout)
        self._woken.clear()

    def close(self) -> None:
        self._loop.remove_reader(self._file)
        os.close(self._file)

    def _wake(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._file, _READ):  # which file it was does not matter: all are looked at
                pass
        self._woken.set()


def _check(result: int) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
