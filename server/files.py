"""Writing files so that a reader, or a crash, never sees half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

TEMPORARY = ".tmp-"


def write_atomic(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replace `path`: temporary file beside it, fsync, rename, fsync of the directory."""
    temporary = write_temporary(path, data, mode)
    try:
        temporary.replace(path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    sync_directory(path.parent)


def write_content(path: Path, data: bytes) -> None:
    """A file whose name proves what is in it, so that half of it is taken for nothing: it has its name before it is on the
    disk, which is waited for once instead of twice. When this returns, it is there whatever happens.
    """
    temporary, handle = _begin(path, data, 0o644)
    try:
        with os.fdopen(handle, "wb") as file:
            temporary.replace(path)
            temporary = path
            os.fsync(file.fileno())
        sync_directory(path.parent)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise


def create_exclusive(temporary: Path, path: Path) -> None:
    """Give a file of `write_temporary` its name; raises FileExistsError when `path` exists, also between processes.

    A hard link is the one call that both creates and refuses to replace. `temporary` is gone afterwards in any case.
    """
    try:
        os.link(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(path.parent)


def write_temporary(path: Path, data: bytes, mode: int = 0o644) -> Path:
    """A file beside `path`, complete and on the disk, that has no name of its own yet."""
    temporary, handle = _begin(path, data, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _begin(path: Path, data: bytes, mode: int) -> tuple[Path, int]:
    """A new file beside `path`, open and written, but perhaps not on the disk."""
    handle, name = tempfile.mkstemp(prefix=TEMPORARY, dir=path.parent)
    try:
        if hasattr(os, "fchmod"):
            os.fchmod(handle, mode)
        with os.fdopen(handle, "wb", closefd=False) as file:
            file.write(data)
    except OSError:
        os.close(handle)
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name), handle


def sync_directory(path: Path) -> None:
    if os.name != "posix":
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
