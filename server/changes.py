"""What changed between two bundles, rule by rule, for the history.

Atom numbers shift with every edit, so a rule is compared by what its programs expand to.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from pathlib import Path

import msgspec

from compiler.bundle import Atoms, Negation, Rule, decode

from .files import write_atomic
from .store import Store, StoreError

PREPARE_AFTER = 2.0
"""Seconds: a save's own work comes first."""
_VERBS = ("asked", "unless_asked", "find", "near", "except_", "unless")


class Changes(msgspec.Struct, frozen=True):
    """Rule ids, sorted."""

    added: list[str] = []
    removed: list[str] = []
    changed: list[str] = []

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)


class ChangeLog:
    """Differences between releases, worked out once and kept as small files: derived data, safe to delete.

    Comparing two bundles of a hundred rules takes a tenth of a second of CPU, too long between a save and its push.
    """

    def __init__(self, directory: Path, store: Store) -> None:
        self._directory = directory
        self._store = store
        self._tasks: set[asyncio.Task[Changes | None]] = set()

    async def between(self, old: str | None, new: str) -> Changes | None:
        """By the hashes of the two bundles, `old` None = there was none; None when a content is gone."""
        path = self._directory / f"{(old or 'nothing')[:32]}-{new[:32]}.json"
        with contextlib.suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(path.read_bytes(), type=Changes)
        before = await self._store.get_blob(old) if old else None
        after = await self._store.get_blob(new)
        if after is None or (old and before is None):
            return None
        try:
            found = await asyncio.to_thread(changes, before, after)
        except (msgspec.DecodeError, ValueError):
            return None  # a bundle of another format
        with contextlib.suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True)
            write_atomic(path, msgspec.json.encode(found))
        return found

    def prepare(self, old: str | None, new: str) -> None:
        """Work it out soon, beside everything else."""
        task = asyncio.get_running_loop().create_task(self._later(old, new))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _later(self, old: str | None, new: str) -> Changes | None:
        await asyncio.sleep(PREPARE_AFTER)
        try:
            return await self.between(old, new)
        except StoreError:
            return None

    def close(self) -> None:
        for task in self._tasks:
            task.cancel()


def changes(old: bytes | None, new: bytes) -> Changes:
    """Both are `bundle.bin`; `old` None = nothing was published before."""
    before = rule_digests(old) if old is not None else {}
    after = rule_digests(new)
    return Changes(
        sorted(after.keys() - before.keys()),
        sorted(before.keys() - after.keys()),
        sorted(rule for rule in after.keys() & before.keys() if after[rule] != before[rule]),
    )


def rule_digests(data: bytes) -> dict[str, str]:
    """Rule id → a hash of everything that decides what it does and shows."""
    bundle = decode(data)
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
