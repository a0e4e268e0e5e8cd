"""A table of the atoms that may occur in some texts: small enough to make an engine of it in a moment, however many phrases
the rulebook has.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from itertools import chain
from typing import Final

from compiler import bundle
from compiler.atoms import Atoms, Elements, Numbers, in_file
from compiler.handles import ENTITY, SPACED
from compiler.sets_in_file import SEQUENCE, Sets

_NOWHERE: Final = "\uffff"
"""A noncharacter, which no folded text holds."""
_NOBODY: Final = -(10**9)
"""The handle of no atom."""


def within(atoms: Atoms, roots: Iterable[int], texts: Iterable[str]) -> tuple[bundle.Atoms, Numbers]:
    """As `Atoms.finish`, of what may occur in `texts`, all folded; all that may not is numbered as atom 0, a literal that occurs
    nowhere."""
    named = {root for root in roots if root >= 0}
    present = atoms.occurring(texts)
    may_occur = {*range(SEQUENCE, 0), *present, *atoms.spaced_of(present)}  # gaps and edges may
    may_occur.update(range(ENTITY, 4 * len(atoms.entities) + ENTITY, 4))
    kept: dict[int, list[Elements]] = {}
    """The sequences of each set that may occur. What is in a set was made before it."""
    for handle in sorted(atoms.reached(named)):
        sequences = [sequence for sequence in atoms.members(handle) if may_occur.issuperset(sequence)]
        if sequences:
            kept[handle] = sequences
            may_occur.add(handle)
    named.update(chain.from_iterable(chain.from_iterable(kept.values())))
    spaced, entities = ([h for h in sorted(named & may_occur) if h >= 0 and h & 3 == kind] for kind in (SPACED, ENTITY))
    numbers = Numbers(([_NOBODY, *present], spaced, entities, kept))
    number = numbers.of
    integers = array("i", map(number, chain.from_iterable(map(in_file, kept.values()))))
    return (
        bundle.Atoms(
            literals=[_NOWHERE, *(atoms.texts[handle >> 2] for handle in present)],
            spaced=[number(atoms.literal_of(handle)) for handle in spaced],
            entities=[atoms.entities[handle >> 2] for handle in entities],
            sets=Sets(integers, len(kept)),
        ),
        numbers,
    )
