"""What was typed leaves the browser in no form, and a page learns nothing of us."""

from __future__ import annotations

import base64
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Playwright, expect

from .conftest import Browser, Server, enrol, extension_id, launch
from .workbench import eventually

CANARY = "紫藤萝月饼铁皮今天帆船发货加微信鲸鱼"
"""A violation, and a promise for the ledger."""
IGNORED = "全网最低价"
BUYER = "翡翠蜗牛坐高铁能刷信用卡吗"


class Recorder(ThreadingHTTPServer):
    """Between the extension and the real server: keeps every byte that the extension sends."""

    daemon_threads = True

    def __init__(self, target: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.target = target
        self.seen: list[bytes] = []
        self.url = f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Recorder

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.seen.append(f"{self.command} {self.path}\n{self.headers}".encode() + body)
        headers = {"Content-Type": self.headers["Content-Type"]} if body else {}
        request = urllib.request.Request(
            self.server.target + self.path, data=body or None, headers=headers, method=self.command
        )
        if self.path.endswith("/events"):
            self.send_error(503)
            return
        with urllib.request.urlopen(request) as answer:
            content = answer.read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_POST = do_GET

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def recorder(server: Server) -> Iterator[Recorder]:
    recorder = Recorder(server.url)
    thread = threading.Thread(target=recorder.serve_forever)
    thread.start()
    yield recorder
    recorder.shutdown()
    recorder.server_close()
    thread.join()


@pytest.fixture(scope="module")
def recorded(
    playwright_: Playwright, server: Server, recorder: Recorder, built: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Browser]:
    context = launch(playwright_, tmp_path_factory.mktemp("profile"), built)
    browser = Browser(context, extension_id(context), server)
    enrol(context, browser.id, Server(recorder.url, server.rules, server.process))
    yield browser
    context.close()


def grams(text: str) -> set[str]:
    return {text[i : i + 3] for i in range(len(text) - 2)}


def forms(gram: str) -> list[bytes]:
    raw = gram.encode()
    escaped = gram.encode("unicode_escape")
    shifted = [base64.b64encode(b"x" * pad + raw)[4 if pad else 0 : -4] for pad in (0, 1, 2)]
    return [
        raw,
        gram.encode("utf-16-le"),
        quote(gram).encode(),
        escaped,
        escaped.upper(),
        *(s for s in shifted if len(s) > 6),
    ]


def test_no_three_letters_of_what_was_typed_leave_the_browser(recorded: Browser, recorder: Recorder) -> None:
    requests: list[str] = []
    recorded.context.on("request", lambda request: requests.append(f"{request.url} {request.post_data or ''}"))
    options = recorded.extension_page("options")
    # With consent to counts, which is when there is most to send.
    options.check("#counts")
    bench = recorded.open("pdd")
    bench.page.evaluate("(text) => buyerSays(text)", BUYER)
    # All that is kept on this device: the ignore list, the ledger.
    bench.type(IGNORED)
    bench.expect_card("绝对化")
    bench.click_card("本机始终")
    expect(options.locator("#ignored")).to_contain_text(IGNORED)
    bench.page.keyboard.press("Control+a")
    bench.page.keyboard.type(CANARY)
    bench.expect_marks(block=["加微信"], remind=["今天帆船发货"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    bench.page.keyboard.press("Alt+Enter")
    eventually(bench.sent, lambda sent: sent == [CANARY])
    ledger = "chrome.storage.local.get('ledger').then((all) => all.ledger ?? [])"
    eventually(lambda: options.evaluate(ledger), lambda noted: [p["text"] for p in noted] == [CANARY])
    # The hourly report, now.
    options.evaluate("chrome.alarms.create('report', {when: Date.now()})")
    eventually(lambda: [s for s in recorder.seen if b'"hits"' in s], bool, timeout=45)
    own = [r for r in requests if "pinduoduo" not in r and "chrome-extension" not in r]
    everything = b"\n".join(recorder.seen) + "\n".join(own).encode()
    for gram in grams(CANARY) | grams(BUYER) | grams(IGNORED):
        for form in forms(gram):
            assert form not in everything, (gram, form)


def test_without_consent_no_counts_are_sent(recorded: Browser, recorder: Recorder) -> None:
    options = recorded.extension_page("options")
    options.uncheck("#counts")
    bench = recorded.open("pdd")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    recorder.seen.clear()
    options.evaluate("chrome.alarms.create('report', {when: Date.now()})")
    sent = eventually(lambda: [s for s in recorder.seen if b"/v1/status" in s], bool, timeout=45)
    assert all(b'"hits"' not in one for one in sent)


def test_the_search_itself_finds_what_is_there() -> None:
    for text in (CANARY, BUYER, IGNORED):
        everything = text.encode() + b" " + quote(text).encode() + b" " + text.encode("unicode_escape")
        assert all(any(form in everything for form in forms(gram)) for gram in grams(text))


def test_a_page_cannot_speak_to_the_extension(recorded: Browser) -> None:
    bench = recorded.open("pdd")
    bench.type("加微信")
    bench.expect_card("不得引导买家用微信联系")
    found = bench.page.evaluate(
        """(id) => ({
      runtime: typeof chrome !== 'undefined' && chrome.runtime && typeof chrome.runtime.sendMessage,
      roots: [...document.querySelectorAll('*')].filter((e) => e.localName.startsWith('replyguard') && e.shadowRoot).length,
      text: document.documentElement.textContent.includes('不得引导'),
    })""",
        recorded.id,
    )
    assert found["roots"] == 0
    assert found["text"] is False
    assert not found["runtime"]


def test_rule_texts_can_only_be_text(recorded: Browser, server: Server, rule_file: Path) -> None:
    """A rule that carries markup shows it as letters."""
    rule_file.write_text(
        rule_file.read_text().replace("title: 不得引导买家用微信联系", "title: 不得<img src=x onerror=alert(1)>联系")
    )
    options = recorded.extension_page("options")
    bench = recorded.open("pdd")
    dialogs: list[str] = []
    bench.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    bench.type("加微信")

    def shown() -> str:
        options.click("#update")
        return bench.card()

    eventually(shown, lambda card: "不得<img src=x onerror=alert(1)>联系" in card)
    assert dialogs == []
