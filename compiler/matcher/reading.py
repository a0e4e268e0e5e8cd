"""fold → scan → entities → sets: one text, read once, as everything that rules may ask about it."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.bundle import Bundle, Entity
from compiler.matcher.entities import EntityHit, detect, host_matches
from compiler.matcher.fold import Folded, Folder
from compiler.matcher.scan import Hit, Hits, LiteralScanner
from compiler.matcher.sets import SetTable, join
from compiler.matcher.text import Edges, breaks_before


class Reading:
    """A text as the rules see it. `hits` holds every atom that occurs."""

    __slots__ = ("breaks", "edges", "entities", "folded", "hits", "text")

    def __init__(
        self, folded: Folded, hits: Hits, entities: Sequence[EntityHit], breaks: list[int], edges: Edges
    ) -> None:
        self.folded = folded
        self.text = folded.text
        self.hits = hits
        self.entities = entities
        self.breaks = breaks
        self.edges = edges

    def has(self, atom: int) -> bool:
        return atom in self.hits


class Reader:
    """Reads texts with one release."""

    def __init__(self, bundle: Bundle) -> None:
        atoms = bundle.atoms
        self._folder = Folder(bundle.folding)
        self._scanner = LiteralScanner(atoms.literals, atoms.spaced)
        self._sets = SetTable(atoms)
        self._entities = [(self._sets.entity_base + n, entity) for n, entity in enumerate(atoms.entities)]
        self._kinds = sorted({entity.kind for entity in atoms.entities})
        self._fillers = bundle.fillers

    def fold(self, text: str) -> Folded:
        return self._folder.fold(text)

    def read(self, text: str) -> Reading:
        return self.read_folded(self._folder.fold(text))

    def read_folded(self, folded: Folded) -> Reading:
        text = folded.text
        hits = self._scanner.scan(text)
        entities: Sequence[EntityHit] = ()
        if self._kinds:
            entities = detect(text, self._kinds)
            for atom, entity in self._entities if entities else ():
                found: list[Hit] = [(e.start, e.end, ()) for e in entities if _is(entity, e)]
                if found:
                    hits[atom] = sorted(set(found))
        breaks = breaks_before(text)
        # Fillers are literals of their own or a set; a set is only complete after the pass that may ask for edges, so
        # the compiler keeps the filler set free of edges and it is read from its literals here.
        edges = Edges(text, breaks, self._filler_spans(hits))
        self._sets.complete(hits, text, breaks, edges)
        return Reading(folded, hits, entities, breaks, edges)

    def occurs(self, sequence: tuple[int, ...], reading: Reading) -> bool:
        if len(sequence) == 1:
            return sequence[0] in reading.hits
        return bool(join(sequence, reading.hits, reading.text, reading.breaks, reading.edges))

    def _filler_spans(self, hits: Hits) -> list[tuple[int, int]]:
        spans: list[tuple[int, int]] = []
        for atom in self._sets.members(self._fillers):
            spans += [(start, end) for start, end, _ in hits.get(atom, ())]
        return spans


def _is(entity: Entity, hit: EntityHit) -> bool:
    if hit.kind != entity.kind:
        return False
    if entity.only:
        return host_matches(hit.value, entity.only)
    return not (entity.allow and host_matches(hit.value, entity.allow))
