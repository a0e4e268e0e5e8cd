"""A long reply, key by key: the browser's engine reads again only the pieces that a key can have changed (`long-reply.ts`).

What it finds must be what a check from nothing finds: that of the Python engine, and the same engine's own trace.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from compiler.build import Builder
from compiler.matcher.conversation import Conversation
from tests.engine.conftest import carry
from tests.engine.test_check import as_json, load
from tests.engine.test_classifier import WEIGHTS, small
from tests.engine.test_differential import HAN, ODD, literals
from tests.engine.test_harmless import Harmless

RULEBOOKS = int(os.environ.get("REPLYGUARD_TYPING", "40"))
KEYS = 60
ENDS = ["，", "。", "！", "？", "\n", "～", "…", "；", "。 ", "，亲"]
REACHING = ["加。微", "好，", "，不", "吗？", "没:有", "亲。哦"]
"""Literals that hold what ends a clause."""


QUIET = "这款现在有货的呢"


class Typing(Harmless):
    def rulebook(self) -> dict[str, Any]:
        """With rules that ask for nothing else than what may reach over a cut."""
        rulebook = super().rulebook()
        words = [self.word(2, 2) for _ in range(3)]
        spaced = rulebook["groups"]["spaced"]["any"]
        spaced += [f"({self.word()}|{self.word()}){words[0]}", f"<one>{words[1]}", self.word(2, 2)]
        bare = {"title": "t", "bad": ["x"], "negation": "ignored", "level": "hint"}
        finds = [
            ["<spaced>"],
            REACHING,
            [f"^^{words[0]}", f"^^亲{words[1]}"],
            [f"{words[0]}$$", f"{words[1]}哦$$"],
            ["<phone>"],
        ]
        rulebook["rules"] += [{**bare, "id": f"bare.{n}", "find": find} for n, find in enumerate(finds)]
        rulebook["rules"] += [
            {**bare, "id": f"heard.{n}", "find": ["<one>", *words], "likely": str(likely)}
            for n, likely in enumerate((3, 30, 60))
        ]
        return rulebook

    def apart(self, word: str) -> str:
        """A word that is written over clauses."""
        return self.random.choice(["。", "！", "，", "！！", "。 。"]).join(word)

    def sentence(self, near: list[str]) -> str:
        random = self.random
        kind = random.random()
        if kind < 0.1:
            return random.choice(["亲，", "哦。", "亲哦！", "，", "。", "\n"]) * random.choice([1, 2, 20])
        known = [*WEIGHTS["reply"], *WEIGHTS["buyer"]]
        others = [*HAN, *random.choices(ODD, k=4), *random.choices(known, k=6)]
        words = [random.choice(near if near and self.chance(0.5) else others) for _ in range(random.randint(1, 5))]
        if kind < 0.3:
            words.append(self.apart(random.choice([*near, *near, *REACHING, "avx", "一三八零零一三八零零零"])))
        if kind > 0.85:
            words.append(QUIET * random.choice([0, 4]) + random.choice(["订单号，", "电话，", "，"]))
            words.append(random.choice(["13800138000", "14012345678", "，13800138000"]))
        if kind > 0.7:
            random.shuffle(words)
        return "".join(words) + QUIET * random.choice([0, 0, 0, 1, 4]) + random.choice(ENDS)

    def long(self, near: list[str]) -> str:
        return "".join(self.sentence(near) for _ in range(self.random.randint(6, 30)))

    def edited(self, text: str, near: list[str]) -> str:
        """One key, or one paste."""
        random = self.random
        at = random.choice([random.randint(0, len(text)), len(text), len(text), 0])
        kind = random.random()
        if kind < 0.45:
            return text[:at] + random.choice([*HAN, *ODD, *ENDS]) + text[at:]
        if kind < 0.75:
            return text[: max(0, at - random.choice([1, 1, 2, 7]))] + text[at:]
        if kind < 0.9:
            return text[:at] + self.sentence(near) + text[at:]
        if kind < 0.92:
            return text[: len(text) // 2] + self.long(near)
        ends = [n + 1 for n, char in enumerate(text) if char in "，。！？"]
        if kind < 0.96 and ends:
            return text[random.choice(ends) :] if self.chance(0.5) else text[: random.choice(ends)]
        return text[: random.randint(len(text) // 2, len(text))]

    def talks(self, near: list[str]) -> list[dict[str, Any]]:
        """Long replies in a conversation, each but a key from the one before it; now and then the buyer says something."""
        talk = {**self.conversation(near), "reply": self.long(near)}
        if self.chance(0.8):
            talk["turns"] = [*talk["turns"], {"role": "buyer", "text": self.text(near)}]
        talks = []
        for _ in range(KEYS):
            talks.append(talk)
            if self.chance(0.1):
                talks.append({**talk, "reply": self.sentence(near)})
            talk = {**talk, "reply": self.edited(talk["reply"], near)}
            if self.chance(0.04):
                talk["turns"] = talk["turns"][: self.random.randint(0, len(talk["turns"]))]
            if self.chance(0.06):
                talk["turns"] = [*talk["turns"], {"role": "buyer", "text": self.text(near)}]
            if self.chance(0.02):
                talk |= {"platform": self.random.choice(["", "jd", "tmall"]), "facts": {"cod": self.chance(0.5)}}
        return talks


@pytest.fixture(autouse=True)
def _few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    carry(monkeypatch, small)


def test_what_is_found_while_somebody_types(node_engine: Any, tmp_path: Path) -> None:
    found: Counter[str] = Counter()
    compiled = 0
    first = Random().getrandbits(40)
    for seed in range(first, first + RULEBOOKS):
        generator = Typing(seed)
        rulebook = generator.rulebook()
        (tmp_path / "rules.yaml").write_bytes(msgspec.json.encode(rulebook))  # JSON is YAML
        build = Builder(tmp_path).build(examples=False)
        if build.release is None or build.engine is None:
            continue
        compiled += 1
        load(node_engine, "typing", build)
        load(node_engine, "from nothing", build)
        talks = generator.talks([*literals(rulebook), *rulebook["groups"]["spaced"]["any"], *REACHING])
        typed, told = node_engine.call("typeAll", "typing", "from nothing", talks)
        for talk, one, other in zip(talks, typed, told, strict=True):
            findings = build.engine.check(msgspec.convert(talk, Conversation))
            expected = as_json([(f.rule, f.level, f.start, f.end, f.silent) for f in findings])
            assert one == expected, (seed, talk)
            assert [[rule, start, end] for rule, _, start, end, _ in one] == other, (seed, talk)
        found.update("whole" if f[2] is None else "span" for findings in typed for f in findings)
    # A run in which little is found would prove little.
    assert compiled > RULEBOOKS / 2
    assert found["span"] > 20 * RULEBOOKS, found
    assert found["whole"] > RULEBOOKS, found


A = "这款现在有货的呢" * 5
REST = A + "。" + A + "。" + A
CASES = {
    "a literal over a cut": ("加微。开票", [A + "加微。开票" + REST]),
    "a gap for symbols over a cut": ("<soft>", [A + "开票。加微" + REST]),
    "a spaced literal over a cut": ("<spaced>", [A + "好。友圈" + REST]),
    "a spaced literal that touches a letter over a cut": ("<spaced>", [A + "a。v x" + REST]),
    "an entity over a cut": ("<phone>加微", [A + "一三八。零零一三八零零零加微" + REST]),
    "an entity by a word before the cut": ("<phone>", [A + word + "，就是说14012345678" + REST for word in ("电影", "电话")]),
    "a piece becomes the first": ("^^加微", [A + "。加微" + REST, "加微" + REST]),
    "a piece becomes the last": ("加微$$", [REST + "加微。" + A, REST + "加微。"]),
    "a message that begins after a piece": ("^^加微", ["亲，" * 30 + "加微" + REST, "亲，" * 40 + "加微" + REST]),
    "a message that ends before a piece": ("加微$$", [REST + "加微。" + "哦。" * 20]),
    "pieces of one length move by as much": ("加微", [A + "。" + A[2:] + "加微。" + REST, A + "。" + A + "。" + A[2:] + "加微。" + REST]),
    "what was found stands further": ("加微", [A + "。" + A + "加微。" + REST, A + "好的。" + A + "加微。" + REST]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_may_reach_over_a_cut(case: str, node_engine: Any, tmp_path: Path) -> None:
    find, replies = CASES[case]
    rule = {"id": "r", "title": "t", "bad": ["x"], "level": "hint", "negation": "ignored", "find": [find]}
    groups = {
        "spaced": {"any": ["好友圈", "vx"], "spaced": "true"},
        "soft": {"any": ["(开票|微信)(加微|加您)"], "spaced": "true"},
    }
    rulebook = {"topic": "contact", "groups": groups, "fillers": ["亲", "哦"], "rules": [rule]}
    (tmp_path / "rules.yaml").write_bytes(msgspec.json.encode(rulebook))
    build = Builder(tmp_path).build(examples=False)
    assert build.engine is not None
    load(node_engine, "typing", build)
    talks = [{"platform": "", "category": "", "facts": {}, "turns": [], "reply": reply} for reply in replies]
    typed = node_engine.call("checkAll", "typing", talks)
    expected = [build.engine.check(msgspec.convert(talk, Conversation)) for talk in talks]
    assert typed == as_json([[(f.rule, f.level, f.start, f.end, f.silent) for f in found] for found in expected])
    assert len(typed[-1]) == (0 if "touches" in case else 1)
