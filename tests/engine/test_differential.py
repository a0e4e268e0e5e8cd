"""Random rulebooks and conversations: both engines find, trace and hint the same.

Texts are drawn from a small alphabet with symbols, fillers, emoji, wide forms and digits, so that rules fire, are excused
and meet edges often. hypothesis chooses seeds and reports the one that fails; the generator is plain `random`, because
hypothesis' own strategies keep such large structures near their simplest form, where little happens.
`REPLYGUARD_DIFFERENTIAL=2000 pytest tests/engine/test_differential.py` runs more.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from compiler.build import Builder
from compiler.matcher.conversation import Conversation, Finding
from tests.engine.test_check import as_json, hints_of, load

pytestmark = pytest.mark.usefixtures("thin_classifier")

RULEBOOKS = int(os.environ.get("REPLYGUARD_DIFFERENTIAL", "60"))
CONVERSATIONS = 60

HAN = "加微信好不没开票可以您给"
ODD = [
    "ＶＸ", "❤️", " ", "，", "。", "~", "①", "1️⃣", "\u200b", "👨‍👩‍👧", "𠮷", "🅥", "13800138000", "3.5元", "a.com", "V",
    "é", "\n", "加\u200d微", "藥", "没有", "不是不", "亲", "哦", "vx", "：",
]  # fmt: skip
SPACERS = [" ", "~", " . ", "❤️", "    ", "，"]
LEVELS = ["block", "warn", "remind", "hint"]


class Generator:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def word(self, low: int = 2, high: int = 3) -> str:
        return "".join(self.random.choices(HAN, k=self.random.randint(low, high)))

    def words(self, low: int, high: int) -> list[str]:
        return [self.word() for _ in range(self.random.randint(low, high))]

    def piece(self) -> str:
        word = self.word()
        forms = [
            word,
            word,
            f"({word}|您)吗",
            f"({word})?好的",
            "<one>",
            "<two>",
            "<spaced>",
            "<phone>",
            "<url>",
            "<money>",
            "V信",
        ]
        return self.random.choice(forms)

    def phrase(self) -> str:
        random = self.random
        parts = [self.piece()]
        for _ in range(random.choice([0, 0, 1, 1, 2])):
            parts += [random.choice(["", "", "…", "…3", "…1"]), random.choice([self.piece(), "不", "加"])]
        return random.choice(["", "", "", "^", "^^"]) + "".join(parts) + random.choice(["", "", "", "$", "$$"])

    def phrases(self) -> list[str]:
        return [self.phrase() for _ in range(self.random.randint(1, 5))]

    def rule(self, n: int) -> dict[str, Any]:
        random = self.random
        rule: dict[str, Any] = {"id": f"r.{n}", "title": "t", "bad": ["x"], "level": random.choice(LEVELS)}
        asked = self.chance(0.4)
        if asked:
            rule |= {"asked": self.phrases(), "turns": str(random.randint(1, 3))}
            if self.chance(0.3):
                rule["unless_asked"] = self.phrases()
        if not asked or self.chance(0.8):
            rule["find"] = self.phrases() + self.words(1, 3)
            if self.chance(0.4):
                rule["except"] = self.phrases()
            if self.chance(0.3):
                rule["not_near"] = self.words(1, 3)
            if self.chance(0.3):
                rule["near"] = self.phrases() + self.words(2, 5)
        if self.chance(0.25):
            rule["unless"] = self.phrases()
        rule["negation"] = random.choice(["excuses", "excuses", "ignored"])
        rule["unless_quoted"] = random.choice(["true", "false"])
        rule["across"] = random.choice(["true", "false"])
        if self.chance(0.3):
            rule["likely"] = str(random.randint(0, 99))
        if self.chance(0.2):
            rule["likely_topic"] = str(random.randint(1, 30))
        if self.chance(0.2):
            rule["platforms"] = [random.choice(["jd", "tmall"])]
        if self.chance(0.2):
            rule["given"] = {"cod": random.choice(["true", "false", "1"])}
        if self.chance(0.1):
            rule |= {"since": "2026-02-01", "until": "2026-03-01"}
        if self.chance(0.1):
            rule["status"] = "draft"
        return rule

    def rulebook(self) -> dict[str, Any]:
        random = self.random
        return {
            "topic": random.choice(["contact", "invoice"]),
            "groups": {
                "one": self.words(1, 4),
                "two": [*self.words(1, 4), "<one>…2" + self.word()],
                "spaced": {"any": [*self.words(1, 3), "vx", "微信"], "spaced": "true"},
            },
            "fillers": ["亲", "哦", *random.choices(HAN, k=1)],
            "negation": {
                "before": ["不", "没有", *self.words(0, 2)],
                "after": self.words(0, 2),
                "pseudo": self.words(0, 2),
                "double": ["不是不"],
                "stop": self.words(0, 2),
                "reach": str(random.randint(1, 12)),
            },
            "rules": [self.rule(n) for n in range(random.randint(1, 12))],
            "replies": [{"title": "加好友", "ask": self.phrases(), "say": ["y"]}],
        }

    def text(self, near: list[str]) -> str:
        """Random pieces, some of them plain parts of the rulebook's own phrases."""
        random = self.random
        parts: list[str] = []
        for _ in range(random.randint(0, 12)):
            kind = random.random()
            part = (
                random.choice(near) if near and kind < 0.4 else random.choice(ODD) if kind < 0.65 else self.word(1, 3)
            )
            parts.append(random.choice(SPACERS).join(part) if self.chance(0.15) else part)
        return "".join(parts)

    def conversation(self, near: list[str]) -> dict[str, Any]:
        random = self.random
        roles = ["buyer", "buyer", "agent", "system"]
        return {
            "platform": random.choice(["", "jd", "tmall"]),
            "category": "",
            "facts": random.choice([{}, {"cod": True}, {"cod": 1}, {"cod": False}]),
            "turns": [{"role": random.choice(roles), "text": self.text(near)} for _ in range(random.randint(0, 4))],
            "reply": self.text(near),
            "date": random.choice(["", "2026-02-15", "2026-04-01"]),
        }


