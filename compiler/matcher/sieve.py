"""sieve: of many texts at once, which atoms may occur in which; everything else is proven not to.

Every atom has one number, its *mask*: bit n is set when the atom may occur in text n. Places are not looked at.

- A word's mask has the texts in which the scan met it, an entity's those with the units that its detector cannot do without.
- A set's mask is the OR over its members and its chains; a chain's is the AND over its atoms. Gaps, edges, clauses and
  what may stand between two neighbours are passed over.

No occurrence is lost. By induction over the atoms, which only refer to lower ones: a word that occurs was met by the scan
(afterwards hits are only dropped: those inside longer numbers and words), a spaced one as written or by the scan of the
squeezed text, an entity only where `Detector.may_find` names its kind. A set occurs because a member does, whose mask is in
the OR, or because a chain does; then each of the chain's atoms occurs in this text, so that all of their masks have the bit.
The converse is false: the mask is an upper bound, and the hits themselves are worked out by `HitTable`, the same code as for
a text that is read by itself, of the chains whose masks have the text's bit.

A batch costs a few operations on numbers of as many bits as it has texts for each set above the words that were met, however
many texts meet them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from operator import or_
from typing import Final

from compiler.matcher.chains import Chain
from compiler.matcher.hit_table import HitTable, Way
from compiler.matcher.scan import Found, Hits
from compiler.matcher.sets import SetTable

_NO_ENTITIES: Final[Hits] = {}
_NO_CHAINS: Final[list[tuple[int, Chain]]] = []


class Sieve:
    """The masks of one batch of texts, each worked out when it is asked for."""

    def __init__(self, table: SetTable, leaves: Sequence[Iterable[int]]) -> None:
        """`leaves`: of each text the words and entities that may occur in it."""
        self._table = table
        self._masks: dict[int, int] = {}
        self._live: dict[int, list[tuple[int, Chain]]] = {}
        self._expected: dict[int, dict[int, list[Chain]]] = {}
        masks = self._masks
        for n, found in enumerate(leaves):
            bit = 1 << n
            for leaf in found:
                masks[leaf] = masks.get(leaf, 0) | bit
        for atom, literal in table.spaced():
            if literal in masks:
                masks[atom] = masks.get(atom, 0) | masks[literal]
        self._leaves = frozenset(masks)

    def may(self, atom: int) -> int:
        """The mask of an atom; 0 for -1."""
        mask = self._masks.get(atom)
        if mask is None:
            mask = self._masks[atom] = self._of_set(atom) if atom >= self._table.base else 0
        return mask

    def _of_set(self, atom: int) -> int:
        members, chains = self._table.shapes[atom]
        masks = self._masks
        mask = reduce(or_, map(masks.__getitem__, members & self._leaves), 0)
        live: list[tuple[int, Chain]] = []
        for chain in chains:
            may = -1
            for element in chain.atoms:
                may &= masks[element] if element in masks else self.may(element)
                if not may:
                    break
            else:
                live.append((may, chain))
                mask |= may
        if live:
            self._live[atom] = live
        return mask

    def expect(self, atom: int, texts: int) -> None:
        """Say in which texts the hits of a set will be asked for: its chains are sorted by text once for all of them."""
        by_text: dict[int, list[Chain]] = {text: [] for text in bits(texts)}
        for mask, chain in self._live.get(atom, _NO_CHAINS):
            for text in bits(mask & texts):
                by_text[text].append(chain)
        self._expected[atom] = by_text

    def chances(self, atom: int, text: int) -> list[Chain]:
        """The chains in which a set may occur in a text."""
        expected = self._expected.get(atom)
        if expected is not None and text in expected:
            return expected[text]
        return [chain for mask, chain in self._live.get(atom, _NO_CHAINS) if mask >> text & 1]


class SiftedHits(HitTable):
    """Hits of a text of a batch."""

    __slots__ = ("_number", "_sieve")

    def __init__(self, way: Way, found: Found, sieve: Sieve, number: int) -> None:
        super().__init__(way, found, _NO_ENTITIES)
        self._sieve, self._number = sieve, number

    def _never(self, atom: int) -> bool:
        return not self._sieve.may(atom) >> self._number & 1

    def _chances(self, atom: int) -> list[Chain]:
        return self._sieve.chances(atom, self._number)


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, ascending."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest
