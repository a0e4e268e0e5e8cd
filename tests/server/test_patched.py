"""The browser's end of a patch: taken when what comes out is what was signed; else the whole is fetched, and judged as ever."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from compiler.build import Builder
from server.patches import pieces

from .hostile import KEYS, Answers, Changes, Client, Content, b64, build, envelope, manifest
from .test_acceptance import TOPIC, World

SETS: dict[str, Changes] = {
    "whole": [],
    "believing": [("download", "(await sha256(bytes)) === artifact.sha256 ?", "true ?")],
    "impatient": [("download", "if (error instanceof PatchError) return null;", "")],
}


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Two releases of one compiler, which goes on: another title, and another phrase."""
    root = tmp_path_factory.mktemp("rules")
    for n in range(12):
        text = (
            TOPIC.format(title=f"第{n}条", say="好的").replace("contact", f"c{n}").replace("加微信", f"加微信{n}号群")
        )
        (root / f"c{n}.yaml").write_text(text, encoding="utf-8")
    builder = Builder(root)

    def compiled() -> Content:
        release = builder.build().release
        assert release is not None
        return Content(release.bundle, release.automaton)

    old = compiled()
    path = root / "c3.yaml"
    path.write_text(
        path.read_text("utf-8").replace("第3条", "新的标题").replace("[加", "[加薇信, 加"), encoding="utf-8"
    )
    return World(old, compiled())


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("patched")
    build(folder, SETS)
    return folder


def patch(old: bytes, new: bytes) -> dict[str, Any]:
    found = pieces(old, new)
    assert found is not None
    return {
        "from": hashlib.sha256(old).hexdigest(),
        "to": hashlib.sha256(new).hexdigest(),
        "pieces": [b64(piece) if isinstance(piece, bytes) else list(piece) for piece in found],
    }


def told(pair: World) -> dict[str, Any]:
    return {"patches": [patch(pair.old.bundle, pair.new.bundle), patch(pair.old.automaton, pair.new.automaton)]}


def begin(node: Client, scripts: Path, pair: World, script: str = "whole") -> str:
    node.load(scripts / f"{script}.js")
    node.enrol()
    good = node.offer(envelope(manifest(pair.old, 5), KEYS[0]), pair.old.answers)
    assert good["active"]["version"] == 5
    return str(good["active"]["id"])


def fetched(outcome: dict[str, Any]) -> list[str]:
    return sorted(url.rpartition(".")[2] for url, _ in outcome["requests"])


def test_a_patch_replaces_the_download_and_pages_get_what_is_new(node: Client, scripts: Path, pair: World):
    before = begin(node, scripts, pair)
    after = node.offer(envelope(manifest(pair.new, 6), KEYS[0]), {}, json.dumps(told(pair)))
    assert (after["health"]["refused"], after["active"]["version"], after["requests"]) == ("none", 6, [])
    assert node.call("handedOut", "it") == len(pair.new.bundle)
    base, fresh, bundle = node.call("coming", "it", b64(pair.old.bundle))
    assert (base, bundle) == (before, pair.new.pair.bundle.sha256)
    assert 0 < fresh < len(pair.new.bundle) / 10
    again = node.call("restart", "it", "")
    assert (again["health"]["state"], again["active"]["version"]) == ("ok", 6)


def test_without_a_patch_pages_get_the_whole(node: Client, scripts: Path, pair: World):
    begin(node, scripts, pair)
    after = node.offer(envelope(manifest(pair.new, 6), KEYS[0]), pair.new.answers)
    assert fetched(after) == ["bin", "bundle"]
    assert node.call("coming", "it", "") == ["", len(pair.new.bundle), pair.new.pair.bundle.sha256]


