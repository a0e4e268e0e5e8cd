"""Many conversations checked at once have the findings that each has by itself, and the sieve loses no occurrence."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from compiler.build import Builder
from compiler.matcher.bulk import BulkCheck
from compiler.matcher.conversation import Conversation
from compiler.matcher.engine import Engine
from tests.engine import check_vectors
from tests.engine.test_differential import Generator, literals

ROOT = Path(__file__).parents[2]
RULEBOOKS = int(os.environ.get("REPLYGUARD_DIFFERENTIAL", "60"))
CONVERSATIONS = 80
ENTITIES = [
    "<number>",
    "<money>",
    "<phone>",
    "<qq_number>",
    "<wechat_id>",
    "<url>",
    "<email>",
    "<address>",
    "<id_card>",
]
HOLDING = [
    "共3件", "三块五", "￥99", "微信号abc_123", "vx:xiaomei88", "qq 1234567", "扣扣一二三四五六七", "www.x.cn", "a@b.com",
    "138 0013 8000", "零壹叁捌零零壹叁捌零零零", "浙江省杭州市西湖区文三路1号", "11010519491231002X", "加 v . 信", "微~信",
]  # fmt: skip


class BulkGenerator(Generator):
    """Rulebooks and talks with more of what a sieve might lose: entities, spaced words, absence, several turns."""

    def piece(self) -> str:
        return self.random.choice(ENTITIES) if self.chance(0.15) else super().piece()

    def rule(self, n: int) -> dict[str, Any]:
        rule = super().rule(n)
        if "find" not in rule and self.chance(0.7):  # absence: what must be said once it was asked
            rule["unless"] = self.words(1, 3)
        return rule

    def text(self, near: list[str]) -> str:
        text = super().text(near)
        return text + self.random.choice(HOLDING) if self.chance(0.3) else text

    def overlay(self, rulebook: dict[str, Any]) -> dict[str, Any]:
        changed = self.random.choice(rulebook["rules"])["id"]
        return {
            "topic": "own",
            "rules": [{**self.rule(0), "id": "own.0"}],
            "set": {changed: {"level": self.random.choice(["block", "remind"])}},
            "allow": [{"text": self.word(), "reason": "ours"}],
        }

    def talks(self, near: list[str]) -> list[Conversation]:
        """Some of them with the same texts."""
        talks = [self.conversation(near) for _ in range(CONVERSATIONS)]
        for talk in self.random.sample(talks, CONVERSATIONS // 4):
            other = self.random.choice(talks)
            talk["reply"] = other["reply"]
            talk["turns"] = [*other["turns"][-2:], *talk["turns"]]
        return [msgspec.convert(talk, Conversation) for talk in talks]


def assert_same(engine: Engine, talks: Sequence[Conversation]) -> int:
    """How many findings there are, the same both ways."""
    alone = [engine.check(talk) for talk in talks]
    assert BulkCheck(engine).check(talks) == alone
    return sum(map(len, alone))


def assert_bound(engine: Engine, texts: Sequence[str]) -> None:
    """Every atom that occurs in a text has the text's bit, and the hits are the same."""
    reader, atoms = engine.reader, engine.bundle.atoms
    glances = [reader.glance(text) for text in texts]
    sieve = reader.sift(glances)
    top = len(atoms.literals) + len(atoms.spaced) + len(atoms.entities) + len(atoms.sets)
    for number, text in enumerate(texts):
        alone, sifted = reader.read(text).hits, reader.read_sifted(glances[number], sieve, number).hits
        for atom in range(top):
            hits = alone.get(atom)
            assert sifted.get(atom) == hits
            assert not hits or sieve.may(atom) >> number & 1


def test_random_rulebooks(tmp_path: Path) -> None:
    seen: Counter[str] = Counter()

    @settings(max_examples=RULEBOOKS, deadline=None, database=None, phases=(Phase.generate,), derandomize=False)
    @given(st.integers(0, 2**62))
    def run(seed: int) -> None:
        generator = BulkGenerator(seed)
        rulebook = generator.rulebook()
        (tmp_path / "rules.yaml").write_bytes(msgspec.json.encode(rulebook))  # JSON is YAML
        (tmp_path / "rulebook.yaml").write_bytes(
            msgspec.json.encode({"name": "random", "channels": [{"id": "plain"}, {"id": "shop", "overlay": "shop"}]})
        )
        (tmp_path / "shops").mkdir(exist_ok=True)
        (tmp_path / "shops" / "shop.yaml").write_bytes(msgspec.json.encode(generator.overlay(rulebook)))
        near = literals(rulebook)
        for channel in ("plain", "shop"):
            build = Builder(tmp_path).build(channel, examples=False)
            seen[f"{channel} {build.release is not None}"] += 1
            if build.release is None:  # an idle phrase, say: the compiler's own tests are about those
                continue
            assert build.engine is not None
            talks = generator.talks(near)
            seen["findings"] += assert_same(build.engine, talks)
            assert_bound(build.engine, [talk.reply for talk in talks[:10]])

    run()
    # A run in which little happened would prove little.
    assert seen["plain True"] > seen["plain False"]
    assert seen["shop True"] > seen["shop False"]
    assert seen["findings"] > RULEBOOKS


@pytest.mark.parametrize("path", sorted(check_vectors.HERE.glob("*.yaml")), ids=lambda path: path.stem)
def test_vectors(path: Path, tmp_path: Path) -> None:
    builder, cases = check_vectors.load(path, tmp_path)
    engine = builder.build(examples=False).engine
    assert engine is not None
    assert assert_same(engine, [msgspec.convert(case.conversation, Conversation) for case in cases])


def test_the_projects_rulebook() -> None:
    engine = Builder(ROOT / "rules").build(examples=False).engine
    assert engine is not None
    lines = (ROOT / "tests" / "eval" / "heldout.jsonl").read_text(encoding="utf-8").splitlines()
    assert assert_same(engine, [msgspec.convert(json.loads(line), Conversation, strict=False) for line in lines])
