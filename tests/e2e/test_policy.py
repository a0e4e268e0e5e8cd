"""Company policy: what `storage.managed` fixes, when it arrives late, and when it goes. Real policy files in real Chromium."""

from __future__ import annotations

import json
import os
import stat
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Playwright, expect

from .conftest import CHROMIUM, EXTENSION, Browser, Server, extension_id, launch
from .workbench import eventually

TITLE = "不得引导买家用微信联系"
# Chromium waits a few seconds for a changed policy folder to settle.
SETTLE = 60


class Company:
    """A folder that one browser, and no other on this machine, sees as /etc/chromium."""

    def __init__(self, folder: Path, identity: str) -> None:
        self._identity = identity
        self._file = folder / "etc" / "policies" / "managed" / "replyguard.json"
        self._file.parent.mkdir(parents=True)
        unshare = "unshare --mount" if os.geteuid() == 0 else "unshare --map-root-user --mount"
        self.binary = folder / "chromium"
        inside = f'mount --bind "{folder / "etc"}" /etc/chromium && exec {CHROMIUM} "$@"'
        self.binary.write_text(f"#!/bin/sh\nexec {unshare} sh -c '{inside}' chromium \"$@\"\n")
        self.binary.chmod(self.binary.stat().st_mode | stat.S_IXUSR)

    def fixes(self, **policy: Any) -> None:
        self._file.write_text(json.dumps({"3rdparty": {"extensions": {self._identity: policy}}}))

    def forgets(self) -> None:
        self._file.unlink(missing_ok=True)


@pytest.fixture(scope="module")
def identity(_browser: Browser) -> str:
    return _browser.id


@pytest.fixture
def company(tmp_path: Path, identity: str) -> Company:
    return Company(tmp_path, identity)


@pytest.fixture
def managed(
    playwright_: Playwright, built: Path, server: Server, company: Company, tmp_path: Path
) -> Iterator[Browser]:
    """A browser of that company, which starts without any policy."""
    context: BrowserContext = launch(playwright_, tmp_path / "profile", built, binary=str(company.binary))
    yield Browser(context, extension_id(context), server)
    context.close()


def offer(server: Server) -> dict[str, Any]:
    with urllib.request.urlopen(f"{server.url}/v1/enrol") as answer:
        return dict(json.loads(answer.read()))


def code(server: Server) -> str:
    return str(offer(server)["channels"][0]["code"])


def options(browser: Browser) -> Page:
    page = browser.extension_page("options")
    page.select_option("#language", "zh_CN")
    expect(page.locator("h1")).to_have_text("ReplyGuard 高压线 设置")
    return page


def test_a_policy_that_arrives_late_enrols_and_locks_and_lets_go_again(
    managed: Browser, company: Company, server: Server
) -> None:
    page = options(managed)
    expect(page.locator("#hold")).to_be_enabled()
    expect(page.locator("#enrol-form")).to_be_visible()
    company.fixes(enrolment=code(server), hold=True, levels={"hint": False}, sitesOff=[])
    expect(page.locator("#hold")).to_be_disabled(timeout=SETTLE * 1000)
    expect(page.locator("#hint")).not_to_be_checked()
    expect(page.locator("#warn")).to_be_disabled()
    expect(page.locator("#reminders")).to_be_enabled()
    expect(page.locator("#health")).to_have_attribute("data-state", "ok")
    expect(page.locator("#enrolled")).to_contain_text(server.url)
    expect(page.locator("#enrolled")).to_contain_text("由公司策略设定")
    expect(page.locator("#enrol-form")).to_be_hidden()
    expect(page.locator("#leave")).to_be_hidden()
    bench = managed.open("pdd")
    bench.type("随便你，加微信")
    bench.expect_marks(block=["加微信"])
    company.forgets()
    expect(page.locator("#hold")).to_be_enabled(timeout=SETTLE * 1000)
    bench.expect_marks(block=["加微信"], hint=["随便你"])


