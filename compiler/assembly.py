"""Lowered rules → a bundle: the atoms that they reach, numbered, with the texts that people read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from compiler import bundle, overlay, schema, sounds
from compiler.atoms import NONE, Numbers
from compiler.atoms_in_texts import within
from compiler.bundle import Atoms, Negation
from compiler.bundle_file import BundleFile, Keep, made_anew
from compiler.classifier import load_classifier
from compiler.entries import ReplyEntry, RuleEntry, fact
from compiler.handles import CUES
from compiler.lowering import Phrase
from compiler.programs import Programs, Verb
from compiler.rulebook import Rulebook
from compiler.sets_in_file import Sets
from compiler.touched import Written

GENERAL = "general"
"""The category of a shop that names none."""

_NO_ATOMS = Atoms([], [], [], Sets.of([]))
"""Of a bundle whose atoms are written by themselves."""


class _Chosen(NamedTuple):
    """What a bundle is made of."""

    rules: list[tuple[RuleEntry, dict[str, Verb], int]]
    """Each with the number of its negation, -1 for none."""
    negations: list[bundle.Negation]
    replies: list[tuple[ReplyEntry, int]]

    @property
    def verbs(self) -> dict[str, dict[str, Verb]]:
        return {entry.source.id: verbs for entry, verbs, _ in self.rules}


class Assembly:
    """One state of a rulebook for one channel, from which bundles of all or of some rules are made."""

    def __init__(
        self,
        book: Rulebook,
        shop: overlay.Overlay,
        programs: Programs,
        channel: schema.ChannelSource,
        folding: bundle.Folding,
    ) -> None:
        self.programs = programs
        self._book, self._shop, self._channel, self._folding = book, shop, channel, folding
        self._fillers = programs.literals(book.fillers)
        self._allow = NONE
        if shop.source is not None and shop.document is not None and shop.source.allow:
            texts = [item.text for item in shop.source.allow]
            self._allow = programs.verb(shop.document, ("allow",), texts).handle
        self._general = programs.negation(book.negations)
        self._own: dict[int, bundle.Negation] = {}
        """By the identity of a file's negation: the rulebook's cues with that file's."""
        own = shop.source
        self._facts = {n: fact(value) for n, value in {**channel.facts, **(own.facts if own else {})}.items()}
        self._categories = (*channel.categories, *(own.categories if own else ())) or (GENERAL,)

    @property
    def shared(self) -> object:
        """Equal for two states in which everything that all rules depend on is the same."""
        channel = self._channel.platform, self._categories, self._facts
        return self._fillers, self._allow, self._general, self._folding, channel

    def release(self, entries: Sequence[RuleEntry], file: BundleFile) -> bytes:
        """The bundle of these rules (retired ones left out), written to `file`."""
        chosen = self._choose(entries)
        return file.write(self._bundle(chosen, _NO_ATOMS, lambda handle: handle, file.keep), self._roots(chosen))

    def verbs(self, entries: Sequence[RuleEntry]) -> tuple[dict[str, dict[str, Verb]], Numbers]:
        """The verbs of these rules by id, and what numbers their handles as the engine of the release has them."""
        chosen = self._choose(entries, part=True)
        return chosen.verbs, self.programs.lowering.atoms.numbers()

    def part(
        self, entries: Sequence[RuleEntry], texts: Sequence[str] | None = None
    ) -> tuple[bundle.Bundle, dict[str, dict[str, Verb]], Numbers]:
        """A bundle for trying these rules: without the replies, and with `texts`, folded ones, for these alone. With it the
        verbs of the rules by id, and what numbers the verbs' handles."""
        chosen = self._choose(entries, part=True)
        roots, table = self._roots(chosen), self.programs.lowering.atoms
        atoms, numbers = table.finish(roots) if texts is None else within(table, roots, texts)
        return self._bundle(chosen, atoms, numbers.of), chosen.verbs, numbers

    def _choose(self, entries: Sequence[RuleEntry], *, part: bool = False) -> _Chosen:
        programs, book = self.programs, self._book
        negations: list[bundle.Negation] = []
        index: dict[int, int] = {}
        rules: list[tuple[RuleEntry, dict[str, Verb], int]] = []
        for rule in entries:
            if rule.source.status == "retired":
                continue
            which = -1
            if rule.negated:
                key = id(rule.negation[1]) if rule.negation else 0
                if key not in index:
                    index[key] = len(negations)
                    negations.append(self._negation(rule))
                which = index[key]
            rules.append((rule, programs.rule(rule), which))
        replies = [] if part else [(reply, programs.asked(reply)) for reply in book.replies]
        return _Chosen(rules, negations, replies)

    def _roots(self, chosen: _Chosen) -> list[int]:
        roots = [verb.handle for _, verbs, _ in chosen.rules for verb in verbs.values()]
        roots += [getattr(negation, cue) for negation in chosen.negations for cue in CUES]
        roots += [ask for _, ask in chosen.replies]
        return [*roots, self._fillers, self._allow]

    def _bundle(self, chosen: _Chosen, atoms: Atoms, of: Callable[[int], int], keep: Keep = made_anew) -> bundle.Bundle:
        """`of` gives the number of a handle."""
        book, channel = self._book, self._channel
        topics = {topic: n for n, topic in enumerate(book.topics)}
        return bundle.Bundle(
            format=bundle.FORMAT,
            name=book.name,
            channel=channel.id,
            folding=keep("folding", self._folding, lambda: self._folding),
            atoms=atoms,
            fillers=of(self._fillers),
            allow=of(self._allow),
            negations=[
                bundle.Negation(**{cue: of(getattr(n, cue)) for cue in CUES}, reach=n.reach) for n in chosen.negations
            ],
            topics=[bundle.Topic(id=topic, title=title) for topic, title in book.topics.items()],
            rules=[
                keep(f"rule {rule[0].source.id}", (*rule, topics[rule[0].topic]), partial(_rule, *rule, topics, of))
                for rule in chosen.rules
            ],
            replies=[
                keep(f"reply {n}", (entry, ask, topics[entry.topic]), partial(_reply, entry, n, of(ask), topics))
                for n, (entry, ask) in enumerate(chosen.replies)
            ],
            sites=book.sites,
            platform=channel.platform,
            categories=self._categories,
            facts=self._facts,
            classifier=load_classifier()
            if any(e.likely or e.source.likely_topic for e, _, _ in chosen.rules)
            else None,
        )

    def atoms_of(self, phrases: Sequence[Written]) -> tuple[Atoms, list[int]]:
        """Phrases as a table of atoms, and which of these they are."""
        lowering = self.programs.lowering
        handles = [lowering.atom(Phrase(p.document, p.at, p.text), p.spaced) for p in phrases]
        atoms, numbers = lowering.atoms.finish(handles)
        return atoms, [numbers.of(handle) for handle in handles]

    def _negation(self, rule: RuleEntry) -> Negation:
        if rule.negation is None:
            return self._general
        key = id(rule.negation[1])
        if key not in self._own:
            self._own[key] = self.programs.negation([*self._book.negations, rule.negation])
        return self._own[key]


