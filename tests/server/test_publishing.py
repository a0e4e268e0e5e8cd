"""Publish, promote, roll out, revert, history: who may, what is refused, what is kept."""

from __future__ import annotations

import asyncio
import contextlib

import httpx
import msgspec
import pytest

from server.audit import Audit
from server.auth import Tokens
from server.current import Note
from server.signing import open_envelope, trusted_keys

from .conftest import DEADLINE, TinyBuilder, events, live, tiny_release

pytestmark = pytest.mark.anyio


@contextlib.asynccontextmanager
async def authors(make, rules, channels="dev\nstable dev 100\n", **options):
    """A service with a `dev` channel that follows saves, and a client with a publisher's token."""
    (rules / "channels.txt").write_text(channels)
    service = make(**options)
    token = service.access.tokens.issue("publisher", "张三")
    async with (
        live(service) as running,
        httpx.AsyncClient(base_url=running.url, headers={"authorization": f"Bearer {token}"}, timeout=30) as client,
    ):
        first = next(iter(c.split()[0] for c in channels.splitlines()))
        async with (
            asyncio.timeout(DEADLINE),
            contextlib.aclosing(events(running.url, path="/v1/build/events")) as stream,
        ):
            async for name, _, _ in stream:
                if name == "build" and first in running.service.releases.current:
                    break
        yield running, client


async def manifest(running, client, channel="stable"):
    data = (await client.get(f"/v1/channels/{channel}/manifest")).content
    return open_envelope(data, trusted_keys(running.service.keyring.trust), 1)


async def test_a_save_reaches_dev_and_stable_gets_it_by_promotion(make, rules):
    async with authors(make, rules) as (running, client):
        assert (await client.get("/v1/channels/stable/manifest")).status_code == 404
        answer = await client.post(
            "/v1/channels/stable/publish", json={"expected": 0, "from": "dev", "comment": "上线"}
        )
        assert (answer.status_code, answer.json()["version"]) == (200, 1)
        stable, dev = await manifest(running, client), await manifest(running, client, "dev")
        assert (stable.channel, stable.bundle) == ("stable", dev.bundle)
        history = (await client.get("/v1/channels/stable/history")).json()["history"]
        assert (history[0]["author"], history[0]["comment"], history[0]["kind"]) == ("张三", "上线", "publish")
        assert history[0]["changes"]["added"] == ["r1", "r2", "r3", "r4", "r5"]


async def test_who_saw_an_older_version_gets_409_and_publishes_nothing(make, rules):
    async with authors(make, rules) as (running, client):
        await client.post("/v1/channels/stable/publish", json={"expected": 0})
        for expected in (0, 2):
            answer = await client.post("/v1/channels/stable/publish", json={"expected": expected, "percent": 50})
            assert (answer.status_code, answer.json()["type"], answer.json()["current"]) == (
                409,
                "/problems/conflict",
                1,
            )
        assert (await manifest(running, client)).version == 1


