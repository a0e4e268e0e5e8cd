"""Attacks on a server: each answers whether it worked.

Deadlines are told without a clock of our own: another connection, under another deadline, is the reference.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import msgspec
from playwright.async_api import async_playwright

from server import store
from server.connection import Limits
from server.push import event

from .conftest import DEADLINE, Live, live, tiny_release

STATUS = {
    "schema": 1, "install": "0" * 32, "channel": "default", "epoch": 1, "version": 1, "bundle": "", "engine": 1,
    "extension": 1, "browser": "edge", "state": "ok", "refused": "none", "latency": 1,
}  # fmt: skip
EVIL = "https://evil.example"


@dataclass
class Target:
    """What an attack has at hand."""

    make: Callable[..., Any]
    rules: Path
    data: Path
    options: dict[str, Any] = field(default_factory=dict)
    limits: Limits | None = None

    @contextlib.asynccontextmanager
    async def running(self, **options: Any):
        async with live(self.make(**{**self.options, **options}), self.limits) as running:
            await running.version(1)
            yield running


async def opened(running: Live, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = running.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data.replace(b"HOST", f"{host}:{port}".encode()))
    return reader, writer


async def status_of(running: Live, method: str, path: str, **request: Any) -> int:
    async with httpx.AsyncClient(base_url=running.url) as client:
        return int((await client.request(method, path, **request)).status_code)


async def outlives(running: Live, data: bytes, reference: bytes) -> bool:
    """Is the connection with `data` still open when the one with `reference`, opened first, has been closed?"""
    other, other_writer = await opened(running, reference)
    reader, writer = await opened(running, data)
    closed = asyncio.ensure_future(reader.read())
    await asyncio.wait_for(other.read(), DEADLINE)
    alive = not closed.done()
    closed.cancel()
    for each in (writer, other_writer):
        each.close()
    return alive


HALF_HEADER = b"GET / HTTP/1.1\r\nhost: HO"
HALF_BODY = b"POST /v1/status HTTP/1.1\r\nhost: HOST\r\ncontent-length: 100\r\n\r\n{"
STREAM = b"GET /v1/channels/default/events HTTP/1.1\r\nhost: HOST\r\n\r\n"


async def rebinding(target: Target) -> bool:
    """A name of the attacker's that points at 127.0.0.1: his page reads the server as its own origin."""
    async with target.running() as running:
        return await status_of(running, "GET", "/v1/enrol", headers={"host": "evil.example"}) == 200


async def foreign_page_publishes(target: Target) -> bool:
    async with target.running(local_author=True) as running:
        body = {"expected": 0, "version": 1}
        answer = await status_of(running, "POST", "/v1/channels/default/revert", json=body, headers={"origin": EVIL})
        return answer != 403


async def foreign_page_embeds(target: Target) -> bool:
    headers = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}
    async with target.running() as running:
        return await status_of(running, "GET", "/v1/build", headers=headers) == 200


async def slow_loris(target: Target) -> bool:
    async with target.running() as running:
        return await outlives(running, HALF_HEADER, HALF_BODY)


async def trickled_body(target: Target) -> bool:
    async with target.running() as running:
        return await outlives(running, HALF_BODY, HALF_HEADER)


async def deaf_reader(target: Target) -> bool:
    async with target.running() as running:
        reader, writer = await opened(running, STREAM)
        await reader.readuntil(b"event: manifest")
        writer.transport.pause_reading()
        hub = running.service.hub
        async with asyncio.timeout(DEADLINE):
            while not any(peer.flow.write_paused for peer in running.server.server_state.connections):
                hub.publish("default", event("manifest", b"x" * 1_000_000))
                await asyncio.sleep(0)
            reference, other = await opened(running, HALF_HEADER)
            await reference.read()
            other.close()
        writer.transport.abort()
        return bool(hub.streams)


async def huge_header(target: Target) -> bool:
    async with target.running() as running:
        return await status_of(running, "GET", "/healthz", headers={"x": "a" * 40_000}) == 200


async def huge_body(target: Target) -> bool:
    """Announced as three gigabytes: without the cap the application is asked, and would read."""
    async with target.running() as running:
        head = b"POST /nowhere HTTP/1.1\r\nhost: HOST\r\ncontent-length: 3000000000\r\n\r\n"
        reader, writer = await opened(running, head)
        answer = await asyncio.wait_for(reader.readline(), DEADLINE)
        writer.close()
        return b" 413 " not in answer


async def padded_status(target: Target) -> bool:
    text = msgspec.json.encode(STATUS) + b" " * 10_000
    async with target.running() as running:
        headers = {"content-type": "application/json"}
        return await status_of(running, "POST", "/v1/status", content=text, headers=headers) == 204


async def many_connections(target: Target) -> bool:
    async with target.running() as running, contextlib.AsyncExitStack() as stack:
        for _ in range(8):
            reader, writer = await opened(running, STREAM)
            stack.callback(writer.close)
            line = await asyncio.wait_for(reader.readline(), DEADLINE)
        return b" 200 " in line


async def guessing(target: Target) -> bool:
    async with target.running() as running:
        answers = [
            await status_of(
                running, "POST", "/v1/channels/default/publish", headers={"authorization": f"Bearer rgp_{n:043}"}
            )
            for n in range(15)
        ]
        return 429 not in answers


