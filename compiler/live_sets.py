"""The sets of a release as its file has them, of which only those that some rule asks for are written out.

A set that nobody asks for any more leaves nothing but its end: leaving it out would move all that follow. How often each is
asked for is counted, so that a save looks at no more than the sets that it brings or takes away.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from typing import Final

from compiler.atoms import Atoms
from compiler.bundle import little_endian
from compiler.handles import SET
from compiler.sets_in_file import END

_PAGE: Final = 128
"""Sets that are joined to one string of bytes, so that not all are joined again."""
_NOTHING: Final = little_endian(array("i", [END]))


class LiveSets:
    def __init__(self, atoms: Atoms) -> None:
        self._atoms = atoms
        self._roots: set[int] = set()
        self._uses: list[int] = []
        """How many roots and sets in use name each set."""
        self._pages: list[list[bytes]] = []
        self._joined: list[bytes] = []
        self._stale: set[int] = set()

    def __len__(self) -> int:
        return len(self._uses)

    def written(self, roots: Iterable[int]) -> list[bytes]:
        """All sets, in some pieces, when `roots` are asked for."""
        for _ in range(len(self._uses), self._atoms.set_count):
            if len(self._uses) % _PAGE == 0:
                self._pages.append([])
                self._joined.append(b"")
            self._stale.add(len(self._pages) - 1)
            self._pages[-1].append(_NOTHING)
            self._uses.append(0)
        now = {root for root in roots if root >= 0 and root & 3 == SET}
        # First what is new, so that what it shares with what goes is not given up in between.
        self._count(now - self._roots, 1)
        self._count(self._roots - now, -1)
        self._roots = now
        for page in self._stale:
            self._joined[page] = b"".join(self._pages[page])
        self._stale.clear()
        return self._joined

    def _count(self, handles: Iterable[int], more: int) -> None:
        waiting = [*handles]
        while waiting:
            index = waiting.pop() >> 2
            self._uses[index] += more
            if self._uses[index] == (more > 0):  # the first that names it, or the last that did
                page, at = divmod(index, _PAGE)
                self._pages[page][at] = self._atoms.set_in_file(index) if more > 0 else _NOTHING
                self._stale.add(page)
                waiting += self._atoms.sets_in(index)
