"""Each guard of docs/protocol.md: remove it, and the test beside its threat fails."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from server.connection import MAX_BODY, MAX_HEADER, Limits
from server.guard import host_names

from .conftest import DEADLINE, live

pytestmark = pytest.mark.anyio
PATHS = ["/", "/v1/build", "/v1/enrol", "/v1/channels/default/manifest", "/v1/channels/default/events", "/healthz"]


async def talk(running, data: bytes) -> bytes:
    """Everything the server answers to these bytes until it closes."""
    host, port = running.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    answer = await asyncio.wait_for(reader.read(), DEADLINE)
    writer.close()
    return answer


def address(running) -> bytes:
    return running.url.removeprefix("http://").encode()


@pytest.mark.parametrize("path", PATHS)
async def test_dns_rebinding_another_host_is_refused(make, path):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        for host in ("evil.example", "127.0.0.1", "127.0.0.1:1", "", "127.0.0.1.nip.io"):
            answer = await client.get(path, headers={"host": host})
            assert (answer.status_code, answer.json()["type"]) == (421, "/problems/misdirected"), host


async def test_two_host_headers_are_refused(make):
    async with live(make()) as running:
        host = address(running)
        answer = await talk(
            running, b"GET /v1/build HTTP/1.1\r\nhost: %b\r\nhost: evil\r\nconnection: close\r\n\r\n" % host
        )
        assert b" 421 " in answer.split(b"\r\n")[0]


@pytest.mark.parametrize("path", PATHS)
async def test_another_page_is_refused_and_gets_no_cors_header(make, path):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        for headers in (
            {"origin": "https://evil.example"},
            {"origin": "null"},
            {"origin": "http://localhost:1"},
            {"origin": "https://chrome-extension.evil.example"},
            {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"},
        ):
            answer = await client.get(path, headers=headers)
            assert answer.status_code == 403, headers
            assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_our_pages_and_extensions_are_let_in(make):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        for headers in (
            {"origin": running.url, "sec-fetch-site": "same-origin"},
            {"origin": "chrome-extension://abcdefghijklmnop", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors"},
            {"origin": "moz-extension://0a1b", "sec-fetch-site": "cross-site"},
            {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
            {"sec-fetch-site": "none"},
        ):
            assert (await client.get("/v1/build", headers=headers)).status_code == 200, headers


async def test_slow_loris_headers_have_a_deadline(make):
    async with live(make(), Limits(header_deadline=0.2)) as running:
        assert b" 408 " in (await talk(running, b"")).split(b"\r\n")[0]
        assert b" 408 " in (await talk(running, b"GET / HTTP/1.1\r\nhost: x\r\nx: ")).split(b"\r\n")[0]


async def test_the_header_deadline_holds_for_a_second_request_too(make):
    async with live(make(), Limits(header_deadline=0.3)) as running:
        host = address(running)
        answer = await talk(running, b"GET /healthz HTTP/1.1\r\nhost: %b\r\n\r\nGET / HTTP/1.1\r\nx: " % host)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"HTTP/1.1 408 " in answer


async def test_a_trickled_header_does_not_move_the_deadline(make):
    async with live(make(), Limits(header_deadline=0.3)) as running:
        host, port = running.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        answer = asyncio.create_task(reader.read())
        async with asyncio.timeout(DEADLINE):
            while not answer.done():
                writer.write(b"G" if not writer.transport.is_closing() else b"")
                await asyncio.wait([answer], timeout=0.02)
        assert answer.result() == b"" or b" 40" in answer.result()
        writer.close()


async def test_a_trickled_body_has_a_deadline(make):
    async with live(make(), Limits(body_deadline=0.2)) as running:
        host = address(running)
        answer = await talk(running, b"POST /v1/status HTTP/1.1\r\nhost: %b\r\ncontent-length: 100\r\n\r\n{" % host)
        assert b"HTTP/1.1 40" in answer
        assert running.server.server_state.connections == set()


async def test_large_headers_are_refused(make):
    async with live(make()) as running:
        host = address(running)
        for head in (
            b"GET /healthz HTTP/1.1\r\nhost: %b\r\nx: %b\r\n\r\n" % (host, b"a" * MAX_HEADER),
            b"GET /%b HTTP/1.1\r\nhost: %b\r\n\r\n" % (b"a" * MAX_HEADER, host),
            b"GET /healthz HTTP/1.1\r\nhost: %b\r\n" % host + b"x: y\r\n" * (MAX_HEADER // 6 + 1),
        ):
            assert b" 431 " in (await talk(running, head)).split(b"\r\n")[0]


async def test_large_bodies_are_refused_before_they_are_read(make):
    async with live(make()) as running:
        host = address(running)
        head = b"POST /v1/status HTTP/1.1\r\nhost: %b\r\n" % host
        for rest in (
            b"content-length: %d\r\n\r\n" % (MAX_BODY + 1),
            b"content-length: 99999999999999999999999\r\n\r\n",
            b"transfer-encoding: chunked\r\n\r\n"
            + b"100000\r\n"
            + b"x" * 0x100000
            + b"\r\n100001\r\n"
            + b"y" * 0x100001,
        ):
            answer = await talk(running, head + rest)
            assert b"HTTP/1.1 4" in answer, answer[:100]


async def test_beyond_the_cap_new_connections_are_turned_away_and_old_ones_stay(make):
    async with live(make(), Limits(max_connections=40)) as running:
        await running.version(1)
        host, port = running.url.removeprefix("http://").split(":")
        request = f"GET /v1/channels/default/events HTTP/1.1\r\nhost: {host}:{port}\r\n\r\n".encode()
        streams = []
        for _ in range(40):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(request)
            await reader.readuntil(b"event: manifest")
            streams.append((reader, writer))
        outcomes = []
        for _ in range(40):  # twice the cap
            try:
                answer = await talk(running, b"GET /healthz HTTP/1.1\r\nhost: %b\r\n\r\n" % address(running))
            except ConnectionError:
                answer = b""
            outcomes.append(answer)
        assert all(b" 503 " in a.split(b"\r\n")[0] and b"retry-after" in a.lower() for a in outcomes)
        running.service.hub.publish("default", running.service.hub.topic("default").current)
        for reader, writer in streams:
            await asyncio.wait_for(reader.readuntil(b"event: manifest"), DEADLINE)
            writer.close()


async def test_streams_have_a_cap_of_their_own_and_health_checks_still_answer(make):
    async with live(make(max_streams=3)) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        host, port = running.url.removeprefix("http://").split(":")
        request = f"GET /v1/channels/default/events HTTP/1.1\r\nhost: {host}:{port}\r\n\r\n".encode()
        streams = []
        async with asyncio.timeout(DEADLINE):
            while running.service.hub.streams:  # the one that waited for version 1 is on its way out
                await asyncio.sleep(0)
        for _ in range(3):
            reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(request)
            await reader.readuntil(b"event: manifest")
            streams.append(writer)
        answer = await client.get("/v1/channels/default/events")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
        assert (await client.get("/healthz")).status_code == 200
        for writer in streams:
            writer.close()


def test_host_names_of_a_server():
    assert host_names("127.0.0.1", 8765) == {"127.0.0.1:8765", "localhost:8765", "[::1]:8765"}
    assert "rules.example.cn" in host_names("0.0.0.0", 8765, "https://rules.example.cn")
    assert "0.0.0.0:8765" not in host_names("0.0.0.0", 8765)
    assert "localhost" in host_names("127.0.0.1", 80)


async def test_nothing_is_sniffed_and_no_answer_names_the_server(make):
    async with live(make()) as running, httpx.AsyncClient(base_url=running.url) as client:
        await running.version(1)
        for path in ("/", "/static/site.css", "/v1/build", "/v1/enrol", "/v1/channels/default/manifest", "/nothing"):
            answer = await client.get(path)
            assert answer.headers["x-content-type-options"] == "nosniff", path
            assert "server" not in answer.headers
            assert "set-cookie" not in answer.headers