def test_a_page_is_told_of_an_artifact_that_stays(node: Client, scripts: Path, pair: World):
    """Only the bundle is another one."""
    before = begin(node, scripts, pair)
    mixed = Content(pair.old.bundle.replace("第3条".encode(), "第9条".encode(), 1), pair.old.automaton)
    only = {"patches": [patch(pair.old.bundle, mixed.bundle)]}
    after = node.offer(envelope(manifest(mixed, 6), KEYS[0]), {}, json.dumps(only))
    assert (after["active"]["version"], after["requests"]) == (6, [])
    assert node.call("coming", "it", b64(pair.old.bundle))[::2] == [before, mixed.pair.bundle.sha256]


def longest(patch: dict[str, Any]) -> int:
    return max(range(len(patch["pieces"])), key=lambda n: len(patch["pieces"][n]) == 2 and patch["pieces"][n][1])


def with_piece(piece: Any) -> Callable[[dict[str, Any]], object]:
    def change(document: dict[str, Any]) -> object:
        document["patches"][0]["pieces"][longest(document["patches"][0])] = piece
        return document

    return change


def one_bit(document: dict[str, Any]) -> object:
    found = document["patches"][0]["pieces"]
    n = next(n for n, piece in enumerate(found) if isinstance(piece, str))
    data = base64.b64decode(found[n])
    found[n] = b64(bytes([data[0] ^ 1]) + data[1:])
    return document


def of_another(document: dict[str, Any]) -> object:
    document["patches"][0]["from"] = "0" * 64
    return document


def renamed(**fields: Any) -> Callable[[dict[str, Any]], object]:
    return lambda document: {"patches": [{**document["patches"][0], **fields}]}


