"""Damaged and malicious automaton files: refused, or harmless. Never a read out of bounds, a hang or a crash.

A checksum finds accidents. Against malice it is worthless, because whoever forges a file forges that too; so most
tests here seal the changed file again and reach the checks behind. What such a file finds does not matter: hits must
only be hits, with known ids and spans inside the text, and the scan must end.
"""

from __future__ import annotations

import base64
import random
import struct
from collections.abc import Iterator
from typing import Any

import pytest

from compiler.automaton import MAX_LENGTH, AutomatonError, checksum, unpack
from compiler.packing import pack

PATTERNS = [
    *"加微信号码", "加微", "加微信", "加微信号", "微信号码是多少", "v信", "vx", "信用卡", "信用卡套现", "好评返现", "好评返利",
    "全网最低价", "abcabc", "aaaa", "a", "a" * 32,
]  # fmt: skip
TEXT = "亲,加微信号码是多少?信用卡套现vx" + "a" * 200 + "好评返利全网最低价加微信"
GOOD = pack(PATTERNS)


def seal(data: bytes) -> bytes:
    sums = checksum(data[12:]) if len(data) % 4 == 0 else (0, 0)
    return data[:4] + struct.pack("<2I", *sums) + data[12:]


def outcomes(engine: Any, files: list[bytes]) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Runs every file and checks that what came of it is harmless."""
    encoded = [base64.b64encode(data).decode() for data in files]
    answers = engine.call("tryBatch", encoded, TEXT)
    for data, answer in zip(files, answers, strict=True):
        if "refused" in answer:
            assert answer["refused"].startswith("automaton: ")
        else:
            patterns = struct.unpack_from("<I", data, 12)[0]
            for pattern, start, end in answer["hits"]:
                assert 0 <= pattern < patterns
                assert 0 <= start < end <= len(TEXT)
                assert end - start <= MAX_LENGTH
            assert answer["hits"] == sorted(answer["hits"], key=lambda hit: (hit[1], hit[2]))
        yield data, answer


def refused(data: bytes) -> bool:
    try:
        unpack(data)
    except AutomatonError:
        return True
    return False


def test_good_file_is_taken(engine: Any) -> None:
    [(_, answer)] = outcomes(engine, [GOOD])
    assert len(answer["hits"]) > 200


def test_every_truncation_is_refused(engine: Any) -> None:
    cut = [GOOD[:size] for size in range(len(GOOD))] + [GOOD + bytes(extra) for extra in range(1, 9)]
    for data, answer in outcomes(engine, cut):
        assert "refused" in answer
        assert refused(data)


def test_every_bit_flip_is_refused(engine: Any) -> None:
    flipped = []
    for bit in range(8 * len(GOOD)):
        data = bytearray(GOOD)
        data[bit // 8] ^= 1 << bit % 8
        flipped.append(bytes(data))
    for data, answer in outcomes(engine, flipped):
        assert "refused" in answer
        assert refused(data)


def test_every_bit_flip_with_a_forged_checksum_is_harmless(engine: Any) -> None:
    """Some make another sound automaton; whatever `unpack` takes, the browser must take too."""
    flipped = []
    for bit in range(8 * 12, 8 * len(GOOD)):
        data = bytearray(GOOD)
        data[bit // 8] ^= 1 << bit % 8
        flipped.append(seal(bytes(data)))
    taken = 0
    for data, answer in outcomes(engine, flipped):
        taken += "hits" in answer
        if not refused(data):
            assert "hits" in answer
    assert 0 < taken < len(flipped)


@pytest.mark.parametrize("field", range(3, 8))
@pytest.mark.parametrize(
    "value", [0, 1, 2, 31, 32, 33, 255, 256, 0xFFFF, 0x10000, 0x20000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF]
)
def test_forged_header(engine: Any, field: int, value: int) -> None:
    good = struct.unpack_from("<8I", GOOD)
    data = bytearray(GOOD)
    struct.pack_into("<I", data, 4 * field, value)
    [(_, answer)] = outcomes(engine, [seal(bytes(data))])
    if value != good[field]:
        assert "refused" in answer or field == 7, "no other count gives this size"
        assert refused(seal(bytes(data)))


def test_counts_that_cancel_out_are_refused(engine: Any) -> None:
    """Moves bytes from one table to the next, keeping the size of the file right."""
    forged = []
    for field, other, factor in [(4, 6, 1), (5, 4, 2), (5, 3, 4), (6, 3, 2)]:
        for step in (-3, -1, 1, 3, 7, 50):
            data = bytearray(GOOD)
            counts = list(struct.unpack_from("<8I", GOOD))
            if counts[field] + step < 0 or counts[other] - factor * step < 0:
                continue
            counts[field] += step
            counts[other] -= factor * step
            struct.pack_into("<8I", data, 0, *counts)
            forged.append(seal(bytes(data)))
    assert len(forged) > 12
    for data, _ in outcomes(engine, forged):
        assert refused(data)


def test_random_words_are_harmless(engine: Any) -> None:
    """Cells that lead into each other, in circles, past the end; tails of any length."""
    rng = random.Random(11)
    cells = struct.unpack_from("<I", GOOD, 20)[0]
    bits = GOOD[29]
    forged = []
    for _ in range(2_000):
        data = bytearray(GOOD)
        for _ in range(rng.randint(1, 40)):
            cell = rng.randrange(cells)
            kind = rng.random()
            old = struct.unpack_from("<i", data, 32 + 4 * cell)[0]
            if kind < 0.6:  # keep the label, lead elsewhere
                value = rng.choice([rng.randrange(2 * cells + 2), rng.randrange(-2 * len(PATTERNS) - 2, 0), 1 << 20])
                word = value << bits | old & ((1 << bits) - 1)
            elif kind < 0.9:  # another label
                word = old >> bits << bits | rng.randrange(1 << bits)
            else:
                word = rng.randrange(-(1 << 31), 1 << 31)
            struct.pack_into("<i", data, 32 + 4 * cell, (word + (1 << 31)) % (1 << 32) - (1 << 31))
        forged.append(seal(bytes(data)))
    results = [answer for _, answer in outcomes(engine, forged)]
    assert any("hits" in answer for answer in results)
    assert any("refused" in answer for answer in results)


def test_circle_ends(engine: Any) -> None:
    """A node that is its own child would run through the whole text from every position."""
    data = bytearray(pack(["aaaa", "aab"]))
    bits = data[29]
    cells = struct.unpack_from("<I", data, 20)[0]
    for cell in range(1, cells):
        word = struct.unpack_from("<i", data, 32 + 4 * cell)[0]
        if word != -1 and word & ((1 << bits) - 1) == 1:
            struct.pack_into("<i", data, 32 + 4 * cell, (cell - 1) << 1 << bits | 1)
    assert refused(seal(bytes(data)))
    [(_, answer)] = outcomes(engine, [seal(bytes(data))])
    assert "hits" in answer, "a circle through a cell of its own base is in range, and must end by itself"


def test_noise(engine: Any) -> None:
    rng = random.Random(5)
    noise = [rng.randbytes(rng.randrange(400)) for _ in range(300)]
    noise += [GOOD[:12] + rng.randbytes(len(GOOD) - 12) for _ in range(100)]
    noise += [GOOD[:32] + rng.randbytes(len(GOOD) - 32) for _ in range(300)]
    noise += [seal(data) for data in noise if len(data) >= 32]
    for data, _ in outcomes(engine, noise):
        assert refused(data)
