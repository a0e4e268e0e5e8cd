"""The Python engines of the comparison, each as a function that scans a text."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from typing import Any, NamedTuple

import ahocorasick
import ahocorasick_rs
import flashtext
import hyperscan

from compiler.automaton import Scanner

Hit = tuple[int, int, int]


class Engine(NamedTuple):
    name: str
    weaker: str | None
    run: Callable[[str], Any]
    hits: Callable[[str], list[Hit]] | None


def scanner(patterns: list[str]) -> Engine:
    ours = Scanner(patterns)
    return Engine("compiler.automaton.Scanner", None, ours.scan, ours.scan)


def pyahocorasick(patterns: list[str]) -> Engine:
    automaton = ahocorasick.Automaton()
    for index, pattern in enumerate(patterns):
        automaton.add_word(pattern, index)
    automaton.make_automaton()

    def hits(text: str) -> list[Hit]:
        return [(index, last + 1 - len(patterns[index]), last + 1) for last, index in automaton.iter(text)]

    return Engine("pyahocorasick", None, lambda text: list(automaton.iter(text)), hits)


def rust(patterns: list[str]) -> Engine:
    automaton = ahocorasick_rs.AhoCorasick(patterns, implementation=ahocorasick_rs.Implementation.DFA)

    def run(text: str) -> list[Hit]:
        found: list[Hit] = automaton.find_matches_as_indexes(text, overlapping=True)
        return found

    return Engine("ahocorasick_rs (DFA)", None, run, run)


def intel(patterns: list[str]) -> Engine:
    database = hyperscan.Database()
    database.compile([pattern.encode() for pattern in patterns], ids=list(range(len(patterns))), literal=True)

    def run(text: str) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = []
        database.scan(text.encode(), lambda index, start, end, flags, context: found.append((index, end)))
        return found

    def hits(text: str) -> list[Hit]:
        sizes = accumulate((len(unit.encode()) for unit in text), initial=0)
        unit_at = {at: unit for unit, at in enumerate(sizes)}
        return [(index, unit_at[end] - len(patterns[index]), unit_at[end]) for index, end in run(text)]

    return Engine("hyperscan (with encoding)", None, run, hits)


def flash(patterns: list[str]) -> Engine:
    processor = flashtext.KeywordProcessor(case_sensitive=True)
    processor.non_word_boundaries = set()
    for pattern in patterns:
        processor.add_keyword(pattern)
    return Engine("flashtext", "no overlaps, the longest at each place", processor.extract_keywords, None)


PREPARE = (scanner, pyahocorasick, rust, intel, flash)
