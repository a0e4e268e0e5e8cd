"""Rules → programs over atoms: groups resolved, phrases folded and lowered, what each verb looks for as one atom.

One `Lowering` compiles one rulebook for one channel. Faults go to `book.diagnostics`; a phrase with a fault is left out,
so that all of them are found in one run.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from compiler import bundle, phrases, schema, sounds
from compiler.atoms import NONE, Atoms, Elements
from compiler.diagnostics import Diagnostic, did_you_mean
from compiler.entries import GroupEntry, ReplyEntry, RuleEntry, Steps
from compiler.handles import CUES
from compiler.handles import VERBS as VERB_FIELDS
from compiler.phrases import PhraseError, Ref, Texts
from compiler.rulebook import Rulebook
from compiler.source import Document

MAX_LITERAL: Final = 32
"""Units: a scan costs text × longest literal in the worst case."""
ENTITIES: Final = (
    "phone", "landline", "bank_card", "id_card", "qq_number", "wechat_id", "email", "url", "address", "money",
    "number",
)  # fmt: skip
VERBS: Final = tuple(field.rstrip("_") for field in VERB_FIELDS)
"""As people write them."""

_MAX_GROUP_DEPTH: Final = 20
_REFERENCE = re.compile(r"<\s*([^>:]+?)\s*(?::[^>]*)?>")

Fold = Callable[[str], str]


@dataclass(slots=True)
class Phrase:
    """A phrase where it was written; `local` is its index in its list."""

    document: Document
    at: Steps
    text: str


@dataclass(slots=True)
class Verb:
    """What one verb of a rule compiled to: its handle, and for each phrase the sequences it gave."""

    handle: int
    origins: list[tuple[str, list[Elements]]]


@dataclass(slots=True)
class _Kept:
    """A rule's verbs from an earlier build, good while its groups are the same, and its warnings are where they were."""

    source: schema.RuleSource
    document: Document
    uses: tuple[tuple[str, int], ...]
    verbs: dict[str, Verb]
    warnings: list[Diagnostic]
    epoch: int
    """Of the groups, when they were last seen to be the same."""


