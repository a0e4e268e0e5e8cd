"""Proves a compiled rulebook by its examples, and after a change only by those that the change can affect.

A finding depends on one rule and one text. So when only some rules changed since the last good build:
their own examples run against them and, those that must stay quiet and are new, against all others too; of all other
texts that must stay quiet only those are looked at that contain something a changed rule wakes up for. The texts are known
beforehand, so the engine that runs them is made of what may occur in them alone, not of ten thousands of phrases.

A rule that is gone finds nothing any more, so nothing but texts known to be found wrongly (`known_good`) can miss it.

When nothing changed but the phrases of groups, on which nearly all rules may depend, it is the other way round: only texts
that hold one of the phrases gained or lost are checked again, with the rules that use the groups.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple

from compiler import coverage
from compiler.assembly import Assembly
from compiler.atoms import Numbers
from compiler.coverage import Idle
from compiler.diagnostics import Diagnostic
from compiler.entries import GroupEntry, RuleEntry
from compiler.examples import ExampleRun, texts_of
from compiler.matcher.conversation import Conversation, Finding, Trap
from compiler.matcher.engine import Engine, Step
from compiler.matcher.fold import Folder
from compiler.programs import Verb
from compiler.quiet import Texts
from compiler.rulebook import Rulebook
from compiler.source import Document
from compiler.stamps import Stamp
from compiler.touched import Waking, Written, regrouped, reworded, searched


class _Warned(NamedTuple):
    """What of a rule is idle, and how that was reported."""

    document: Document
    idle: list[Idle]
    diagnostics: list[Diagnostic]


class _Proven(NamedTuple):
    """The state of the last build without a faulty example."""

    stamps: dict[str, Stamp]
    shared: object
    warnings: dict[str, _Warned]
    replies: frozenset[str]
    groups: dict[str, GroupEntry]


class Prover:
    """Of one channel."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._proven: _Proven | None = None
        self._texts = Texts(folder)

    def prove(
        self,
        book: Rulebook,
        stamps: dict[str, Stamp],
        assembly: Assembly,
        engine: Callable[[], Engine],
    ) -> int:
        """Report every wrong example of the rules in `stamps` to the book; the number of checks made.

        `engine` gives the engine of the whole bundle, which is only made when it is needed.
        """
        before = len(book.diagnostics)
        last = self._proven
        changed = [
            rule_id for rule_id, stamp in stamps.items() if last is None or not self._is_known(last, rule_id, stamp)
        ]
        self._texts.update([*(stamp.entry for stamp in stamps.values()), *book.replies])
        warnings: dict[str, _Warned] = {}
        said = frozenset(text for reply in book.replies for text in reply.source.say)
        if last is None or last.shared != assembly.shared:
            count = self._prove_all(book, stamps, assembly, engine(), warnings)
        elif (moved := _only_regrouped(book, stamps, changed, last, said)) is not None:
            waking = Waking(*assembly.atoms_of(moved))
            loud = {entry.source.id for entry in self._texts.loud(waking)}
            own = [rule_id for rule_id in changed if rule_id in loud]
            count = self._prove_some(book, stamps, changed, own, [waking], assembly, last, warnings)
        elif 2 * len(changed) > len(stamps):
            count = self._prove_all(book, stamps, assembly, engine(), warnings)
        else:
            wakings = self._wakings(stamps, changed, assembly, last)
            count = self._prove_some(book, stamps, changed, changed, wakings, assembly, last, warnings)
        if not any(d.severity == "error" for d in book.diagnostics[before:]):
            self._proven = _Proven(stamps, assembly.shared, warnings, said, dict(book.groups))
        return count

    @staticmethod
    def _is_known(last: _Proven, rule_id: str, stamp: Stamp) -> bool:
        known = last.stamps.get(rule_id)
        return known is not None and known.same(stamp)

    def _prove_all(
        self,
        book: Rulebook,
        stamps: dict[str, Stamp],
        assembly: Assembly,
        engine: Engine,
        warnings: dict[str, _Warned],
    ) -> int:
        entries = [stamp.entry for stamp in stamps.values()]
        run = ExampleRun(book, engine)
        for entry in entries:
            run.rule(entry)
        for reply in book.replies:
            run.reply(reply)
        verbs, numbers = assembly.verbs(entries)
        _cover(book, engine, entries, verbs, numbers, warnings)
        return run.count

    def _prove_some(
        self,
        book: Rulebook,
        stamps: dict[str, Stamp],
        changed: list[str],
        own: list[str],
        wakings: Sequence[Waking],
        assembly: Assembly,
        last: _Proven,
        warnings: dict[str, _Warned],
    ) -> int:
        """Run the examples of the rules `own`, new replies, and the texts that `wakings` tell, in which the rules `changed`
        may find something new."""
        for rule_id, kept in last.warnings.items():
            if rule_id not in own and rule_id in stamps:
                warnings[rule_id] = _warn(book, stamps[rule_id].entry, kept.idle, kept)
        entries = [stamps[rule_id].entry for rule_id in own]
        replies = [
            (reply, n) for reply in book.replies for n, text in enumerate(reply.source.say) if text not in last.replies
        ]
        items = {
            item: None
            for waking in wakings
            for item in self._texts.quiet(waking)
            if item.rule not in own  # its examples are all run
        }
        gone = not last.stamps.keys() <= stamps.keys()
        missing = [s.entry for n, s in stamps.items() if gone and n not in own and s.entry.source.known_good]
        if not (entries or replies or items or missing):
            return 0
        said = [text for entry in (*entries, *missing) for text in texts_of(entry)]
        said += [reply.source.say[n] for reply, n in replies]
        said += [text for item in items for text in item.texts]
        texts = [part for text in said for part in searched(text, self._folder)]
        bundle, verbs, numbers = assembly.part([stamps[rule_id].entry for rule_id in changed], texts)
        fresh = Engine(bundle, self._folder)

        @cache
        def rest() -> Engine:
            others = [stamp.entry for rule_id, stamp in stamps.items() if rule_id not in changed]
            return Engine(assembly.part(others, texts)[0], self._folder)

        run = ExampleRun(book, _Both(fresh, rest))
        alone = ExampleRun(book, fresh)
        for entry in entries:
            before = last.stamps.get(entry.source.id)
            run.rule(entry, alone, before and before.entry)
        for entry in missing:
            run.known_good(entry)
        for reply, n in replies:
            run.reply_text(reply, n, reply.source.say[n])
        _cover(book, fresh, entries, verbs, numbers, warnings)
        for item in items:
            item.run(alone)
        return run.count + alone.count

    @staticmethod
    def _wakings(stamps: dict[str, Stamp], changed: Sequence[str], assembly: Assembly, last: _Proven) -> list[Waking]:
        """What tells the texts in which the rules `changed` may find something that they did not."""
        whole: list[RuleEntry] = []  # rules that may find new things anywhere they find anything
        phrases: list[Written] = []
        for rule_id in changed:
            before, after = last.stamps.get(rule_id), stamps[rule_id]
            if before and after.finds_the_same(before):
                continue
            few = reworded(before.entry, after.entry) if before and before.only_reworded(after) else None
            if few is None:
                whole.append(after.entry)
            else:
                phrases += few
        wakings = []
        if whole:
            bundle, _, _ = assembly.part(whole)
            roots = [rule.find if rule.find >= 0 else rule.asked for rule in bundle.rules]
            wakings.append(Waking(bundle.atoms, roots))
        if phrases:
            wakings.append(Waking(*assembly.atoms_of(phrases)))
        return wakings


class _Both:
    """The changed rules by one engine, all others by another, which is only made when it is needed."""

    def __init__(self, fresh: Engine, rest: Callable[[], Engine]) -> None:
        self._fresh, self._rest = fresh, rest

    def check(self, conversation: Conversation) -> list[Finding]:
        return [*self._fresh.check(conversation), *self._rest().check(conversation)]

    def traps(self, conversation: Conversation) -> list[Trap]:
        return self._fresh.traps(conversation)

    def trace(self, conversation: Conversation) -> list[Step]:
        return self._fresh.trace(conversation)


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
    """Report what is idle; again as it was `known`, while the file is the same."""
    if known is not None and known.document is entry.document:
        book.diagnostics += known.diagnostics
        return known
    before = len(book.diagnostics)
    for code, at, key, detail in idle:
        book.fault(code, entry.document, (*entry.at, *at), key=key, **detail)
    return _Warned(entry.document, idle, book.diagnostics[before:])
