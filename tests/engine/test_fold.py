"""fold: vectors, properties, and the two engines against each other on Unicode-heavy text."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from compiler.bundle import Folding
from compiler.folding import bundle_folding, load_table
from compiler.matcher.fold import LETTER, SYMBOL, Folded, Folder

VECTORS = json.loads((Path(__file__).parent / "vectors" / "fold.json").read_text(encoding="utf-8"))
FOLDING = bundle_folding(VECTORS["astral"])
FOLDER = Folder(FOLDING)

Spans = list[tuple[int, int]]


def as_units(text: str) -> list[int]:
    data = text.encode("utf-16-le", "surrogatepass")
    return [int.from_bytes(data[i : i + 2], "little") for i in range(0, len(data), 2)]


def as_browser_text(text: str) -> str:
    """The same text with neighbouring lone surrogates joined, as a JavaScript string cannot keep them apart."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


def spans_of(folded: Folded) -> Spans:
    return [folded.span(i, i + 1) for i in range(len(folded.text))]


def in_utf16(text: str, spans: Spans) -> Spans:
    offsets = [0]
    for char in text:
        offsets.append(offsets[-1] + (2 if char > "\uffff" else 1))
    return [(offsets[start], offsets[end]) for start, end in spans]


def python_answer(folder: Folder, text: str) -> dict[str, Any]:
    folded = folder.fold(text)
    return {
        "text": as_units(folded.text),
        "spans": [list(span) for span in in_utf16(text, spans_of(folded))],
        "whole": list(in_utf16(text, [folded.span(0, len(folded.text))])[0]) if folded.text else None,
        "length": len(as_units(text)),
    }


def assert_engines_agree(engine: Any, texts: list[str], folding: Folding = FOLDING) -> None:
    engine.call("useFolding", msgspec.to_builtins(folding))
    answers = engine.call("foldBatch", [as_units(text) for text in texts])
    folder = FOLDER if folding is FOLDING else Folder(folding)
    for text, answer in zip(texts, answers, strict=True):
        assert answer == python_answer(folder, text), ascii(text)


def expected(case: list[list[str]]) -> tuple[str, str, Spans]:
    spans: Spans = []
    at = 0
    for text, folded in case:
        if len(text) == len(folded):
            spans += [(at + i, at + i + 1) for i in range(len(text))]
        else:
            spans += [(at, at + len(text))] * len(folded)
        at += len(text)
    return "".join(text for text, _ in case), "".join(folded for _, folded in case), spans


@pytest.mark.parametrize("case", VECTORS["cases"].values(), ids=VECTORS["cases"].keys())
def test_vectors(case: list[list[str]]) -> None:
    text, wanted, spans = expected(case)
    folded = FOLDER.fold(text)
    assert folded.text == wanted
    assert spans_of(folded) == spans
    assert folded.source_length == len(text)


def test_vectors_in_the_browsers_engine(engine: Any) -> None:
    engine.call("useFolding", msgspec.to_builtins(FOLDING))
    cases = {name: expected(case) for name, case in VECTORS["cases"].items()}
    answers = engine.call("foldBatch", [as_units(text) for text, _, _ in cases.values()])
    for (name, (text, wanted, spans)), answer in zip(cases.items(), answers, strict=True):
        assert answer["text"] == as_units(wanted), name
        assert [tuple(span) for span in answer["spans"]] == in_utf16(text, spans), name


# What the table treats in a way of its own comes often; everything else of Unicode comes too.
named = st.sampled_from(sorted(load_table().units))
dropped = st.sampled_from([chr(code) for first, last in load_table().dropped for code in range(first, last + 1)])
sequences = st.sampled_from(
    ["1️⃣", "🔟", "🆗", "👨‍👩‍👧", "👍🏽", "🇨🇳", "🥇", "𠮷", "❤️", "葛\U000e0100", "ﬃ", "㍿", "\r\n", "\r", "\u2028", "é"]
)
edges = st.sampled_from("\0\x7f\u200b\ufeff\ud7ff\ud800\udbff\udc00\udfff\ue000\ue001\ue010\uf8ff\uf900\ufdd0\uffff")
astral_edges = st.sampled_from(
    [chr((plane << 16) + low) for plane in range(1, 17) for low in (0, 0xFFD, 0xFFFE, 0xFFFF)]
)
astral = st.characters(min_codepoint=0x10000)
anything = st.characters(categories=["L", "M", "N", "P", "S", "Z", "C"])
chinese = st.sampled_from("亲加我微信薇號码发票不支持，。！ vx138")
texts = st.lists(st.one_of(chinese, named, dropped, sequences, edges, astral_edges, astral, anything), max_size=30).map(
    lambda parts: as_browser_text("".join(parts))
)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, min_size=20, max_size=80))
def test_engines_agree(engine: Any, batch: list[str]) -> None:
    assert_engines_agree(engine, batch)


