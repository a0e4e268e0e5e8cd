"""How likely a whole reply is a violation: what rules may ask of it, the same in both engines, and its bounds."""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from compiler import bundle as files
from compiler.build import Build, Builder
from compiler.classifier import load_classifier
from compiler.explain import explain
from compiler.matcher.classifier import Classifier
from compiler.matcher.conversation import Conversation, Turn
from compiler.matcher.engine import Engine, ReleaseError, decode
from compiler.matcher.passages import passages
from tests.engine.conftest import carry
from tests.engine.test_check import as_json, load

GIVING_IN = "好的呢，您加我微信，私下转账给您便宜十块"
DECLINING = "亲，我们不能加微信哦，有事在这里留言就好"
ASKING = "加个微信聊吧"
RULES = """\
topic: contact
title: 站外联系
defaults: {{likely: {default}}}
rules:
  - {{id: a, title: t, level: {level}, find: [微信], negation: ignored, bad: [加微信]{own}}}
"""

Compile = Callable[..., Build]


WEIGHTS = {
    "reply": {
        "加我": (-100, 120, 0),
        "转账": (-60, 90, 0),
        "不能": (90, -120, 0),
        "可以": (-40, 50, 20),
        "洗": (90, -90, 0),
    },
    "buyer": {"微信": (-40, 60, 0), "机洗": (80, -80, 0)},
}
"""Of what is compliant, of `contact` and of `invoice`: a few words, so that no training moves what is tested here."""


