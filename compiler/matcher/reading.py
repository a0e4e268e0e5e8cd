"""fold → scan → entities → sets: one text, read once, as everything that rules may ask about it."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.bundle import Bundle, Entity
from compiler.matcher.entities import EntityHit, detect, host_matches
from compiler.matcher.fold import Folded, Folder
from compiler.matcher.scan import Hit, Hits, LiteralScanner
from compiler.matcher.sets import HitTable, Plan, SetTable


class Reading:
    """A text as the rules see it."""

    __slots__ = ("entities", "folded", "hits", "text")

    def __init__(self, folded: Folded, hits: HitTable, entities: Sequence[EntityHit]) -> None:
        self.folded = folded
        self.text = folded.text
        self.hits = hits
        self.entities = entities

    @property
    def breaks(self) -> list[int]:
        return self.hits.breaks

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
        entities: Sequence[EntityHit] = detect(text, self._kinds) if self._kinds else ()
        located: Hits = {}
        for atom, entity in self._entities if entities else ():
            spans: list[Hit] = [(e.start, e.end, ()) for e in entities if _is(entity, e)]
            if spans:
                located[atom] = sorted(set(spans))
        found = self._scanner.look(text)
        hits = HitTable(self._sets, plan or self._reply, self._scanner, found, located, self._fillers)
        return Reading(folded, hits, entities)

    @staticmethod
    def occurs(sequence: tuple[int, ...], reading: Reading) -> bool:
        return sequence[0] in reading.hits if len(sequence) == 1 else bool(reading.hits.join(sequence))


def _is(entity: Entity, hit: EntityHit) -> bool:
    if hit.kind != entity.kind:
        return False
    if entity.only:
        return host_matches(hit.value, entity.only)
    return not (entity.allow and host_matches(hit.value, entity.allow))
