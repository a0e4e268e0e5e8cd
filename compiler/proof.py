"""Proves a compiled rulebook by its examples, and after a change only by those that the change can affect.

A finding depends on one rule and one text. So when only some rules changed since the last good build:
their own examples run against them and, those that must stay quiet and are new, against the last engine; of all other
texts that must stay quiet only those are looked at that contain something a changed rule wakes up for.

When nothing changed but the phrases of groups, on which nearly all rules may depend, it is the other way round: only texts
that hold one of the phrases gained or lost are checked again, with the rules that use the groups.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from compiler import coverage
from compiler.atoms import Numbers
from compiler.bundle import Atoms, Bundle
from compiler.coverage import Idle
from compiler.diagnostics import Diagnostic
from compiler.examples import ExampleRun, context_of
from compiler.matcher.conversation import Conversation, Finding, Trap
from compiler.matcher.engine import Engine, Step
from compiler.matcher.fold import Folder
from compiler.programs import Verb
from compiler.rulebook import GroupEntry, ReplyEntry, Rulebook, RuleEntry, SourceFile
from compiler.touched import Strung, Waking, Written, loud_texts, regrouped, reworded


class Compile(Protocol):
    """Rules → their bundle, the verbs by rule id, and the numbers of the bundle's atoms."""

    def __call__(
        self, entries: Sequence[RuleEntry], *, part: bool = False
    ) -> tuple[Bundle, dict[str, dict[str, Verb]], Numbers]: ...


class AtomsOf(Protocol):
    """Phrases → a table of atoms, and those that the phrases are."""

    def __call__(self, phrases: Sequence[Written]) -> tuple[Atoms, list[int]]: ...


_PHRASES = ("asked", "unless_asked", "find", "near", "not_near", "except_", "unless")
_SETTINGS = ("unless_quoted", "across", "likely_topic", "since", "until", "status")
"""What of a rule decides where it finds something."""


class Stamp(NamedTuple):
    """What a rule's findings depend on; equal stamps give equal findings."""

    entry: RuleEntry
    uses: tuple[tuple[str, int], ...]

    def same(self, other: Stamp) -> bool:
        """Whether the rule, its examples and texts included, is as it was."""
        a, b = self.entry, other.entry
        return self.finds_the_same(other) and (a is b or (a.source == b.source and a.level == b.level))

    def finds_the_same(self, other: Stamp) -> bool:
        """Whether the rule finds the same in every text, whatever became of its title, texts and examples."""
        a, b = self.entry, other.entry
        return self.only_reworded(other) and (
            a is b or all(getattr(a.source, name) == getattr(b.source, name) for name in _PHRASES)
        )

    def only_reworded(self, other: Stamp) -> bool:
        """Whether the rule finds the same in every text that holds no phrase which only one of the two has."""
        a, b = self.entry, other.entry
        if self.uses != other.uses:
            return False
        return a is b or (
            all(getattr(a.source, name) == getattr(b.source, name) for name in _SETTINGS)
            and (a.platforms, a.categories, a.given, a.turns, a.negated, a.likely)
            == (b.platforms, b.categories, b.given, b.turns, b.negated, b.likely)
            and (a.negation and a.negation[1]) == (b.negation and b.negation[1])
        )


class _Warned(NamedTuple):
    """What of a rule is idle, and how that was reported."""

    entry: RuleEntry
    idle: list[Idle]
    diagnostics: list[Diagnostic]


class _Proven(NamedTuple):
    """The state of the last build without a faulty example."""

    stamps: dict[str, Stamp]
    shared: object
    engine: Callable[[], Engine]
    warnings: dict[str, _Warned]
    replies: frozenset[str]
    groups: dict[str, GroupEntry]


