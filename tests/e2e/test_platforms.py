"""Which platform's rules hold on a page: the page's own, and the channel's where the page cannot tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright

from .conftest import Browser, enrolled, make_rules, start_server
from .test_workbenches import chat, describe
from .workbench import eventually

BOOK = "name: 天猫店\nchannels:\n  - {id: default, title: 天猫店, platform: tmall}\n"
RULES = """
topic: price
title: 各平台的规则
rules:
  - {id: a.tmall, title: 天猫不能说, level: block, platforms: [tmall], find: [猫话], bad: [〔猫话〕], good: [好]}
  - {id: a.taobao, title: 淘宝不能说, level: block, platforms: [taobao], find: [桃话], bad: [〔桃话〕], good: [好]}
  - {id: a.pdd, title: 拼多多不能说, level: block, platforms: [pdd], find: [拼话], bad: [〔拼话〕], good: [好]}
"""


@pytest.fixture(scope="module")
def shop(playwright_: Playwright, built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser of a 天猫 shop."""
    rules = make_rules(tmp_path_factory.mktemp("rules") / "rules")
    (rules / "rulebook.yaml").write_text(BOOK)
    (rules / "platforms.yaml").write_text(RULES)
    server = start_server(rules, tmp_path_factory.mktemp("data"))
    with enrolled(playwright_, tmp_path_factory.mktemp("profile"), built, server) as browser:
        yield browser
    server.stop()


@pytest.mark.parametrize(("page", "said"), [("wangwang", "猫话"), ("pdd", "拼话")])
def test_theshops_channel_tells_what_the_page_cannot(shop: Browser, page: str, said: str) -> None:
    bench = shop.open(page)
    chat(bench).locator("[data-composer]").click()
    bench.page.keyboard.type("猫话，桃话，拼话")
    found = eventually(lambda: describe(shop, bench).get("findings") or [], bool)
    assert [finding["text"] for finding in found] == [said]
    bench.page.close()
