"""A rule file in *parts*, so that of a file which is read again only what is new is parsed, and a place in it soon found.

topic: contact         ─ a part       A part is a top key, with what stands behind it or deeper than two columns below
rules:                 ─ a part       it; or one entry of the list or mapping that begins in the third column.
  - id: a              ┐ a part
    title: t           ┘              Nearly all files are written so. Of others `read_parts` says nothing.
  - id: b              ─ a part
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

from compiler.yaml_plain import KEY, MAX_SIZE, read_plain
from compiler.yaml_tree import Placed, read_places

Values = Mapping[str, dict[str, Any]]
"""What parts say, by their texts: a top key with its value, or `_ABOVE` with one entry."""

_HEAD = re.compile(r"(?m)^(?:  )?(?=[^\s#])")
_OPEN = re.compile(rf"{KEY}: *(?: #.*)?(?:\n|\Z)")
"""A top key that has nothing behind it on its line."""
_ABOVE: Final = "above"
"""The key that an entry is read below."""


class Parts:
    """A text that is written so."""

    def __init__(
        self, text: str, starts: list[int], tree: dict[str, Any], values: Values, places: dict[str, Placed]
    ) -> None:
        self.tree = tree
        """The top mapping."""
        self.values = values
        self.places = places
        """Of some entries all places, by their texts."""
        self._text = text
        self._starts = starts
        self._at: dict[tuple[str, str | int], tuple[int, int]] | None = None

    def place(self, key: str, step: str | int) -> tuple[Placed, int] | None:
        """The place of an entry of a top key, and in which line its lines begin to count; None when there is no such entry."""
        if self._at is None:
            self._at = dict(self._entries())
        if (key, step) not in self._at:
            return None
        start, stop = self._at[key, step]
        part = self._text[start:stop]
        if part not in self.places:
            [self.places[part]] = read_places(f"{_ABOVE}:\n{part}")[_ABOVE].inside.values()
        return self.places[part], self._text.count("\n", 0, start) - 1

    def _entries(self) -> Iterable[tuple[tuple[str, str | int], tuple[int, int]]]:
        key, count = "", 0
        for start, stop in pairwise([*self._starts, len(self._text)]):
            part = self._text[start:stop]
            value = self.values[part]
            if not part.startswith(" "):
                [key], count = value, 0
            elif isinstance(value[_ABOVE], dict):
                yield (key, *value[_ABOVE]), (start, stop)
            else:
                yield (key, count), (start, stop)
                count += 1


def read_parts(text: str, before: Parts | None) -> Parts | None:
    """As `read_plain`. Parts that an earlier text had are not read again, and the same objects."""
    if len(text) > MAX_SIZE:
        return None
    starts = [match.start() for match in _HEAD.finditer(text)]
    if not starts or read_plain(text[: starts[0]]) != {}:
        return None
    known = before.values if before else {}
    tree: dict[str, Any] = {}
    values: dict[str, dict[str, Any]] = {}
    key, inside = "", None  # the top key at hand; its entries, "" as long as it has none, None when it cannot have any
    for start, stop in pairwise([*starts, len(text)]):
        part = text[start:stop]
        entry = part.startswith(" ")
        value = known.get(part) or read_plain(f"{_ABOVE}:\n{part}" if entry else part)
        if value is None:
            return None
        values[part] = value
        if not entry:
            [(key, said)] = value.items()
            if key in tree:
                return None
            tree[key] = said
            inside = said if said == "" and _OPEN.match(part) else None
            continue
        found = value[_ABOVE]
        if inside == "":
            inside = tree[key] = type(found)()
        if isinstance(inside, list) and isinstance(found, list):
            inside += found
        elif isinstance(inside, dict) and isinstance(found, dict) and inside.keys().isdisjoint(found):
            inside.update(found)
        else:
            return None
    places = {part: places for part, places in before.places.items() if part in values} if before else {}
    return Parts(text, starts, tree, values, places)
