"""The audit trail: who published, reverted, issued or revoked what. One JSON line each, chained by hash.

Each line carries the hash of the line before it, so a line that was changed or taken out shows.
"""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from .manifest import timestamp


class Audit:
    """Appends to `path`; every line is on the disk when `record` returns. Raises OSError."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def record(self, who: str, action: str, **details: Any) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        # Opened each time: commands beside the server write to the same file, and log rotation may move it.
        with self._path.open("a+b") as file:
            _lock(file.fileno())
            before = hashlib.sha256(_last_line(file)).hexdigest()[:32]
            line = {"at": timestamp(datetime.now(UTC)), "who": who, "action": action, **details, "before": before}
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def read(self, limit: int = 100) -> list[dict[str, Any]]:
        """Newest first, without damaged lines: `broken_at` tells of those."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [entry for line in reversed(lines[-limit:]) if (entry := _entry(line))]

    def broken_at(self) -> int:
        """The number of the first line whose chain is broken; 0 = all is as it was written."""
        before = b""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return 0
        for number, line in enumerate(lines, 1):
            if _entry(line).get("before") != hashlib.sha256(before).hexdigest()[:32]:
                return number
            before = line
        return 0


def _entry(line: bytes) -> dict[str, Any]:
    """{} when it is damaged."""
    try:
        entry = msgspec.json.decode(line, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return entry if {"at", "who", "action", "before"} <= entry.keys() else {}


def _last_line(file: Any) -> bytes:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 65536))
    lines: list[bytes] = file.read().splitlines()
    return lines[-1] if lines else b""


def _lock(handle: int) -> None:
    """Until the file is closed. Windows has no flock; there the server is the only writer."""
    try:
        import fcntl
    except ImportError:
        return
    fcntl.flock(handle, fcntl.LOCK_EX)