def test_engines_agree_on_every_character(engine: Any) -> None:
    codes = [*range(0x11000), *range(0x16000, 0x20000), *range(0x2F7F0, 0x2FA30), *range(0xE0000, 0xE1010)]
    codes += [(plane << 16) + low for plane in range(1, 17) for low in (0, 1, 0xFFFD, 0xFFFE, 0xFFFF)]
    assert_engines_agree(engine, [f"a{chr(code)}b" for code in codes])


def test_engines_agree_on_long_texts(engine: Any) -> None:
    assert_engines_agree(engine, ["亲，Ａ" * 20_000, "亲👍\u200b㍿" * 20_000, "微" * 8192, "Ａ" * 8193])


@settings(max_examples=20, deadline=None)
@given(st.lists(texts, min_size=5, max_size=20), st.text(named, max_size=10), st.lists(astral, max_size=5))
def test_engines_agree_on_small_tables(engine: Any, batch: list[str], units: str, own: list[str]) -> None:
    assert_engines_agree(engine, batch, bundle_folding(own, FOLDER.fold(units).text))


@settings(max_examples=1000, deadline=None)
@given(texts)
def test_folded_text(text: str) -> None:
    folded = FOLDER.fold(text)
    assert all(unit < "\ud800" or "\ue000" <= unit <= "\uffff" for unit in folded.text)
    # What stands for a character without a unit of its own is private use, and of the person's text that is a symbol.
    assert FOLDER.fold(folded.text).text == re.sub("[\ue000-\uf8ff]", "\ue000", folded.text)
    spans = spans_of(folded)
    for (start, end), (next_start, next_end) in pairwise(spans):
        assert 0 <= start < end
        assert (next_start, next_end) == (start, end) or next_start == end
    if spans:
        assert FOLDER.fold(text[: spans[0][0]]).text == ""
        assert spans[-1][1] == len(text)
        assert folded.span(0, len(spans)) == (spans[0][0], len(text))
    else:
        assert folded.text == ""


@settings(max_examples=500, deadline=None)
@given(texts, texts)
def test_folding_is_local(left: str, right: str) -> None:
    if not (left.endswith("\r") and right.startswith("\n")):
        joined = as_browser_text(left + right)
        if len(joined) == len(left) + len(right):
            assert FOLDER.fold(joined).text == FOLDER.fold(left).text + FOLDER.fold(right).text


@settings(max_examples=500, deadline=None)
@given(texts, st.data())
def test_a_small_table_finds_the_same_phrases(text: str, data: st.DataObject) -> None:
    folded = FOLDER.fold(text)
    start = data.draw(st.integers(0, len(folded.text)))
    phrase = folded.text[start : start + data.draw(st.integers(0, 6))]
    assume(not {SYMBOL, LETTER} & set(phrase))  # what a phrase writes has a unit of its own
    small = Folder(bundle_folding(VECTORS["astral"], phrase)).fold(text)
    assert spans_of(small) == spans_of(folded)
    assert occurrences(phrase, small.text) == occurrences(phrase, folded.text)


def occurrences(phrase: str, text: str) -> list[int]:
    return [i for i in range(len(text)) if phrase and text.startswith(phrase, i)]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"one_to": "a"}, "cut"),
        ({"dropped": "ab\u0300"}, "cut"),
        ({"dropped": "ba"}, "backwards"),
        ({"one_from": "a", "one_to": "\uffff"}, "BMP"),
        ({"one_from": "ab", "one_to": "👍"}, "BMP"),
        ({"many": {"ab": "c"}}, "one character"),
        ({"many": {"": "c"}}, "one character"),
        ({"many": {"a": "bcdef"}}, "too much"),
        ({"many": {"a": "👍"}}, "BMP"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(node_engine: Any, change: dict[str, Any], message: str) -> None:
    empty = {"one_from": "", "one_to": "", "dropped": "", "many": {}}
    node_engine.call("useFolding", empty)
    with pytest.raises(Exception, match=f"ReleaseError: folding: .*{message}"):
        node_engine.call("useFolding", empty | change)
