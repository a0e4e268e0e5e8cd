"""`Near`: of hits without number only those near a place are looked at, and none is missed."""

from __future__ import annotations

from random import Random

from compiler.matcher.near import FEW, Near
from compiler.matcher.scan import Hit


def hits(random: Random, count: int, longest: int) -> list[Hit]:
    starts = (random.randrange(4 * count) for _ in range(count))
    return sorted((start, start + random.randint(1, longest), ()) for start in starts)


def test_what_touches_a_place_is_looked_at() -> None:
    random = Random(3)
    for count in (0, 1, FEW, FEW + 1, 200):
        all_hits = hits(random, count, 9)
        near = Near(all_hits)
        for start in range(-2, 4 * count + 12):
            end = start + random.randint(0, 6)
            touching = [hit for hit in all_hits if hit[0] <= end and start <= hit[1]]
            assert [hit for hit in near.touching(start, end) if hit[0] <= end and start <= hit[1]] == touching
            covers = [hit for hit in all_hits if hit[0] <= start and end <= hit[1]]
            assert near.covering((start, end, ())) == (covers[0] if covers else None)


def test_of_many_hits_few_are_looked_at() -> None:
    near = Near([(start, start + 3, ()) for start in range(100_000)])
    assert len(near.touching(50_000, 50_003)) < 10
