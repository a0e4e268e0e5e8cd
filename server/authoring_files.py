"""The rulebook's files as the authoring page reads and writes them: safe names, strong ETags, atomic writes."""

from __future__ import annotations

import asyncio
import hashlib
import re
from pathlib import Path

from compiler.rulebook import rule_files
from compiler.source import MAX_BYTES

from .files import write_atomic
from .problems import Problem

# No leading dot anywhere (hidden files, `..`), no backslash, no colon (drives and streams on Windows).
_NAME = re.compile(r"(?:[\w-][\w.-]{0,80}/){0,3}[\w-][\w.-]{0,80}\.ya?ml")


class RuleFiles:
    """Files by name: the path relative to `root`, with slashes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = asyncio.Lock()

    def names(self) -> list[str]:
        return [*rule_files(self.root)]

    def read(self, name: str) -> bytes:
        """Raises Problem `not-found`."""
        try:
            return self._path(name).read_bytes()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise Problem("not-found", f"没有规则文件 {name}") from None

    def read_all(self) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        for name in self.names():
            try:
                found[name] = self.read(name)
            except (Problem, OSError):  # gone or locked since it was listed; the compiler reports what stays so
                continue
        return found

    async def write(self, name: str, data: bytes | None, expected: str | None) -> bool:
        """Replace, create or (with None) remove a file; True when it is new.

        Parameters
        ----------
        expected
            ETag of what the author started from; None = the file must not exist yet.

        Raises
        ------
        Problem
            `precondition` with the file's present text when it is another one; `too-large`; `forbidden` when the
            folder cannot be written.
        """
        path = self._path(name)
        if data is not None and len(data) > MAX_BYTES:
            raise Problem("too-large", f"一个规则文件最多 {MAX_BYTES // 1024} KB")
        async with self._lock:
            try:
                present: bytes | None = path.read_bytes()
            except FileNotFoundError:
                present = None
            if (etag(present) if present is not None else None) != expected:
                raise _changed(present, data)
            try:
                if data is None:
                    path.unlink(missing_ok=True)
                else:
                    path.parent.mkdir(parents=True, exist_ok=True)
                    await asyncio.to_thread(write_atomic, path, data)
            except OSError as error:
                raise Problem("forbidden", f"规则目录写不进去：{error.strerror}") from None
            return present is None

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise Problem("not-found", "文件名只能用文字、数字、点和横线，以 .yaml 结尾")
        root = self.root.resolve()
        # Resolved, so that a symlinked file is replaced where it lives, and one that leads outside is refused.
        path = (root / name).resolve()
        if not path.is_relative_to(root):
            raise Problem("not-found", f"没有规则文件 {name}")
        return path


def etag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def _changed(present: bytes | None, yours: bytes | None) -> Problem:
    """Both texts travel with the refusal, so that nothing is lost whatever the author does next."""
    return Problem(
        "precondition",
        "您打开之后，这个文件被别人改过" if present is not None else "您打开之后，这个文件被别人删除了",
        etag="" if present is None else etag(present),
        theirs=None if present is None else present.decode("utf-8", "replace"),
        yours=None if yours is None else yours.decode("utf-8", "replace"),
    )
