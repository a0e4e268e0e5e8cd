"""The authoring page over a real server and a small rulebook of its own, in real Chromium. A fresh rulebook a test."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Playwright, Request, expect

from ..conftest import CHROMIUM, EXTENSION, ROOT

BOOK = {
    "rulebook.yaml": (
        "name: 试验\nchannels:\n  - {id: default, title: 日常}\n  - {id: stable, title: 正式, follows: default}\n"
    ),
    "words.yaml": (
        "groups:\n  wechat: [微信, 薇信, 绿泡泡]  # 各种写法\n  add: [加, 添加]\n"
        "negation: {before: [不能, 不要, 不], pseudo: [能不能]}\n"
    ),
    "contact.yaml": """# 站外联系：先看这里
topic: contact
title: 站外联系
defaults: {level: block, penalty: {tmall: 6}}
rules:
  # 最常见的一条
  - id: contact.wechat
    title: 不得引导加微信   # 标题旁的注释
    find: [<add>…4<wechat>]
    except: [加微信支付]
    why: 平台要求只在旺旺里沟通
    say: [有问题在这里说就好]
    bad:
      - 可以 〔加我微信〕 聊
      - 〔添加微信〕看图   # 真事
    good:
      - 加微信吗 => 不能加微信哦
      - 可以加微信支付的
  - id: contact.card
    title: 不得拒绝信用卡
    asked: [信用卡]
    find: [用不了, 不支持]
    negation: ignored
    bad: [信用卡行吗 => 亲〔不支持〕的]
""",
    "promise.yaml": """topic: promise
title: 承诺
rules:
  - id: promise.ship
    title: 答应发货要兑现
    level: remind
    find: [今天…4发货]
    follow_up: {do: 当天发出, within: 今天}
    bad: [〔今天给您发货〕]
""",
}

CASES = (
    '{"id": "1", "turns": [{"role": "buyer", "text": "在吗"}], "reply": "在的亲，私下转账便宜五块"}\n'
    '{"id": "2", "turns": [], "reply": "不能私下转账的哦"}\n'
    '{"id": "3", "turns": [], "reply": "今天就给您发货"}\n'
)


# Bounds, not waits: every step waits on a state. A machine that others load to 40 needs them.
expect.set_options(timeout=90_000)


@dataclass
class Author:
    """One server over one rulebook, and what its pages said and sent."""

    url: str
    rules: Path
    data: Path
    process: subprocess.Popen[str]
    browser: Browser
    faults: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def text(self, name: str) -> str:
        return (self.rules / name).read_text(encoding="utf-8")

    def open(self, **options: object) -> Page:
        context = self.browser.new_context(**{"viewport": {"width": 1366, "height": 768}, "locale": "zh-CN", **options})
        context.set_default_timeout(90_000)
        page = context.new_page()
        page.on("console", lambda m: self.faults.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: self.faults.append(str(e)))
        page.on("request", lambda request: self.requests.append(request))
        page.goto(f"{self.url}/author")
        return page

    def ready(self, **options: object) -> Page:
        page = self.open(**options)
        settled(page)
        return page


def settled(page: Page) -> None:
    """The newest draft has been compiled and is in the page's engine."""
    expect(page.locator("#status[data-state=ok][aria-busy=false]")).to_be_visible()


def command(page: Page, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


def replace_text(page: Page, old: str, new: str) -> None:
    """As a person does with the editor's own search: find, select, type over it."""
    page.locator("#editor .cm-content").click()
    command(page, "Control+Home", "Control+f")
    page.locator("#editor .cm-search [name=search]").fill(old)
    command(page, "End", "Enter", "Escape")  # the search follows key presses
    page.keyboard.insert_text(new)


@pytest.fixture(scope="session")
def author_script() -> None:
    """The page's script, built anew when a source is newer."""
    target = ROOT / "server" / "pages" / "built" / "author.js"
    sources = [p for folder in ("authoring", "engine") for p in (EXTENSION / "src" / folder).rglob("*.ts")]
    if not target.exists() or target.stat().st_mtime < max(p.stat().st_mtime for p in sources):
        subprocess.run([shutil.which("node") or "node", "build.mjs"], cwd=EXTENSION, check=True)


@pytest.fixture(scope="session")
def chromium(playwright_: Playwright) -> Iterator[Browser]:
    browser = playwright_.chromium.launch(executable_path=CHROMIUM, chromium_sandbox=False)
    yield browser
    browser.close()


@pytest.fixture
def serve(tmp_path: Path, author_script: None, chromium: Browser) -> Iterator[Callable[..., Author]]:
    started: list[Author] = []

    def start(*flags: str, book: dict[str, str] = BOOK) -> Author:
        rules = tmp_path / "rules"
        for name, text in book.items():
            path = rules / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        cases = tmp_path / "tests" / "eval" / "cases.jsonl"
        cases.parent.mkdir(parents=True)
        cases.write_text(CASES, encoding="utf-8")
        arguments = ["serve", "--rules", str(rules), "--data", str(tmp_path / "data"), "--port", "0", *flags]
        process = subprocess.Popen(
            [sys.executable, "-m", "server.cli", *arguments],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        seen = []
        for line in process.stdout:
            seen.append(line)
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                author = Author(found[0], rules, tmp_path / "data", process, chromium)
                started.append(author)
                return author
        raise RuntimeError("the server did not start:\n" + "".join(seen))

    yield start
    for author in started:
        for context in author.browser.contexts:
            context.close()
        author.process.terminate()
        author.process.wait(timeout=20)
        assert author.process.stdout is not None
        author.process.stdout.close()


@pytest.fixture
def author(serve: Callable[..., Author]) -> Iterator[Author]:
    author = serve("--local-author")
    yield author
    assert author.faults == []
