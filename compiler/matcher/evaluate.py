"""evaluate, second half: what a rule asks, over a read reply and the buyer's read messages.

asked → unless_asked → given → unless → find → except → near → not_near → negation → quoted → merge. Each step that lets a rule or
a hit go can tell a trace why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from compiler.bundle import Bundle, Negation, Rule
from compiler.matcher.conversation import Conversation
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
    covers = [*hits.get(rule.except_), *hits.get(bundle.allow)]
    neighbours = hits.get(rule.near) if rule.near >= 0 else None
    away = hits.get(rule.not_near) if rule.not_near >= 0 else ()
    negation = bundle.negations[rule.negation] if rule.negation >= 0 else None
    for hit in found:
        start, end, _ = hit
        step, by = "", None
        if covers and (cover := next((c for c in covers if c[0] <= start and end <= c[1]), None)):
            step, by = "except", cover
        elif neighbours is not None and not any(_same_clause(reading.breaks, hit, n) for n in neighbours):
            step = "near"
        elif away and (other := next((n for n in away if _same_clause(reading.breaks, hit, n)), None)):
            step, by = "not_near", other
        elif negation and (cue := _negated(hit, found, reading, negation)):
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


def _same_clause(breaks: list[int], hit: Hit, other: Hit) -> bool:
    return breaks[hit[0]] <= breaks[other[0]] <= breaks[hit[1]]


def _negated(hit: Hit, found: Sequence[Hit], reading: Reading, negation: Negation) -> Hit | None:
    """The cue that negates `hit`, if any."""
    hits = reading.hits
    before, after = hits.get(negation.before), hits.get(negation.after)
    if not (before or after):
        return None
    breaks = reading.breaks
    start, end, gaps = hit

    def stopped(low: int, high: int) -> bool:
        return any(low <= stop[0] and stop[1] <= high for stop in hits.get(negation.stop))

    def counts(cue: Hit) -> bool:
        for excuse in (negation.pseudo, negation.double):
            if any(e[0] <= cue[0] and cue[1] <= e[1] for e in hits.get(excuse)):
                return False
        return not any(_is_part(cue, other) for other in found)

    for cue in before:
        in_gap = any(gaps[i] <= cue[0] and cue[1] <= gaps[i + 1] for i in range(0, len(gaps), 2))
        if not in_gap:
            if cue[1] > start or start - cue[1] > negation.reach or breaks[cue[1]] != breaks[start]:
                continue
            if _apart(reading.text, cue[1], start):
                continue
            if stopped(cue[1], start):
                continue
        if counts(cue):
            return cue
    for cue in after:
        if cue[0] < end or cue[0] - end > negation.reach or breaks[cue[0]] != breaks[end]:
            continue
        if _apart(reading.text, end, cue[0]):
            continue
        if stopped(end, cue[0]):
            continue
        if counts(cue):
            return cue
    return None


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
    inside = [e for e in reading.entities if hit[0] <= e.start and e.end <= hit[1]]
    return bool(inside) and all((e.kind, e.value) in quoted for e in inside)
