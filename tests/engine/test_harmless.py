"""Of a reply that sounds harmless only some rules' words are looked for (`harmless.ts`). What is found must not depend on it.

Random rulebooks whose rules ask for several likelihoods, most of them for the same, and replies on either side of each.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from compiler.build import Build, Builder
from compiler.classifier import load_classifier
from compiler.matcher.classifier import Classifier, grams
from compiler.matcher.conversation import Conversation
from compiler.matcher.engine import Engine
from compiler.matcher.passages import passages
from tests.engine.conftest import carry
from tests.engine.test_check import as_json, load
from tests.engine.test_classifier import WEIGHTS, small
from tests.engine.test_differential import Generator, literals

RULEBOOKS = 40
CONVERSATIONS = 40
USUAL = 15
"""What most rules ask for."""


class Harmless(Generator):
    def rule(self, n: int) -> dict[str, Any]:
        rule = super().rule(n)
        rule["likely"] = str(self.random.choice([0, 1, USUAL, USUAL, USUAL, USUAL + 1, 60]))
        rule.pop("likely_topic", None)
        if self.chance(0.25):
            rule["likely_topic"] = str(self.random.choice([1, USUAL - 1, USUAL, USUAL + 1, USUAL + 2, 60]))
        return rule

    def rulebook(self) -> dict[str, Any]:
        return super().rulebook() | {"topic": "contact"}

    def text(self, near: list[str]) -> str:
        """Among the pieces are words that the classifier knows; some texts are too short for it, some have passages."""
        known = [*WEIGHTS["reply"], *WEIGHTS["buyer"]]
        words = [super(Harmless, self).text(near) for _ in range(self.random.choice([0, 1, 1, 3]))]
        words += self.random.choices(known, k=self.random.choice([0, 1, 2, 5]))
        self.random.shuffle(words)
        return self.random.choice(["", "，"]).join(words)


@pytest.fixture(autouse=True)
def _few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    carry(monkeypatch, small)


def built(folder: Path, rulebook: dict[str, Any]) -> Build | None:
    (folder / "rules.yaml").write_bytes(msgspec.json.encode(rulebook))
    build = Builder(folder).build(examples=False)
    return None if build.release is None or build.engine is None else build


def loudest(engine: Engine, talk: Conversation) -> int:
    """How likely a violation the reply is; -1 where that overrules no rule."""
    text = engine.reader.fold(talk.reply).text
    buyer = [engine.reader.fold(turn.text).text for turn in talk.turns if turn.role == "buyer"]
    if not buyer or len(text) <= 8:
        return -1
    classifier = Classifier(small())
    return max(100 - classifier.percents(text[start:end], buyer)[0] for start, end in passages(text))


def findings(engine: Engine, talk: Conversation) -> list[tuple[Any, ...]]:
    return [(f.rule, f.level, f.start, f.end, f.silent) for f in engine.check(talk)]


def told(trace: list[Any]) -> list[tuple[str, Any]]:
    """The findings of a trace, which asks every rule everything."""
    return [(rule, span and tuple(span)) for rule, step, span, _ in trace if step == "found"]


def spans(found: list[Any]) -> list[tuple[str, Any]]:
    return [(rule, None if start is None else (start, end)) for rule, _, start, end, _ in found]


@pytest.mark.parametrize("where", ["browser", "node"])
def test_nothing_else_is_found_than_by_asking_every_rule(
    where: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    engine = request.getfixturevalue(f"{where}_engine")
    sounds: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    for seed in range(RULEBOOKS):
        generator = Harmless(seed)
        rulebook = generator.rulebook()
        build = built(tmp_path, rulebook)
        if build is None:
            continue
        assert build.engine is not None
        load(engine, "harmless", build)
        near = literals(rulebook)
        talks = [generator.conversation(near) for _ in range(CONVERSATIONS)]
        read = [msgspec.convert(talk, Conversation) for talk in talks]
        expected = [findings(build.engine, talk) for talk in read]
        assert engine.call("checkAll", "harmless", talks) == as_json(expected)
        for talk, found, trace in zip(read, expected, engine.call("traceAll", "harmless", talks), strict=True):
            assert spans(found) == told(build.engine.trace(talk)) == told(trace), talk
            percent = loudest(build.engine, talk)
            sound = "unheard" if percent < 0 else "harmless" if percent < USUAL else "suspicious"
            sounds[sound] += 1
            kept[sound] += len(found)
    # A run in which little happened would prove little.
    assert min(sounds[sound] for sound in ("unheard", "harmless", "suspicious")) > 200, sounds
    assert min(kept[sound] for sound in ("unheard", "harmless", "suspicious")) > 30, kept


def edited(random: Random, near: list[str]) -> list[str]:
    """What stands in a composer while words are put in and taken out."""
    words: list[str] = []
    states: list[str] = []
    for _ in range(80):
        if len(words) > 8:
            words.pop(random.randrange(len(words)))
        else:
            words.insert(random.randint(0, len(words)), random.choice([*WEIGHTS["reply"], *near]))
        states.append("".join(words))
    return states


def test_a_reply_that_turns_harmless_while_it_is_typed(node_engine: Any, tmp_path: Path) -> None:
    """Each way of reading goes on where its own last text begins to differ."""
    turns = 0
    for seed in range(30):
        generator = Harmless(seed)
        rulebook = generator.rulebook()
        build = built(tmp_path, rulebook)
        if build is None:
            continue
        assert build.engine is not None
        load(node_engine, "typed", build)
        near = literals(rulebook)
        buyer = [{"role": "buyer", "text": "加微信吗"}]
        replies = edited(generator.random, near)
        talks = [{"platform": "", "category": "", "facts": {}, "turns": buyer, "reply": reply} for reply in replies]
        read = [msgspec.convert(talk, Conversation) for talk in talks]
        assert node_engine.call("checkAll", "typed", talks) == as_json([findings(build.engine, talk) for talk in read])
        percents = [loudest(build.engine, talk) for talk in read]
        harmless = [percent < USUAL for percent in percents if percent >= 0]
        turns += sum(one != other for one, other in pairwise(harmless))
    assert turns > 50, turns


def test_percentages_are_the_same_with_the_project_s_own_classifier(
    node_engine: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of its topics, buyers who write more n-grams than fit in one sum, and every percentage told."""
    carry(monkeypatch, load_classifier)
    rules = "".join(
        f"  - {{id: r{percent}, title: t, find: [亲亲], negation: ignored, likely: {percent}, bad: [x]}}\n"
        for percent in range(1, 100)
    )
    topics = "".join(
        f"  - {{id: t{percent}, title: t, likely_topic: {percent}, bad: [x]}}\n" for percent in range(1, 100)
    )
    (tmp_path / "a.yaml").write_text(f"topic: contact\ntitle: t\nrules:\n{rules}{topics}", encoding="utf-8")
    build = Builder(tmp_path).build(examples=False)
    assert build.engine is not None, [d.render() for d in build.diagnostics]
    load(node_engine, "own", build)
    model = load_classifier()
    said, heard = grams(model.reply), grams(model.buyer)
    random = Random(11)
    talks = [
        {
            "reply": "亲亲" + "".join(random.choices(said, k=random.choice([2, 5, 30]))),
            "turns": [
                {"role": "buyer", "text": "".join(random.choices(heard, k=random.choice([0, 3, 900])))}
                for _ in range(random.randint(1, 4))
            ],
            "platform": "",
            "category": "",
            "facts": {},
        }
        for _ in range(120)
    ]
    read = [msgspec.convert(talk, Conversation) for talk in talks]
    assert node_engine.call("traceAll", "own", talks) == as_json([build.engine.trace(talk) for talk in read])
    assert node_engine.call("checkAll", "own", talks) == as_json([findings(build.engine, talk) for talk in read])
