"""evaluate, second half: what a rule asks, over a read reply and the buyer's read messages.

asked → unless_asked → given → unless → find → except → near → not_near → negation → quoted → merge. Each step that lets a rule or
a hit go can tell a trace why.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence

from compiler.bundle import Bundle, Negation, Rule
from compiler.matcher.conversation import Conversation
from compiler.matcher.near import FEW, Near
from compiler.matcher.reading import Reading
from compiler.matcher.scan import Hit
from compiler.matcher.text import is_symbol

Note = Callable[[str, Hit | None, object], None]
"""Called with the step, the hit it dropped (None: the whole rule) and what decided (a span of the reply, an index …)."""


def applies(
    rule: Rule, conversation: Conversation, facts: Mapping[str, bool | int | str], categories: Sequence[str] = ()
) -> str:
    """ "" when the rule speaks of this conversation, else the name of the condition that it fails.

    `categories` are the shop's, for a conversation that names none.
    """
    platform = conversation.platform
    if rule.platforms and platform not in ("", "any") and platform not in rule.platforms:
        return "platforms"
    sold = (conversation.category,) if conversation.category else categories
    if rule.categories and not any(category in rule.categories for category in sold):
        return "categories"
    date = conversation.date
    if date and (date < rule.since or (rule.until and date > rule.until)):
        return "dates"
    if any(facts.get(name) != value or type(facts[name]) is not type(value) for name, value in rule.given.items()):
        return "given"
    return ""


def asked(rule: Rule, buyer: Sequence[Reading]) -> str:
    """ "" when the buyer's messages (newest last) satisfy `asked` and `unless_asked`, else which of them fails."""
    recent = buyer[-rule.turns :]
    if rule.asked >= 0 and not any(reading.has(rule.asked) for reading in recent):
        return "asked"
    if rule.unless_asked >= 0 and any(reading.has(rule.unless_asked) for reading in recent):
        return "unless_asked"
    return ""


def find(
    rule: Rule, reading: Reading, bundle: Bundle, quoted: frozenset[tuple[str, str]], note: Note | None
) -> list[tuple[int, int]]:
    """Spans (folded units) of the rule's findings in the reply, sorted, apart from each other."""
    hits = reading.hits
    found = hits.get(rule.find)
    if note is None and not found:
        return []
    if rule.unless >= 0 and rule.unless in hits:
        if note:
            note("unless", None, hits.get(rule.unless)[0])
        return []
    kept: list[Hit] = []
    covers = [Near(listed) for atom in (rule.except_, bundle.allow) if (listed := hits.get(atom))]
    neighbours = hits.get(rule.near) if rule.near >= 0 else None
    away = hits.get(rule.not_near) if rule.not_near >= 0 else ()
    negation = Cues(bundle.negations[rule.negation], found, reading) if rule.negation >= 0 else None
    for hit in found:
        step, by = "", None
        if covers and (cover := next(filter(None, (c.covering(hit) for c in covers)), None)):
            step, by = "except", cover
        elif neighbours is not None and not _in_clause(reading.breaks, hit, neighbours):
            step = "near"
        elif away and (other := _in_clause(reading.breaks, hit, away)):
            step, by = "not_near", other
        elif negation and (cue := negation.of(hit)):
            step, by = "negation", cue
        elif rule.unless_quoted and _quoted(hit, reading, quoted):
            step = "quoted"
        if not step:
            kept.append(hit)
        elif note:
            note(step, hit, by)
    return merge(kept)


def merge(hits: Sequence[Hit]) -> list[tuple[int, int]]:
    """Spans of sorted hits, overlapping ones as one."""
    spans: list[tuple[int, int]] = []
    for start, end, _ in hits:
        if spans and start < spans[-1][1]:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((start, end))
    return spans


def _in_clause(breaks: list[int], hit: Hit, others: Sequence[Hit]) -> Hit | None:
    """The first of `others` (sorted) that begins in a clause of the hit."""
    at = bisect_left(others, breaks[hit[0]], key=lambda other: breaks[other[0]])
    return others[at] if at < len(others) and breaks[others[at][0]] <= breaks[hit[1]] else None


class Cues:
    """What may negate the hits of one rule."""

    def __init__(self, negation: Negation, found: Sequence[Hit], reading: Reading) -> None:
        hits = reading.hits
        self._reading, self._reach = reading, negation.reach
        self._before, self._after = Near(hits.get(negation.before)), Near(hits.get(negation.after))
        self._any = bool(self._before.hits or self._after.hits)
        if self._any:
            self._stop = Near(hits.get(negation.stop))
            self._excuses = [Near(hits.get(atom)) for atom in (negation.pseudo, negation.double)]
            self._found = Near(found)

    def of(self, hit: Hit) -> Hit | None:
        """The cue that negates `hit`, if any."""
        if not self._any:
            return None
        start, end, gaps = hit
        for cue in self._before.touching(start - self._reach, end):
            in_gap = any(gaps[i] <= cue[0] and cue[1] <= gaps[i + 1] for i in range(0, len(gaps), 2))
            if (in_gap or self._reaches(cue[1], start)) and self._counts(cue):
                return cue
        for cue in self._after.touching(end, end + self._reach):
            if self._reaches(end, cue[0]) and self._counts(cue):
                return cue
        return None

    def _reaches(self, low: int, high: int) -> bool:
        """Whether what ends at `low` reaches to what begins at `high`: near, in the same clause, and nothing stops it."""
        breaks = self._reading.breaks
        if low > high or high - low > self._reach or breaks[low] != breaks[high]:
            return False
        if _apart(self._reading.text, low, high):
            return False
        return not any(low <= stop[0] and stop[1] <= high for stop in self._stop.touching(low, high))

    def _counts(self, cue: Hit) -> bool:
        """Whether a cue is one: not a part of a longer word, not said twice, and not of what any hit itself consists of."""
        if any(excuse.covering(cue) for excuse in self._excuses):
            return False
        return not any(_is_part(cue, other) for other in self._found.touching(cue[0], cue[1]))


def _apart(text: str, start: int, end: int) -> bool:
    """Whether a space and words stand between: people type a space where a comma belongs (发不了 已经帮您退单)."""
    between = text[start:end]
    return " " in between and not all(map(is_symbol, between))


def _is_part(cue: Hit, hit: Hit) -> bool:
    """Whether the cue overlaps what a hit itself consists of (its gaps aside): 没有副作用 is a claim, not a denial."""
    if cue[1] <= hit[0] or hit[1] <= cue[0]:
        return False
    gaps = hit[2]
    return not any(gaps[i] <= cue[0] and cue[1] <= gaps[i + 1] for i in range(0, len(gaps), 2))


def _quoted(hit: Hit, reading: Reading, quoted: frozenset[tuple[str, str]]) -> bool:
    """Whether every entity inside the hit was written by the buyer first."""
    entities = reading.entities
    if len(entities) > FEW:
        first = bisect_left(entities, hit[0], key=lambda entity: entity.start)
        entities = entities[first : bisect_left(entities, hit[1], key=lambda entity: entity.start)]
    inside = [e for e in entities if e.end <= hit[1] and hit[0] <= e.start]
    return bool(inside) and all((e.kind, e.value) in quoted for e in inside)
