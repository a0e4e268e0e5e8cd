"""Contact details written around the platform's own filters: each way is found, and what only looks like one is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.build import Builder
from compiler.matcher.conversation import Conversation, Turn
from compiler.matcher.engine import Engine

RULES = Path(__file__).parents[2] / "rules"
FOUND = {
    "sound and shape": ["加薇", "加我威信", "加维", "薇信", "威芯", "加我v❤", "微我", "薇我"],
    "letters": ["加v", "加vx", "vx：abc12345", "V我", "加我丨V", "加q", "加Q 12345678"],
    "code words": [
        "加卫星",
        "卫星号abc12345",
        "加绿泡泡",
        "扣扣123456789",
        "企鹅号123456789",
        "企🐧",
        "扌口扌口 12345678",
    ],
    "signs for a word": ["➕V", "➕薇", "+v", "＋V聊"],
    "pinyin": ["加weixin", "加w e i x i n", "jia wei xin", "jia vx", "kou kou 123456789", "dian hua 13812345678"],
    "between the characters": ["加 薇 ♥ 信", "加微🌸信", "加微.信", "1 3 8 1 2 3 4 5 6 7 8", "138-1234-5678"],
    "full width": ["加ＶＸ", "加Ｖ信", "１３８１２３４５６７８"],
    "circled": ["①③⑧①②③④⑤⑥⑦⑧", "❶❸❽❶❷❸❹❺❻❼❽", "加V：⑴⑵⑶⑷⑸⑹"],
    "traditional": ["加薇訊", "微信號是abc12345", "加我們微信", "電話13812345678"],
    "Chinese numerals": [
        "电话一三八一二三四五六七八",
        "幺三八一二三四五六七八",
        "壹叁捌壹贰叁肆伍陆柒捌",
        "手机号是13八1234五678",
    ],
}
SPLIT = [
    ("加我薇", "信号abc12345"),
    ("您加我微", "信聊"),
    ("加", "v abc12345"),
    ("扣扣", "123456789"),
    ("13812", "345678"),
]
INNOCENT = [
    "加微波炉专用盒",
    "征信没有影响的",
    "加热后再用",
    "加固包装的",
    "支持微信支付",
    "卫星电视可以看",
    "企鹅图案的",
    "单号13812345678901",
]
INNOCENT_PAIRS = [("好的亲", "加油哦"), ("单号是 1381", "2345678"), ("这边帮您加", "购物车里看一下")]


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Builder(RULES).build(examples=False).engine
    assert engine is not None
    return engine


def alarms(engine: Engine, reply: str, before: str = "") -> list[str]:
    turns = (Turn("buyer", "怎么联系"), Turn("agent", before)) if before else ()
    found = engine.check(Conversation(reply, turns, "tmall"))
    return [
        finding.rule for finding in found if finding.level in ("block", "warn") and not finding.rule.endswith(".sense")
    ]


@pytest.mark.parametrize("way", FOUND)
def test_a_way_around_is_found(engine: Engine, way: str) -> None:
    assert [reply for reply in FOUND[way] if not alarms(engine, reply)] == []


@pytest.mark.parametrize(("before", "reply"), SPLIT)
def test_what_is_split_over_two_messages_is_found(engine: Engine, before: str, reply: str) -> None:
    assert any(rule.startswith("contact.") for rule in alarms(engine, reply, before))


def test_what_looks_alike_is_left_alone(engine: Engine) -> None:
    assert [reply for reply in INNOCENT if alarms(engine, reply)] == []
    assert [pair for pair in INNOCENT_PAIRS if alarms(engine, pair[1], pair[0])] == []
