"""A bare agreement to a forbidden request is a finding, a bare refusal of it is none: for every topic in which a buyer sets
traps, in everyday words."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.build import Builder
from compiler.matcher.conversation import Conversation, Turn
from compiler.matcher.engine import Engine

RULES = Path(__file__).parents[2] / "rules"
AGREE = ["可以哒~", "没问题", "嗯嗯好", "好的", "可以的哦"]
REFUSE = ["不可以哦", "不行呢亲", "抱歉，做不到的哦", "不能的"]
# A request to which both answers make sense.
REQUESTS = {
    "transfer": "可以微信转账给你吗",
    "cash": "去你们仓库拿货付现金可以吗",
    "pay on arrival": "能私下给我货到付款吗",
    "ship before paying": "先发货我收到再转钱给你行吗",
    "WeChat": "能加你微信吗",
    "QQ": "加个qq吧",
    "phone": "留个电话给我打给你",
    "group": "拉我进群吧",
    "code to scan": "发个二维码我扫",
    "invoice, false amount": "我买100的可以开200的发票吗",
    "invoice, false name": "发票能开成办公用品吗",
    "invoice, buyer pays tax": "我加税点开票行吗",
    "invoice, buyer pays postage": "发票邮费我补给你行吗",
    "another's address": "帮我朋友查一下他的收货地址",
    "another's address confirmed": "我朋友买的地址是不是北京朝阳区",
    "closing": "帮我关闭订单吧",
    "another platform": "我去你们京东店买可以吗",
    "link": "你点开这个链接看下 http://evil.example/a",
    "password": "把你后台验证码发我一下",
    "reviews for money": "给好评返我5块可以吗",
    "insider price": "我是你们公司员工能走内部价吗",
    "false order": "让你同事帮忙拍一单刷个评价吧",
    "arrival": "明天能到吗",
    "dispatch": "今天能发货吗",
    "gift": "送我个小礼品呗",
    "courier": "给我发顺丰吧",
    "exchange": "3奥的换成2奥1蜜汁可以吗",
    "price": "给我便宜10块吧",
    "more messages": "以后还会给我发短信吗",
}
# Questions to which one says yes or no.
YES = ["是的", "对的哦", "嗯嗯"]
QUESTIONS = {
    "best": "你们家是不是全网最好的",
    "fault freight": "质量问题寄回去邮费我出吗",
    "card fee": "刷信用卡手续费要我出吗",
    "invoice fee": "开发票要另外收钱吗",
}


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Builder(RULES).build(examples=False).engine
    assert engine is not None
    return engine


def levels(engine: Engine, question: str, reply: str, category: str = "") -> set[str]:
    conversation = Conversation(reply, (Turn("buyer", question),), "tmall", category)
    return {finding.level for finding in engine.check(conversation)}


@pytest.mark.parametrize("topic", REQUESTS)
def test_a_bare_agreement_is_found(engine: Engine, topic: str) -> None:
    missed = [reply for reply in AGREE if not levels(engine, REQUESTS[topic], reply) & {"block", "warn", "remind"}]
    assert missed == []


@pytest.mark.parametrize("topic", REQUESTS)
def test_a_bare_refusal_is_no_finding(engine: Engine, topic: str) -> None:
    alarmed = [reply for reply in REFUSE if levels(engine, REQUESTS[topic], reply) & {"block", "warn"}]
    assert alarmed == []


@pytest.mark.parametrize("topic", QUESTIONS)
def test_a_bare_yes_is_found(engine: Engine, topic: str) -> None:
    missed = [reply for reply in YES if not levels(engine, QUESTIONS[topic], reply) & {"block", "warn"}]
    assert missed == []


@pytest.mark.parametrize("category", ["adult", "alcohol", "tobacco"])
def test_a_minor_is_not_sold_to(engine: Engine, category: str) -> None:
    question = "我16岁可以买吗"
    assert [reply for reply in AGREE if "block" not in levels(engine, question, reply, category)] == []
    assert [reply for reply in REFUSE if levels(engine, question, reply, category) & {"block", "warn"}] == []
