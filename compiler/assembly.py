"""Lowered rules → a bundle: the atoms that they reach, numbered, with the texts that people read."""

from __future__ import annotations

from collections.abc import Sequence

from compiler import bundle, overlay, schema, sounds
from compiler.atoms import NONE, Numbers
from compiler.bundle import Atoms, Negation
from compiler.classifier import load_classifier
from compiler.programs import Lowering, Phrase, Verb
from compiler.rulebook import ReplyEntry, Rulebook, RuleEntry
from compiler.touched import Written

_CUES = ("before", "after", "pseudo", "double", "stop")


class Assembly:
    """One state of a rulebook for one channel, from which bundles of all or of some rules are made."""

    def __init__(
        self,
        book: Rulebook,
        shop: overlay.Overlay,
        lowering: Lowering,
        channel: schema.ChannelSource,
        folding: bundle.Folding,
    ) -> None:
        self.lowering = lowering
        self._book, self._shop, self._channel, self._folding = book, shop, channel, folding
        self._fillers = lowering.literals(book.fillers)
        self._allow = NONE
        if shop.source is not None and shop.document is not None and shop.source.allow:
            texts = [item.text for item in shop.source.allow]
            self._allow = lowering.verb(shop.document, ("allow",), texts).handle
        self._general = lowering.negation(book.negations)
        self._own: dict[int, bundle.Negation] = {}
        """By the identity of a file's negation: the rulebook's cues with that file's."""
        self._facts = {**channel.facts, **(shop.source.facts if shop.source else {})}

    @property
    def shared(self) -> object:
        """Equal for two states in which everything that all rules depend on is the same."""
        return self._fillers, self._allow, self._general, self._folding, self._channel.platform, self._facts

    def bundle(
        self, entries: Sequence[RuleEntry], *, part: bool = False, texts: Sequence[str] | None = None
    ) -> tuple[bundle.Bundle, dict[str, dict[str, Verb]], Numbers]:
        """The bundle of these rules (retired ones left out), their verbs by id, and what numbers the verbs' handles.

        A `part` is for trying some rules: it goes without the replies. With `texts`, folded ones, it is for these alone.
        """
        lowering, book, shop, channel = self.lowering, self._book, self._shop, self._channel
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
            rules.append((rule, lowering.rule(rule), which))
        replies = [] if part else [(reply, lowering.asked(reply)) for reply in book.replies]
        roots = [verb.handle for _, verbs, _ in rules for verb in verbs.values()]
        roots += [getattr(negation, cue) for negation in negations for cue in _CUES]
        roots += [ask for _, ask in replies]
        roots += [self._fillers, self._allow]
        if texts is None:
            atoms, numbers = lowering.atoms.finish(roots, keep=not part)
        else:
            atoms, numbers = lowering.atoms.within(roots, texts)
        topics = {topic: n for n, topic in enumerate(book.topics)}
        compiled = bundle.Bundle(
            format=bundle.FORMAT,
            name=book.name,
            channel=channel.id,
            folding=self._folding,
            atoms=atoms,
            fillers=numbers.of(self._fillers),
            allow=numbers.of(self._allow),
            negations=[
                bundle.Negation(**{cue: numbers.of(getattr(n, cue)) for cue in _CUES}, reach=n.reach) for n in negations
            ],
            topics=[bundle.Topic(id=topic, title=title) for topic, title in book.topics.items()],
            rules=[_rule(entry, verbs, which, topics, numbers) for entry, verbs, which in rules],
            replies=[_reply(entry, n, numbers.of(ask), topics) for n, (entry, ask) in enumerate(replies)],
            sites=book.sites,
            platform=channel.platform,
            categories=(*channel.categories, *(shop.source.categories if shop.source else ())),
            facts=self._facts,
            classifier=load_classifier() if any(e.likely or e.source.likely_topic for e, _, _ in rules) else None,
        )
        return compiled, {entry.source.id: verbs for entry, verbs, _ in rules}, numbers

    def atoms_of(self, phrases: Sequence[Written]) -> tuple[Atoms, list[int]]:
        """Phrases as a table of atoms, and which of these they are."""
        handles = [self.lowering.atom(Phrase(p.document, p.at, p.text), p.spaced) for p in phrases]
        atoms, numbers = self.lowering.atoms.finish(handles)
        return atoms, [numbers.of(handle) for handle in handles]

    def _negation(self, rule: RuleEntry) -> Negation:
        if rule.negation is None:
            return self._general
        key = id(rule.negation[1])
        if key not in self._own:
            self._own[key] = self.lowering.negation([*self._book.negations, rule.negation])
        return self._own[key]


def _rule(
    entry: RuleEntry, verbs: dict[str, Verb], negation: int, topics: dict[str, int], numbers: Numbers
) -> bundle.Rule:
    source = entry.source
    final = numbers.final

    def atom(name: str) -> int:
        return final[verbs[name].handle] if name in verbs else NONE

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