def _rule(
    entry: RuleEntry, verbs: dict[str, Verb], negation: int, topics: dict[str, int], of: Callable[[int], int]
) -> bundle.Rule:
    source = entry.source

    def atom(name: str) -> int:
        return of(verbs[name].handle) if name in verbs else NONE

    follow = source.follow_up
    return bundle.Rule(
        id=source.id,
        topic=topics[entry.topic],
        title=source.title,
        level=entry.level,
        why=source.why,
        say=tuple(source.say),
        source=entry.cited,
        penalty=entry.penalty,
        platforms=entry.platforms,
        categories=entry.categories,
        given=entry.given,
        asked=atom("asked"),
        unless_asked=atom("unless_asked"),
        find=atom("find"),
        near=atom("near"),
        not_near=atom("not_near"),
        except_=atom("except"),
        unless=atom("unless"),
        turns=entry.turns,
        negation=negation,
        unless_quoted=source.unless_quoted,
        across=source.across,
        since=source.since,
        until=source.until,
        draft=source.status == "draft",
        follow_up=bundle.FollowUp(do=follow.do, within=follow.within) if follow else None,
        likely=entry.likely,
        likely_topic=source.likely_topic,
    )


def _reply(entry: ReplyEntry, n: int, ask: int, topics: dict[str, int]) -> bundle.Reply:
    source = entry.source
    return bundle.Reply(
        id=source.id or f"{entry.topic}.{n}",
        topic=topics[entry.topic],
        title=source.title,
        say=tuple(source.say),
        ask=ask,
        initials=sounds.initials(source.title),
    )
