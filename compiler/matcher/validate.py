"""What a bundle must be beyond its types: every number in range, so that no later stage has to look.

`extension/src/engine/bundle.ts` refuses the same.
"""

from __future__ import annotations

from math import isfinite

from compiler.bundle import FORMAT, Bundle, Classifier
from compiler.handles import roots
from compiler.matcher.classifier import grams
from compiler.matcher.entities import KINDS
from compiler.phrases import EDGES, MAX_GAP, SOFT, STARTS
from compiler.sets_in_file import Sets

_LEVELS = ("block", "warn", "remind", "hint")


def fault(bundle: Bundle) -> str:
    """What is wrong with the bundle, "" for nothing."""
    if bundle.format != FORMAT:
        return f"format {bundle.format} is not {FORMAT}"
    atoms, folding = bundle.atoms, bundle.folding
    if len(folding.one_from) != len(folding.one_to) or len(folding.dropped) % 2:
        return "folding: a table is cut"
    pairs = zip(folding.dropped[::2], folding.dropped[1::2], strict=True)
    if any(a > b for a, b in pairs) or any(len(char) != 1 for char in folding.many):
        return "folding: a table contradicts itself"
    if unknown := {entity.kind for entity in atoms.entities} - KINDS:
        return f"no such entity: {min(unknown)!r}"
    literals = len(atoms.literals)
    if "" in atoms.literals or len(set(atoms.literals)) != literals:
        return "an empty or doubled literal"
    if any(not 0 <= n < literals for n in atoms.spaced):
        return "spaced: no such literal"
    base = literals + len(atoms.spaced) + len(atoms.entities)
    if wrong := _fault_of_sets(atoms.sets, base):
        return wrong
    top = base + len(atoms.sets)
    if any(not -1 <= atom < top for atom in roots(bundle)):
        return "no such atom"
    if any(not 1 <= negation.reach <= MAX_GAP for negation in bundle.negations):
        return "reach is off"
    model = bundle.classifier
    if model is not None and (wrong := _classifier_fault(model)):
        return f"classifier: {wrong}"
    for rule in bundle.rules:
        if rule.level not in _LEVELS or not 0 <= rule.topic < len(bundle.topics) or not 1 <= rule.turns <= 20:
            return f"rule {rule.id!r} is off"
        if not -1 <= rule.negation < len(bundle.negations):
            return f"rule {rule.id!r}: no such negation"
        if not (0 <= rule.likely <= 99 and 0 <= rule.likely_topic <= 99):
            return f"rule {rule.id!r}: a likelihood is off"
        if rule.likely_topic and not (model and bundle.topics[rule.topic].id in model.topics[1:]):
            return f"rule {rule.id!r}: the classifier does not know its topic"
    if any(not 0 <= reply.topic < len(bundle.topics) for reply in bundle.replies):
        return "a reply without a topic"
    return ""


def _classifier_fault(model: Classifier) -> str:
    width, rows = len(model.topics), len(grams(model.reply)) + len(grams(model.buyer))
    if not width or model.topics[0] or len(model.bias) != width:
        return "its topics are off"
    if len(model.weights) != width * rows:
        return "a table is cut"
    if not all(isfinite(number) for number in (model.scale, *model.bias)):
        return "a number is off"
    return ""


def _fault_of_sets(sets: Sets, base: int) -> str:
    try:
        for atom, ways in enumerate(sets, base):
            for way in ways:
                if isinstance(way, int):
                    if not 0 <= way < atom:
                        return "a set refers to a later atom"
                elif not _is_sequence(way, atom):
                    return "a malformed sequence"
    except ValueError as error:
        return str(error)
    return ""


def _is_sequence(sequence: list[int], limit: int) -> bool:
    """Elements below `limit`, gaps between two of them, edges at the ends."""
    seen = False
    last = len(sequence) - 1
    for n, value in enumerate(sequence):
        if value >= limit:
            return False
        if value >= 0:
            seen = True
        elif value in STARTS:
            if n:
                return False
        elif value in EDGES:
            if n < last or not seen:
                return False
        elif (value < -MAX_GAP and value != SOFT) or not seen or n == last or sequence[n + 1] < 0:
            return False
    return seen
