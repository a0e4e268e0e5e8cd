"""Phrases → sequences over atoms: groups resolved, literals folded.

Faults go to `book.diagnostics`; a phrase with a fault is left out, so that all of them are found in one run.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from compiler import bundle, phrases, sounds
from compiler.atoms import NONE, Atoms, Elements
from compiler.diagnostics import Diagnostic, did_you_mean
from compiler.entries import GroupEntry, Steps
from compiler.phrases import PhraseError, Ref, Texts
from compiler.rulebook import Rulebook
from compiler.source import Document
from compiler.versions import Uses, Versions

MAX_LITERAL: Final = 32
"""Units: a scan costs text × longest literal in the worst case."""
ENTITIES: Final = (
    "phone", "landline", "bank_card", "id_card", "qq_number", "wechat_id", "email", "url", "address", "money",
    "number",
)  # fmt: skip

_MAX_GROUP_DEPTH: Final = 20
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)*")

Fold = Callable[[str], str]


@dataclass(slots=True)
class Phrase:
    """A phrase where it was written."""

    document: Document
    at: Steps
    text: str


class Lowering:
    """Of one rulebook folder, build after build; what did not change is not lowered again.

    Call `begin` with each new state of the rulebook.
    """

    def __init__(self, fold: Fold) -> None:
        self.book = Rulebook()
        self.atoms = Atoms()
        self.groups = Versions()
        self.generated: dict[str, list[str]] = {}
        """Group → spellings that `sounds_like` added, for the report."""
        self.faults = 0
        """How many were met, those too that are in the book already: a group's own is met by each of its users."""
        self._fold = fold
        self._folded: dict[str, str] = {}
        self._phrases: dict[tuple[str, bool], tuple[Uses, list[Elements]]] = {}
        """What phrases came to, with the groups that they name."""
        self._open: list[str] = []
        self._groups: dict[tuple[str, int], int] = {}

    def begin(self, book: Rulebook) -> None:
        self.book = book
        self.groups.update(book.groups)

    def known(self, text: str, spaced: bool = False) -> list[Elements] | None:
        """What a phrase came to; None when it has to be lowered."""
        known = self._phrases.get((text, spaced))
        return known[1] if known is not None and (not known[0] or self.groups.same(known[0])) else None

    def phrase(self, phrase: Phrase, spaced: bool = False) -> list[Elements]:
        """The sequences of one phrase as handles; [] and a diagnostic when it has a fault."""
        if (known := self.known(phrase.text, spaced)) is not None:
            return known
        try:
            parsed = phrases.parse(phrase.text)
        except PhraseError as error:
            detail = {"problem": (error.zh, error.en), "limit": phrases.MAX_VARIANTS}
            self.fault(error.code, phrase, error.offset, error.length, **detail)
            return []
        before = self.faults
        lowered: list[Elements] = []
        for sequence in parsed:
            elements = self._sequence(phrase, sequence, spaced)
            if elements is None:
                return []
            lowered.append(elements)
        if self.faults == before:  # else they have to be found again in the next build
            self._phrases[phrase.text, spaced] = self.groups.uses((phrase.text,)), lowered
        return lowered

    def _sequence(self, phrase: Phrase, sequence: phrases.Sequence, spaced: bool) -> Elements | None:
        elements: list[int] = []
        soft_before = False  # the previous item lets symbols stand between it and the next
        touching = False
        for item in sequence:
            if isinstance(item, int):
                elements.append(item)
                touching = soft_before = False
                continue
            if isinstance(item, Texts):
                handle, soft = self._texts(phrase, item, spaced), spaced
            else:
                handle, soft = self._reference(phrase, item)
            if handle == NONE:
                return None
            if touching and (soft or soft_before):
                elements.append(phrases.SOFT)
            elements.append(handle)
            soft_before, touching = soft, True
        return tuple(elements)

    def _texts(self, phrase: Phrase, item: Texts, spaced: bool) -> int:
        members: list[Elements] = []
        for text in item.any:
            folded = self._folded.get(text)
            if folded is None:
                folded = self._folded[text] = self._fold(text)
            if not folded.strip():
                self.fault("RG207", phrase, max(0, phrase.text.find(text)), len(text))
                return NONE
            if len(folded) > MAX_LITERAL:
                self.fault("RG206", phrase, 0, len(phrase.text), limit=MAX_LITERAL)
                return NONE
            members.append((self.atoms.literal(folded, spaced),))
        return self.atoms.set(members)

    def _reference(self, phrase: Phrase, ref: Ref) -> tuple[int, bool]:
        name = ref.name
        if name in ENTITIES:
            return self._entity(phrase, ref), False
        group = self.book.groups.get(name)
        length = len(name) + 2
        if group is None:
            known = [*self.book.groups, *ENTITIES]
            best = did_you_mean(name, known)
            self.fault("RG202", phrase, ref.offset, length, name=name, best=best and f"<{best}>")
            return NONE, False
        if ref.argument:
            self.fault("RG209", phrase, ref.offset, length + len(ref.argument) + 1, name=name)
            return NONE, False
        if len(self._open) >= _MAX_GROUP_DEPTH:
            problem = (f"词组套词组超过 {_MAX_GROUP_DEPTH} 层", f"groups nested more than {_MAX_GROUP_DEPTH} deep")
            self.fault("RG201", phrase, ref.offset, length, problem=problem)
            return NONE, False
        if name in self._open:
            circle = " → ".join([*self._open[self._open.index(name) :], name])
            self.fault("RG203", phrase, ref.offset, length, circle=circle)
            return NONE, False
        return self.group(name, group), group.source.spaced

    def group(self, name: str, group: GroupEntry) -> int:
        """The handle of a group, compiled at its first use."""
        key = (name, self.groups.of(name))
        if key not in self._groups:
            before = self.faults
            self._open.append(name)
            sequences: list[Elements] = []
            at: Steps = group.at if group.bare else (*group.at, "any")
            spaced = group.source.spaced
            for n, text in enumerate(group.source.any):
                known = self.known(text, spaced)
                sequences += self.phrase(Phrase(group.document, (*at, n), text), spaced) if known is None else known
            if group.source.sounds_like:
                added = [
                    spelling
                    for text in group.source.any
                    for spelling in sounds.variants(text, tuple(group.source.sounds_like))
                ]
                self.generated[name] = list(dict.fromkeys(added))
                for spelling in self.generated[name]:
                    folded = self._fold(spelling)
                    sequences.append((self.atoms.literal(folded, group.source.spaced),))
            self._open.pop()
            handle = self.atoms.set(sequences)
            if self.faults > before:  # its faults have to be found again in the next build
                return handle
            self._groups[key] = handle
        return self._groups[key]

    def atom(self, phrase: Phrase, spaced: bool) -> int:
        """A phrase without faults as an atom."""
        return self.atoms.set(self.phrase(phrase, spaced))

    def _entity(self, phrase: Phrase, ref: Ref) -> int:
        hosts = tuple(host.strip().lower() for host in ref.argument.lstrip("!").split(",") if host.strip())
        if ref.argument and ref.name != "url":
            self.fault("RG209", phrase, ref.offset, len(ref.name) + len(ref.argument) + 3, name=ref.name)
            return NONE
        if wrong := next((host for host in hosts if not _HOST.fullmatch(host)), None):
            problem = (f"「{wrong}」不是域名，只写 tmall.com 这样的", f"'{wrong}' is no host; write tmall.com")
            self.fault("RG201", phrase, ref.offset, len(ref.name) + len(ref.argument) + 3, problem=problem)
            return NONE
        if ref.argument.startswith("!"):
            return self.atoms.entity(bundle.Entity(ref.name, allow=hosts))
        return self.atoms.entity(bundle.Entity(ref.name, only=hosts))

    def fault(self, code: str, phrase: Phrase, offset: int, length: int, **detail: object) -> None:
        document = phrase.document
        place = document.within(document.place(*phrase.at), phrase.text, offset, length)
        fault = Diagnostic.at(code, place, source=document.line(place.line), **detail)
        self.faults += 1
        if fault not in self.book.diagnostics:
            self.book.diagnostics.append(fault)
