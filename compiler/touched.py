"""Which texts of a rulebook a change can touch: those that hold something the change wakes up for.

The texts of a file are folded and strung together once, so that a save scans them all in one go.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from compiler.automaton import Scanner
from compiler.bundle import Atoms
from compiler.matcher.fold import Folder
from compiler.matcher.sets import SetTable
from compiler.matcher.spacing import unspace
from compiler.matcher.text import squeeze
from compiler.phrases import PhraseError, Texts, parse
from compiler.rulebook import GroupEntry, RuleEntry

T = TypeVar("T")


class Waking:
    """Tells in which places of a text one of `roots` may occur."""

    def __init__(self, atoms: Atoms, roots: Iterable[int]) -> None:
        literals, self.everywhere = SetTable(atoms).keys(roots)
        """Whether an entity wakes them too, so that any text may hold them."""
        self._scanner = Scanner([atoms.literals[n] for n in literals]) if literals else None

    def places(self, text: str) -> list[int]:
        return [start for _, start, _ in self._scanner.scan(text)] if self._scanner else []


class Strung(Generic[T]):
    """Texts, each with what it stands for, folded and strung together for one scan."""

    def __init__(self, texts: Iterable[tuple[T, str]], folder: Folder) -> None:
        self._items: list[T] = []
        self._starts: list[int] = []
        parts: list[str] = []
        at = 0
        for item, text in texts:
            folded = unspace(folder.fold(text)).text
            if squeezed := squeeze(folded):
                folded += "\n" + squeezed
            self._items.append(item)
            self._starts.append(at)
            parts.append(folded)
            at += len(folded) + 1
        self._text = "\n".join(parts)

    def touched_by(self, waking: Waking) -> list[T]:
        if waking.everywhere:
            return self._items
        touched = {bisect_right(self._starts, place) - 1 for place in waking.places(self._text)}
        return [self._items[n] for n in sorted(touched)]


def loud_texts(rules: Iterable[RuleEntry]) -> Iterator[tuple[RuleEntry, str]]:
    """What decides over a rule's own examples and warnings, beside the texts that must stay quiet."""
    for entry in rules:
        source = entry.source
        if source.status == "retired":
            continue
        for text in (*source.bad, *source.known_bad, *source.known_good):
            yield entry, text.replace("〔", "").replace("〕", "")
        for phrase in source.except_:
            try:
                parts = [part for sequence in parse(phrase) for part in sequence]
            except PhraseError:
                continue
            yield from ((entry, text) for part in parts if isinstance(part, Texts) for text in part.any)


def regrouped(before: dict[str, GroupEntry], after: dict[str, GroupEntry]) -> Sequence[tuple[GroupEntry, str]] | None:
    """Phrases that groups gained or lost; None when more than that changed, or it cannot be told what they come to."""
    if before.keys() != after.keys():
        return None
    moved: list[tuple[GroupEntry, str]] = []
    for name, group in after.items():
        old = before[name].source
        new = group.source
        if old is new or old == new:
            continue
        if new.sounds_like or old.sounds_like or old.spaced != new.spaced:
            return None
        gone = set(old.any) - set(new.any)
        if any("<" in text for text in gone):  # the groups that it named may be others now
            return None
        moved += [(group, text) for text in (*gone, *(set(new.any) - set(old.any)))]
    return moved
