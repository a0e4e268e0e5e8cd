"""Manifest, artifacts, events and pages over a real socket."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import hashlib
import json
import socket

import brotli
import httpx
import pytest
import zstandard

from server.serve import bind
from server.signing import open_envelope, trusted_keys

from .conftest import events, first, live

pytestmark = pytest.mark.anyio


def test_who_comes_before_the_service_is_up_waits_and_is_not_refused():
    with bind("127.0.0.1", 0) as listener:
        socket.create_connection(listener.getsockname(), timeout=10).close()


async def test_manifest_is_signed_and_answers_304(make):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        answer = await client.get("/v1/channels/default/manifest")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "no-cache"
        trust = running.service.keyring.trust
        manifest = open_envelope(answer.content, trusted_keys(trust), trust.threshold)
        assert (manifest.version, manifest.channel, manifest.rules) == (1, "default", 5)
        etag = answer.headers["etag"]
        assert etag == f'"{hashlib.sha256(answer.content).hexdigest()[:32]}"'
        again = await client.get("/v1/channels/default/manifest", headers={"if-none-match": etag})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
        other = await client.get("/v1/channels/default/manifest", headers={"if-none-match": '"other"'})
        assert other.status_code == 200
        head = await client.head("/v1/channels/default/manifest")
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", etag)


async def test_artifacts_are_immutable_and_hash_to_their_name(make):
    decoders = {
        "br": brotli.decompress,
        "zstd": lambda data: zstandard.ZstdDecompressor().decompress(data),
        "gzip": gzip.decompress,
        "identity": lambda data: data,
    }
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        manifest = running.service.releases.current["default"].manifest
        for artifact in (manifest.bundle, manifest.automaton):
            for encoding, decode in decoders.items():
                async with client.stream("GET", artifact.url, headers={"accept-encoding": encoding}) as answer:
                    raw = b"".join([part async for part in answer.aiter_raw()])
                assert answer.headers.get("content-encoding", "identity") == encoding
                assert "immutable" in answer.headers["cache-control"]
                assert "accept-encoding" in answer.headers["vary"]
                data = decode(raw)
                assert (hashlib.sha256(data).hexdigest(), len(data)) == (artifact.sha256, artifact.size)
            refused = {"accept-encoding": "br;q=0, zstd; q=0.0, gzip;q=0.000"}
            assert "content-encoding" not in (await client.head(artifact.url, headers=refused)).headers
            known = {"if-none-match": answer.headers["etag"]}
            again = await client.get(artifact.url, headers=known)
            assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize("prepared", [False, True])
async def test_a_browser_with_the_last_release_fetches_only_the_difference(make, rules, prepared):
    body = "".join(f"rule{n}: {hashlib.sha256(str(n).encode()).hexdigest()}\n" for n in range(300))
    (rules / "b.yaml").write_text(body)
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        old = running.service.releases.current["default"].manifest.bundle
        dictionary = (await client.get(old.url)).content
        if prepared:
            await running.service.artifacts.settled()
            assert (await running.service.artifacts.get(old.sha256)).dictionary is not None
        (rules / "b.yaml").write_text(body + "new: 一条新规则\n")
        await running.version(2)
        new = running.service.releases.current["default"].manifest.bundle
        headers = {
            "accept-encoding": "br, zstd, dcz",
            "available-dictionary": f":{base64.b64encode(bytes.fromhex(old.sha256)).decode()}:",
        }
        async with client.stream("GET", new.url, headers=headers) as answer:
            raw = b"".join([part async for part in answer.aiter_raw()])
        assert answer.headers["content-encoding"] == "dcz"
        assert "available-dictionary" in answer.headers["vary"]
        assert raw[:40] == b"\x5e\x2a\x4d\x18\x20\x00\x00\x00" + bytes.fromhex(old.sha256)
        known = zstandard.ZstdCompressionDict(dictionary, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        data = zstandard.ZstdDecompressor(dict_data=known).decompress(raw[40:])
        assert hashlib.sha256(data).hexdigest() == new.sha256
        assert len(raw) * 10 < len(brotli.compress(data, quality=11))
        unknown = {**headers, "available-dictionary": f":{base64.b64encode(bytes(32)).decode()}:"}
        plain = await client.head(new.url, headers=unknown)
        assert plain.headers["content-encoding"] == "zstd"
        await running.service.artifacts.settled()
        small = await client.head(new.url, headers=unknown)
        assert small.headers["content-encoding"] == "br", "once the smallest encoding is there"
        assert int(small.headers["content-length"]) < int(plain.headers["content-length"])


async def test_only_the_newest_artifacts_are_dictionaries(make, rules, monkeypatch):
    """Each is several times as large as the artifact."""
    monkeypatch.setattr("server.artifacts.KEEP_DICTIONARIES", 2)
    async with live(make()) as running:
        artifacts = running.service.artifacts
        for version in (1, 2):
            (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + f"r{5 + version}: 转账给我{version}\n")
            await running.version(version)
            await artifacts.settled()
            pair = running.service.releases.current["default"].manifest.pair
            ready = {artifact.digest for artifact in artifacts._known.values() if artifact.dictionary is not None}
            assert ready == {pair.bundle.sha256, pair.automaton.sha256}


async def test_events_bring_the_current_release_first_and_the_next_at_once(make, rules):
    async with live(make()) as running:
        await running.version(1)
        async with contextlib.aclosing(events(running.url)) as stream:
            name, identity, data = await first(stream, "manifest")
            assert (name, identity) == ("manifest", "1")
            assert json.loads(data)["signatures"][0]["alg"] == "ed25519"
            (rules / "a.yaml").write_text((rules / "a.yaml").read_text() + "r6: 转账给我\n")
            _, identity, data = await first(stream, "manifest")
            assert identity == "2"
            assert json.loads(base64.b64decode(json.loads(data)["signed"]))["rules"] == 6


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1/channels/nowhere/manifest", 404, "no-channel"),
        ("/v1/channels/nowhere/events", 404, "no-channel"),
        ("/v1/channels/..%2f..%2fkeys/manifest", 404, "not-found"),
        ("/v1/bundles/" + "0" * 64 + ".bundle", 404, "no-bundle"),
        ("/v1/bundles/..%2f..%2fkeys%2fkeyring.json", 404, "no-bundle"),
        ("/v1/bundles/" + "A" * 64 + ".bundle", 404, "no-bundle"),
        ("/static/..%2fstart.html", 404, "not-found"),
        ("/static/%2e%2e", 404, "not-found"),
        ("/nothing", 404, "not-found"),
    ],
)
async def test_what_is_not_there_is_a_problem_document(make, path, status, code):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        answer = await client.get(path)
        assert answer.status_code == status
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["type"] == f"/problems/{code}"


async def test_a_channel_without_a_release_says_so_and_its_stream_waits(make, rules):
    (rules / "a.yaml").write_text("broken\n")
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        answer = await client.get("/v1/channels/default/manifest")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/no-release")
        assert int(answer.headers["retry-after"]) > 0
        async with contextlib.aclosing(events(running.url)) as stream:
            assert await anext(stream) == ("", "", "hb")
            (rules / "a.yaml").write_text("r1: 好了\n")
            assert (await first(stream, "manifest"))[1] == "1"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_hot_paths_only_read(make, method):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        for path in (
            "/v1/channels/default/manifest",
            "/v1/channels/default/events",
            "/v1/bundles/" + "0" * 64 + ".bin",
        ):
            assert (await client.request(method, path)).status_code == 405


async def test_a_broken_save_keeps_the_last_good_release_and_shows_why(make, rules):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        etag = (await client.get("/v1/channels/default/manifest")).headers["etag"]
        async with contextlib.aclosing(events(running.url, path="/v1/build/events")) as stream:
            assert json.loads((await first(stream, "build"))[2])["state"] == "ok"
            (rules / "a.yaml").write_text("r1: 加微信\nnonsense <script>\n")
            state = json.loads((await first(stream, "build"))[2])
        assert (state["state"], state["faults"]) == ("faulty", 1)
        assert state["diagnostics"][0]["text_zh"] == "a.yaml:2:1: 这一行不对"
        assert state["channels"][0]["version"] == 1
        assert (await client.get("/v1/build")).json() == state
        again = await client.get("/v1/channels/default/manifest", headers={"if-none-match": etag})
        assert again.status_code == 304


async def test_enrolment_describes_keys_and_carries_a_code_that_pins_them(make):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        body = (await client.get("/v1/enrol")).json()
        keys = body["trust"]["keys"]
        assert len(keys) == 2
        for key in keys:
            digest = hashlib.sha256(base64.b64decode(key["public"])).hexdigest()
            assert (key["fingerprint"], key["keyid"]) == (digest, digest[:16])
        mark, payload, check = body["channels"][0]["code"].split(".")
        assert (mark, check) == ("rg1", hashlib.sha256(payload.encode()).hexdigest()[:8])
        code = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        assert (code["url"], code["channel"], code["server"]) == (running.url, "default", body["server"])
        assert code["trust"]["keys"] == [key["public"] for key in keys]
        envelope = (await client.get("/v1/channels/default/manifest")).content
        open_envelope(envelope, trusted_keys(running.service.keyring.trust), 1)


@pytest.mark.parametrize("path", ["/", "/install", "/demo", "/fleet", "/author"])
async def test_pages_carry_every_security_header(make, path):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        headers = (await client.get(path)).headers
    expected = {
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
    assert {name: headers.get(name) for name in expected} == expected
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(headers["permissions-policy"].split(", "))
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert {"require-trusted-types-for 'script'", "trusted-types 'none'"} <= set(policy)


@pytest.mark.parametrize("path", ["/", "/install"])
async def test_pages_allow_no_inline_script_and_have_none(make, path):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        answer = await client.get(path)
        assert answer.status_code == 200
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "require-trusted-types-for 'script'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "<script>" not in answer.text
        assert " on" not in answer.text.replace(" only", "").split("<body>")[0]
        again = await client.get(path, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304


async def test_the_extension_is_packed_from_what_was_built(make, tmp_path):
    import io
    import zipfile

    extension = tmp_path / "dist"
    async with live(make(extension=extension)) as running, httpx.AsyncClient(base_url=running.url) as client:
        answer = await client.get("/download/replyguard-extension.zip")
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/not-found")
        (extension / "_locales/zh_CN").mkdir(parents=True)
        (extension / "manifest.json").write_text("{}")
        (extension / "_locales/zh_CN/messages.json").write_text("{}")
        (extension / "content.js.map").write_text("{}")
        answer = await client.get("/download/replyguard-extension.zip")
        assert answer.headers["content-disposition"].startswith("attachment")
        names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
        assert names == ["replyguard/_locales/zh_CN/messages.json", "replyguard/manifest.json"]


async def test_500_open_streams_do_not_hold_up_the_shutdown(make):
    loop = asyncio.get_running_loop()
    async with live(make()) as running:
        await running.version(1)
        host, port = running.url.removeprefix("http://").split(":")
        request = f"GET /v1/channels/default/events HTTP/1.1\r\nhost: {host}:{port}\r\n\r\n".encode()
        streams = []
        for _ in range(500):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(request)
            streams.append((reader, writer))
        for reader, _ in streams:
            await reader.readuntil(b"event: manifest")
        assert running.service.hub.streams == 500
        running.server.should_exit = True
        asked = loop.time()
        await running.task
        assert loop.time() - asked < 3, "the server's own 3 s limit cut the streams off"
        for reader, writer in streams:
            assert b"event: bye" in await reader.read()
            writer.close()
    assert running.service.hub.streams == 0


async def test_a_small_answer_does_not_wait_for_the_ack_of_its_head(make):
    """Linux hands TCP_NODELAY of the listening socket on to the accepted ones."""
    import socket

    async with live(make()) as running:
        await running.version(1)
        listener = running.server.servers[0].sockets[0]
        assert listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