class Prover:
    """Of one channel."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._proven: _Proven | None = None
        self._texts: dict[int, _Texts] = {}

    def prove(
        self,
        book: Rulebook,
        stamps: dict[str, Stamp],
        shared: object,
        compile_: Compile,
        atoms_of: AtomsOf,
        engine: Callable[[], Engine],
    ) -> int:
        """Report every wrong example of the rules in `stamps` to the book; the number of checks made.

        `shared` equals that of another build when everything that all rules share (negation, fillers, folding) is the
        same. `engine` gives the engine of the whole bundle, which is only made when it is needed.
        """
        before = len(book.diagnostics)
        last = self._proven
        changed = [
            rule_id for rule_id, stamp in stamps.items() if last is None or not self._is_known(last, rule_id, stamp)
        ]
        self._texts = {key: self._texts.get(key) or _Texts(file, self._folder) for key, file in _by_id(book).items()}
        warnings: dict[str, _Warned] = {}
        said = frozenset(text for reply in book.replies for text in reply.source.say)
        if last is None or last.shared != shared or not last.stamps.keys() <= stamps.keys():
            count = self._prove_all(book, stamps, compile_, engine(), warnings)
        elif (moved := _only_regrouped(book, stamps, changed, last, said)) is not None:
            count = self._prove_regrouped(book, stamps, changed, moved, compile_, atoms_of, last, warnings)
        elif 2 * len(changed) > len(stamps):
            count = self._prove_all(book, stamps, compile_, engine(), warnings)
        else:
            count = self._prove_changed(book, stamps, changed, compile_, atoms_of, last, warnings)
        faulty = any(d.severity == "error" for d in book.diagnostics[before:])
        self._proven = None if faulty else _Proven(stamps, shared, engine, warnings, said, dict(book.groups))
        return count

    @staticmethod
    def _is_known(last: _Proven, rule_id: str, stamp: Stamp) -> bool:
        known = last.stamps.get(rule_id)
        return known is not None and known.same(stamp)

    @staticmethod
    def _finds_as_before(last: _Proven, rule_id: str, stamp: Stamp) -> bool:
        known = last.stamps.get(rule_id)
        return known is not None and known.finds_the_same(stamp)

    def _prove_all(
        self,
        book: Rulebook,
        stamps: dict[str, Stamp],
        compile_: Compile,
        engine: Engine,
        warnings: dict[str, _Warned],
    ) -> int:
        entries = [stamp.entry for stamp in stamps.values()]
        run = ExampleRun(book, engine)
        for entry in entries:
            run.rule(entry)
        for reply in book.replies:
            run.reply(reply)
        _, verbs, numbers = compile_(entries)
        _cover(book, engine, entries, verbs, numbers, warnings)
        return run.count

    def _prove_changed(
        self,
        book: Rulebook,
        stamps: dict[str, Stamp],
        changed: list[str],
        compile_: Compile,
        atoms_of: AtomsOf,
        last: _Proven,
        warnings: dict[str, _Warned],
    ) -> int:
        for rule_id, kept in last.warnings.items():
            if rule_id not in changed:
                warnings[rule_id] = _warn(book, stamps[rule_id].entry, kept.idle, kept)
        entries = [stamps[rule_id].entry for rule_id in changed]
        bundle, verbs, numbers = compile_(entries, part=True)
        fresh = Engine(bundle, self._folder)
        run = ExampleRun(book, _Both(fresh, last.engine(), frozenset(changed)))
        alone = ExampleRun(book, fresh)
        for entry in entries:
            before = last.stamps.get(entry.source.id)
            run.rule(entry, alone, before and before.entry)
        for reply in book.replies:
            for n, text in enumerate(reply.source.say):
                if text not in last.replies:
                    run.reply_text(reply, n, text)
        _cover(book, fresh, entries, verbs, numbers, warnings)
        others = ExampleRun(book, fresh)
        moved = [rule_id for rule_id in changed if not self._finds_as_before(last, rule_id, stamps[rule_id])]
        if moved:
            if moved != changed:
                bundle, _, _ = compile_([stamps[rule_id].entry for rule_id in moved], part=True)
                others = ExampleRun(book, Engine(bundle, self._folder))
            wakings = self._wakings(bundle, stamps, moved, atoms_of, last)
            for texts in self._texts.values():
                for item in dict.fromkeys(item for waking in wakings for item in texts.quiet.touched_by(waking)):
                    item(others, changed)
        return run.count + alone.count + others.count

    @staticmethod
    def _wakings(
        bundle: Bundle, stamps: dict[str, Stamp], moved: Sequence[str], atoms_of: AtomsOf, last: _Proven
    ) -> list[Waking]:
        """What tells the texts in which the rules `moved`, those of `bundle`, may find something that they did not."""
        whole: set[str] = set()  # rules that may find new things anywhere they find anything
        phrases: list[Written] = []
        for rule_id in moved:
            before, after = last.stamps.get(rule_id), stamps[rule_id]
            few = reworded(before.entry, after.entry) if before and before.only_reworded(after) else None
            if few is None:
                whole.add(rule_id)
            else:
                phrases += few
        roots = [rule.find if rule.find >= 0 else rule.asked for rule in bundle.rules if rule.id in whole]
        return [Waking(bundle.atoms, roots), Waking(*atoms_of(phrases))]

    def _prove_regrouped(
        self,
        book: Rulebook,
        stamps: dict[str, Stamp],
        changed: list[str],
        moved: Sequence[Written],
        compile_: Compile,
        atoms_of: AtomsOf,
        last: _Proven,
        warnings: dict[str, _Warned],
    ) -> int:
        """As `_prove_changed`, when of the `changed` rules nothing did but that groups gained or lost the phrases `moved`."""
        waking = Waking(*atoms_of(moved))
        touched = {e.source.id for texts in self._texts.values() for e in texts.loud.touched_by(waking)}
        own = [rule_id for rule_id in changed if rule_id in touched]
        items = [item for texts in self._texts.values() for item in texts.quiet.touched_by(waking)]
        for rule_id, kept in last.warnings.items():
            if rule_id not in own:
                warnings[rule_id] = _warn(book, stamps[rule_id].entry, kept.idle, kept)
        if not own and not items:
            return 0
        bundle, verbs, numbers = compile_([stamps[rule_id].entry for rule_id in changed], part=True)
        fresh = Engine(bundle, self._folder)
        run = ExampleRun(book, _Both(fresh, last.engine(), frozenset(changed)))
        entries = [stamps[rule_id].entry for rule_id in own]
        for entry in entries:
            run.rule(entry)
        _cover(book, fresh, entries, verbs, numbers, warnings)
        others = ExampleRun(book, fresh)
        for item in items:
            item(others, own)
        return run.count + others.count


def _only_regrouped(
    book: Rulebook, stamps: dict[str, Stamp], changed: list[str], last: _Proven, said: frozenset[str]
) -> list[Written] | None:
    """The phrases that groups gained or lost, when that is all that changed."""
    if not changed or not said <= last.replies:
        return None
    for rule_id in changed:
        before = last.stamps.get(rule_id)
        if before is None or not before._replace(uses=stamps[rule_id].uses).same(stamps[rule_id]):
            return None
    return regrouped(last.groups, book.groups)


def _cover(
    book: Rulebook,
    engine: Engine,
    entries: Sequence[RuleEntry],
    verbs: dict[str, dict[str, Verb]],
    numbers: Numbers,
    warnings: dict[str, _Warned],
) -> None:
    for entry in entries:
        if entry.source.id in verbs:
            idle = list(coverage.check(engine, entry, verbs[entry.source.id], numbers))
            warnings[entry.source.id] = _warn(book, entry, idle)


def _warn(book: Rulebook, entry: RuleEntry, idle: list[Idle], known: _Warned | None = None) -> _Warned:
    """Report what is idle; again as it was `known`, while the rule stands where it stood."""
    if known is not None and known.entry is entry:
        book.diagnostics += known.diagnostics
        return known
    before = len(book.diagnostics)
    for code, at, key, detail in idle:
        book.fault(code, entry.document, (*entry.at, *at), key=key, **detail)
    return _Warned(entry, idle, book.diagnostics[before:])


def _by_id(book: Rulebook) -> dict[int, SourceFile]:
    return {id(file): file for file in book.files.values() if file.rules or file.replies}


class _Both:
    """The changed rules by their new engine, all others by the last one."""

    def __init__(self, fresh: Engine, last: Engine, changed: frozenset[str]) -> None:
        self._fresh, self._last, self._changed = fresh, last, changed

    def check(self, conversation: Conversation) -> list[Finding]:
        old = [f for f in self._last.check(conversation) if f.rule not in self._changed]
        return [*self._fresh.check(conversation), *old]

    def traps(self, conversation: Conversation) -> list[Trap]:
        return self._fresh.traps(conversation)

    def trace(self, conversation: Conversation) -> list[Step]:
        return self._fresh.trace(conversation)


_Item = Callable[[ExampleRun, Sequence[str]], None]


class _Texts:
    """The texts of one file."""

    def __init__(self, file: SourceFile, folder: Folder) -> None:
        self.file = file  # kept, so that no other file is taken for it
        self.quiet = Strung(_quiet_texts(file), folder)
        """Those that no rule may find anything in, each with how to check it."""
        self.loud = Strung(loud_texts(file.rules), folder)


def _quiet_texts(file: SourceFile) -> Iterator[tuple[_Item, str]]:
    for entry in file.rules:
        if entry.source.status == "retired":
            continue
        for n, text in enumerate(entry.source.good):
            yield _of_rule(entry, "good", n, text), text
        asked = "\n".join(turn.text for turn in context_of(entry))
        for n, text in enumerate(entry.source.say):
            yield _of_rule(entry, "say", n, text), f"{asked}\n{text}"
    for reply in file.replies:
        for n, text in enumerate(reply.source.say):
            yield _of_reply(reply, n, text), text


def _of_rule(entry: RuleEntry, kind: str, n: int, text: str) -> _Item:
    def run(examples: ExampleRun, changed: Sequence[str]) -> None:
        if entry.source.id not in changed:  # a changed rule's own examples have all been run
            (examples.good if kind == "good" else examples.say)(entry, n, text)

    return run


def _of_reply(reply: ReplyEntry, n: int, text: str) -> _Item:
    return lambda examples, changed: examples.reply_text(reply, n, text)
