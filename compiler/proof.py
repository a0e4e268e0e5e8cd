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

from compiler import coverage
from compiler.affected import Affected, Proven, Warned, by_groups, by_rules, changed_since
from compiler.assembly import Assembly
from compiler.atoms import Numbers
from compiler.coverage import Idle
from compiler.entries import RuleEntry
from compiler.examples import ExampleRun, texts_of
from compiler.matcher.conversation import Conversation, Finding, Trap
from compiler.matcher.engine import Engine, Step
from compiler.matcher.fold import Folder
from compiler.programs import Verb
from compiler.quiet import Texts
from compiler.rulebook import Rulebook
from compiler.stamps import Stamp
from compiler.touched import searched


class Prover:
    """Of one channel."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._proven: Proven | None = None
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
        changed = changed_since(last, stamps)
        self._texts.update([*(stamp.entry for stamp in stamps.values()), *book.replies])
        warnings: dict[str, Warned] = {}
        said = frozenset(text for reply in book.replies for text in reply.source.say)
        if last is None or last.shared != assembly.shared:
            count = self._prove_all(book, stamps, assembly, engine(), warnings)
        else:
            affected = None
            if said <= last.replies:
                affected = by_groups(last, stamps, changed, book.groups, assembly, self._texts)
            if affected is None and 2 * len(changed) > len(stamps):
                count = self._prove_all(book, stamps, assembly, engine(), warnings)
            else:
                affected = affected or by_rules(last, stamps, changed, assembly, self._texts)
                count = self._prove_some(book, stamps, affected, assembly, last, warnings)
        if not any(d.severity == "error" for d in book.diagnostics[before:]):
            self._proven = Proven(stamps, assembly.shared, warnings, said, dict(book.groups))
        return count

    def _prove_all(
        self,
        book: Rulebook,
        stamps: dict[str, Stamp],
        assembly: Assembly,
        engine: Engine,
        warnings: dict[str, Warned],
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
        affected: Affected,
        assembly: Assembly,
        last: Proven,
        warnings: dict[str, Warned],
    ) -> int:
        """Run what is affected, and new replies."""
        changed, own, wakings, idle = affected
        for rule_id, kept in last.warnings.items():
            if rule_id not in own and rule_id in stamps:
                warnings[rule_id] = _warn(book, stamps[rule_id].entry, idle.get(rule_id, kept.idle), kept)
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


def _cover(
    book: Rulebook,
    engine: Engine,
    entries: Sequence[RuleEntry],
    verbs: dict[str, dict[str, Verb]],
    numbers: Numbers,
    warnings: dict[str, Warned],
) -> None:
    for entry in entries:
        if entry.source.id in verbs:
            idle = list(coverage.check(engine, entry, verbs[entry.source.id], numbers))
            warnings[entry.source.id] = _warn(book, entry, idle)


def _warn(book: Rulebook, entry: RuleEntry, idle: list[Idle], known: Warned | None = None) -> Warned:
    """Report what is idle; again as it was `known`, while the file is the same."""
    if known is not None and known.document is entry.document and known.idle == idle:
        book.diagnostics += known.diagnostics
        return known
    before = len(book.diagnostics)
    for code, at, key, detail in idle:
        book.fault(code, entry.document, (*entry.at, *at), key=key, **detail)
    found = book.diagnostics[before:]
    if known is not None and known.diagnostics == found:  # they stand where they stood: the same objects too
        book.diagnostics[before:] = found = known.diagnostics
    return Warned(entry.document, idle, found)
