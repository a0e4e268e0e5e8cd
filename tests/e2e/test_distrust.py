"""What arrives damaged is refused, and what worked before goes on working: behind a proxy that tampers, and without a server."""

from __future__ import annotations

import re
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, expect

from .conftest import Browser, Server, enrol, extension_id, launch, make_rules, start_server
from .workbench import eventually

TITLE = "不得引导买家用微信联系"


class Proxy(ThreadingHTTPServer):
    """Forwards to the real server and changes what `tamper` says on the way."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.tamper = "nothing"
        self.url = f"http://127.0.0.1:{self.server_port}"


def flip(body: bytes, at: int) -> bytes:
    return body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]


class _Handler(BaseHTTPRequestHandler):
    server: Proxy

    def do_GET(self) -> None:
        if self.path.endswith("/events"):
            # The push stream is not under test here; the client polls.
            self.send_error(503)
            return
        request = urllib.request.Request(self.server.target + self.path, headers={"Accept-Encoding": "identity"})
        try:
            with urllib.request.urlopen(request) as answer:
                body = answer.read()
        except urllib.error.HTTPError as error:
            self.send_error(error.code)
            return
        tamper = self.server.tamper
        if tamper == "automaton" and self.path.endswith(".bin"):
            body = flip(body, len(body) // 2)
        if tamper == "bundle" and self.path.endswith(".bundle"):
            body = body[: len(body) // 2]
        if tamper == "signature" and self.path.endswith("/manifest"):
            body = re.sub(rb'"sig": ?"(.)', lambda m: m[0][:-1] + (b"A" if m[1] != b"A" else b"B"), body)
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = start_server(make_rules(tmp_path_factory.mktemp("rules") / "rules"), tmp_path_factory.mktemp("data"))
    yield server
    if server.process.poll() is None:
        server.stop()


@pytest.fixture(scope="module")
def proxy(own_server: Server) -> Iterator[Proxy]:
    proxy = Proxy(own_server.url)
    thread = threading.Thread(target=proxy.serve_forever)
    thread.start()
    yield proxy
    proxy.shutdown()
    proxy.server_close()
    thread.join()


@pytest.fixture(scope="module")
def behind_proxy(
    playwright_: Playwright, built: Path, own_server: Server, proxy: Proxy, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    context = launch(playwright_, tmp_path_factory.mktemp("profile"), built)
    browser = Browser(context, extension_id(context), own_server)
    enrol(context, browser.id, Server(proxy.url, own_server.rules, own_server.process))
    yield browser
    context.close()


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        ("automaton", "下载的规则内容校验不符"),
        ("bundle", "下载的规则大小不对"),
        ("signature", "签名对不上绑定的密钥"),
    ],
)
def test_a_damaged_release_is_refused_and_the_last_good_one_kept(
    behind_proxy: Browser, proxy: Proxy, tamper: str, said: str
) -> None:
    bench = behind_proxy.open("pdd")
    bench.type("加微信")
    bench.expect_card(TITLE)
    rules = behind_proxy.server.rules / "rules.yaml"
    good = rules.read_text()
    # Another phrase as well, so that the automaton differs.
    rules.write_text(good.replace(TITLE, f"{tamper}之后的标题").replace("薇信", f"薇信, {tamper}号"))
    options = behind_proxy.extension_page("options")
    proxy.tamper = tamper

    def refused() -> str:
        options.click("#update")
        return str(options.locator("#health-note").text_content())

    eventually(refused, lambda note: said in note)
    expect(options.locator("#health")).to_have_attribute("data-state", "refused")
    bench.page.reload()
    bench.type("加微信")
    bench.expect_card(TITLE)

    proxy.tamper = "nothing"
    options.click("#update")
    expect(options.locator("#health")).to_have_attribute("data-state", "ok")
    bench.expect_card(f"{tamper}之后的标题")

    rules.write_text(good)

    def put_back() -> str:
        options.click("#update")
        return bench.card()

    eventually(put_back, lambda card: TITLE in card)
    options.close()
    bench.page.close()


def test_without_a_server_checking_goes_on(behind_proxy: Browser, proxy: Proxy) -> None:
    bench = behind_proxy.open("pdd")
    behind_proxy.server.stop()
    bench.type("加微信")
    bench.expect_card(TITLE)
    bench.page.reload()
    bench.type("可以加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.sent() == []
