"""The sets of a bundle as one list of integers, which is how the file has them and how the browser reads them.

A set is its ways to occur, then `END`: an atom is its number; a sequence stands between two `SEQUENCE`, its elements as
docs/engine.md lists them.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from typing import Final

END: Final = -200
SEQUENCE: Final = -201

Way = int | list[int]
"""An atom, or a sequence."""


class Sets:
    """Sets in the order of their atoms; made into lists only when somebody goes through them."""

    __slots__ = ("count", "integers")

    def __init__(self, integers: array[int], count: int) -> None:
        self.integers = integers
        self.count = count

    @classmethod
    def of(cls, sets: Iterable[Iterable[Way]]) -> Sets:
        integers: array[int] = array("i")
        count = 0
        for ways in sets:
            for way in ways:
                if isinstance(way, int):
                    integers.append(way)
                else:
                    integers.extend((SEQUENCE, *way, SEQUENCE))
            integers.append(END)
            count += 1
        return cls(integers, count)

    def __len__(self) -> int:
        return self.count

    def __iter__(self) -> Iterator[list[Way]]:
        """Raises ValueError when the integers are not as many sets as they should be."""
        found = 0
        ways: list[Way] = []
        sequence: list[int] | None = None
        for value in self.integers:
            if value == SEQUENCE:
                if sequence is not None:
                    ways.append(sequence)
                sequence = None if sequence is not None else []
            elif sequence is not None:
                sequence.append(value)
            elif value == END:
                found += 1
                yield ways
                ways = []
            else:
                ways.append(value)
        if ways or sequence is not None or found != self.count:
            raise ValueError("the sets are cut")
