"""Which texts of a rulebook a change can touch: those that hold something the change wakes up for.

The texts of a file are folded and strung together once, so that a save scans them all in one go.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from itertools import accumulate
from typing import Generic, NamedTuple, TypeVar

from compiler.automaton import Scanner
from compiler.bundle import Atoms
from compiler.entries import GroupEntry, RuleEntry, Steps
from compiler.matcher.fold import Folder
from compiler.matcher.sets import SetTable
from compiler.matcher.spacing import unspace
from compiler.matcher.text import squeeze
from compiler.programs import VERBS
from compiler.source import Document

T = TypeVar("T")


class Written(NamedTuple):
    """A phrase, and where it is or was written."""

    document: Document
    at: Steps
    text: str
    spaced: bool


class Waking:
    """Tells in which places of a text one of `roots` may occur."""

    def __init__(self, atoms: Atoms, roots: Iterable[int]) -> None:
        """A root of -1 is a rule that no word wakes, but the sound of the whole text (`likely_topic`)."""
        wanted = list(roots)
        literals, by_entity = SetTable(atoms).keys(wanted)
        self.everywhere = by_entity or -1 in wanted
        """Whether any text may hold them: an entity or a sound wakes them too."""
        self._scanner = Scanner([atoms.literals[n] for n in literals]) if literals else None

    def places(self, text: str) -> list[int]:
        return [start for _, start, _ in self._scanner.scan(text)] if self._scanner else []


def searched(text: str, folder: Folder) -> list[str]:
    """The folded texts in which literals are looked for in a text: spaced ones also in what is left without its symbols."""
    folded = unspace(folder.fold(text)).text
    squeezed = squeeze(folded)
    return [folded, squeezed] if squeezed else [folded]


class Strung(Generic[T]):
    """Texts, each with what it stands for, folded and strung together for one scan."""

    def __init__(self, texts: Iterable[tuple[T, str]], folder: Folder) -> None:
        self.items: list[T] = []
        self.starts: list[int] = []
        parts: list[str] = []
        at = 0
        for item, text in texts:
            folded = "\n".join(searched(text, folder))
            self.items.append(item)
            self.starts.append(at)
            parts.append(folded)
            at += len(folded) + 1
        self.text = "\n".join(parts)


def touched_by(waking: Waking, texts: Iterable[Strung[T]]) -> list[T]:
    """What those of the texts stand for that hold something which wakes a rule."""
    if waking.everywhere:
        return [item for strung in texts for item in strung.items]
    filled = [strung for strung in texts if strung.items]
    starts = [0, *accumulate(len(strung.text) + 1 for strung in filled)]
    found: dict[tuple[int, int], None] = {}
    for place in waking.places("\n".join(strung.text for strung in filled)):
        which = bisect_right(starts, place) - 1
        found[which, bisect_right(filled[which].starts, place - starts[which]) - 1] = None
    return [filled[which].items[n] for which, n in found]


def regrouped(before: Mapping[str, GroupEntry], after: Mapping[str, GroupEntry]) -> list[Written] | None:
    """Phrases that groups gained or lost; None when more than that changed, or it cannot be told what they come to."""
    if before.keys() != after.keys():
        return None
    moved: list[Written] = []
    for name, group in after.items():
        old, new = before[name].source, group.source
        if old is new or old == new:
            continue
        if new.sounds_like or old.sounds_like or old.spaced != new.spaced:
            return None
        phrases = _moved(old.any, new.any)
        if phrases is None:
            return None
        moved += [Written(group.document, group.at, text, new.spaced) for text in phrases]
    return moved


def reworded(before: RuleEntry, after: RuleEntry) -> list[Written] | None:
    """Phrases that the verbs of a rule gained or lost; None when it cannot be told what they come to."""
    moved: list[Written] = []
    for verb in VERBS:
        name = "except_" if verb == "except" else verb
        phrases = _moved(getattr(before.source, name), getattr(after.source, name))
        if phrases is None:
            return None
        moved += [Written(after.document, (*after.at, verb), text, False) for text in phrases]
    return moved


def _moved(before: list[str], after: list[str]) -> list[str] | None:
    """What only one of two lists has."""
    if bool(before) != bool(after):
        return None  # a verb without phrases asks for nothing: without `near`, texts count that held none of it
    gone, new = set(before) - set(after), set(after) - set(before)
    # The groups that a phrase gone names may be others now.
    return None if any("<" in text for text in gone) else sorted(gone | new)
