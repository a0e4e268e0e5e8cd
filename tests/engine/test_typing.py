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

from compiler import assembly, meaning
from compiler.build import Builder
from compiler.matcher.conversation import Conversation
from tests.engine.test_check import as_json, load
from tests.engine.test_classifier import small
from tests.engine.test_differential import HAN, ODD, literals
from tests.engine.test_harmless import Harmless

RULEBOOKS = int(os.environ.get("REPLYGUARD_TYPING", "30"))
KEYS = 60
ENDS = ["，", "。", "！", "？", "\n", "～", "…", "；", "。 ", "，亲"]
REACHING = ["加。微", "好，", "，不", "？", "没:有", "亲。哦"]
"""Literals that hold what ends a clause."""


class Typing(Harmless):
    def phrases(self) -> list[str]:
        reaching = self.random.choices(REACHING, k=self.random.choice([0, 0, 1]))
        return [*super().phrases(), *reaching]

    def sentence(self, near: list[str]) -> str:
        random = self.random
        if self.chance(0.05):
            return random.choice(ENDS)
        words = random.choices([*near, *HAN, *ODD], k=random.randint(1, 8))
        quiet = "这款现在有货的呢" * random.choice([0, 0, 1, 3])
        return "".join(words) + quiet + random.choice(ENDS)

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
        if kind < 0.94:
            return text[: len(text) // 2] + self.long(near)
        return text[: random.randint(0, len(text))] + text[at:]

    def talks(self, near: list[str]) -> list[dict[str, Any]]:
        """Long replies in a conversation, each but a key from the one before it; now and then the buyer says something."""
        talk = {**self.conversation(near), "reply": self.long(near)}
        talks = []
        for _ in range(KEYS):
            talks.append(talk)
            talk = {**talk, "reply": self.edited(talk["reply"], near)}
            if self.chance(0.05):
                talk["turns"] = [*talk["turns"], {"role": "buyer", "text": self.text(near)}]
            if self.chance(0.02):
                talk |= {"platform": self.random.choice(["", "jd", "tmall"]), "facts": {"cod": self.chance(0.5)}}
        return talks


@pytest.fixture(autouse=True)
def _few_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (assembly, meaning):
        monkeypatch.setattr(module, "load_classifier", small)


def test_what_is_found_while_somebody_types(node_engine: Any, tmp_path: Path) -> None:
    found: Counter[str] = Counter()
    first = Random().getrandbits(40)
    for seed in range(first, first + RULEBOOKS):
        generator = Typing(seed)
        rulebook = generator.rulebook()
        (tmp_path / "rules.yaml").write_bytes(msgspec.json.encode(rulebook))  # JSON is YAML
        build = Builder(tmp_path).build(examples=False)
        if build.release is None or build.engine is None:
            continue
        load(node_engine, "typing", build)
        load(node_engine, "from nothing", build)
        talks = generator.talks(literals(rulebook))
        typed, told = node_engine.call("typeAll", "typing", "from nothing", talks)
        for talk, one, other in zip(talks, typed, told, strict=True):
            findings = build.engine.check(msgspec.convert(talk, Conversation))
            expected = as_json([(f.rule, f.level, f.start, f.end, f.silent) for f in findings])
            assert one == expected, (seed, talk)
            assert [[rule, start, end] for rule, _, start, end, _ in one] == other, (seed, talk)
        found.update("whole" if f[2] is None else "span" for findings in typed for f in findings)
    # A run in which little is found would prove little.
    assert found["span"] > 20 * RULEBOOKS, found
    assert found["whole"] > RULEBOOKS, found
