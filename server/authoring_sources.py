"""The rule files behind each release, kept by the bundle's hash: a release itself holds compiled phrases only.

With them the authoring page compares rules as people wrote them, on a git checkout and without git.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from pathlib import Path

import msgspec

from .files import write_atomic
from .manifest import DIGEST

KEPT = 200


class Sources:
    """`folder/<sha256 of bundle.bin>.json.z`, the oldest forgotten."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, digest: str, texts: Mapping[str, bytes]) -> None:
        path = self._path(digest)
        if path.exists():
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        data = msgspec.json.encode({name: text.decode("utf-8", "replace") for name, text in sorted(texts.items())})
        write_atomic(path, zlib.compress(data, 6))
        for old in sorted(self._folder.glob("*.json.z"), key=lambda p: p.stat().st_mtime_ns)[:-KEPT]:
            old.unlink(missing_ok=True)

    def get(self, digest: str) -> dict[str, str] | None:
        """Texts by name; None when that release was never seen as source."""
        if not DIGEST.match(digest):
            return None
        try:
            data = zlib.decompress(self._path(digest).read_bytes())
        except (OSError, zlib.error):
            return None
        return msgspec.json.decode(data, type=dict[str, str])

    def _path(self, digest: str) -> Path:
        return self._folder / f"{digest}.json.z"