async def flood_of_reports(target: Target) -> bool:
    async with target.running() as running:
        return 429 not in [await status_of(running, "POST", "/v1/status", json=STATUS) for _ in range(25)]


async def flood_of_publishing(target: Target) -> bool:
    async with target.running() as running:
        token = running.service.access.tokens.issue("publisher", "x")
        body = {"expected": 0, "version": 9}
        headers = {"authorization": f"Bearer {token}"}
        path = "/v1/channels/default/revert"
        return 429 not in [await status_of(running, "POST", path, json=body, headers=headers) for _ in range(25)]


async def stolen_token_file(target: Target) -> bool:
    async with target.running() as running:
        text = running.service.access.tokens.issue("publisher", "x")
        return text in (target.data / "tokens.json").read_text()


async def with_token(target: Target, role: str, channels: list[str], days: int = 1) -> int:
    async with target.running() as running:
        text = running.service.access.tokens.issue(role, "x", channels, days)
        body = {"expected": 0, "version": 1}
        headers = {"authorization": f"Bearer {text}"}
        return await status_of(running, "POST", "/v1/channels/default/revert", json=body, headers=headers)


async def reader_publishes(target: Target) -> bool:
    return await with_token(target, "reader", []) == 409


async def publisher_of_another_channel(target: Target) -> bool:
    return await with_token(target, "publisher", ["other"]) == 409


async def expired_token(target: Target) -> bool:
    return await with_token(target, "publisher", [], days=-1) == 409


async def through_a_proxy(target: Target) -> bool:
    """Somebody from outside, forwarded by a proxy on the author's machine."""
    async with target.running(local_author=True) as running:
        headers = {"x-forwarded-for": "203.0.113.9"}
        body = {"expected": 0, "version": 1}
        return await status_of(running, "POST", "/v1/channels/default/revert", json=body, headers=headers) == 409


async def foreign_release(target: Target) -> bool:
    """Somebody who can write to the store puts a release of his own there."""
    mine, his = target.make(), target.make(data=target.data.parent / "his")
    release = tiny_release({"r1": "x"})
    envelope = (await his.releases.publish("default", release.bundle, release.automaton, 1)).envelope
    for digest, data in [(a.digest, a.data) for a in his.artifacts._known.values()]:
        await mine.store.put_blob(digest, data)
    document = msgspec.json.decode(envelope)
    document["signatures"][0]["keyid"] = mine.keyring.keys[0].keyid
    await mine.store.publish("default", 0, msgspec.json.encode(document))
    return await mine.releases.refresh("default") is not None


async def damaged_content(target: Target) -> bool:
    mine = target.make()
    release = tiny_release({"r1": "x"})
    current = await mine.releases.publish("default", release.bundle, release.automaton, 1)
    digest = current.manifest.bundle.sha256
    path = target.data / "releases/blobs" / digest[:2] / digest
    path.write_bytes(path.read_bytes().replace(b"tiny", b"evil"))
    return b"evil" in (await mine.store.get_blob(digest) or b"")


async def two_winners(target: Target) -> bool:
    """Two publishers that both saw revision 0."""
    shelf = store.DirStore(target.data)
    files = [shelf._prepare("default", store.Entry(1, text)) for text in ("one", "two")]
    shelf._append("default", store.Entry(1, "one"), files[0])
    with contextlib.suppress(store.Conflict):
        shelf._append("default", store.Entry(1, "two"), files[1])
    return (await shelf.latest("default")).envelope == "two"


async def half_a_file(target: Target) -> bool:
    async with target.running() as running:
        (target.rules / "a.yaml").write_text("r1: 加微信\n")
        async with asyncio.timeout(DEADLINE):
            while running.service.builds.state.state not in ("held", "ok") or running.service.builds.state.sequence < 2:
                await asyncio.sleep(0.01)
        return running.service.releases.current["default"].manifest.rules == 1


async def cut_off_at_shutdown(target: Target) -> bool:
    async with live(target.make()) as running:
        await running.version(1)
        running.server.config.timeout_graceful_shutdown = 1
        reader, writer = await opened(running, STREAM)
        await reader.readuntil(b"event: manifest")
        running.server.should_exit = True
        await running.task
        said = b""
        with contextlib.suppress(ConnectionError):
            said = await reader.read()
        writer.close()
        return b"event: bye" not in said


async def script_in_a_page(target: Target) -> bool:
    """A rule's text that reached innerHTML after all."""
    async with live(target.make()) as running, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", chromium_sandbox=False)
        page = await browser.new_page()
        await page.goto(running.url)
        ran = await page.evaluate(
            """() => new Promise((done) => {
              window.pwned = () => done(true);
              document.addEventListener("securitypolicyviolation", () => done(false));
              try { document.body.innerHTML = '<img src="data:," onerror="pwned()">'; } catch { done(false); }
            })"""
        )
        await browser.close()
        return bool(ran)


async def framed(target: Target) -> bool:
    """Click-jacking: our page in a frame of another origin."""
    async with live(target.make()) as running, async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", chromium_sandbox=False)
        page = await browser.new_page()
        await page.goto(running.url.replace("127.0.0.1", "localhost") + "/healthz")
        await page.evaluate(
            """(url) => new Promise((done) => {
              const frame = document.createElement("iframe");
              frame.onload = done;
              frame.src = url;
              document.body.append(frame);
            })""",
            running.url,
        )
        shown = await page.frames[1].evaluate("document.title")
        await browser.close()
        return "ReplyGuard" in shown
