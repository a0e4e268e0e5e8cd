"""The Python engine's scanner against the oracle: pyahocorasick finds the same places."""

from __future__ import annotations

from random import Random

import pytest

from compiler.automaton import Scanner
from compiler.matcher.scan import LiteralScanner

UNITS = "加微信好不v1a ❤\ue000"


def _text(random: Random, longest: int) -> str:
    return "".join(random.choices(UNITS, k=random.randint(1, longest)))


@pytest.mark.parametrize("seed", range(20))
def test_finds_what_pyahocorasick_finds(seed: int) -> None:
    random = Random(seed)
    literals = sorted({_text(random, 4) for _ in range(random.randint(1, 200))})
    scanner, oracle = LiteralScanner(literals, ()), Scanner(literals)
    for _ in range(50):
        text = _text(random, 60)
        assert sorted(scanner.look(text).written) == sorted(oracle.scan(text))


def test_finds_nothing_without_literals() -> None:
    assert LiteralScanner((), ()).look("加微信").written == []
