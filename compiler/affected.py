"""What a change of a rulebook can affect of what was proven before: whose examples may fail now, and in which texts something
may be found that was not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from compiler.assembly import Assembly
from compiler.coverage import Idle
from compiler.diagnostics import Diagnostic
from compiler.entries import GroupEntry, RuleEntry
from compiler.programs import Verb
from compiler.quiet import Texts
from compiler.source import Document
from compiler.stamps import Stamp
from compiler.touched import Waking, Written, regrouped, reworded

_EXAMPLES = ("bad", "known_bad", "good", "known_good", "say", "except_")
"""What of a rule is tried on it alone."""


class Warned(NamedTuple):
    """What of a rule is idle, and how that was reported."""

    document: Document
    idle: list[Idle]
    diagnostics: list[Diagnostic]


class Proven(NamedTuple):
    """The state of the last build without a faulty example."""

    stamps: dict[str, Stamp]
    shared: object
    warnings: dict[str, Warned]
    replies: frozenset[str]
    groups: dict[str, GroupEntry]


class Affected(NamedTuple):
    changed: list[str]
    """Rules that may find something else than before."""
    own: list[str]
    """Those of them whose own examples may fail, or leave something else idle."""
    wakings: list[Waking]
    """What tells the texts in which the changed rules may find something new."""
    idle: Mapping[str, list[Idle]] = {}
    """What is idle now of changed rules that are not among `own`, when that is not what was."""


def changed_since(last: Proven | None, stamps: Mapping[str, Stamp]) -> list[str]:
    def is_new(rule_id: str, stamp: Stamp) -> bool:
        known = last and last.stamps.get(rule_id)
        return known is None or not known.same(stamp)

    return [rule_id for rule_id, stamp in stamps.items() if is_new(rule_id, stamp)]


def by_groups(
    last: Proven,
    stamps: Mapping[str, Stamp],
    changed: list[str],
    groups: Mapping[str, GroupEntry],
    assembly: Assembly,
    texts: Texts,
) -> Affected | None:
    """When groups gained or lost phrases, and that is all that changed."""
    for rule_id in changed:
        before = last.stamps.get(rule_id)
        if before is None or not before._replace(uses=stamps[rule_id].uses).same(stamps[rule_id]):
            return None
    moved = regrouped(last.groups, groups) if changed else None
    if moved is None:
        return None
    waking = Waking(*assembly.atoms_of(moved))
    loud = {entry.source.id for entry in texts.loud(waking)}
    return Affected(changed, [rule_id for rule_id in changed if rule_id in loud], [waking])


def by_rules(
    last: Proven, stamps: Mapping[str, Stamp], changed: list[str], assembly: Assembly, texts: Texts
) -> Affected:
    """When rules changed."""
    whole: list[str] = []  # they may find new things anywhere they find anything
    phrases: list[Written] = []
    for rule_id in changed:
        before, after = last.stamps.get(rule_id), stamps[rule_id]
        few = _phrases(before, after) if before else None
        if few is None:
            whole.append(rule_id)
        else:
            phrases += few
    wakings = []
    own = set(whole)
    if whole:
        bundle, _, _ = assembly.part([stamps[rule_id].entry for rule_id in whole])
        roots = [rule.find if rule.find >= 0 else rule.asked for rule in bundle.rules]
        wakings.append(Waking(bundle.atoms, roots))
    if phrases:
        wakings.append(Waking(*assembly.atoms_of(phrases)))
        own |= {entry.source.id for entry in texts.loud(wakings[-1])}
    idle: dict[str, list[Idle]] = {}
    for rule_id in changed:
        if rule_id not in own:
            was, entry = last.stamps[rule_id].entry, stamps[rule_id].entry
            if _same_examples(was, entry) and rule_id in last.warnings:
                find = assembly.programs.rule(entry).get("find")
                idle[rule_id] = _idle(last.warnings[rule_id].idle, was, find)
            else:
                own.add(rule_id)
    return Affected(changed, [rule_id for rule_id in changed if rule_id in own], wakings, idle)


def _phrases(before: Stamp, after: Stamp) -> list[Written] | None:
    """A rule finds the same in all texts that hold none of these; None when that cannot be said."""
    if after.finds_the_same(before):
        return []
    return reworded(before.entry, after.entry) if before.only_reworded(after) else None


def _same_examples(before: RuleEntry, after: RuleEntry) -> bool:
    return all(getattr(before.source, name) == getattr(after.source, name) for name in _EXAMPLES)


def _idle(known: Sequence[Idle], before: RuleEntry, find: Verb | None) -> list[Idle]:
    """Of a rule whose examples hold none of the phrases that it gained or lost."""
    others = [idle for idle in known if idle.code != "RG407"]
    old = {phrase for idle in known if idle.code == "RG407" for phrase in idle.detail["phrases"]}
    origins = find.origins if find else []
    phrases = [text for text, found in origins if found and (text in old or text not in before.source.find)]
    return [Idle("RG407", ("find",), True, {"phrases": phrases}), *others] if phrases and before.source.bad else others