def small() -> files.Classifier:
    rows = [*WEIGHTS["reply"].values(), *WEIGHTS["buyer"].values()]
    return files.Classifier(
        topics=("", "contact", "invoice"),
        reply=files.BETWEEN.join(WEIGHTS["reply"]),
        buyer=files.BETWEEN.join(WEIGHTS["buyer"]),
        scale=0.3,
        bias=(1.0, -0.5, -4.0),
        weights=b"".join(weight.to_bytes(1, "little", signed=True) for row in rows for weight in row),
    )


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compile:
    carry(monkeypatch, small)

    def compile_(text: str) -> Build:
        (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
        return Builder(tmp_path).build(examples=False)

    return compile_


def engine_of(build: Build) -> Engine:
    assert build.engine is not None, [d.render() for d in build.diagnostics]
    return build.engine


def found(build: Build, reply: str, *buyer: str) -> list[tuple[str, int | None]]:
    turns = tuple(Turn("buyer", text) for text in buyer)
    return [(f.rule, f.start) for f in engine_of(build).check(Conversation(reply, turns))]


@pytest.mark.parametrize(
    ("level", "default", "own", "declining"),
    [
        ("warn", 50, "", False),
        ("warn", 0, "", True),
        ("warn", 50, ", likely: 0", True),
        ("remind", 50, "", True),  # a file's default is for what disturbs
        ("remind", 0, ", likely: 50", False),
    ],
)
def test_a_finding_counts_only_when_the_reply_is_likely_a_violation(
    compiled: Compile, level: str, default: int, own: str, declining: bool
) -> None:
    build = compiled(RULES.format(level=level, default=default, own=own))
    assert found(build, GIVING_IN, ASKING) == [("a", 7)]
    assert bool(found(build, DECLINING, ASKING)) is declining


def test_too_little_to_hear_overrules_no_rule(compiled: Compile) -> None:
    build = compiled(RULES.format(level="warn", default=99, own=""))
    assert found(build, DECLINING) == [("a", 7)]  # the buyer said nothing
    assert found(build, "微信" + "好" * 6, "这个能机洗吗") == [("a", 0)]
    assert found(build, "微信" + "好" * 7, "这个能机洗吗") == []


def test_the_sound_of_a_reply_is_enough_once_the_buyer_has_spoken(compiled: Compile) -> None:
    build = compiled("topic: contact\ntitle: t\nrules: [{id: a, title: t, likely_topic: 60, bad: [x]}]")
    assert found(build, "可以呢，您加我吧", ASKING) == [("a", None)]
    assert found(build, "不能的哦，这里聊就好", ASKING) == []
    assert found(build, "可以的呢", "这个能机洗吗") == []
    assert found(build, GIVING_IN) == []


WASHED = "，".join(["这款可以放进洗衣机里洗的呢"] * 6)


def test_one_wrong_sentence_is_heard_among_many_right_ones(compiled: Compile) -> None:
    build = compiled(RULES.format(level="warn", default=50, own=""))
    among = f"{WASHED}，{GIVING_IN}，{WASHED}"
    assert found(build, among, ASKING) == [("a", among.index("微信"))]
    # What is wrong elsewhere does not make wrong what was declined.
    both = f"{DECLINING}，{WASHED}，您加我吧，转账给您便宜"
    assert found(build, both, ASKING) == []
    sound = compiled("topic: contact\ntitle: t\nrules: [{id: a, title: t, likely_topic: 60, bad: [x]}]")
    assert found(sound, both, ASKING) == [("a", None)]
    assert found(sound, "，".join([DECLINING] * 4), ASKING) == []


def test_passages_leave_nothing_out() -> None:
    random = Random(5)
    for _ in range(2000):
        text = "".join(random.choices("洗好亲3.,。 ", [9, 9, 9, 2, 1, 1, 1, 2], k=random.randint(0, 400)))
        found = passages(text)
        if len(text) <= 60:
            assert found == [(0, len(text))]
            continue
        assert (found[0][0], found[-1][1]) == (0, len(text))
        assert all(0 < end - start <= 40 for start, end in found)
        for (start, end), (later, last) in pairwise(found):
            assert start < later <= end < last


def test_where_a_sound_is_looked_for_can_be_narrowed(compiled: Compile) -> None:
    rule = "{id: a, title: t, likely_topic: 60, find: [微信], negation: ignored, bad: [x]}"
    build = compiled(f"topic: contact\ntitle: t\nrules: [{rule}]")
    assert found(build, GIVING_IN) == [("a", None)]
    assert found(build, "可以的呢", ASKING) == []
    asked = compiled("topic: contact\ntitle: t\nrules: [{id: a, title: t, likely_topic: 60, asked: [微信], bad: [x]}]")
    assert found(asked, "可以呢，您加我吧", ASKING) == [("a", None)]
    assert found(asked, "可以呢，您加我吧", "加个好友聊吧") == []
    assert engine_of(asked).traps(Conversation("", (Turn("buyer", ASKING),))) == []


def test_a_topic_that_the_classifier_does_not_know_is_a_fault(compiled: Compile) -> None:
    build = compiled("topic: weather\ntitle: t\nrules: [{id: a, title: t, likely_topic: 60, bad: [x]}]")
    assert build.release is None
    assert "likely_topic" in "".join(d.render() for d in build.diagnostics if d.code == "RG303")


def test_people_are_told_how_likely_it_was(compiled: Compile) -> None:
    build = compiled(RULES.format(level="warn", default=50, own=""))
    assert "整句不像违规" in explain(engine_of(build), f"{ASKING} => {DECLINING}", "zh")
    assert " %" in explain(engine_of(build), f"{ASKING} => {DECLINING}", "en")


def test_a_trace_tells_of_a_sound_only_what_came_near(compiled: Compile) -> None:
    build = compiled("topic: contact\ntitle: t\nrules: [{id: a, title: t, likely_topic: 99, bad: [x]}]")
    far = Conversation("这款可以机洗的哦", (Turn("buyer", "这个能机洗吗"),))
    assert engine_of(build).trace(far) == []
    near = Conversation("亲，不能的哦，可以的话在这里聊", (Turn("buyer", ASKING),))
    [(rule, step, span, percent)] = engine_of(build).trace(near)
    assert (rule, step, span) == ("a", "likely_topic", None)
    assert isinstance(percent, int)
    assert percent >= 20


def test_rules_that_do_not_ask_do_not_carry_it(compiled: Compile) -> None:
    assert engine_of(compiled(RULES.format(level="warn", default=0, own=""))).bundle.classifier is None


def test_both_engines_hear_the_same(compiled: Compile, node_engine: Any) -> None:
    rules = ", ".join(
        f"{{id: r{percent}, title: t, find: [亲亲], likely: {percent}, level: warn, bad: [x]}}"
        for percent in range(1, 100)
    )
    build = compiled(f"topic: contact\ntitle: t\nrules: [{rules}, {{id: s, title: t, likely_topic: 30, bad: [x]}}]")
    load(node_engine, "heard", build)
    random = Random(7)
    texts = [GIVING_IN, DECLINING, "可以的呢", ASKING, "发票不开的", "😀亲亲\u0002亲亲", "我" * 300 + "亲亲", "亲亲"]
    talks = [
        {
            "reply": random.choice(["", "，", "3.5 "]).join(random.choices([*texts, WASHED], k=random.choice([1, 2, 9]))),
            "turns": [{"role": "buyer", "text": random.choice(texts)} for _ in range(random.randint(0, 5))],
            "platform": "", "category": "", "facts": {},
        }
        for _ in range(300)
    ]  # fmt: skip
    read = [msgspec.convert(talk, Conversation) for talk in talks]
    traces = [engine_of(build).trace(talk) for talk in read]
    assert node_engine.call("traceAll", "heard", talks) == as_json(traces)
    assert {step[1] for trace in traces for step in trace} >= {"found", "likely", "likely_topic"}


def test_what_is_ruled_out_at_once_is_never_likely_enough() -> None:
    classifier = Classifier(load_classifier())
    random = Random(3)
    pool = GIVING_IN + DECLINING + "发票不开可以的明天一定到最好治病"
    ruled_out = 0
    for _ in range(3000):
        reply, buyer = ("".join(random.choices(pool, k=random.randint(0, 20))) for _ in range(2))
        percent = random.randint(1, 99)
        most = max(classifier.percents(reply, [buyer])[1:])
        if not classifier.may_reach(percent, reply, [buyer]):
            ruled_out += 1
            assert most < percent
    assert 500 < ruled_out < 2900


@pytest.mark.parametrize("change", ["weights", "bias", "topics", "scale", "topic", "compliance"])
def test_a_classifier_that_cannot_be_is_refused(compiled: Compile, node_engine: Any, change: str) -> None:
    build = compiled("topic: contact\ntitle: t\nrules: [{id: a, title: t, likely_topic: 60, bad: [x]}]")
    bundle = engine_of(build).bundle
    model = bundle.classifier
    assert model is not None
    wrong: dict[str, dict[str, Any]] = {
        "compliance": {},
        "weights": {"weights": model.weights[:-2]},
        "bias": {"bias": model.bias[1:]},
        "topics": {"topics": ("x", *model.topics[1:])},
        "scale": {"scale": float("inf")},
        "topic": {"topics": ("", *(f"t{n}" for n in range(len(model.topics) - 1)))},
    }
    if change == "compliance":  # is no topic
        bundle = msgspec.structs.replace(bundle, topics=(msgspec.structs.replace(bundle.topics[0], id=""),))
    damaged = files.encode(msgspec.structs.replace(bundle, classifier=msgspec.structs.replace(model, **wrong[change])))
    with pytest.raises(ReleaseError):
        decode(damaged)
    assert build.release is not None
    pair = [base64.b64encode(part).decode() for part in (damaged, build.release.automaton)]
    assert node_engine.call(
        "tryReleases", [pair], [{"reply": "可以", "turns": [], "platform": "", "category": "", "facts": {}}]
    ) == ["refused"]