async def test_a_rollout_names_what_the_others_run_until_it_is_complete(make, rules):
    async with authors(make, rules) as (running, client):
        await client.post("/v1/channels/stable/publish", json={"expected": 0})
        old = (await manifest(running, client)).pair
        (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 新\n")
        answer = await client.post("/v1/channels/stable/publish", json={"expected": 1, "percent": 10})
        assert answer.status_code == 200
        at_10 = await manifest(running, client)
        assert (at_10.rollout.percent, at_10.rollout.otherwise) == (10, old)
        assert at_10.pair != old
        await client.post("/v1/channels/stable/rollout", json={"expected": 2, "percent": 60})
        at_60 = await manifest(running, client)
        assert (at_60.version, at_60.rollout.percent, at_60.rollout.otherwise) == (3, 60, old)
        assert at_60.rollout.salt == at_10.rollout.salt, "who was in stays in"
        (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r7: 更新\n")
        await client.post("/v1/channels/stable/publish", json={"expected": 3, "percent": 20})
        assert (await manifest(running, client)).rollout.otherwise == old, "not the half rolled out one"
        await client.post("/v1/channels/stable/rollout", json={"expected": 4, "percent": 100})
        assert (await manifest(running, client)).rollout.otherwise is None


async def test_revert_is_a_new_version_with_the_old_content(make, rules):
    async with authors(make, rules) as (running, client):
        await client.post("/v1/channels/stable/publish", json={"expected": 0})
        one = await manifest(running, client)
        (rules / "a.yaml").write_text("r1: 加微信号\nr3: 刷信用卡要手续费\nr4: 最好\nr5: 全网最低\nr9: 新\n")
        await client.post("/v1/channels/stable/publish", json={"expected": 1})
        changes = (await client.get("/v1/channels/stable/history")).json()["history"][0]["changes"]
        assert changes == {"added": ["r9"], "removed": ["r2"], "changed": ["r1"]}
        answer = await client.post("/v1/channels/stable/revert", json={"expected": 2, "version": 1})
        assert (answer.status_code, answer.json()["version"]) == (200, 3)
        three = await manifest(running, client)
        assert (three.version, three.pair, three.rules) == (3, one.pair, one.rules)
        history = (await client.get("/v1/channels/stable/history")).json()["history"]
        assert [(h["version"], h["kind"], h["reverts"]) for h in history] == [
            (3, "revert", 1), (2, "publish", 0), (1, "publish", 0),
        ]  # fmt: skip
        assert history[0]["changes"] == {"added": ["r2"], "removed": ["r9"], "changed": ["r1"]}
        assert (await client.post("/v1/channels/stable/revert", json={"expected": 3, "version": 77})).status_code == 404


async def test_what_cannot_be_brought_back_is_said_and_nothing_is_published(make, rules, tmp_path):
    async with authors(make, rules) as (running, client):
        await client.post("/v1/channels/stable/publish", json={"expected": 0})
        gone = (await manifest(running, client)).bundle.sha256
        (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 新\n")
        await client.post("/v1/channels/stable/publish", json={"expected": 1})
        (tmp_path / "data/releases/blobs" / gone[:2] / gone).unlink()
        answer = await client.post("/v1/channels/stable/revert", json={"expected": 2, "version": 1})
        assert (answer.status_code, "gone" in answer.json()["detail"]) == (404, True)
        assert (await manifest(running, client)).version == 2


async def test_faults_are_answered_with_their_diagnostics(make, rules):
    async with authors(make, rules) as (_, client):
        (rules / "a.yaml").write_text("nonsense\n")
        answer = await client.post("/v1/channels/stable/publish", json={"expected": 0})
        assert (answer.status_code, answer.json()["type"]) == (422, "/problems/invalid-rules")
        assert answer.json()["diagnostics"][0]["line"] == 1


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b'{"expected": "0"}', 400),
        (b'{"expected": 0, "force": true}', 400),
        (b'{"expected": 0, "percent": 101}', 400),
        (b'{"expected": 0, "percent": -1}', 400),
        (b'{"expected": 0, "from": "nowhere"}', 404),
        (b'{"expected": 0, "comment": "' + b"x" * 501 + b'"}', 400),
        (b'{"expected": 0, "comment": "' + b"x" * 20000 + b'"}', 413),
        (b"\xff", 400),
    ],
)
async def test_bodies_that_are_refused(make, rules, body, status):
    async with authors(make, rules) as (running, client):
        answer = await client.post(
            "/v1/channels/stable/publish", content=body, headers={"content-type": "application/json"}
        )
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert "stable" not in running.service.releases.current
        form = await client.post("/v1/channels/stable/publish", content=body, headers={"content-type": "text/plain"})
        assert form.status_code == 415