HOSTILE: dict[str, Callable[[dict[str, Any]], object]] = {
    "null": lambda _: None,
    "a list": lambda document: document["patches"],
    "no list of patches": lambda _: {"patches": {}},
    "three patches": lambda document: {"patches": document["patches"] * 2},
    "a changed bit": one_bit,
    "made of a release that nobody has": of_another,
    "no hash": renamed(to="x" * 64),
    "no pieces": renamed(pieces=None),
    "nothing": renamed(pieces=[]),
    "cut": lambda document: renamed(pieces=document["patches"][0]["pieces"][:-1])(document),
    "doubled": lambda document: renamed(pieces=document["patches"][0]["pieces"] * 2)(document),
    "a thousand times the whole": renamed(pieces=[[0, 1000]] * 1024),
    "too many pieces": renamed(pieces=[[0, 1]] * 1025),
    "a span behind the end": with_piece([10, 2**40]),
    "a span of half a byte": with_piece([0, 0.5]),
    "a span before the beginning": with_piece([-1, 10]),
    "a span of three": with_piece([0, 1, 2]),
    "a number beyond the exact ones": with_piece([2**60, 1]),
    "no base64": with_piece("%%%"),
    "a piece that is an object": with_piece({"length": 2}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_patch_costs_a_download_and_nothing_else(node: Client, scripts: Path, pair: World, name: str):
    begin(node, scripts, pair)
    text = json.dumps(HOSTILE[name](told(pair)))
    after = node.offer(envelope(manifest(pair.new, 6), KEYS[0]), pair.new.answers, text)
    assert "bundle" in fetched(after)
    assert (after["health"]["refused"], after["active"]["version"]) == ("none", 6)
    assert node.call("handedOut", "it") == len(pair.new.bundle)


@pytest.mark.parametrize("text", ["", "{", "\ud800", "[" * 5000, " " * 70_000 + "{}"])
def test_what_is_no_json_or_too_long(node: Client, scripts: Path, pair: World, text: str):
    begin(node, scripts, pair)
    after = node.offer(envelope(manifest(pair.new, 6), KEYS[0]), pair.new.answers, text)
    assert (fetched(after), after["active"]["version"]) == (["bin", "bundle"], 6)


def test_where_the_download_is_bad_as_well_the_last_good_release_stays(node: Client, scripts: Path, pair: World):
    before = begin(node, scripts, pair)
    bad = {url: (200, {}, b64(b"x" * len(base64.b64decode(body[2])))) for url, body in pair.new.answers.items()}
    after = node.offer(envelope(manifest(pair.new, 6), KEYS[0]), bad, json.dumps(one_bit(told(pair))))
    assert (after["good"], after["health"]["refused"], after["active"]["id"]) == (False, "hash", before)
    gone: Answers = {}
    after = node.offer(envelope(manifest(pair.new, 6), KEYS[0]), gone, json.dumps(one_bit(told(pair))))
    assert (after["health"]["refused"], after["active"]["id"]) == ("network", before)


def test_a_patch_stands_in_for_no_signature_and_no_floor(node: Client, scripts: Path, pair: World):
    before = begin(node, scripts, pair)
    text = json.dumps(told(pair))
    for offered, code in (
        (envelope(manifest(pair.new, 6), KEYS[3]), "signature"),
        (envelope(manifest(pair.new, 4), KEYS[0]), "rollback"),
        (envelope(manifest(pair.new, 5), KEYS[0]), "equivocation"),
        (envelope(manifest(pair.new, 6, channel="other"), KEYS[0]), "channel"),
    ):
        after = node.offer(offered, {}, text)
        assert (after["health"]["refused"], after["active"]["id"], after["requests"]) == (code, before, [])


def test_without_their_guards_they_get_through(node: Client, scripts: Path, pair: World):
    begin(node, scripts, pair, "believing")
    wrong = told(pair)
    wrong["patches"][0]["pieces"] = patch(pair.old.bundle, one_letter(pair.new.bundle))["pieces"]
    after = node.offer(envelope(manifest(pair.new, 6), KEYS[0]), pair.new.answers, json.dumps(wrong))
    assert (after["active"]["version"], after["requests"]) == (6, []), "a release that nobody signed"
    begin(node, scripts, pair, "impatient")
    assert node.offer(envelope(manifest(pair.new, 6), KEYS[0]), pair.new.answers, "{")["health"]["refused"] == "storage"


def one_letter(data: bytes) -> bytes:
    return data.replace("新".encode(), "旧".encode(), 1)


def test_no_text_makes_the_reader_stumble(node: Client, scripts: Path, pair: World):
    node.load(scripts / "whole.js")
    random = Random(3)
    whole = json.dumps({"patches": [patch(pair.old.bundle, pair.new.bundle)]})
    texts = [mutilated(random, whole) for _ in range(3000)]
    answers = node.call("tryPatches", texts, b64(pair.old.bundle), len(pair.new.bundle))
    sizes = {answer for answer in answers if isinstance(answer, int)}
    assert sizes <= {len(pair.new.bundle)}, "whatever comes out has the size that was signed"
    reasons = {answer.lstrip("0123456789") for answer in answers if isinstance(answer, str)}
    assert reasons >= {
        "not JSON",
        "not the hashes of two artifacts",
        "a piece is neither a span nor bytes",
        "a span leaves the artifact before",
        f" bytes instead of {len(pair.new.bundle)}",
    }


def mutilated(random: Random, text: str) -> str:
    """Characters or whole values replaced, dropped or doubled."""
    if random.random() < 0.4:
        at = random.randrange(len(text))
        return (
            text[:at] + random.choice(["", "0", '"', "]", "9" * 12, "\ud83d", text[at : at + 40] * 2]) + text[at + 1 :]
        )
    document = json.loads(text)
    found = document["patches"][0]
    for _ in range(random.randint(1, 3)):
        n = random.randrange(len(found["pieces"])) if found["pieces"] else 0
        action = random.random()
        if action < 0.2:
            found[random.choice(["from", "to", "pieces"])] = random.choice([None, 1, "", "a" * 64, [], {}])
            break
        if action < 0.4:
            del found["pieces"][n : n + random.randint(1, 3)]
        elif action < 0.6:
            found["pieces"].insert(n, random.choice([*found["pieces"], []]))
        else:
            numbers = [random.choice([-1, 0, 1, 0.5, 4096, 2**31, 2**53]), random.choice([0, 1, 7, 2**32, 1e300])]
            found["pieces"][n : n + 1] = [random.choice([numbers, "AAAA", "A", None, True, [None, None], "===="])]
    return json.dumps(document)
