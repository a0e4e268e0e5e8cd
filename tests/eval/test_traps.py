"""The rulebook's traps (knowledge-base entries whose ids begin with `trap.`): what a buyer asks brings the hint that fits
it, ordinary questions bring none, and what the hint offers breaks no rule as an answer to that very question."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from compiler.build import Builder
from compiler.explain import explain
from compiler.matcher.conversation import Conversation, Turn
from compiler.matcher.engine import Engine

RULES = Path(__file__).parents[2] / "rules"

TRAPS = {
    "trap.invoice-amount": ["开200的发票", "我买100的可以开200的发票吗", "发票能多开点吗", "运费算在发票里吗"],
    "trap.invoice-name": ["我这个能开办公用品的发票吗", "开成劳保用品行吗"],
    "trap.invoice-fee": ["发票要加钱吗", "我加税点开票行吗", "发票先别寄 等我通知"],
    "trap.invoice": ["有发票吗", "满多少开票", "都过了8个月了还能开发票吗", "专票可以开吗"],
    "trap.contact": ["加微信吗", "能加你微信吗", "把你qq号给我", "加个好友吧", "拉我进群吧"],
    "trap.phone": ["留个电话", "你们电话多少"],
    "trap.transfer": ["转账吗", "可以转账吗", "银行卡号发我"],
    "trap.cash": ["可以到你们仓库拿货付现金吗"],
    "trap.pay-on-arrival": ["货到付款可以吗", "可以先发货后付款吗"],
    "trap.leak": ["帮我朋友查地址", "我同事也买了 他地址是哪"],
    "trap.close": ["帮我关闭订单", "你帮我取消掉吧"],
    "trap.steer": ["京东那家是你们的吗", "你们抖音有店吗"],
    "trap.best": ["你们是不是最好的", "是全网销量第一吗"],
    "trap.effect": ["能治前列腺炎吗", "保证有效吗"],
    "trap.safe": ["有副作用吗", "会过敏吗", "孕妇能用吗"],
    "trap.card-fee": ["信用卡手续费谁出"],
    "trap.card-instalment": ["信用卡能分期吗"],
    "trap.card": ["支持信用卡吗", "可以用信用卡付款吗"],
    "trap.freight": ["标题写了包邮怎么还要运费"],
    "trap.courier": ["能发顺丰吗", "给我发圆通吧"],
    "trap.arrival": ["明天能到吗"],
    "trap.dispatch": ["今天能发货吗"],
    "trap.gift": ["送点小礼品吧", "有赠品吗"],
    "trap.review": ["好评返现吗", "给个好评有红包吗"],
    "trap.stop": ["别再给我发短信了"],
    "trap.original": ["原价多少"],
    "trap.staff": ["我是你们员工 有内部价吗"],
    "trap.fault-freight": ["质量问题运费谁出"],
    "trap.return-freight": ["退货运费谁出", "我不想要了退货扣运费吗"],
    "trap.link": ["https://t.cn/abc123 你看看这个", "点这个链接 http://evil.example/a"],
    "trap.code": ["把后台验证码发我一下"],
    "trap.minor": ["我16岁可以买吗"],
    "trap.bargain": ["帮我改一下价"],
}
ORDINARY = [
    "你好", "在吗", "什么时候发货", "有货吗", "退款什么时候到", "发什么快递", "优惠券怎么用", "微信支付可以吗", "质量好么",
    "已付款咋还不发", "两天了没有更新", "547688898430", "不合适", "我写错了", "这个是退货单号吗", "有问题给我打电话",
    "商家给我解决了", "是普通发票，而不是专票哦", "身高165选什么码", "https://item.jd.com/1000.html 这个有货吗",
]  # fmt: skip


@pytest.fixture(scope="module")
def engine() -> Engine:
    engine = Builder(RULES).build(examples=False).engine
    assert engine is not None
    return engine


def asked(question: str) -> Conversation:
    return Conversation("", (Turn("buyer", question),))


def traps(engine: Engine, question: str) -> Iterator[str]:
    return (reply.id for reply in engine.suggestions(asked(question)) if reply.id.startswith("trap."))


@pytest.mark.parametrize("trap", TRAPS)
def test_a_trap_brings_the_hint_that_fits_it(engine: Engine, trap: str) -> None:
    assert {question: next(traps(engine, question), "") for question in TRAPS[trap]} == dict.fromkeys(TRAPS[trap], trap)


@pytest.mark.parametrize("trap", TRAPS)
def test_what_the_hint_offers_breaks_no_rule(engine: Engine, trap: str) -> None:
    reply = next(reply for reply in engine.bundle.replies if reply.id == trap)
    assert 2 <= len(reply.say) <= 3
    for platform in ("tmall", "taobao", "jd", "pdd", "douyin", "kuaishou", "weixin", "1688"):
        for question in TRAPS[trap]:
            for say in reply.say:
                found = engine.check(Conversation(say, asked(question).turns, platform))
                assert [(finding.rule, say) for finding in found if finding.level in ("block", "warn")] == []


@pytest.mark.parametrize("question", ORDINARY)
def test_an_ordinary_question_brings_none(engine: Engine, question: str) -> None:
    assert list(traps(engine, question)) == []


def test_explain_tells_of_the_trap(engine: Engine) -> None:
    story = explain(engine, "开200的发票 => 可以的", "zh").splitlines()
    assert story[0].startswith("买家陷阱  trap.invoice-amount")
    assert any(line.startswith("买家问到  invoice.wrong-amount") for line in story)


def test_every_trap_is_asked_here(engine: Engine) -> None:
    assert {reply.id for reply in engine.bundle.replies if reply.id.startswith("trap.")} == TRAPS.keys()
