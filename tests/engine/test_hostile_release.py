"""Damaged and made-up releases: refused, or an engine that works; never a crash, a hang or a span outside the text."""

from __future__ import annotations

import base64
import json
import struct
from random import Random
from typing import Any

import msgspec
import pytest

from compiler import bundle as files
from compiler.build import Release
from compiler.matcher.conversation import Conversation
from compiler.matcher.engine import Engine, ReleaseError, decode
from tests.engine import check_vectors
from tests.engine.check_vectors import Case

ROUNDS = 120
VALUES: list[Any] = [
    None, True, -1, 0, 1, -50, -100, -103, 2**31, -(2**40), 1e9, 0.5, "", "x", "\ud800", "__proto__", [], [[]], {}, [0], [-1],
    [0, 0], [-100, 0], {"": 0},
]  # fmt: skip

INTEGERS = [-1, 0, 1, -40, -41, -50, -100, -101, -102, -103, -104, -200, -201, -202, 2**31 - 1, -(2**31)]
"""Of sets: an atom, gaps, edges, what ends a set and stands around a sequence, and nothing of these."""


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory, thin_classifier: None) -> tuple[Release, list[Case]]:
    builder, cases = check_vectors.load(check_vectors.HERE / "stages.yaml", tmp_path_factory.mktemp("hostile"))
    build = builder.build(examples=False)
    assert build.release is not None
    return build.release, cases


def mutated(random: Random, value: Any) -> Any:
    """The document with one to three values, anywhere in it, replaced, dropped or doubled."""
    value = json.loads(json.dumps(value))
    for _ in range(random.randint(1, 3)):
        node, key = value, None
        while isinstance(node, (dict, list)) and node:
            parent, key = node, random.choice(list(node) if isinstance(node, dict) else range(len(node)))
            node = parent[key]
            if random.random() < 0.25:
                break
        if key is None:
            continue
        action = random.random()
        if action < 0.6:
            parent[key] = random.choice(VALUES)
        elif action < 0.8 or isinstance(parent, dict):
            del parent[key]
        else:
            parent.insert(key, parent[key])
    return value


def damaged(random: Random, data: bytes) -> bytes:
    """Truncated, lengthened, or with some bits flipped."""
    kind = random.random()
    if kind < 0.3:
        return data[: random.randrange(len(data))]
    if kind < 0.4:
        return data + random.randbytes(random.randint(1, 64))
    changed = bytearray(data)
    for _ in range(random.choice([1, 1, 2, 8])):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def joined(document: bytes, tables: bytes) -> bytes:
    return document + bytes(4 - len(document) % 4) + tables


def with_other_sets(random: Random, tables: bytes) -> bytes:
    """The tables with one to three integers of the sets replaced, dropped or doubled."""
    count, length, weights = struct.unpack_from("<3I", tables)
    integers = [*struct.unpack_from(f"<{length}i", tables, 12)]
    for _ in range(random.randint(1, 3)):
        at = random.randrange(len(integers))
        action = random.random()
        if action < 0.6:
            integers[at] = random.choice([*INTEGERS, random.choice(integers)])
        elif action < 0.8:
            del integers[at]
        else:
            integers.insert(at, integers[at])
    claimed = random.choice([len(integers)] * 8 + [length, 0, 2**32 - 1])
    count = random.choice([count] * 8 + [count - 1, count + 1, 0, 2**32 - 1])
    weights = random.choice([weights] * 8 + [1, 2**32 - 1])
    return struct.pack(f"<3I{len(integers)}i", count, claimed, weights, *integers) + tables[12 + 4 * length :]


def releases(release: Release, seed: int) -> list[tuple[bytes, bytes]]:
    random = Random(seed)
    text = files.document(release.bundle)
    document = json.loads(text)
    tables = release.bundle[len(text) + 4 - len(text) % 4 :]
    made: list[tuple[bytes, bytes]] = []
    for _ in range(ROUNDS):
        changed = json.dumps(mutated(random, document)).encode("utf-8", "surrogatepass")
        made.append((joined(changed, tables), release.automaton))
        made.append((joined(text, with_other_sets(random, tables)), release.automaton))
        made.append((damaged(random, release.bundle), release.automaton))
        made.append((release.bundle, damaged(random, release.automaton)))
    whole = [(release.bundle, b""), (b"", release.automaton), (b"null", b""), (b"[" * 100_000, release.automaton)]
    return [*made, *whole, (text, release.automaton), (joined(text, b""), release.automaton)]


def test_browser_engine(vectors: tuple[Release, list[Case]], engine: Any) -> None:
    release, cases = vectors
    made = releases(release, 1)
    talks = [case.conversation for case in cases]
    encoded = [[base64.b64encode(part).decode() for part in pair] for pair in made]
    answers: list[str] = []
    for start in range(0, len(encoded), 100):
        answers += engine.call("tryReleases", encoded[start : start + 100], talks)
    # A changed title or folding entry is still a bundle; most damage is not.
    assert answers.count("refused") > len(answers) / 2
    assert engine.call(
        "tryReleases", [[base64.b64encode(p).decode() for p in (release.bundle, release.automaton)]], talks
    ) == ["works"]


def test_python_engine(vectors: tuple[Release, list[Case]]) -> None:
    release, cases = vectors
    talks = [msgspec.convert(case.conversation, Conversation) for case in cases]
    refused = 0
    for bundle, _ in releases(release, 2):
        try:
            engine = Engine(decode(bundle))
        except ReleaseError:
            refused += 1
            continue
        for talk in talks:
            for finding in engine.check(talk):
                assert finding.start is None or 0 <= finding.start < (finding.end or 0) <= len(talk.reply)
    assert refused > ROUNDS
