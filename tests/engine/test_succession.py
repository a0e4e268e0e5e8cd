"""An engine that goes on from the one of the release before, as pages and the worker load it, is the engine of its release: what it
took over makes no difference to what it finds, traces or suggests; and the one before still works until it is replaced.
"""

from __future__ import annotations

import base64
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from compiler.build import Builder, Release
from server.patches import pieces
from tests.engine.conftest import JavaScriptError
from tests.engine.test_check import load
from tests.engine.test_differential import HAN, LEVELS, Generator, literals

pytestmark = pytest.mark.usefixtures("thin_classifier")

RULEBOOKS = 15
SAVES = 6
CONVERSATIONS = 25
CALLS = ("checkAll", "traceAll", "hintsAll")


def told(old: bytes, new: bytes) -> list[Any]:
    found = pieces(old, new)
    if found is None:
        found = [new]
    return [base64.b64encode(piece).decode() if isinstance(piece, bytes) else piece for piece in found]


def next_release(engine: Any, old: Release, new: Release) -> set[str]:
    """Loads `new` from what `before` is, under `next`; what was taken over."""
    taken = engine.call("loadNext", "next", "before", told(old.bundle, new.bundle), told(old.automaton, new.automaton))
    return set(taken)


def edited(rulebook: dict[str, Any], generator: Generator) -> str:
    """Changes something of the kind that people save."""
    random = generator.random
    rule = random.choice(rulebook["rules"])
    kind = random.choice(["words", "words", "words", "phrases", "phrases", "a group", "a filler", "a rule", "one less"])
    if kind == "words":
        rule["title"] = f"改{random.randrange(10**6)}"
        rule["level"] = random.choice(LEVELS)
    elif kind == "phrases":
        verb = random.choice(["find", "asked", "except", "near"])
        rule[verb] = [*rule.get(verb, []), generator.phrase()][-5:]
    elif kind == "a group":
        rulebook["groups"]["one"] = [*rulebook["groups"]["one"], generator.word()][-4:]
    elif kind == "a filler":
        rulebook["fillers"] = ["亲", random.choice(HAN)]
    elif kind == "a rule":
        rulebook["rules"].append(generator.rule(100 + random.randrange(10**6)))
    elif len(rulebook["rules"]) > 1:
        rulebook["rules"].remove(rule)
    return kind


def answers(engine: Any, name: str, talks: list[dict[str, Any]]) -> list[Any]:
    return [engine.call(call, name, talks) for call in CALLS]


def test_it_finds_what_an_engine_finds_that_was_loaded_afresh(node_engine: Any, tmp_path: Path) -> None:
    engine = node_engine
    taken: Counter[str] = Counter()
    findings = 0
    for seed in range(RULEBOOKS):
        generator = Generator(seed)
        rulebook = generator.rulebook()
        folder = tmp_path / str(seed)
        folder.mkdir()
        builder = Builder(folder)
        before: Release | None = None
        for _ in range(SAVES):
            (folder / "rules.yaml").write_bytes(msgspec.json.encode(rulebook))
            build = builder.build(examples=False)
            release, edit = build.release, edited(rulebook, generator)
            if release is None:  # an idle phrase, say
                continue
            near = literals(rulebook)
            talks = [generator.conversation(near) for _ in range(CONVERSATIONS)]
            load(engine, "fresh", build)
            fresh = answers(engine, "fresh", talks)
            if before is None:
                load(engine, "before", build)
            else:
                earlier = answers(engine, "before", talks)
                taken.update(next_release(engine, before, release))
                assert answers(engine, "before", talks) == earlier, edit
                assert answers(engine, "next", talks) == fresh, edit
                # The next one goes on from the one that went on.
                next_release(engine, before, release)
                engine.call("renamed", "next", "before")
            before = release
            findings += sum(map(len, fresh[0]))
    assert findings > 600
    assert set(taken) == {"automaton", "classifier", "folder", "sets"}, taken
    assert taken["sets"] < taken["folder"], "what changes phrases makes its own sets"


@pytest.fixture(scope="module")
def steps(tmp_path_factory: pytest.TempPathFactory, thin_classifier: None) -> dict[str, Release]:
    """A small rulebook, and what it is after edits of each kind."""
    root = tmp_path_factory.mktemp("steps")
    builder = Builder(root)
    text = (
        "topic: contact\nfillers: [亲]\nrules:\n  - id: c.w\n    title: 微信\n    level: warn\n    find: [加微信, <phone>]\n"
        "    likely: '20'\n    bad: [您〔加微信〕吧]\n"
    )
    edits = {
        "first": text,
        "title": text.replace("title: 微信", "title: 不得"),
        "phrase": text.replace("[加微信", "[加薇信, 加微信"),
        "folded otherwise": text.replace("[加微信", "[加微🦊信, 加微信"),
    }

    def compiled(content: str) -> Release:
        (root / "rules.yaml").write_text(content, encoding="utf-8")
        release = builder.build(examples=False).release
        assert release is not None
        return release

    return {name: compiled(content) for name, content in edits.items()}


ALL = {"automaton", "classifier", "folder", "sets"}


@pytest.mark.parametrize(
    ("save", "kept"),
    [("first", ALL), ("title", ALL), ("phrase", {"classifier", "folder"}), ("folded otherwise", {"classifier"})],
)
def test_what_a_save_leaves_as_it_was_is_taken_over(
    node_engine: Any, steps: dict[str, Release], save: str, kept: set[str]
) -> None:
    first = steps["first"]
    node_engine.call("loadRelease", "before", *(base64.b64encode(x).decode() for x in (first.bundle, first.automaton)))
    assert next_release(node_engine, first, steps[save]) == kept


def test_what_was_taken_over_is_taken_over_again(node_engine: Any, steps: dict[str, Release]) -> None:
    before = steps["first"]
    node_engine.call(
        "loadRelease", "before", *(base64.b64encode(x).decode() for x in (before.bundle, before.automaton))
    )
    for save in ("phrase", "first", "phrase", "phrase"):
        assert next_release(node_engine, before, steps[save]) >= {"classifier", "folder"}
        node_engine.call("renamed", "next", "before")
        before = steps[save]


def test_what_follows_a_good_release_is_checked_like_any_other(node_engine: Any, steps: dict[str, Release]) -> None:
    """A damaged file is refused, though most of it is what passed before."""
    first = steps["first"]
    node_engine.call("loadRelease", "before", *(base64.b64encode(x).decode() for x in (first.bundle, first.automaton)))
    random = Random(5)
    refused = 0
    for _ in range(120):
        bundle, automaton = bytearray(steps["phrase"].bundle), bytearray(steps["phrase"].automaton)
        file = random.choice([bundle, automaton])
        if random.random() < 0.3:
            del file[random.randrange(len(file)) :]
        else:
            # Not in the classifier's weights, which are most of the file and any bytes will do for.
            file[random.randrange(min(len(file), 40_000))] ^= 1 << random.randrange(8)
        outcomes = []
        for how in ("loadRelease", "loadNext"):
            try:
                encoded = [base64.b64encode(bytes(x)).decode() for x in (bundle, automaton)]
                if how == "loadRelease":
                    node_engine.call("loadRelease", "fresh", *encoded)
                else:
                    node_engine.call("loadNext", "next", "before", *([x] for x in encoded))
                outcomes.append("loaded")
            except JavaScriptError as error:
                outcomes.append("refused" if "ReleaseError" in str(error) else str(error))
        assert outcomes[0] == outcomes[1]
        refused += outcomes[0] == "refused"
    assert refused > 40