async def test_every_change_needs_a_token_of_the_right_role_and_channel(make, rules):
    async with authors(make, rules) as (running, client):
        tokens = running.service.access.tokens
        calls = [
            ("publish", {"expected": 0}),
            ("rollout", {"expected": 0, "percent": 5}),
            ("revert", {"expected": 0, "version": 1}),
        ]
        for action, body in calls:
            for token, status in (
                ("x", 401),
                ("rgp_" + "A" * 43, 401),
                (tokens.issue("reader", "r"), 403),
                (tokens.issue("author", "a"), 403),
                (tokens.issue("publisher", "p", ["dev"]), 403),
            ):
                answer = await client.post(
                    f"/v1/channels/stable/{action}", json=body, headers={"authorization": f"Bearer {token}"}
                )
                assert answer.status_code == status, (action, token[:4])
        assert "stable" not in running.service.releases.current


async def test_a_revoked_token_is_refused_within_a_second_and_an_expired_one_too(make, rules, clock):
    async with authors(make, rules) as (running, client):
        tokens: Tokens = running.service.access.tokens
        beside = Tokens(running.service.options.data / "tokens.json", clock)  # the command line, another process
        text = beside.issue("publisher", "李四", days=1)
        headers = {"authorization": f"Bearer {text}"}
        url = "/v1/channels/stable/revert"
        body = {"expected": 0, "version": 1}
        clock.forward(seconds=1)
        assert (await client.post(url, json=body, headers=headers)).status_code == 404
        beside.revoke(beside.all()[-1].id)
        clock.forward(seconds=1)
        assert (await client.post(url, json=body, headers=headers)).status_code == 401
        short = tokens.issue("publisher", "王五", days=1)
        clock.forward(days=1, seconds=1)
        answer = await client.post(url, json=body, headers={"authorization": f"Bearer {short}"})
        assert answer.status_code == 401


async def test_guessing_tokens_is_slowed_down(make, rules):
    async with authors(make, rules) as (_, client):
        statuses = []
        for n in range(14):
            headers = {"authorization": f"Bearer rgp_{n:043}"}
            answer = await client.post("/v1/channels/stable/publish", json={"expected": 0}, headers=headers)
            statuses.append(answer.status_code)
        assert statuses[:10] == [401] * 10
        assert statuses[-1] == 429
        assert int(answer.headers["retry-after"]) >= 1
        found = await client.post("/v1/channels/stable/publish", json={"expected": 0})
        assert found.status_code == 429, "nor is who guesses told when he is right"


async def test_a_leaked_token_cannot_flood_the_history(make, rules):
    async with authors(make, rules) as (_, client):
        answers = [
            (await client.post("/v1/channels/stable/revert", json={"expected": 0, "version": 1})).status_code
            for _ in range(25)
        ]
        assert answers[:20] == [404] * 20
        assert 429 in answers[20:]


async def test_no_token_text_is_stored(make, rules, tmp_path):
    async with authors(make, rules) as (running, client):
        text = running.service.access.tokens.issue("publisher", "x")
        await client.post("/v1/channels/stable/publish", json={"expected": 0})
        stored = b"".join(p.read_bytes() for p in (tmp_path / "data").rglob("*") if p.is_file())
        assert text.encode() not in stored
        assert text[4:].encode() not in stored


async def test_readers_need_a_token_when_the_server_says_so(make, rules):
    service = make(require_token=True)
    token = service.access.tokens.issue("reader", "店铺一")
    async with live(service) as running, httpx.AsyncClient(base_url=running.url) as client:
        paths = ["/v1/channels/default/manifest", "/v1/channels/default/events", "/v1/build", "/v1/build/events",
                 "/v1/bundles/" + "0" * 64 + ".bundle", "/metrics", "/v1/channels/default/history", "/v1/fleet"]  # fmt: skip
        for path in paths:
            answer = await client.get(path)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), path
        assert (await client.get("/v1/enrol")).json()["token_required"] is True
        headers = {"authorization": f"Bearer {token}"}
        async with asyncio.timeout(DEADLINE):
            while (await client.get("/v1/channels/default/manifest", headers=headers)).status_code != 200:
                await asyncio.sleep(0.01)
        assert (await client.get("/v1/fleet", headers=headers)).status_code == 403