def literals(rulebook: dict[str, Any]) -> list[str]:
    texts = [*rulebook["groups"]["one"], *rulebook["groups"]["two"], *rulebook["negation"]["before"]]
    for rule in rulebook["rules"]:
        for verb in ("asked", "find", "near", "except"):
            texts += [text.strip("^$") for text in rule.get(verb, ())]
    return [text for text in texts if not set("<(…") & set(text)]


def shuffled(rulebook: dict[str, Any], random: Random) -> dict[str, Any]:
    """The rulebook with its rules, groups and phrases in another order."""

    def mixed(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: mixed(inner) for key, inner in value.items()}
        return random.sample(value, len(value)) if isinstance(value, list) else value

    other = {key: mixed(value) for key, value in rulebook.items()}
    other["rules"] = [mixed(rule) for rule in other["rules"]]
    other["groups"] = dict(random.sample(list(other["groups"].items()), len(other["groups"])))
    return other


@settings(max_examples=RULEBOOKS, deadline=None, database=None, phases=(Phase.generate,), derandomize=False)
@given(st.integers(0, 2**62))
def test_the_order_of_rules_and_phrases_is_irrelevant(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    generator = Generator(seed)
    rulebook = generator.rulebook()
    folder = tmp_path_factory.mktemp("order")
    engines = []
    for book in (rulebook, shuffled(rulebook, generator.random)):
        (folder / "rules.yaml").write_bytes(msgspec.json.encode(book))
        engines.append(Builder(folder).build(examples=False).engine)
    if None in engines:
        assert engines == [None, None]
        return
    near = literals(rulebook)
    for _ in range(CONVERSATIONS):
        talk = msgspec.convert(generator.conversation(near), Conversation)
        one, other = ({identity(f) for f in engine.check(talk)} for engine in engines if engine)
        assert one == other
        one, other = (set(engine.traps(talk)) for engine in engines if engine)
        assert one == other


def identity(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.level, finding.start, finding.end, finding.silent


@pytest.mark.parametrize("where", ["browser", "node"])
def test_engines_agree(where: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    engine = request.getfixturevalue(f"{where}_engine")
    steps: Counter[str] = Counter()
    compiled: Counter[bool] = Counter()

    @settings(max_examples=RULEBOOKS, deadline=None, database=None, phases=(Phase.generate,), derandomize=False)
    @given(st.integers(0, 2**62))
    def run(seed: int) -> None:
        generator = Generator(seed)
        rulebook = generator.rulebook()
        (tmp_path / "rules.yaml").write_bytes(msgspec.json.encode(rulebook))  # JSON is YAML
        build = Builder(tmp_path).build(examples=False)
        compiled[build.release is not None] += 1
        if build.release is None:  # an idle phrase, say: the compiler's own tests are about those
            return
        assert build.engine is not None
        load(engine, "random", build)
        near = literals(rulebook)
        talks = [generator.conversation(near) for _ in range(CONVERSATIONS)]
        read = [msgspec.convert(talk, Conversation) for talk in talks]
        findings = [[(f.rule, f.level, f.start, f.end, f.silent) for f in build.engine.check(talk)] for talk in read]
        assert engine.call("checkAll", "random", talks) == as_json(findings)
        traces = [build.engine.trace(talk) for talk in read]
        assert engine.call("traceAll", "random", talks) == as_json(traces)
        assert engine.call("hintsAll", "random", talks) == as_json([hints_of(build.engine, talk) for talk in read])
        for talk, found in zip(read, findings, strict=True):
            for _, _, start, end, _ in found:
                assert start is None or (end is not None and 0 <= start < end <= len(talk.reply))
        steps.update(step[1] for trace in traces for step in trace)

    run()
    # A run in which little happened would prove little.
    assert compiled[True] > compiled[False]
    assert set(steps) >= {
        "found",
        "asked",
        "negation",
        "except",
        "unless",
        "near",
        "not_near",
        "given",
        "platforms",
        "likely",
        "likely_topic",
    }, steps


def typed(text: str, random: Random) -> list[str]:
    """What stands in a composer while a text is typed, and then corrected here and there."""
    states = [text[:end] for end in range(1, len(text) + 1)]
    for _ in range(20):
        start = random.randint(0, len(text))
        text = text[:start] + random.choice(["", random.choice(HAN)]) + text[start + random.randint(0, 2) :]
        states.append(text)
    return states


def test_a_reply_that_is_being_typed(node_engine: Any, tmp_path: Path) -> None:
    """The browser's engine goes on where the last text begins to differ; it must find what is found in a text at once."""
    found = 0
    for seed in range(40):
        generator = Generator(seed)
        rulebook = generator.rulebook()
        (tmp_path / "rules.yaml").write_bytes(msgspec.json.encode(rulebook))
        build = Builder(tmp_path).build(examples=False)
        if build.release is None or build.engine is None:
            continue
        load(node_engine, "typed", build)
        near = literals(rulebook)
        replies = typed(generator.text(near) + generator.text(near), generator.random)
        talks = [{"platform": "", "category": "", "facts": {}, "turns": [], "reply": reply} for reply in replies]
        read = [msgspec.convert(talk, Conversation) for talk in talks]
        findings = [[(f.rule, f.level, f.start, f.end, f.silent) for f in build.engine.check(talk)] for talk in read]
        assert node_engine.call("checkAll", "typed", talks) == as_json(findings)
        found += sum(map(len, findings))
    assert found > 500, found
