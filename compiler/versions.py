"""Which groups of phrases there are, each with a number that changes when it does, or one that it uses.

What was worked out from phrases stays good while the groups that they name have the same numbers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from compiler.entries import GroupEntry

Uses = tuple[tuple[str, int], ...]
"""Groups that some phrases name, each with its version then."""

_REFERENCE = re.compile(r"<\s*([^>:]+?)\s*(?::[^>]*)?>")


class Versions:
    def __init__(self) -> None:
        self.groups: Mapping[str, GroupEntry] = {}
        self.epoch = 0
        """A number that changes when any group does: nearly all saves leave the groups alone."""
        self._versions: dict[str, int] = {}
        self._numbers: dict[object, int] = {}
        """What was ever numbered: what a group says, and that with the versions of those that it uses."""
        self._entries: dict[int, tuple[GroupEntry, int, tuple[str, ...]]] = {}
        """Of a group's entry what it says, and the groups that it names."""

    def update(self, groups: Mapping[str, GroupEntry]) -> None:
        """To the groups of a new state of the rulebook."""
        if groups == self.groups:
            return
        before, self._versions, self.groups = self._versions, {}, dict(groups)
        for name in groups:
            self.of(name)
        self.epoch += self._versions != before

    def of(self, name: str) -> int:
        """0 for a group that does not exist."""
        known = self._versions.get(name)
        if known is not None:
            return known
        group = self.groups.get(name)
        if group is None:
            return 0
        self._versions[name] = 0  # should the groups form a circle, which lowering reports
        kept = self._entries.get(id(group))
        if kept is None:
            source = group.source
            says = self._number((tuple(source.any), source.spaced, tuple(source.sounds_like)))
            kept = self._entries[id(group)] = group, says, _named(source.any)
        version = self._versions[name] = self._number((kept[1], *map(self.of, kept[2])))
        return version

    def _number(self, says: object) -> int:
        return self._numbers.setdefault(says, len(self._numbers) + 1)

    def uses(self, texts: Iterable[str]) -> Uses:
        return tuple((name, self.of(name)) for name in _named(texts))

    def same(self, uses: Uses) -> bool:
        return all(self._versions.get(name, 0) == version for name, version in uses)


def _named(texts: Iterable[str]) -> tuple[str, ...]:
    """Names between < and > in phrases."""
    return tuple(dict.fromkeys(name for text in texts if "<" in text for name in _REFERENCE.findall(text)))
