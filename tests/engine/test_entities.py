"""entities: vectors, and the two engines against each other on texts full of digits and separators."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from compiler.folding import bundle_folding
from compiler.matcher import entity_place_tables, entity_tables
from compiler.matcher.entities import KINDS, EntityHit, detect, host_matches
from compiler.matcher.entity_cards import luhn
from compiler.matcher.fold import Folder

VECTORS = json.loads((Path(__file__).parent / "vectors" / "entities.json").read_text(encoding="utf-8"))
BATCHES = int(os.environ.get("REPLYGUARD_DIFFERENTIAL", "60"))
"""Batches of a hundred texts in each differential test; the same switch as in test_differential.py."""


class Case(NamedTuple):
    kinds: frozenset[str]
    text: str
    hits: list[EntityHit]


def unmarked(marked: str) -> tuple[str, list[tuple[int, int]]]:
    """The text without 〔〕, and the spans they mark, in the order in which they open."""
    text = ""
    spans: list[tuple[int, int]] = []
    opened: list[int] = []
    for char in marked:
        if char == "〔":
            opened.append(len(spans))
            spans.append((len(text), -1))
        elif char == "〕":
            index = opened.pop()
            spans[index] = (spans[index][0], len(text))
        else:
            text += char
    return text, spans


def cases() -> list[Case]:
    found = []
    for kind, section in VECTORS.items():
        if kind == "about":
            continue
        # `number` is in nearly every text and checks nothing.
        kinds = KINDS - {"number"} if kind == "all" else frozenset({kind})
        for marked, *values in section["hits"]:
            text, spans = unmarked(marked)
            if kind == "all":
                # Each value names its kind. One span may be several entities.
                found.append(Case(kinds, text, all_kinds(spans, values)))
            else:
                assert len(spans) == len(values), marked
                hits = [EntityHit(kind, *span, value) for span, value in zip(spans, values, strict=True)]
                found.append(Case(kinds, text, hits))
        found += [Case(kinds, text, []) for text in section["none"]]
    return found


def all_kinds(spans: list[tuple[int, int]], values: list[str]) -> list[EntityHit]:
    if len(spans) == 1:
        spans = spans * len(values)
    named = [value.partition(" ") for value in values]
    pairs = zip(spans, named, strict=True)
    return sorted((EntityHit(kind, *span, value) for span, (kind, _, value) in pairs), key=order)


def order(hit: EntityHit) -> tuple[int, int, str]:
    return hit.start, hit.end, hit.kind


CASES = cases()


def rows(hits: list[EntityHit]) -> list[list[Any]]:
    return [list(hit) for hit in hits]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{'+'.join(sorted(case.kinds))[:12]}:{case.text[:24]!r}")
def test_python_finds_exactly_what_the_vectors_mark(case: Case) -> None:
    assert detect(case.text, case.kinds) == case.hits


def test_the_browser_finds_exactly_what_the_vectors_mark(engine: Any) -> None:
    found = engine.call("detectEntities", [(case.text, sorted(case.kinds)) for case in CASES])
    wrong = [
        (case.text, answer, rows(case.hits))
        for case, answer in zip(CASES, found, strict=True)
        if answer != rows(case.hits)
    ]
    assert wrong == []


def test_vectors_are_many_and_folded() -> None:
    assert len(CASES) >= 250
    folder = Folder(bundle_folding())
    for kind in KINDS - {"number"}:
        assert len(VECTORS[kind]["hits"]) >= 10, kind
        assert len(VECTORS[kind]["none"]) >= 10, kind
    assert [case.text for case in CASES if folder.fold(case.text).text != case.text] == []


def test_kinds_and_tables_are_the_same_in_both_languages(node_engine: Any) -> None:
    assert set(node_engine.call("entityKinds")) == KINDS
    here: dict[str, Any] = {}
    for module in (entity_tables, entity_place_tables):
        for name, value in vars(module).items():
            if name.isupper():
                here[name] = sorted(value) if isinstance(value, frozenset) else value
    there = node_engine.call("entityTables")
    there["ID_REGIONS"] = sorted(there["ID_REGIONS"])
    assert json.loads(json.dumps(here)) == there


def test_an_unknown_kind_is_refused(engine: Any) -> None:
    with pytest.raises(ValueError, match="fax"):
        detect("12345", ["fax"])
    with pytest.raises(Exception, match="no such entity: fax"):
        engine.call("detectEntities", [("12345", ["fax"])])


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("tb.cn", True),
        ("m.tb.cn", True),
        ("a.m.tb.cn", True),
        ("tmall.com", True),
        ("nottb.cn", False),
        ("tb.cn.evil.com", False),
        ("cn", False),
        ("", False),
    ],
)
def test_a_host_matches_its_domain_and_what_is_inside(node_engine: Any, host: str, expected: bool) -> None:
    suffixes = ["tb.cn", "tmall.com"]
    assert host_matches(host, suffixes) is expected
    assert node_engine.call("hostMatchesSuffixes", host, suffixes) is expected


@given(st.lists(st.integers(0, 9), min_size=12, max_size=18))
def test_luhn_rejects_every_single_wrong_digit(digits: list[int]) -> None:
    valid = [[*digits, check] for check in range(10) if luhn([*digits, check])]
    assert len(valid) == 1
    for index in range(len(digits)):
        wrong = list(valid[0])
        wrong[index] = (wrong[index] + 1) % 10
        assert not luhn(wrong)


# --- the engines against each other ---------------------------------------------------------------------------------

FRAGMENT_TEXT = (
    "电话 手机 打 微信 微 信 vx v wx q qq 扣 扣扣 群号 加 我 是 号 : 订单号 单号 货号 卡号 农行 开户行账号 身份证 尾号 顺丰 x id "
    "@ @qq @qq.com .com .cn . 点 。 com cn taobao www www. http:// https:// / ? # = & abc abc_12 wxid_ iphone 艾特 (at) dot "
    "元 块 毛 角 分 钱 ¥ $ 万 十 百 千 几 多 rmb 美元 人民币 便宜 返 两 "
    "浙江 省 杭州 市 西湖 区 文三 路 街 街道 大道 小区 花园 镇 村 号楼 栋 单元 室 楼 层 座 弄 段 乙 附 在 到 的 寄 发 厅 "
    "138 1391234 13912340000 0571 010 400 800 86 +86 0086 6222 622202 4111 110101 19900307 3 12 501 转 ext 分机"
)
FRAGMENTS = FRAGMENT_TEXT.split()
SEPARATORS = [*" -.·/_~,、()[]【】:;*+#❤☎☆|\n", "\ue000", "**", "  ", "..."]
DIGITS = [*"0123456789", *"0123456789", *"零〇一幺二两三四五六七八九壹贰叁洞拐勾○", *"oli"]


def digit_heavy(random: Random) -> str:
    return "".join(random.choices(random.choice([DIGITS, DIGITS + SEPARATORS]), k=random.randrange(40)))


def words_heavy(random: Random) -> str:
    parts = [random.choice((FRAGMENTS, FRAGMENTS, SEPARATORS, DIGITS)) for _ in range(random.randrange(24))]
    return "".join(map(random.choice, parts))


def any_units(random: Random) -> str:
    units = [random.choice((random.randrange(0x80), random.randrange(0xD800))) for _ in range(random.randrange(60))]
    return "".join(map(chr, units))


def damaged_vector(random: Random) -> str:
    """A vector with something cut out, put in or doubled: the edges of every guard."""
    text = random.choice(CASES).text
    at = random.randint(0, len(text))
    put = random.choice((SEPARATORS, DIGITS, FRAGMENTS, [""]))
    return text[:at] + random.choice(put) + text[at + random.randrange(4) :]


MAKERS = [digit_heavy, words_heavy, any_units, damaged_vector]


@pytest.mark.parametrize("make", MAKERS)
def test_both_engines_find_the_same(browser_engine: Any, make: Callable[[Random], str]) -> None:
    kinds = sorted(KINDS)

    @settings(max_examples=BATCHES, deadline=None, database=None, phases=(Phase.generate,))
    @given(st.integers(0, 2**64))
    def compare(seed: int) -> None:
        random = Random(seed)
        batch = [make(random) for _ in range(100)]
        there = browser_engine.call("detectEntities", [(text, kinds) for text in batch])
        here = [rows(detect(text, kinds)) for text in batch]
        different = [row for row in zip(batch, here, there, strict=True) if row[1] != row[2]]
        assert different == []

    compare()


@settings(deadline=None)
@given(st.sampled_from(MAKERS), st.integers(0, 2**64))
def test_hits_are_in_order_inside_the_text_and_independent_of_each_other(
    make: Callable[[Random], str], seed: int
) -> None:
    text = make(Random(seed))
    hits = detect(text, KINDS)
    assert hits == sorted(hits, key=order)
    assert all(0 <= hit.start < hit.end <= len(text) for hit in hits)
    alone = [hit for kind in KINDS for hit in detect(text, {kind})]
    assert sorted(alone, key=order) == hits
    for kind in KINDS - {"number"}:
        ends = [(hit.start, hit.end) for hit in hits if hit.kind == kind]
        assert all(before[1] <= after[0] for before, after in pairwise(ends))


@pytest.mark.parametrize(
    "unit",
    [
        "1 3 ",
        "13",
        "一",
        "a.",
        "a@",
        "a点",
        "vx",
        "v:1 ",
        "路1号",
        "区",
        "1元",
        "a://",
        "6 2 ",
        "@",
        "了 ",
        "-",
        "wxid_",
        "1,111",
    ],
)
def test_both_engines_get_through_long_hostile_texts(node_engine: Any, unit: str) -> None:
    text = unit * 3_000
    kinds = sorted(KINDS)
    assert node_engine.call("detectEntities", [(text, kinds)]) == [rows(detect(text, kinds))]