def test_a_person_cannot_undo_what_the_policy_fixes(managed: Browser, company: Company, server: Server) -> None:
    company.fixes(enrolment=code(server), hold=True, enabled=True)
    page = options(managed)
    expect(page.locator("#hold")).to_be_disabled(timeout=SETTLE * 1000)
    # Past the page's own controls, as somebody would in the developer tools.
    page.evaluate("chrome.runtime.sendMessage({replyguard: 'settings.set', body: {hold: false, enabled: false}})")
    page.evaluate("chrome.runtime.sendMessage({replyguard: 'enrol.leave', body: null})")
    answer = page.evaluate(
        "chrome.storage.local.get('enrolment').then(({enrolment}) => chrome.runtime.sendMessage({replyguard: 'enrol.confirm', body: {enrolment}}))"
    )
    assert answer == {"error": "enrol_managed"}
    bench = managed.open("pdd")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.sent() == []


def test_server_and_keys_by_policy_and_a_required_reason(managed: Browser, company: Company, server: Server) -> None:
    keys = [key["public"] for key in offer(server)["trust"]["keys"]]
    company.fixes(server=server.url, channel="default", keys=keys, threshold=1, override="reason")
    page = options(managed)
    expect(page.locator("#health")).to_have_attribute("data-state", "ok", timeout=SETTLE * 1000)
    bench = managed.open("pdd")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    # Without a reason the key only asks for one.
    bench.page.keyboard.press("Alt+Enter")
    expect(bench.composer).not_to_be_focused()
    assert bench.sent() == []
    bench.page.keyboard.press("Enter")
    assert bench.sent() == []
    bench.page.keyboard.type("老板同意")
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: sent == ["加微信"])
    expect(bench.composer).to_be_focused()
    # The reason stays on this device, where the person can look it up.
    panel = managed.extension_page("panel")
    panel.click("[data-tab=today]")
    expect(panel.locator("#overrides")).to_contain_text("老板同意")
    expect(panel.locator("#overrides")).to_contain_text(TITLE)
    expect(panel.locator("#count-overridden")).to_have_text("1")


def test_a_forbidden_override(managed: Browser, company: Company, server: Server) -> None:
    company.fixes(enrolment=code(server), override="forbid")
    page = options(managed)
    expect(page.locator("#health")).to_have_attribute("data-state", "ok", timeout=SETTLE * 1000)
    bench = managed.open("pdd")
    bench.type("加微信")
    bench.expect_marks(block=["加微信"])
    bench.page.keyboard.press("Enter")
    card = bench.expect_card("已拦下")
    assert "仍要发送" not in card
    assert "Alt+Enter" not in card
    bench.page.keyboard.press("Alt+Enter")
    bench.page.keyboard.press("Enter")
    bench.expect_card("已拦下")
    assert bench.sent() == []
    # What is not blocked goes out as ever.
    bench.page.keyboard.press("Alt+1")
    bench.expect_marks()
    bench.page.keyboard.press("Enter")
    eventually(bench.sent, lambda sent: len(sent) == 1)


def test_the_browser_holds_a_policy_to_the_schema(managed: Browser, company: Company) -> None:
    company.fixes(hold="yes please", unheard_of=1, reminders=False)
    page = options(managed)
    expect(page.locator("#reminders")).to_be_disabled(timeout=SETTLE * 1000)
    expect(page.locator("#hold")).to_be_enabled()
    assert page.evaluate("chrome.storage.managed.get(null)") == {"reminders": False}


def test_the_schema_names_what_the_code_reads_and_the_document_says() -> None:
    schema = json.loads((EXTENSION / "managed_schema.json").read_text())["properties"]
    source = (EXTENSION / "src" / "background" / "policy.ts").read_text()
    said = (EXTENSION.parent / "docs" / "extension.md").read_text()
    for name in schema:
        assert f'"{name}"' in source or f"policy.{name}" in source, name
        assert f"`{name}`" in said, name
