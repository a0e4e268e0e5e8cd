"""The packed automaton: packer, both readers, and the Python scanner agree with each other and with plain search."""

from __future__ import annotations

import base64
import json
import struct
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from compiler.automaton import MAX_LENGTH, AutomatonError, Scanner, unpack
from compiler.packing import Packer, pack

VECTORS = json.loads((Path(__file__).parent / "vectors" / "matcher.json").read_text(encoding="utf-8"))

Hit = tuple[int, int, int]


def naive_scan(patterns: list[str], text: str) -> list[Hit]:
    hits = [
        (index, start, start + len(pattern))
        for index, pattern in enumerate(patterns)
        for start in range(len(text) - len(pattern) + 1)
        if text.startswith(pattern, start)
    ]
    return sorted(hits, key=lambda hit: (hit[1], hit[2], hit[0]))


def typescript_scan(engine: Any, patterns: list[str], texts: list[str]) -> list[list[Hit]]:
    automaton = base64.b64encode(pack(patterns)).decode()
    [results] = engine.call("scanBatch", [{"automaton": automaton, "texts": texts}])
    return [[(hit[0], hit[1], hit[2]) for hit in hits] for hits in results]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_vectors(vector: dict[str, Any], engine: Any) -> None:
    expected = [tuple(hit) for hit in vector["hits"]]
    patterns, text = vector["patterns"], vector["text"]
    assert unpack(pack(patterns)) == patterns
    assert naive_scan(patterns, text) == expected
    assert Scanner(patterns).scan(text) == expected
    assert typescript_scan(engine, patterns, [text]) == [expected]


# Few units make dense tries with many prefixes and overlaps; the last ones sit at edges of the code space.
dense = st.text(st.sampled_from("abc"), min_size=1, max_size=8)
chinese = st.text(st.sampled_from("加微信号码个薇我你的"), min_size=1, max_size=6)
edges = st.text(st.sampled_from("\x00\x01 \ud7ff\ue000\ue001\ue010\uffff"), min_size=1, max_size=4)
anything = st.text(st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), min_size=1, max_size=MAX_LENGTH)
long = st.builds(lambda unit, length: unit * length, st.sampled_from("ab"), st.integers(1, MAX_LENGTH))
pattern_lists = st.one_of(
    *(st.lists(kind, max_size=40, unique=True) for kind in (dense, chinese, edges, anything, long)),
    st.lists(dense | chinese | edges | anything | long, max_size=60, unique=True),
)


@st.composite
def patterns_and_texts(draw: st.DrawFn) -> tuple[list[str], list[str]]:
    """Texts made of the patterns, pieces of them, and anything, so that matches and near misses are frequent."""
    patterns = draw(pattern_lists)
    pieces = st.text("abc加微信号码", max_size=4) | st.text(st.characters(max_codepoint=0x1FFFF), max_size=4)
    if patterns:
        whole = st.sampled_from(patterns)
        pieces = whole | st.builds(lambda text, end: text[:end], whole, st.integers(0, MAX_LENGTH)) | pieces
    texts = draw(st.lists(st.lists(pieces, max_size=12).map("".join), max_size=4))
    return patterns, texts


@given(patterns_and_texts())
@example((["a"], ["", "a", "aa"]))
@example(([], ["a"]))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_scanner_equals_plain_search(case: tuple[list[str], list[str]]) -> None:
    patterns, texts = case
    scanner = Scanner(patterns)
    assert unpack(pack(patterns)) == patterns
    for text in texts:
        assert scanner.scan(text) == naive_scan(patterns, text)


@given(patterns_and_texts())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_typescript_reader_equals_scanner(engine: Any, case: tuple[list[str], list[str]]) -> None:
    patterns, texts = case
    texts = [text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace") for text in texts]
    texts = ["".join(unit if unit <= "\uffff" else "\ue000" for unit in text) for text in texts]
    scanner = Scanner(patterns)
    assert typescript_scan(engine, patterns, texts) == [scanner.scan(text) for text in texts]


@given(patterns_and_texts(), st.data())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_patterns_that_are_added_to_a_table(
    engine: Any, case: tuple[list[str], list[str]], data: st.DataObject
) -> None:
    """As a compiler does that goes on: one after the other, into the cells that are there."""
    patterns, texts = case
    packer, packed = Packer(), b""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr("compiler.packing._MANY", 1_000)
        ends = data.draw(st.lists(st.integers(0, len(patterns)), max_size=4))
        for end in sorted([*ends, len(patterns)]):
            packed = packer.pack(patterns[:end])
            assert unpack(packed) == patterns[:end]
    texts = [text for text in texts if not any("\ud7ff" < unit < "\ue000" or unit > "\uffff" for unit in text)]
    automaton = base64.b64encode(packed).decode()
    [results] = engine.call("scanBatch", [{"automaton": automaton, "texts": texts}])
    assert [[tuple(hit) for hit in hits] for hits in results] == [naive_scan(patterns, text) for text in texts]


@pytest.mark.parametrize("classes", [16_380, 32_000])
def test_a_table_that_gets_too_small_is_packed_anew(classes: int) -> None:
    """Once the classes need a bit more, once there are more patterns than its words can name."""
    units = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000][: classes + 800]
    patterns = units[:classes]
    packer = Packer()
    before = packer.pack(patterns)
    patterns += [a + b for a, b in pairwise(units[classes - 1 :])]
    after = packer.pack(patterns)
    assert unpack(after) == patterns
    assert before[28:32] != after[28:32]


