"""fold → scan → entities → sets: one text, read once, as everything that rules may ask about it."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.bundle import Bundle, Entity
from compiler.matcher.entities import EntityHit, detect, host_matches
from compiler.matcher.fold import Folded, Folder
from compiler.matcher.scan import Hit, LiteralScanner
from compiler.matcher.sets import HitTable, Plan, SetTable
from compiler.matcher.text import Edges, breaks_before


class Reading:
    """A text as the rules see it."""

    __slots__ = ("breaks", "entities", "folded", "hits", "text")

    def __init__(self, folded: Folded, hits: HitTable, entities: Sequence[EntityHit], breaks: list[int]) -> None:
        self.folded = folded
        self.text = folded.text
        self.hits = hits
        self.entities = entities
        self.breaks = breaks

    def has(self, atom: int) -> bool:
        return atom in self.hits


class Reader:
    """Reads texts with one release."""

    def __init__(self, bundle: Bundle) -> None:
        atoms = bundle.atoms
        self._folder = Folder(bundle.folding)
        self._scanner = LiteralScanner(atoms.literals, atoms.spaced)
        self._sets = SetTable(atoms)
        # What a rule finds once the buyer has asked is worked out only then.
        self._reply = Plan(self._sets, [rule.find for rule in bundle.rules if rule.asked < 0])
        asked = [atom for rule in bundle.rules for atom in (rule.asked, rule.unless_asked)]
        self._message = Plan(self._sets, [*asked, *(reply.ask for reply in bundle.replies)])
        self._entities = [(self._sets.entity_base + n, entity) for n, entity in enumerate(atoms.entities)]
        self._kinds = sorted({entity.kind for entity in atoms.entities})
        self._fillers = self._sets.members(bundle.fillers)

    def fold(self, text: str) -> Folded:
        return self._folder.fold(text)

    def read(self, text: str) -> Reading:
        """A reply, read for what rules `find`."""
        return self.read_folded(self._folder.fold(text))

    def read_message(self, text: str) -> Reading:
        """A buyer's message, read for what rules have `asked`."""
        return self.read_folded(self._folder.fold(text), self._message)

    def read_folded(self, folded: Folded, plan: Plan | None = None) -> Reading:
        text = folded.text
        found = self._scanner.scan(text)
        entities: Sequence[EntityHit] = ()
        if self._kinds:
            entities = detect(text, self._kinds)
            for atom, entity in self._entities if entities else ():
                spans: list[Hit] = [(e.start, e.end, ()) for e in entities if _is(entity, e)]
                if spans:
                    found[atom] = sorted(set(spans))
        breaks = breaks_before(text)
        # Fillers are plain literals, so that edges can be asked for while sets are being completed.
        fillers = self._fillers
        edges = Edges(text, breaks, lambda: [(hit[0], hit[1]) for atom in fillers for hit in found.get(atom, ())])
        hits = HitTable(self._sets, plan or self._reply, found, text, breaks, edges)
        return Reading(folded, hits, entities, breaks)

    @staticmethod
    def occurs(sequence: tuple[int, ...], reading: Reading) -> bool:
        return sequence[0] in reading.hits if len(sequence) == 1 else bool(reading.hits.join(sequence))


def _is(entity: Entity, hit: EntityHit) -> bool:
    if hit.kind != entity.kind:
        return False
    if entity.only:
        return host_matches(hit.value, entity.only)
    return not (entity.allow and host_matches(hit.value, entity.allow))
