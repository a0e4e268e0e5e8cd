"""A release's bundle in the form that all bundles with the same content share.

In which order a file has its atoms depends on what was compiled earlier, and what is no longer asked for stays in it for a
while; no finding depends on either. Whether two releases are the same is asked of this form.
"""

from __future__ import annotations

import msgspec

from compiler.bundle import Atoms, Bundle, decode, encode
from compiler.handles import renamed, roots
from compiler.sets_in_file import Sets, Way


def says_the_same(one: bytes, other: bytes) -> bool:
    """False when one of them is no bundle."""
    try:
        return canonical(one) == canonical(other)
    except (msgspec.DecodeError, ValueError, LookupError):
        return False


def canonical(data: bytes) -> bytes:
    """The bundle with what its rules, replies and cues reach, numbered in the order in which they do.

    Raises
    ------
    msgspec.DecodeError, ValueError, LookupError
        It is none.
    """
    bundle = decode(data)
    atoms = bundle.atoms
    order = _reached(bundle)
    ends = (len(atoms.literals), len(atoms.literals) + len(atoms.spaced))
    base = ends[1] + len(atoms.entities)
    literals = [atom for atom in order if atom < ends[0]]
    spaced = [atom for atom in order if ends[0] <= atom < ends[1]]
    entities = [atom for atom in order if ends[1] <= atom < base]
    sets = [atom for atom in order if atom >= base]
    number = {old: new for new, old in enumerate((*literals, *spaced, *entities, *sets))}
    ways = list(atoms.sets)
    reached = Atoms(
        literals=[atoms.literals[atom] for atom in literals],
        spaced=[number[atoms.spaced[atom - ends[0]]] for atom in spaced],
        entities=[atoms.entities[atom - ends[1]] for atom in entities],
        sets=Sets.of([_numbered(way, number) for way in ways[atom - base]] for atom in sets),
    )
    return encode(msgspec.structs.replace(renamed(bundle, number.__getitem__), atoms=reached))


def _reached(bundle: Bundle) -> dict[int, None]:
    """What is reached, each atom behind those that it is made of."""
    atoms = bundle.atoms
    literals = len(atoms.literals)
    entities = literals + len(atoms.spaced)
    base = entities + len(atoms.entities)
    sets = list(atoms.sets)
    order: dict[int, None] = {}

    def visit(atom: int) -> None:
        if atom < 0 or atom in order:
            return
        if atom >= base:
            for way in sets[atom - base]:
                for element in (way,) if isinstance(way, int) else way:
                    visit(element)
        elif literals <= atom < entities:
            visit(atoms.spaced[atom - literals])
        order[atom] = None

    for root in roots(bundle):
        visit(root)
    return order


def _numbered(way: Way, number: dict[int, int]) -> Way:
    return number[way] if isinstance(way, int) else [number.get(element, element) for element in way]
