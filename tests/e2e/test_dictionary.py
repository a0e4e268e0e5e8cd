"""RFC 9842 in real Chromium: the browser itself offers the last release as dictionary and undoes the difference."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from .workbench import eventually

ROOT = Path(__file__).parents[2]
FETCH = """async ([url, cache]) => {
  const data = await (await fetch(url, { cache })).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data));
  return [data.byteLength, [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("")];
}"""


class Publisher:
    """A server in a process of its own, with a release of 60 kB in which one number changes."""

    def __init__(self, data: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.server.fixture_server", str(data), "60000"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().split()[0]}"

    def bundle(self) -> dict[str, object]:
        with urllib.request.urlopen(f"{self.url}/v1/channels/default/manifest") as answer:
            return dict(json.loads(base64.b64decode(json.load(answer)["signed"]))["bundle"])

    def publish(self) -> None:
        self.process.stdin.write("publish\n")
        self.process.stdin.flush()
        while not self.process.stdout.readline().startswith("done"):
            pass

    def stop(self) -> None:
        with self.process:
            self.process.stdin.close()


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    publisher = Publisher(tmp_path / "data")
    yield publisher
    publisher.stop()


@pytest.mark.parametrize("cache", ["default", "no-store"])
def test_chromium_fetches_the_next_release_as_a_difference(playwright_: Playwright, publisher: Publisher, cache: str):
    """`no-store` is how the extension fetches."""
    browser = playwright_.chromium.launch(executable_path="/usr/bin/chromium", chromium_sandbox=False)
    page = browser.new_page()
    wire: dict[str, dict[str, str]] = {}
    asked: dict[str, dict[str, str]] = {}
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")

    def lower(headers: dict[str, str]) -> dict[str, str]:
        return {name.lower(): value for name, value in headers.items()}

    urls: dict[str, str] = {}
    session.on("Network.requestWillBeSent", lambda e: urls.update({e["requestId"]: e["request"]["url"]}))
    session.on("Network.requestWillBeSentExtraInfo", lambda e: asked.update({e["requestId"]: lower(e["headers"])}))
    session.on("Network.responseReceivedExtraInfo", lambda e: wire.update({e["requestId"]: lower(e["headers"])}))

    def heard(number: str) -> tuple[dict[str, str], dict[str, str]]:
        """What went over the wire for a request: the browser may tell of it after its answer."""
        eventually(lambda: page.evaluate("1") and number in wire and number in asked, bool)
        return wire[number], asked[number]

    # The page must be a secure context; http://127.0.0.1 is one.
    page.goto(publisher.url)
    before: dict[str, object] = {}
    for round_ in range(3):
        bundle = publisher.bundle()
        size, digest = page.evaluate(FETCH, [bundle["url"], cache])
        assert (size, digest) == (bundle["size"], bundle["sha256"]), "the page sees the plain content, byte for byte"
        (number,) = (n for n, url in urls.items() if url.endswith(str(bundle["url"])))
        answer, request = heard(number)
        assert answer["use-as-dictionary"] == 'match="/v1/bundles/*.bundle"'
        if round_ == 0:
            assert "available-dictionary" not in request
            assert int(answer["content-length"]) > 10_000
        else:
            old = base64.b64encode(bytes.fromhex(str(before["sha256"]))).decode()
            assert request["available-dictionary"] == f":{old}:"
            assert answer["content-encoding"] == "dcz"
            assert int(answer["content-length"]) < 200, "of 60 kB"
        before = bundle
        publisher.publish()
    browser.close()