class Lowering:
    """Lowers the rules of one rulebook folder, build after build; what did not change is not lowered again.

    Call `begin` with each new state of the rulebook.
    """

    def __init__(self, fold: Fold) -> None:
        self.book = Rulebook()
        self.atoms = Atoms()
        self.generated: dict[str, list[str]] = {}
        """Group → spellings that `sounds_like` added, for the report."""
        self._fold = fold
        self._folded: dict[str, str] = {}
        self._plain: dict[tuple[str, bool], list[Elements]] = {}
        """What phrases that name no group came to: it stays the same whatever groups become."""
        self._open: list[str] = []
        self._groups: dict[tuple[str, int], int] = {}
        self._rules: dict[int, _Kept] = {}
        self._asked: dict[int, tuple[schema.ReplySource, tuple[tuple[str, int], ...], int]] = {}
        self._versions: dict[str, int] = {}
        self._epoch = 0
        """A number that changes when any group does: nearly all saves leave the groups alone."""
        self._version_ids: dict[tuple[int, tuple[int, ...]], int] = {}
        self._entries: dict[int, tuple[GroupEntry, int, tuple[str, ...]]] = {}
        self._contents: dict[tuple[tuple[str, ...], bool, tuple[str, ...]], int] = {}

    def begin(self, book: Rulebook) -> None:
        before = self._versions
        self.book = book
        self._versions = {}
        for name in book.groups:
            self.version(name)
        self._epoch += self._versions != before

    def version(self, name: str) -> int:
        """A number that changes when the group, or one that it uses, changes; 0 for one that does not exist."""
        known = self._versions.get(name)
        if known is not None:
            return known
        group = self.book.groups.get(name)
        if group is None:
            return 0
        self._versions[name] = 0  # should the groups form a circle, which lowering reports
        kept = self._entries.get(id(group))
        if kept is None:
            source = group.source
            # By what it says: a file that is read again has new entries, of which most say the same.
            says = tuple(source.any), source.spaced, tuple(source.sounds_like)
            known_as = self._contents.setdefault(says, len(self._contents))
            kept = self._entries[id(group)] = group, known_as, _references(source.any)
        key = kept[1], tuple(self.version(used) for used in kept[2])
        version = self._versions[name] = self._version_ids.setdefault(key, len(self._version_ids) + 1)
        return version

    def _same(self, uses: tuple[tuple[str, int], ...]) -> bool:
        return all(self.version(name) == version for name, version in uses)

    # --- phrases -------------------------------------------------------------------------------------------------

    def phrase(self, phrase: Phrase, spaced: bool = False) -> list[Elements]:
        """The sequences of one phrase as handles; [] and a diagnostic when it has a fault."""
        if (known := self._plain.get((phrase.text, spaced))) is not None:
            return known
        try:
            parsed = phrases.parse(phrase.text)
        except PhraseError as error:
            detail = {"problem": (error.zh, error.en), "limit": phrases.MAX_VARIANTS}
            self._phrase_fault(error.code, phrase, error.offset, error.length, **detail)
            return []
        lowered: list[Elements] = []
        for sequence in parsed:
            elements = self._sequence(phrase, sequence, spaced)
            if elements is None:
                return []
            lowered.append(elements)
        if "<" not in phrase.text:
            self._plain[phrase.text, spaced] = lowered
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
                self._phrase_fault("RG207", phrase, max(0, phrase.text.find(text)), len(text))
                return NONE
            if len(folded) > MAX_LITERAL:
                self._phrase_fault("RG206", phrase, 0, len(phrase.text), limit=MAX_LITERAL)
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
            self._phrase_fault("RG202", phrase, ref.offset, length, name=name, best=best and f"<{best}>")
            return NONE, False
        if ref.argument:
            self._phrase_fault("RG209", phrase, ref.offset, length + len(ref.argument) + 1, name=name)
            return NONE, False
        if len(self._open) >= _MAX_GROUP_DEPTH:
            problem = (f"词组套词组超过 {_MAX_GROUP_DEPTH} 层", f"groups nested more than {_MAX_GROUP_DEPTH} deep")
            self._phrase_fault("RG201", phrase, ref.offset, length, problem=problem)
            return NONE, False
        if name in self._open:
            circle = " → ".join([*self._open[self._open.index(name) :], name])
            self._phrase_fault("RG203", phrase, ref.offset, length, circle=circle)
            return NONE, False
        return self.group(name, group), group.source.spaced

    def group(self, name: str, group: GroupEntry) -> int:
        """The handle of a group, compiled at its first use."""
        key = (name, self.version(name))
        if key not in self._groups:
            before = len(self.book.diagnostics)
            self._open.append(name)
            sequences: list[Elements] = []
            at: Steps = group.at if group.bare else (*group.at, "any")
            for n, text in enumerate(group.source.any):
                sequences += self.phrase(Phrase(group.document, (*at, n), text), group.source.spaced)
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
            if len(self.book.diagnostics) > before:  # its faults have to be found again in the next build
                return handle
            self._groups[key] = handle
        return self._groups[key]

    def atom(self, phrase: Phrase, spaced: bool) -> int:
        """A phrase without faults as an atom."""
        return self.atoms.set(self.phrase(phrase, spaced))

    def _entity(self, phrase: Phrase, ref: Ref) -> int:
        hosts = tuple(host.strip().lower() for host in ref.argument.lstrip("!").split(",") if host.strip())
        if ref.argument and ref.name != "url":
            self._phrase_fault("RG209", phrase, ref.offset, len(ref.name) + len(ref.argument) + 3, name=ref.name)
            return NONE
        if ref.argument.startswith("!"):
            return self.atoms.entity(bundle.Entity(ref.name, allow=hosts))
        return self.atoms.entity(bundle.Entity(ref.name, only=hosts))

    def _phrase_fault(self, code: str, phrase: Phrase, offset: int, length: int, **detail: object) -> None:
        document = phrase.document
        place = document.within(document.place(*phrase.at), phrase.text, offset, length)
        fault = Diagnostic.at(code, place, source=document.line(place.line), **detail)
        if fault not in self.book.diagnostics:  # a group's own fault is met by each of its users
            self.book.diagnostics.append(fault)

    # --- verbs ---------------------------------------------------------------------------------------------------

    def verb(self, document: Document, at: Steps, texts: Iterable[str], *, single: bool = False) -> Verb:
        """One verb's phrases as one atom. `single` allows phrases of one character."""
        origins: list[tuple[str, list[Elements]]] = []
        sequences: list[Elements] = []
        for n, text in enumerate(texts):
            phrase = Phrase(document, (*at, n), text)
            lowered = self.phrase(phrase)
            if not single and any(len(seq) == 1 and self.atoms.is_single(seq[0]) for seq in lowered):
                self._phrase_fault("RG205", phrase, 0, len(text))
                lowered = []
            self._wide_comma(phrase)
            origins.append((text, lowered))
            sequences += lowered
        return Verb(self.atoms.set(sequences), origins)

    def _wide_comma(self, phrase: Phrase) -> None:
        if "，" in phrase.text:
            self._phrase_fault("RG106", phrase, phrase.text.find("，"), 1, value=phrase.text)

    def literals(self, phrases_at: Iterable[tuple[Document, Steps, str]]) -> int:
        """The fillers as a set of plain literals: edges are asked for while sets are being completed."""
        members: list[Elements] = []
        for document, at, text in phrases_at:
            phrase = Phrase(document, at, text)
            for elements in self.phrase(phrase):
                if len(elements) > 1:
                    problem = ("语气词只能是简单的文字", "a filler is plain text")
                    self._phrase_fault("RG201", phrase, 0, len(text), problem=problem)
                else:
                    members += [(handle,) for handle in self.atoms.plain(elements[0])]
        return self.atoms.set(members)

    def negation(self, parts: list[tuple[Document, schema.NegationSource]]) -> bundle.Negation:
        """Cues of several files as one record of handles."""
        handles: dict[str, int] = {}
        for cue in CUES:
            sequences: list[Elements] = []
            for document, source in parts:
                for n, text in enumerate(getattr(source, cue)):
                    sequences += self.phrase(Phrase(document, ("negation", cue, n), text))
            handles[cue] = self.atoms.set(sequences)
        reach = max((source.reach for _, source in parts), default=0) or 8
        return bundle.Negation(**handles, reach=reach)

    def rule(self, entry: RuleEntry) -> dict[str, Verb]:
        """The verbs of a rule; only those that it uses."""
        source = entry.source
        kept = self._rules.get(id(source))
        if kept is not None and (kept.epoch == self._epoch or self._same(kept.uses)):
            kept.epoch = self._epoch
            if not kept.warnings or kept.document is entry.document:
                self.book.diagnostics += [w for w in kept.warnings if w not in self.book.diagnostics]
                return kept.verbs
        before = len(self.book.diagnostics)
        verbs: dict[str, Verb] = {}
        used: list[str] = []
        for name in VERBS:
            texts = source.except_ if name == "except" else getattr(source, name)
            if texts:
                # What wakes a rule must not be one character alone: it would wake it all the time.
                wakes = name == "find" or (name == "asked" and not source.find)
                verbs[name] = self.verb(entry.document, (*entry.at, name), texts, single=not wakes)
                used += texts
        if entry.negated and entry.negation is not None:
            own = entry.negation[1]
            used += (*own.before, *own.after, *own.pseudo, *own.double, *own.stop)
        found = self.book.diagnostics[before:]
        if not any(d.severity == "error" for d in found):
            uses = tuple((name, self.version(name)) for name in _references(used))
            self._rules[id(source)] = _Kept(source, entry.document, uses, verbs, found, self._epoch)
        return verbs

    def asked(self, entry: ReplyEntry) -> int:
        """What a buyer asks that a reply answers, as one atom."""
        source = entry.source
        kept = self._asked.get(id(source))
        if kept is not None and self._same(kept[1]):
            return kept[2]
        before = len(self.book.diagnostics)
        handle = self.verb(entry.document, (*entry.at, "ask"), source.ask).handle
        if len(self.book.diagnostics) == before:  # faults have to be found again in the next build
            uses = tuple((name, self.version(name)) for name in _references(source.ask))
            self._asked[id(source)] = source, uses, handle
        return handle

    def uses(self, entry: RuleEntry) -> tuple[tuple[str, int], ...]:
        """The groups of a rule that was lowered, each with its version."""
        kept = self._rules.get(id(entry.source))
        return kept.uses if kept else ()


def _references(texts: Iterable[str]) -> tuple[str, ...]:
    """Names between < and > in phrases."""
    return tuple(dict.fromkeys(name for text in texts if "<" in text for name in _REFERENCE.findall(text)))
