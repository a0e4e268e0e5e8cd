"""The bundle of one channel as a file, written again and again: what says what it did is copied from before."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, TypeVar

from compiler import bundle
from compiler.atoms import Atoms
from compiler.live_sets import LiveSets

R = TypeVar("R")


class Keep(Protocol):
    """What makes a part of a bundle: `name` is its own, and `of` all that `make` makes it of."""

    def __call__(self, name: str, of: object, make: Callable[[], R]) -> R: ...


def made_anew(name: str, of: object, make: Callable[[], R]) -> R:
    """Keeps nothing."""
    return make()


class BundleFile:
    def __init__(self, atoms: Atoms) -> None:
        self._atoms = atoms
        self._sets = LiveSets(atoms)
        self._before: dict[str, tuple[object, object]] = {}
        self._now: dict[str, tuple[object, object]] = {}

    def keep(self, name: str, of: object, make: Callable[[], R]) -> R:
        """As JSON; when it is made of the same as in the file before, that of then."""
        known = self._before.get(name)
        if known is None or known[0] != of:
            known = of, bundle.as_json(make())
        self._now[name] = known
        return known[1]  # type: ignore[return-value]

    def write(self, content: bundle.Bundle, roots: Iterable[int]) -> bytes:
        """The file of a bundle of which parts are `keep`'s, and all atoms are named by their handles."""
        self._before, self._now = self._now, {}
        sets = self._sets.written(roots)
        atoms = self._atoms
        return bundle.write(
            content, bundle.Tables(atoms.literals_in_file(), atoms.spaced, atoms.entities, sets, len(self._sets))
        )
