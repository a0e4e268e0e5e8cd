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
from compiler.handles import CUES, VERBS

from .files import write_atomic
from .store import Store, StoreError

PREPARE_AFTER = 30.0
"""Seconds without a new release after which its differences are worked out. A comparison holds the interpreter's lock for most of
a second: made between two saves of a person at work, it would make the second four times as slow."""
MOST_WAITING = 16
"""The oldest go: they are worked out when somebody asks."""


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
        self._waiting: dict[tuple[str | None, str], None] = {}
        self._task: asyncio.Task[None] | None = None

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
        """Work it out when no release comes any more; whoever asks before that, waits for it."""
        self.close()
        self._waiting[old, new] = None
        while len(self._waiting) > MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._task = asyncio.get_running_loop().create_task(self._later())

    async def _later(self) -> None:
        await asyncio.sleep(PREPARE_AFTER)
        while self._waiting:
            pair = next(iter(self._waiting))
            with contextlib.suppress(StoreError):
                await self.between(*pair)
            del self._waiting[pair]

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()


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
        return [*(atom(getattr(cues, cue)) for cue in CUES), cues.reach]

    def digest(rule: Rule) -> str:
        cues = negation(bundle.negations[rule.negation]) if 0 <= rule.negation < len(bundle.negations) else []
        plain = msgspec.structs.replace(rule, topic=0, negation=-1, **dict.fromkeys(VERBS, -1))
        topic = bundle.topics[rule.topic].id
        return _hash([plain, topic, cues, [atom(getattr(rule, verb)) for verb in VERBS]])

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
