"""Enrolling by code and by link, seeing the key's fingerprint; keys that change; a release that only some get."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from .conftest import ROOT, Browser, Server, extension_id, launch, make_rules, start_server
from .workbench import eventually

TITLE = "不得引导买家用微信联系"


@pytest.fixture
def fresh(playwright_: Playwright, built: Path, server: Server, tmp_path: Path) -> Iterator[Browser]:
    """A browser that is enrolled nowhere."""
    context = launch(playwright_, tmp_path / "profile", built)
    yield Browser(context, extension_id(context), server)
    context.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def own(tmp_path: Path, data: Path) -> Iterator[Server]:
    """A server whose keys and releases are the test's."""
    server = start_server(make_rules(tmp_path / "rules"), data)
    yield server
    server.stop()


def get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url) as answer:
        return dict(json.loads(answer.read()))


def manifest(server: Server) -> dict[str, Any]:
    return dict(json.loads(base64.b64decode(get(f"{server.url}/v1/channels/default/manifest")["signed"])))


def grouped(fingerprint: str) -> str:
    return " ".join(fingerprint[i : i + 4] for i in range(0, 64, 4))


def cli(*words: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "server.cli", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return run.stdout


def options(browser: Browser, fragment: str = "") -> Page:
    page = browser.extension_page("options")
    page.select_option("#language", "zh_CN")
    expect(page.locator("h1")).to_have_text("ReplyGuard 高压线 设置")
    return page


def confirm(page: Page, server: Server) -> None:
    for key in get(f"{server.url}/v1/enrol")["trust"]["keys"]:
        expect(page.locator("#proposed")).to_contain_text(grouped(key["fingerprint"]))
    # Nothing is pinned before the person has said so.
    assert page.evaluate("chrome.storage.local.get('enrolment').then((all) => all.enrolment ?? null)") is None
    page.click("#confirm")
    expect(page.locator("#health")).to_have_attribute("data-state", "ok")
    expect(page.locator("#enrolled")).to_contain_text(server.url)


def test_by_code_and_leaving_again(fresh: Browser, server: Server) -> None:
    page = options(fresh)
    page.fill("#enrol-text", f"\n  {get(f'{server.url}/v1/enrol')['channels'][0]['code']} ")
    page.click("#enrol-form button[type=submit]")
    confirm(page, server)
    bench = fresh.open("pdd")
    # Of the last words only the rules that the extension is built with know anything.
    bench.type("加微信，钱转我支付宝")
    bench.expect_card(TITLE)
    enrolled = bench.marks()
    page.click("#leave")
    expect(page.locator("#enrolled")).to_be_hidden()
    # From here on the rules that the extension was built with count, if it was built with any.
    eventually(bench.marks, lambda seen: seen != enrolled)


def test_rules_that_came_with_the_extension_have_no_version_of_a_server(fresh: Browser) -> None:
    page = options(fresh)
    expect(page.locator("#facts")).to_contain_text("随扩展安装")
    expect(page.locator("#facts")).not_to_contain_text("0.0")
    expect(page.locator("#facts")).not_to_contain_text("打开工作台时连接")
    popup = fresh.extension_page("popup")
    expect(popup.locator("#detail")).to_have_text(re.compile(r"^\d+ 条规则 · 随扩展安装$"))


def test_by_link_from_the_install_page(fresh: Browser, server: Server) -> None:
    code = get(f"{server.url}/v1/enrol")["channels"][0]["code"]
    options(fresh).close()
    install = fresh.context.new_page()
    install.goto(f"{server.url}/install#{code}")
    worker = fresh.context.service_workers[-1]
    install.bring_to_front()
    with fresh.context.expect_page() as opened:
        worker.evaluate("chrome.tabs.create({url: chrome.runtime.getURL('popup.html'), active: false})")
    popup = opened.value
    with fresh.context.expect_page() as opened:
        popup.click("#enrol-button")
    confirm(opened.value, server)


def test_a_link_pasted_whole_and_a_damaged_code(fresh: Browser, server: Server) -> None:
    code = str(get(f"{server.url}/v1/enrol")["channels"][0]["code"])
    page = options(fresh)
    for text, said in (
        (code[:-1] + ("0" if code[-1] != "0" else "1"), "抄错"),
        ("http://rules.example.cn", "https"),
        ("https://", "地址"),
        ("http://127.0.0.1:9", "连不上"),
    ):
        page.fill("#enrol-text", text)
        page.click("#enrol-form button[type=submit]")
        expect(page.locator("#enrol-error")).to_contain_text(said)
        expect(page.locator("#proposal")).to_be_hidden()
    page.fill("#enrol-text", f"https://anything.example/install#{code}")
    page.click("#enrol-form button[type=submit]")
    confirm(page, server)


def enrolled(browser: Browser, server: Server) -> Page:
    page = options(browser)
    page.fill("#enrol-text", server.url)
    page.click("#enrol-form button[type=submit]")
    confirm(page, server)
    return page


PINNED = """() => new Promise((resolve) => {
  const open = indexedDB.open('replyguard', 1);
  open.onsuccess = () => {
    const get = open.result.transaction('records').objectStore('records').get('kept');
    get.onsuccess = () => { open.result.close(); resolve(get.result.trust); };
  };
})"""


def test_a_new_key_and_a_revoked_one_are_followed_without_a_hand(fresh: Browser, own: Server, data: Path) -> None:
    page = enrolled(fresh, own)
    bench = fresh.open("pdd")
    bench.type("加微信")
    bench.expect_card(TITLE)
    first = page.evaluate(PINNED)
    cli("keys", "rotate", "--data", str(data))
    rules = own.rules / "rules.yaml"
    rules.write_text(rules.read_text().replace(TITLE, "换了钥匙之后的标题"))

    def shown() -> str:
        page.click("#update")
        return bench.card()

    eventually(shown, lambda card: "换了钥匙之后的标题" in card, timeout=30)
    second = page.evaluate(PINNED)
    assert second["version"] > first["version"]
    assert set(second["keys"]) != set(first["keys"])
    # The very first signing key is revoked: who follows has already been told by the other one.
    public = first["keys"][0]
    gone = hashlib.sha256(base64.b64decode(public)).hexdigest()[:16]
    cli("keys", "revoke", gone, "--data", str(data))
    rules.write_text(rules.read_text().replace("换了钥匙之后的标题", "吊销之后的标题"))
    eventually(shown, lambda card: "吊销之后的标题" in card, timeout=30)
    third = page.evaluate(PINNED)
    assert public not in third["keys"]
    expect(page.locator("#health")).to_have_attribute("data-state", "ok")


def test_a_release_for_some_reaches_those_only(fresh: Browser, own: Server, data: Path) -> None:
    page = enrolled(fresh, own)
    bench = fresh.open("pdd")
    bench.type("加微信")
    bench.expect_card(TITLE)
    book = own.rules / "rulebook.yaml"
    rules = own.rules / "rules.yaml"
    before = manifest(own)["version"]
    book.write_text(book.read_text().replace("title: 默认}", "title: 默认, rollout: 0}"))
    rules.write_text(rules.read_text().replace(TITLE, "先给一部分人的标题"))
    now = eventually(
        lambda: manifest(own), lambda m: m["version"] > before and m["rollout"]["percent"] == 0, timeout=30
    )
    active = "chrome.storage.local.get('active').then(({active}) => active)"
    floor = """() => new Promise((resolve) => {
      const open = indexedDB.open('replyguard', 1);
      open.onsuccess = () => { const get = open.result.transaction('records').objectStore('records').get('kept');
        get.onsuccess = () => { open.result.close(); resolve(get.result.floor.version); }; };
    })"""

    def taken() -> int:
        page.click("#update")
        return int(page.evaluate(floor))

    eventually(taken, lambda version: version >= now["version"])
    assert TITLE in bench.card()
    # The place of this browser among a hundred, worked out as docs/protocol.md says.
    install = page.evaluate("chrome.storage.local.get('install').then(({install}) => install)")
    place = int(hashlib.sha256((install + now["rollout"]["salt"]).encode()).hexdigest(), 16) % 100
    token = cli("tokens", "new", "--role", "publisher", "--name", "test", "--data", str(data)).split()
    secret = next(word for word in token if word.startswith("rgp_"))

    def widen(percent: int) -> None:
        body = json.dumps({"expected": manifest(own)["version"], "percent": percent}).encode()
        headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
        urllib.request.urlopen(
            urllib.request.Request(f"{own.url}/v1/channels/default/rollout", data=body, headers=headers)
        ).close()

    if place > 0:
        widen(place)
        newest = manifest(own)["version"]
        eventually(taken, lambda version: version >= newest)
        assert TITLE in bench.card()
        assert page.evaluate(active)["rules"] == 5
    widen(place + 1)
    bench.expect_card("先给一部分人的标题")
