"""What changed between two bundles, rule by rule, for the history.

Atom numbers shift with every edit, so a rule is compared by what its programs expand to.
"""

from __future__ import annotations

import hashlib

import msgspec

from compiler.bundle import Atoms, Bundle, Negation, Rule

_VERBS = ("asked", "unless_asked", "find", "near", "except_", "unless")


class Changes(msgspec.Struct, frozen=True):
    """Rule ids, sorted."""

    added: list[str] = []
    removed: list[str] = []
    changed: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


def changes(old: bytes | None, new: bytes) -> Changes:
    """Both are `bundle.json`; `old` None = nothing was published before."""
    before = rule_digests(old) if old is not None else {}
    after = rule_digests(new)
    return Changes(
        sorted(after.keys() - before.keys()),
        sorted(before.keys() - after.keys()),
        sorted(rule for rule in after.keys() & before.keys() if after[rule] != before[rule]),
    )


def rule_digests(data: bytes) -> dict[str, str]:
    """Rule id → a hash of everything that decides what it does and shows."""
    bundle = msgspec.json.decode(data, type=Bundle)
    atoms = _atom_digests(bundle.atoms)

    def atom(number: int) -> str:
        return atoms[number] if 0 <= number < len(atoms) else ""

    def negation(cues: Negation) -> list[str | int]:
        return [*(atom(n) for n in (cues.before, cues.after, cues.pseudo, cues.double, cues.stop)), cues.reach]

    def digest(rule: Rule) -> str:
        cues = negation(bundle.negations[rule.negation]) if 0 <= rule.negation < len(bundle.negations) else []
        plain = msgspec.structs.replace(rule, topic=0, negation=-1, **dict.fromkeys(_VERBS, -1))
        topic = bundle.topics[rule.topic].id
        return _hash([plain, topic, cues, [atom(getattr(rule, verb)) for verb in _VERBS]])

    return {rule.id: digest(rule) for rule in bundle.rules}


def _atom_digests(atoms: Atoms) -> list[str]:
    digests = [_hash(["literal", text]) for text in atoms.literals]
    digests += [_hash(["spaced", atoms.literals[number]]) for number in atoms.spaced]
    digests += [_hash(["entity", entity]) for entity in atoms.entities]
    for sequences in atoms.sets:  # a set only names lower numbers
        expanded = []
        for sequence in sequences:
            numbers = [sequence] if isinstance(sequence, int) else sequence
            expanded.append([digests[n] if n >= 0 else str(n) for n in numbers])
        digests.append(_hash(sorted(expanded)))
    return digests


def _hash(value: object) -> str:
    return hashlib.sha256(msgspec.json.encode(value)).hexdigest()
