"""Rules → programs over atoms: what each verb looks for as one atom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from compiler import bundle, schema
from compiler.atoms import Elements
from compiler.diagnostics import Diagnostic
from compiler.entries import ReplyEntry, RuleEntry, Steps
from compiler.handles import CUES
from compiler.handles import VERBS as VERB_FIELDS
from compiler.lowering import Lowering, Phrase
from compiler.source import Document
from compiler.versions import Uses

VERBS: Final = tuple(field.rstrip("_") for field in VERB_FIELDS)
"""As people write them."""

T = TypeVar("T")


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
    uses: Uses
    verbs: dict[str, Verb]
    warnings: list[Diagnostic]
    epoch: int
    """Of the groups, when they were last seen to be the same."""


class Programs:
    """Of the rulebook that `lowering` is at; those of rules that did not change are the same objects as before."""

    def __init__(self, lowering: Lowering) -> None:
        self.lowering = lowering
        self._rules: dict[int, _Kept] = {}
        self._made: dict[tuple[str, ...], tuple[Uses, Any]] = {}
        """Of texts, what was made of them when the groups that they name had these versions."""

    def verb(self, document: Document, at: Steps, texts: list[str], *, single: bool = False) -> Verb:
        """One verb's phrases as one atom. `single` allows phrases of one character."""
        lower = partial(self._verb, document, at, texts, single)
        return self._once("verb with single characters" if single else "verb", texts, lower)

    def _verb(self, document: Document, at: Steps, texts: list[str], single: bool) -> Verb:
        lowering, atoms = self.lowering, self.lowering.atoms
        origins: list[tuple[str, list[Elements]]] = []
        sequences: list[Elements] = []
        for n, text in enumerate(texts):
            phrase = Phrase(document, (*at, n), text)
            lowered = lowering.phrase(phrase)
            if not single and any(len(seq) == 1 and atoms.is_single(seq[0]) for seq in lowered):
                lowering.fault("RG205", phrase, 0, len(text))
                lowered = []
            if "，" in text:
                lowering.fault("RG106", phrase, text.find("，"), 1, value=text)
            origins.append((text, lowered))
            sequences += lowered
        return Verb(atoms.set(sequences), origins)

    def literals(self, phrases_at: list[tuple[Document, Steps, str]]) -> int:
        """The fillers as a set of plain literals: edges are asked for while sets are being completed."""

        def lower() -> int:
            members: list[Elements] = []
            for document, at, text in phrases_at:
                phrase = Phrase(document, at, text)
                for elements in self.lowering.phrase(phrase):
                    if len(elements) > 1:
                        problem = ("语气词只能是简单的文字", "a filler is plain text")
                        self.lowering.fault("RG201", phrase, 0, len(text), problem=problem)
                    else:
                        members += [(handle,) for handle in self.lowering.atoms.plain(elements[0])]
            return self.lowering.atoms.set(members)

        return self._once("literals", [text for _, _, text in phrases_at], lower)

    def negation(self, parts: list[tuple[Document, schema.NegationSource]]) -> bundle.Negation:
        """Cues of several files as one record of handles."""

        def lower(cue: str) -> int:
            sequences: list[Elements] = []
            for document, source in parts:
                for n, text in enumerate(getattr(source, cue)):
                    sequences += self.lowering.phrase(Phrase(document, ("negation", cue, n), text))
            return self.lowering.atoms.set(sequences)

        handles: dict[str, int] = {}
        for cue in CUES:
            texts = [text for _, source in parts for text in getattr(source, cue)]
            handles[cue] = self._once("cues", texts, partial(lower, cue))
        reach = max((source.reach for _, source in parts), default=0) or 8
        return bundle.Negation(**handles, reach=reach)

    def _once(self, what: str, texts: list[str], lower: Callable[[], T]) -> T:
        """What `lower` makes of some texts, kept until the groups that they name change."""
        key, lowering = (what, *texts), self.lowering
        kept = self._made.get(key)
        if kept is None or not lowering.groups.same(kept[0]):
            before = lowering.faults
            kept = lowering.groups.uses(texts), lower()
            if lowering.faults == before:  # else they have to be found again in the next build
                self._made[key] = kept
        made: T = kept[1]
        return made

    def rule(self, entry: RuleEntry) -> dict[str, Verb]:
        """The verbs of a rule; only those that it uses."""
        source, groups, book = entry.source, self.lowering.groups, self.lowering.book
        kept = self._rules.get(id(source))
        if kept is not None and (kept.epoch == groups.epoch or groups.same(kept.uses)):
            kept.epoch = groups.epoch
            if not kept.warnings or kept.document is entry.document:
                book.diagnostics += [w for w in kept.warnings if w not in book.diagnostics]
                return kept.verbs
        before, faults = len(book.diagnostics), self.lowering.faults
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
        found = book.diagnostics[before:]
        if self.lowering.faults - faults == len(found) and not any(d.severity == "error" for d in found):
            self._rules[id(source)] = _Kept(source, entry.document, groups.uses(used), verbs, found, groups.epoch)
        return verbs

    def asked(self, entry: ReplyEntry) -> int:
        """What a buyer asks that a reply answers, as one atom."""
        return self.verb(entry.document, (*entry.at, "ask"), entry.source.ask).handle

    def uses(self, entry: RuleEntry) -> Uses:
        """The groups of a rule that was lowered, each with its version."""
        kept = self._rules.get(id(entry.source))
        return kept.uses if kept else ()
