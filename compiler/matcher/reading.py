"""fold → scan → entities → sets: one text, read once, as everything that rules may ask about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import reduce
from operator import or_

from compiler.bundle import Bundle, Entity
from compiler.matcher.entities import Detector, EntityHit, host_matches
from compiler.matcher.fold import Folded, Folder
from compiler.matcher.hit_table import HitTable, Others, Way
from compiler.matcher.scan import Hit, Hits, LiteralScanner
from compiler.matcher.sets import Plan, SetTable
from compiler.matcher.spacing import unspace


class Reading:
    """A text as the rules see it."""

    __slots__ = ("_all_entities", "_entities", "folded", "hits", "text")

    def __init__(self, folded: Folded, hits: HitTable, all_entities: Detector) -> None:
        self.folded = folded
        self.text = folded.text
        self.hits = hits
        self._all_entities = all_entities
        self._entities: Sequence[EntityHit] | None = None

    @property
    def breaks(self) -> list[int]:
        return self.hits.breaks

    @property
    def entities(self) -> Sequence[EntityHit]:
        """All entities of the kinds that any rule speaks of."""
        if self._entities is None:
            self._entities = self._all_entities.find(self.text)
        return self._entities

    def has(self, atom: int) -> bool:
        return atom in self.hits


class _Detectors:
    """Looks for the entities of some kinds, as atoms."""

    def __init__(self, atoms: Sequence[tuple[int, Entity]]) -> None:
        self._of_kind: dict[str, list[tuple[int, Entity]]] = {}
        for atom, entity in atoms:
            self._of_kind.setdefault(entity.kind, []).append((atom, entity))
        self._detector = Detector(sorted(self._of_kind))

    def find(self, text: str) -> Hits:
        spans: dict[int, set[Hit]] = {}
        for hit in self._detector.find(text):
            for atom, entity in self._of_kind[hit.kind]:
                if _counts(entity, hit):
                    spans.setdefault(atom, set()).add((hit.start, hit.end, ()))
        return {atom: sorted(some) for atom, some in spans.items()}


_Purpose = tuple[Way, _Detectors]
"""What a text is read for, and the entities to look for at once."""


class Reader:
    """Reads texts with one release."""

    def __init__(self, bundle: Bundle, folder: Folder | None = None) -> None:
        atoms = bundle.atoms
        self._folder = folder or Folder(bundle.folding)
        self._scanner = LiteralScanner(atoms.literals, atoms.spaced)
        later = [rule.find for rule in bundle.rules if rule.asked >= 0 and rule.find >= 0]
        self._sets = SetTable(atoms, later)
        self._entities = [(self._sets.entity_base + n, entity) for n, entity in enumerate(atoms.entities)]
        self._fillers = self._members(bundle.fillers)
        # What a rule finds once the buyer has asked is worked out only then.
        self._reply = self._way([rule.find for rule in bundle.rules if rule.asked < 0])
        self._message = self._way([rule.asked for rule in bundle.rules])
        self._all_entities = Detector(sorted({entity.kind for entity in atoms.entities}))

    def fold(self, text: str) -> Folded:
        return unspace(self._folder.fold(text))

    def read(self, text: str) -> Reading:
        """A reply, read for what rules `find`."""
        return self.read_folded(self.fold(text))

    def read_message(self, text: str) -> Reading:
        """A buyer's message, read for what rules have `asked`."""
        return self.read_folded(self.fold(text), self._message)

    def read_folded(self, folded: Folded, purpose: _Purpose | None = None) -> Reading:
        way, waking = purpose or self._reply
        found = self._scanner.look(folded.text)
        return Reading(folded, HitTable(way, found, waking.find(folded.text)), self._all_entities)

    def entities(self, text: str) -> Sequence[EntityHit]:
        """All entities of a person's text."""
        return self._all_entities.find(self.fold(text).text)

    def occurs(self, sequence: tuple[int, ...], reading: Reading) -> bool:
        """Whether a sequence of atoms, gaps and edges occurs."""
        hits = reading.hits
        return sequence[0] in hits if len(sequence) == 1 else bool(hits.join(self._sets.chain(sequence)))

    def _way(self, roots: Iterable[int]) -> _Purpose:
        """How to read texts of which `roots` are asked for."""
        plan = Plan(self._sets, roots)
        waking = [(atom, entity) for atom, entity in self._entities if atom in plan.entities]
        others = [(atom, entity) for atom, entity in self._entities if atom not in plan.entities]
        atoms = frozenset(atom for atom, _ in others)
        bits = reduce(or_, (self._sets.bits[atom] for atom in atoms), 0)
        of = {atom: some for atom, shape in self._sets.shapes.items() if (some := shape.members & atoms)}
        rest = Others(bits, atoms, of, _Detectors(others).find)
        return Way(self._sets, self._scanner, plan, rest, self._fillers), _Detectors(waking)

    def _members(self, atom: int) -> frozenset[int]:
        if atom < self._sets.base:
            return frozenset((atom,) if atom >= 0 else ())
        return self._sets.shapes[atom].members


def _counts(entity: Entity, hit: EntityHit) -> bool:
    """Whether a hit of an entity's kind is one of the entity."""
    if entity.only:
        return host_matches(hit.value, entity.only)
    return not (entity.allow and host_matches(hit.value, entity.allow))
