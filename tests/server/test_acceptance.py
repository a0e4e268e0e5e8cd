"""The acceptance list of docs/protocol.md against the extension's own code. Every attack is refused, and succeeds (or is
refused by something else, later) once its guard is taken out of the source: so the test can fail.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from compiler.build import Builder
from server.manifest import Artifact, Pair, Rollout, Trust
from server.signing import keyid, public_bytes

from .hostile import (
    INSTALL,
    KEYS,
    PINNED,
    URL,
    Answers,
    Changes,
    Client,
    Content,
    b64,
    build,
    envelope,
    manifest,
    public,
    trust_of,
)

TOPIC = """
topic: contact
title: 站外联系
rules:
  - id: contact.wechat
    title: {title}
    level: block
    find: [加微信]
    say: [{say}]
    bad: [您〔加微信〕吧]
    good: [您好]
"""


class World(msgspec.Struct):
    """Two releases that the real compiler made."""

    old: Content
    new: Content


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = tmp_path_factory.mktemp("rules")

    def compiled(title: str) -> Content:
        (root / "contact.yaml").write_text(TOPIC.format(title=title, say="在这里跟我说就好"), encoding="utf-8")
        release = Builder(root).build().release
        assert release is not None
        return Content(release.bundle, release.automaton)

    return World(compiled("旧的标题"), compiled("新的标题"))


Offer = Callable[[World], tuple[str, Answers]]


class Attack(msgspec.Struct):
    """`offer` follows version 5 of the old release. `code` refuses it; with `without` in place of the guard the outcome is
    `then` ("none" = it was swallowed)."""

    name: str
    code: str
    offer: Offer
    without: Changes
    then: str = "none"
    pinned: Trust = PINNED


def signed(**changes: Any) -> Offer:
    """A manifest of the new release, properly signed."""
    return lambda w: (envelope(manifest(w.new, **{"version": 6, **changes}), KEYS[0]), w.new.answers)


def served(change: Callable[[bytes], bytes], times: int = 1) -> Offer:
    """The announced bundle is not what is handed out."""

    def offer(w: World) -> tuple[str, Answers]:
        url = w.new.pair.bundle.url
        return envelope(manifest(w.new, 6), KEYS[0]), {
            **w.new.answers,
            url: (200, {}, b64(change(w.new.bundle)), times),
        }

    return offer


def announced(change: Callable[[Content], Content]) -> Offer:
    """Bad content, announced and signed as it is."""

    def offer(w: World) -> tuple[str, Answers]:
        content = change(w.new)
        return envelope(manifest(content, 6), KEYS[0]), content.answers

    return offer


def altered(w: World) -> tuple[str, Answers]:
    """One character of the signed bytes: version 6 becomes 7."""
    document = json.loads(envelope(manifest(w.new, 6), KEYS[0]))
    data = base64.b64decode(document["signed"]).replace(b'"version":6', b'"version":7', 1)
    return json.dumps({**document, "signed": b64(data)}), w.new.answers


def same_version(w: World) -> tuple[str, Answers]:
    return envelope(manifest(w.new, 5), KEYS[0]), w.new.answers


def one_key_twice(w: World) -> tuple[str, Answers]:
    return envelope(manifest(w.new, 6, trust=TWO), KEYS[0], KEYS[0]), w.new.answers


def many_signatures(w: World) -> tuple[str, Answers]:
    return envelope(manifest(w.new, 6), *KEYS[:1] * 9), w.new.answers


def padded(w: World) -> tuple[str, Answers]:
    return envelope(manifest(w.new, 6), KEYS[0]) + " " * 65_000, w.new.answers


def far_url(url: str) -> Offer:
    def offer(w: World) -> tuple[str, Answers]:
        moved = msgspec.structs.replace(w.new.pair.bundle, url=url)
        answer = w.new.answers[w.new.pair.bundle.url]
        address = url if url.startswith("http") else "http:" + url
        return envelope(manifest(w.new, 6, bundle=moved), KEYS[0]), {**w.new.answers, address: answer}

    return offer


def huge(w: World) -> tuple[str, Answers]:
    announced = msgspec.structs.replace(w.new.pair.bundle, size=16 * 1024 * 1024 + 1)
    return envelope(manifest(w.new, 6, bundle=announced), KEYS[0]), w.new.answers


def stolen_key_extends_itself(w: World) -> tuple[str, Answers]:
    """The thief of key 0 makes a new set without it but with a key of his own, and signs with both."""
    trust = trust_of(KEYS[1], KEYS[2], version=2)
    return envelope(manifest(w.new, 6, trust=trust), KEYS[0], KEYS[2]), w.new.answers


def another_set_under_the_same_number(w: World) -> tuple[str, Answers]:
    return envelope(manifest(w.new, 6, trust=trust_of(KEYS[0], KEYS[2])), KEYS[0]), w.new.answers


def new_set_without_its_threshold(w: World) -> tuple[str, Answers]:
    trust = trust_of(KEYS[0], KEYS[1], KEYS[2], version=2, threshold=2)
    return envelope(manifest(w.new, 6, trust=trust), KEYS[0]), w.new.answers


def new_format(content: Content) -> Content:
    return msgspec.structs.replace(content, bundle=content.bundle.replace(b'"format":1', b'"format":2', 1))


def other_automaton(content: Content) -> Content:
    return msgspec.structs.replace(content, automaton=content.automaton[:-4])


def one_letter(data: bytes) -> bytes:
    return data.replace("新".encode(), "旧".encode(), 1)


TWO = trust_of(*KEYS[:2], threshold=2)
SELF_TEST = ("update", "selfTest(bundle.bytes, automaton.bytes);", "")
SHORT_OF_THRESHOLD = ("verify", "if (ours.size < pinned.threshold)", "if (false)")
ATTACKS = [
    Attack("a changed signed byte", "signature", altered, [SHORT_OF_THRESHOLD]),
    Attack("a key that is not pinned", "signature",
           lambda w: (envelope(manifest(w.new, 6), KEYS[3]), w.new.answers), [SHORT_OF_THRESHOLD]),
    Attack("a strange key under a pinned name", "signature",
           lambda w: (envelope(manifest(w.new, 6), KEYS[3], names=(keyid(public_bytes(KEYS[0])),)), w.new.answers),
           [("verify", "fromBase64(signature.sig), message)) found", "fromBase64(signature.sig), message) || true) found")]),
    Attack("a signature over the bare bytes", "signature",
           lambda w: (envelope(manifest(w.new, 6), KEYS[0], context=b""), w.new.answers),
           [("verify", "fromBase64(signature.sig), message)) found", "fromBase64(signature.sig), message) || await crypto.subtle"
            '.verify("Ed25519", imported, fromBase64(signature.sig), signed)) found')]),
    Attack("one key signing twice for a threshold of two", "signature", one_key_twice,
           [("verify", "found.add(key);", "found.add(key + found.size);")], pinned=TWO),
    Attack("one signature for a threshold of two", "signature",
           lambda w: (envelope(manifest(w.new, 6, trust=TWO), KEYS[0]), w.new.answers),
           [("verify", "if (ours.size < pinned.threshold)", "if (ours.size < 1)")], pinned=TWO),
    Attack("nine signatures", "malformed", many_signatures, [("verify", " || signatures.length > MAX_SIGNATURES", "")]),
    Attack("an envelope above its cap", "malformed", padded, [("verify", "envelope.length > MAX_ENVELOPE", "false")]),
    Attack("an unknown schema", "schema", signed(schema=2), [("verify", "value.schema !== 1", "false")]),
    Attack("the manifest of another channel", "channel", signed(channel="other"),
           [("verify", "value.channel !== channel", "false")]),
    Attack("a manifest for a later engine", "engine", signed(min_engine=2),
           [("verify", 'whole(value.min_engine, "min_engine") > ENGINE', "false")]),
    Attack("rollback to a lower version", "rollback", signed(version=4),
           [("verify", "step < 0 || (step === 0 && ahead < 0)", "step < 0")]),
    Attack("rollback to a lower epoch", "rollback", signed(epoch=0, version=99),
           [("verify", "step < 0 || (step", "(step")]),
    Attack("another content under the same version", "equivocation", same_version,
           [("verify", "accepted && content(accepted) !== content(manifest)", "false")]),
    Attack("another rollout under the same version", "equivocation",
           lambda w: (envelope(manifest(w.old, 5, rollout=Rollout(50, "0" * 16)), KEYS[0]), w.old.answers),
           [("verify", "[m.bundle, m.automaton, m.rollout]", "[m.bundle, m.automaton]")]),
    Attack("the version number burnt in one step", "fast-forward", signed(version=1_000_006),
           [("verify", "(step === 0 && ahead > MAX_VERSION_STEP)", "false")]),
    Attack("the epoch burnt in one step", "fast-forward", signed(epoch=3), [("verify", "step > 1 || (step", "(step")]),
    Attack("a stolen key that extends itself", "signature", stolen_key_extends_itself,
           [("verify", "staying.length < pinned.threshold || ", "")]),
    Attack("a new trust without the signatures it asks for", "signature", new_set_without_its_threshold,
           [("verify", " || theirs.size < trust.threshold", "")]),
    Attack("another trust under the same number", "equivocation", another_set_under_the_same_number,
           [("verify", "trust.version === pinned.version && !same", "false")]),
    Attack("content from any host over http", "malformed", far_url("http://evil.example/x.json"),
           [("verify", r"!/^(\/(?!\/)|https:\/\/)/.test(url)", "false")]),
    Attack("an artifact above its cap", "malformed", huge, [("verify", "bytes <= MAX_ARTIFACT ?", "true ?")], then="size"),
    Attack("a truncated bundle", "size", served(lambda data: data[:-1]),
           [("download", "if (at !== artifact.size)", "if (false)")], then="hash"),
    Attack("a bundle without end", "size", served(lambda data: data, times=0),
           [("download", "at + value.length > artifact.size", "false")], then="storage"),
    Attack("a changed letter in the bundle", "hash", served(one_letter),
           [("download", "(await sha256(bytes)) !== artifact.sha256", "false")]),
    Attack("a bundle of a later format", "engine", announced(new_format),
           [("selftest", "(format as number) > ENGINE", "false")], then="malformed"),
    Attack("an automaton that the engine cannot load", "malformed", announced(other_automaton), [SELF_TEST]),
    Attack("a bundle that is no JSON", "malformed",
           announced(lambda c: msgspec.structs.replace(c, bundle=b"no bundle")), [SELF_TEST]),
]  # fmt: skip
SETS: dict[str, Changes] = {
    "whole": [],
    **{f"without{n}": attack.without for n, attack in enumerate(ATTACKS)},
    "throwing": [("selftest", "engine.check({", 'throw new Error("stack"); engine.check({')],
    "throwing at a suggestion": [
        ("selftest", "engine.check({", 'if (reply !== SAMPLE) throw new Error("stack"); engine.check({')
    ],
    "throwing at one tried before": [
        (
            "selftest",
            "engine.check({",
            "const { tries = new Set() } = globalThis; globalThis.tries = tries;"
            ' if (tries.has(reply) && reply !== SAMPLE) throw new Error("stack"); tries.add(reply); engine.check({',
        )
    ],
    "throwing-untested": [("selftest", "engine.check({", 'throw new Error("stack"); engine.check({'), SELF_TEST],
}


@pytest.fixture(scope="session")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("client")
    build(folder, SETS)
    return folder


@pytest.fixture
def client(node: Client, scripts: Path) -> Client:
    node.load(scripts / "whole.js")
    return node


def begin(client: Client, world: World, pinned: Trust = PINNED, **options: Any) -> str:
    """Enrols and runs version 5 of the old release; its id."""
    client.enrol(pinned, **options)
    keys = KEYS[: pinned.threshold]
    good = client.offer(envelope(manifest(world.old, 5, trust=pinned), *keys), world.old.answers)
    assert (good["good"], good["health"]["refused"], good["active"]["version"]) == (True, "none", 5)
    return str(good["active"]["id"])


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name)
def test_an_attack_is_refused_and_the_last_good_release_stays(client: Client, world: World, attack: Attack):
    before = begin(client, world, attack.pinned)
    after = client.offer(*attack.offer(world))
    assert (after["good"], after["health"]["refused"], after["health"]["state"]) == (False, attack.code, "refused")
    assert (after["active"]["id"], after["active"]["version"]) == (before, 5)
    assert client.call("handedOut", "it") == len(world.old.bundle)
    assert client.call("reports", "it")[-1] == ["refused", attack.code, -1], "and is reported"
    trust = attack.pinned
    keys = KEYS[: trust.threshold]
    good = client.offer(envelope(manifest(world.new, 6, trust=trust), *keys), world.new.answers)
    assert (good["health"]["state"], good["active"]["version"]) == ("ok", 6), "an attack leaves nothing behind"


@pytest.mark.parametrize("number", range(len(ATTACKS)), ids=[attack.name for attack in ATTACKS])
def test_without_its_guard_the_attack_gets_through(node: Client, scripts: Path, world: World, number: int):
    attack = ATTACKS[number]
    assert attack.then != attack.code
    node.load(scripts / f"without{number}.js")
    begin(node, world, attack.pinned)
    assert node.refusal(*attack.offer(world)) == attack.then


def test_an_engine_that_fails_its_self_test_is_not_activated(node: Client, scripts: Path, world: World):
    for script, refused in (("throwing", "selftest"), ("throwing-untested", "none")):
        node.load(scripts / f"{script}.js")
        node.enrol()
        answer = node.offer(envelope(manifest(world.new, 1), KEYS[0]), world.new.answers)
        assert answer["health"]["refused"] == refused
        assert (answer["active"] is None) == (refused == "selftest")


def test_what_rules_suggest_is_tried_once(node: Client, scripts: Path, world: World):
    for script, refused in (("throwing at a suggestion", "selftest"), ("throwing at one tried before", "none")):
        node.load(scripts / f"{script}.js")
        node.enrol()
        for version, content in enumerate((world.old, world.new), 1):
            answer = node.offer(envelope(manifest(content, version), KEYS[0]), content.answers)
            assert answer["health"]["refused"] == refused, script


def test_a_bit_of_every_signed_byte_and_of_the_signature(client: Client, world: World):
    begin(client, world)
    document = json.loads(envelope(manifest(world.new, 6), KEYS[0]))
    flipped = []
    whole = base64.b64decode(document["signed"])
    for position in range(len(whole)):
        data = bytearray(whole)
        data[position] ^= 1 << position % 8
        flipped.append(json.dumps({**document, "signed": b64(bytes(data))}))
    signature = document["signatures"][0]
    for position in range(64):
        data = bytearray(base64.b64decode(signature["sig"]))
        data[position] ^= 1
        flipped.append(json.dumps({**document, "signatures": [{**signature, "sig": b64(bytes(data))}]}))
    assert len(flipped) > 700
    assert set(client.call("offerAll", "it", flipped)) == {"signature"}, "and none was parsed before it was verified"


def test_what_is_not_signed_is_not_parsed(client: Client, world: World):
    begin(client, world)
    assert client.refusal(envelope(b"{", KEYS[3]), {}) == "signature"
    assert client.refusal(envelope(b"{", KEYS[0]), {}) == "malformed"


def test_an_expired_release_warns_and_goes_on(client: Client, world: World):
    client.enrol()
    late = manifest(world.old, 5, expires="2026-11-28T08:00:00Z")
    client.call("clock", 1795000000000)  # 2026-11-18
    good = client.offer(envelope(late, KEYS[0]), world.old.answers)
    assert good["health"]["state"] == "ok"
    client.call("clock", 1795939201000)  # a second after
    frozen = client.offer(envelope(late, KEYS[0]), {})
    assert (frozen["health"]["state"], frozen["active"]["version"]) == ("expired", 5)
    assert client.call("handedOut", "it") == len(world.old.bundle), "expiry warns, it never disables"
    renewed = manifest(world.old, 5, created="2026-11-29T00:00:00Z", expires="2026-12-06T00:00:00Z")
    after = client.offer(envelope(renewed, KEYS[0]), {})
    assert (after["health"]["state"], after["requests"]) == ("ok", []), "signed again: nothing is downloaded"
    older = client.offer(envelope(late, KEYS[0]), {})
    assert older["health"]["state"] == "ok", "an older signature of the same version takes nothing back"


def test_without_a_word_for_a_day_it_is_stale_and_goes_on(client: Client, world: World):
    begin(client, world)
    client.call("clock", 1795000000000)
    assert client.call("poll", "it", {"/v1/channels/default/manifest": (304, {}, "")})["health"]["state"] == "ok"
    client.call("clock", 1795000000000 + 24 * 3600_000 + 1)
    after = client.call("poll", "it", {})
    assert (after["health"]["state"], after["active"]["version"]) == ("stale", 5)
    heard = client.call("poll", "it", {"/v1/channels/default/manifest": (304, {}, "")})
    assert heard["health"]["state"] == "ok"


@pytest.mark.parametrize("good", [True, False])
def test_the_stream_counts_as_up_though_an_envelope_is_taken_in_meanwhile(client: Client, world: World, good: bool):
    begin(client, world)
    known = envelope(manifest(world.old, 5), KEYS[0])
    outcome = client.call("comeUp", "it", known if good else "no envelope", world.old.answers)
    assert outcome["health"]["connected"]
    assert outcome["health"]["refused"] == ("none" if good else "malformed")


def test_a_clock_set_back_or_forward_lowers_no_floor_and_stops_no_check(client: Client, world: World):
    begin(client, world)
    for moment in (0, 4102444800000):  # 1970 and 2100
        client.call("clock", moment)
        assert client.refusal(envelope(manifest(world.new, 4), KEYS[0]), world.new.answers) == "rollback"
        assert client.call("handedOut", "it") == len(world.old.bundle)
    good = client.offer(envelope(manifest(world.new, 6), KEYS[0]), world.new.answers)
    assert good["active"]["version"] == 6


def test_the_etag_is_remembered_only_after_activation(client: Client, world: World):
    client.enrol()
    path = "/v1/channels/default/manifest"
    said = (200, {"ETag": '"five"'}, b64(envelope(manifest(world.old, 5), KEYS[0]).encode()))
    failed = client.call("poll", "it", {path: said})  # the artifacts cannot be had
    assert (failed["health"]["refused"], failed["requests"][0][1]) == ("network", {})
    again = client.call("poll", "it", {path: said, **world.old.answers})
    assert (again["health"]["state"], again["requests"][0][1]) == ("ok", {}), "asked for in full again"
    third = client.call("poll", "it", {path: (304, {}, "")})
    assert third["requests"] == [[URL + path, {"If-None-Match": '"five"'}]]


def test_a_token_goes_to_our_server_only(client: Client, world: World):
    client.enrol(token="rgr_x")
    far = msgspec.structs.replace(world.new.pair.bundle, url="https://cdn.example/b.json")
    answers = {**world.new.answers, far.url: world.new.answers[world.new.pair.bundle.url]}
    good = client.offer(envelope(manifest(world.new, 1, bundle=far), KEYS[0]), answers)
    assert good["health"]["state"] == "ok"
    sent = dict(good["requests"])
    assert sent[far.url] == {}
    assert sent[URL + world.new.pair.automaton.url] == {"Authorization": "Bearer rgr_x"}


@pytest.mark.parametrize("damage", ["envelope", "bundle", "no-bundle"])
def test_a_damaged_store_falls_back_to_the_packaged_rules(client: Client, world: World, damage: str):
    begin(client, world, seed=world.new)
    after = client.call("restart", "it", damage)
    assert (after["health"]["state"], after["active"]["epoch"]) == ("refused", 0)
    assert client.call("handedOut", "it") == len(world.new.bundle)


def test_packaged_rules_work_before_the_first_contact_and_after_a_restart_the_accepted_ones(
    client: Client, world: World
):
    client.enrol(seed=world.old)
    assert client.call("handedOut", "it") == len(world.old.bundle)
    begin(client, world, seed=world.new)
    after = client.call("restart", "it", "")
    assert (after["health"]["state"], after["active"]["version"]) == ("ok", 5)


def test_a_release_that_a_page_cannot_load_gives_way_to_the_one_before(client: Client, world: World):
    before = begin(client, world)
    client.offer(envelope(manifest(world.new, 6), KEYS[0]), world.new.answers)
    after = client.call("broken", "it")
    assert (after["active"]["id"], after["health"]["state"]) == (before, "refused")


def test_a_revoked_key_is_left_behind_and_the_floor_restarts(client: Client, world: World):
    """The way back from a fast-forward made with a stolen key: the standby key, pinned since enrolment, signs lower."""
    begin(client, world)
    burnt = client.offer(envelope(manifest(world.new, 1_000_000), KEYS[0]), world.new.answers)
    assert burnt["active"]["version"] == 1_000_000
    trust = trust_of(KEYS[1], KEYS[2], version=2)
    back = client.offer(envelope(manifest(world.old, 7, trust=trust), KEYS[1]), world.old.answers)
    assert (back["health"]["state"], back["active"]["version"]) == ("ok", 7)
    thief = envelope(manifest(world.new, 8, trust=trust), KEYS[0])
    assert client.refusal(thief, world.new.answers) == "signature", "what he stole opens nothing any more"
    new_key = envelope(manifest(world.new, 8, trust=trust), KEYS[2])
    assert client.offer(new_key, world.new.answers)["active"]["version"] == 8
    assert public(KEYS[2]) in [key.public for key in trust.keys]


def test_an_older_trust_takes_nothing_back(client: Client, world: World):
    begin(client, world)
    client.offer(envelope(manifest(world.new, 6, trust=trust_of(*KEYS[:3], version=3)), KEYS[0]), world.new.answers)
    old = envelope(manifest(world.old, 7, trust=trust_of(*KEYS[:2], version=2)), KEYS[0])
    assert client.offer(old, world.old.answers)["active"]["version"] == 7
    third = envelope(manifest(world.new, 8, trust=trust_of(*KEYS[:3], version=3)), KEYS[2])
    assert client.offer(third, world.new.answers)["active"]["version"] == 8, "the third key is still pinned"


def test_a_rollout_reaches_the_same_installations_here_and_there(client: Client):
    installs = [hashlib.sha256(b"%d" % n).hexdigest()[:32] for n in range(400)]
    for percent in (0, 1, 20, 50, 99, 100):
        expected = [int(hashlib.sha256((i + "5a17").encode()).hexdigest(), 16) % 100 < percent for i in installs]
        assert client.call("inRollout", installs, percent, "5a17") == expected


def test_outside_the_percentage_the_other_pair_runs_and_the_floor_rises(client: Client, world: World):
    client.enrol()
    place = int(hashlib.sha256((INSTALL + "0" * 16).encode()).hexdigest(), 16) % 100
    outside = Rollout(place, "0" * 16, world.old.pair)
    answers = {**world.old.answers, **world.new.answers}
    first = client.offer(envelope(manifest(world.new, 6, rollout=outside), KEYS[0]), answers)
    assert first["active"]["id"].startswith(world.old.pair.bundle.sha256[:16])
    assert client.refusal(envelope(manifest(world.new, 5), KEYS[0]), answers) == "rollback"
    inside = Rollout(place + 1, "0" * 16, world.old.pair)
    second = client.offer(envelope(manifest(world.new, 7, rollout=inside), KEYS[0]), answers)
    assert second["active"]["id"].startswith(world.new.pair.bundle.sha256[:16])


def test_nothing_is_downloaded_twice(client: Client, world: World):
    begin(client, world)
    parts = Pair(world.new.pair.bundle, world.old.pair.automaton)
    mixed = Content(world.new.bundle, world.old.automaton)
    good = client.offer(envelope(manifest(mixed, 6), KEYS[0]), mixed.answers)
    assert isinstance(parts.bundle, Artifact)
    assert [url for url, _ in good["requests"]] == [URL + parts.bundle.url]
