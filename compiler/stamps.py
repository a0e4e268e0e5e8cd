"""What a rule's findings depend on, so that two states of a rule can be compared."""

from __future__ import annotations

from typing import NamedTuple

from compiler.entries import RuleEntry
from compiler.handles import VERBS

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
            a is b or all(getattr(a.source, name) == getattr(b.source, name) for name in VERBS)
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