@pytest.mark.parametrize("added", ["微信", "微信号", "码", ""])
def test_what_cannot_be_added_is_refused_and_forgotten(added: str) -> None:
    patterns = ["微信", "微信号码", *map(chr, range(0x4E00, 0x4F00)), "微信号", "码"]
    packer = Packer()
    packer.pack(patterns)
    with pytest.raises(AutomatonError):
        packer.pack([*patterns, added])
    assert unpack(packer.pack(patterns)) == patterns


@pytest.fixture(scope="module")
def wide_case() -> tuple[list[str], bytes]:
    """So many classes and cells that a label and a value fit no single word together."""
    units = [chr(code) for code in range(0x10000) if not 0xD800 <= code < 0xE000][:17_000]
    patterns = units + [a + b for a, b in pairwise(units)]
    return patterns, pack(patterns)


def test_wide_cells(engine: Any, wide_case: tuple[list[str], bytes]) -> None:
    patterns, data = wide_case
    assert data[30] == 1
    text = "".join(patterns[100:400]) + "".join(patterns[16_900:17_000])
    [[hits]] = engine.call("scanBatch", [{"automaton": base64.b64encode(data).decode(), "texts": [text]}])
    assert [tuple(hit) for hit in hits] == Scanner(patterns).scan(text)


def test_wide_cells_unpack(wide_case: tuple[list[str], bytes]) -> None:
    patterns, data = wide_case
    assert unpack(data) == patterns


def test_patterns_are_added_to_wide_cells(wide_case: tuple[list[str], bytes]) -> None:
    patterns, data = wide_case
    packer = Packer()
    assert packer.pack(patterns) == data
    more = [*patterns, *("".join(pair) * 3 for pair in pairwise(patterns[300:330]))]
    added = packer.pack(more)
    assert unpack(added) == more
    assert added[30] == 1


def test_cells_are_not_wide_for_what_is_left_empty() -> None:
    """58,000 edges of 65,536 that single words can hold, of many classes: nodes may not be so far apart that all become wide."""
    units = [chr(code) for code in range(0x4E00, 0x4E00 + 8_300)]
    patterns = [units[n % 8_300] + units[(n * 7 + n // 8_300) % 8_300] for n in range(49_800)]
    data = pack(patterns)
    assert data[29:31] == bytes([14, 0])
    assert unpack(data) == patterns


@pytest.mark.parametrize(
    ("patterns", "message"),
    [
        (["加微", ""], "Pattern 1 is empty."),
        (["x" * 33], "longer than 32 units"),
        (["a", "b", "a"], "Pattern 2 ('a') is the same as pattern 0."),
        (["a😀"], "outside the BMP"),
        (["\ud83d"], "outside the BMP"),
    ],
)
def test_pack_refuses(patterns: list[str], message: str) -> None:
    with pytest.raises(AutomatonError) as raised:
        pack(patterns)
    assert message in str(raised.value)


def test_packing_is_reproducible() -> None:
    patterns = ["加微信", "加我微信", "微信号", "vx", "加"]
    assert pack(patterns) == pack(list(patterns))


def test_example_of_the_essay() -> None:
    data = pack(["微信", "微信号码", "微博"])
    assert data[:4] == b"RGA1"
    header, bits = 32, 3
    cells = struct.unpack_from("<9i", data, header)
    values = {cell: (word & 7, word >> bits) for cell, word in enumerate(cells) if word != -1}
    assert values == {2: (1, 5 << 1 | 1), 3: (2, ~(2 << 1)), 4: (4, 1 << 1), 5: (0, ~(0 << 1)), 8: (3, ~(1 << 1 | 1))}
    assert data[header + 4 * 9 :] == "信博号微码".encode("utf-16-le") + bytes([0, 1, 0]) + bytes(3)