async def test_the_trail_tells_who_did_what_and_shows_tampering(make, rules, tmp_path):
    async with authors(make, rules) as (_, client):
        await client.post("/v1/channels/stable/publish", json={"expected": 0, "from": "dev"})
        await client.post("/v1/channels/stable/rollout", json={"expected": 1, "percent": 50})
    path = tmp_path / "data/audit.jsonl"
    trail = Audit(path)
    lines = trail.read()
    assert [(line["who"], line["action"], line["version"]) for line in lines] == [
        ("张三", "rollout", 2),
        ("张三", "publish", 1),
    ]
    assert trail.broken_at() == 0
    good = path.read_bytes()
    path.write_bytes(good.replace("张三".encode(), "李四".encode(), 1))
    assert trail.broken_at() == 2
    path.write_bytes(good.split(b"\n", 1)[1])
    assert trail.broken_at() == 1
    path.write_bytes(b'{"at": "2026' + good[good.index(b"\n") :])
    assert (trail.broken_at(), [line["action"] for line in trail.read()]) == (1, ["rollout"]), "the rest can be read"


@pytest.mark.parametrize(
    ("headers", "local"),
    [
        ({}, True),
        ({"host": "rules.example.cn"}, False),
        ({"x-forwarded-for": "203.0.113.9"}, False),
        ({"x-real-ip": "203.0.113.9"}, False),
        ({"forwarded": "for=203.0.113.9"}, False),
        ({"via": "1.1 proxy"}, False),
        ({"authorization": "Bearer wrong"}, False),
    ],
)
async def test_a_proxy_on_this_machine_makes_nobody_local(make, rules, headers, local):
    (rules / "channels.txt").write_text("dev\nstable dev 100\n")
    service = make(local_author=True)
    async with live(service) as running, httpx.AsyncClient(base_url=running.url) as client:
        service.app._guard.hosts.add(b"rules.example.cn")
        await running.version(1, "dev")
        body = {"expected": 0, "version": 1}
        answer = await client.post("/v1/channels/stable/revert", json=body, headers=headers)
        assert answer.status_code == (404 if local else 401)


def test_local_authors_and_a_public_address_do_not_go_together(tmp_path, capsys):
    from server.cli import main

    for option in (["--public-url", "https://rules.example.cn"], ["--host", "0.0.0.0"]):
        assert main(["serve", "--data", str(tmp_path), "--port", "0", "--local-author", *option]) == 1
        assert "--local-author" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


class Part(TinyBuilder):
    """Its saves go to a part of the browsers."""

    def channels(self):
        return [msgspec.structs.replace(channel, rollout=20) for channel in super().channels()]


async def test_a_save_that_changes_nothing_shuffles_no_rollout(make, rules):
    """Nor does a restart: each would give the release to another part of the browsers, until nearly all had it."""
    async with live(make()) as running:
        await running.version(1)
    (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 新\n")
    async with live(make(builder=Part(rules))) as running:
        await running.version(2)
        releases = running.service.releases
        published = releases.current["default"].manifest
        assert published.rollout.percent == 20
        await running.service.builds.rebuild()
        assert releases.current["default"].manifest == published
        widened = (await releases.set_percent("default", 60, expected=2, note=Note())).manifest
    async with live(make(builder=Part(rules))) as running:
        await running.version(3)
        releases = running.service.releases
        await running.service.builds.rebuild()
        assert releases.current["default"].manifest == widened, "nor is it narrowed again"
        part = tiny_release({"r1": "x"})
        parts = [await releases.publish("default", part.bundle, part.automaton, 1, percent=n) for n in (10, 30)]
        assert len({current.manifest.rollout.salt for current in parts}) == 1, "who was in stays in"


async def test_without_a_percentage_it_is_that_of_the_rulebook(make, rules):
    async with authors(make, rules, "dev\nstable dev 30\n") as (running, client):
        await client.post("/v1/channels/stable/publish", json={"expected": 0})
        assert (await manifest(running, client)).rollout.percent == 30
