"""Whole checks: vectors in both engines."""

from __future__ import annotations

import base64
from typing import Any

import msgspec
import pytest

from compiler.build import Build
from compiler.matcher.conversation import Conversation
from compiler.matcher.engine import Engine
from tests.engine import check_vectors
from tests.engine.check_vectors import Case

SUITES = sorted(check_vectors.HERE.glob("*.yaml"))


@pytest.fixture(scope="module", params=SUITES, ids=lambda path: path.stem)
def suite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Build, list[Case]]:
    builder, cases = check_vectors.load(request.param, tmp_path_factory.mktemp("vectors"))
    build = builder.build(examples=False)
    assert build.release is not None, [d.render() for d in build.diagnostics]
    return build, cases


def read(case: Case) -> Conversation:
    return msgspec.convert(case.conversation, Conversation)


def test_python(suite: tuple[Build, list[Case]]) -> None:
    build, cases = suite
    assert build.engine is not None
    wrong = {}
    for case in cases:
        found = [(f.rule, f.start, f.end) for f in build.engine.check(read(case))]
        if (named := check_vectors.named(case.conversation["reply"], found)) != case.expected:
            wrong[case.text] = named
    assert wrong == {}


def test_typescript(suite: tuple[Build, list[Case]], engine: Any) -> None:
    build, cases = suite
    load(engine, "vectors", build)
    answers = engine.call("checkAll", "vectors", [case.conversation for case in cases])
    wrong = {}
    for case, answer in zip(cases, answers, strict=True):
        named = check_vectors.named(case.conversation["reply"], [(rule, s, e) for rule, _, s, e, _ in answer])
        if named != case.expected:
            wrong[case.text] = named
    assert wrong == {}


def test_traces_and_hints_agree(suite: tuple[Build, list[Case]], engine: Any) -> None:
    build, cases = suite
    assert build.engine is not None
    load(engine, "vectors", build)
    conversations = [case.conversation for case in cases]
    for case, steps, hints in zip(
        cases,
        engine.call("traceAll", "vectors", conversations),
        engine.call("hintsAll", "vectors", conversations),
        strict=True,
    ):
        assert steps == as_json(build.engine.trace(read(case))), case.text
        assert hints == as_json(hints_of(build.engine, read(case))), case.text


def as_json(value: Any) -> Any:
    return msgspec.json.decode(msgspec.json.encode(value))


def hints_of(engine: Engine, conversation: Conversation) -> tuple[list[tuple[str, int]], list[str]]:
    traps = [(trap.rule, trap.turn) for trap in engine.traps(conversation)]
    return traps, [reply.id for reply in engine.suggestions(conversation)]


def load(engine: Any, name: str, build: Build) -> None:
    assert build.release is not None
    parts = (build.release.bundle, build.release.automaton)
    engine.call("loadRelease", name, *(base64.b64encode(part).decode() for part in parts))
