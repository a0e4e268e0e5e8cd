"""Review, publish with a share, history, revert; tokens."""

from __future__ import annotations

import subprocess
from pathlib import Path

from playwright.sync_api import expect

from server.auth import Tokens

from .conftest import BOOK, Author, command, replace_text, settled


def test_rules_are_reviewed_published_rolled_out_and_reverted(author: Author):
    page = author.ready()
    page.get_by_label("频道").select_option("stable")
    settled(page)
    page.get_by_role("button", name="审阅并发布").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("还没有发布过")
    dialog.get_by_label("发布说明").fill("第一版")
    dialog.get_by_role("button", name="发布", exact=True).click()
    expect(dialog.locator(".history li")).to_contain_text(["第一版"])
    command(page, "Escape")

    page.locator("#outline").get_by_role("button", name="答应发货要兑现").click()
    replace_text(page, "答应发货要兑现", "说了发货就要发")
    settled(page)
    page.get_by_role("button", name="审阅并发布").click()
    change = dialog.locator("[data-id='promise.ship']")
    expect(change.locator("del")).to_have_text("答应发货要兑现")
    expect(change.locator("ins")).to_have_text("说了发货就要发")
    dialog.get_by_label("灰度百分比").fill("20")
    dialog.get_by_role("button", name="保存并发布").click()
    expect(dialog.locator(".history li[aria-current]")).to_contain_text("灰度 20%")
    dialog.get_by_label("新的灰度百分比").fill("100")
    dialog.get_by_role("button", name="改灰度").click()
    expect(dialog.locator(".history li").first).to_contain_text("改灰度")
    dialog.get_by_role("button", name="退回到第 1 版").click()
    page.get_by_role("dialog", name="退回到第 1 版").get_by_role("button", name="退回到第 1 版").click()
    expect(dialog.locator(".history li[aria-current]")).to_contain_text("退回到第 1 版")
    expect(dialog.locator("[data-id='promise.ship'] ins")).to_have_text("说了发货就要发")


def test_without_local_mode_a_token_opens_the_page_and_its_role_decides(serve):
    author = serve()
    token = Tokens(author.data / "tokens.json").issue("author", "主管")
    page = author.open()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("作者令牌").fill("rga_wrong")
    dialog.get_by_role("button", name="进入").click()
    expect(dialog.locator(".error")).to_contain_text("令牌")
    dialog.get_by_label("作者令牌").fill(token)
    command(page, "Enter")
    settled(page)
    expect(page.locator("#who")).to_have_text("主管")
    page.get_by_label("频道").select_option("stable")
    settled(page)
    page.get_by_role("button", name="审阅并发布").click()
    expect(dialog).to_contain_text("发布要用发布者（publisher）令牌")
    assert not any(token in request.url for request in author.requests)
    assert page.context.cookies() == []


def test_what_is_live_on_one_channel_is_promoted_to_another_as_it_is(author: Author):
    page = author.ready()
    page.get_by_label("频道").select_option("stable")
    page.locator("#outline").get_by_role("button", name="答应发货要兑现").click()
    replace_text(page, "答应发货要兑现", "只在草稿里")
    settled(page)
    page.get_by_role("button", name="审阅并发布").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("提升给百分之几的浏览器").fill("30")
    dialog.get_by_role("button", name="把「日常」第 1 版提升到这里").click()
    expect(dialog.locator(".history li[aria-current]")).to_contain_text("由「日常」第 1 版提升")
    expect(dialog.locator(".history li[aria-current]")).to_contain_text("灰度 30%")
    expect(dialog.get_by_role("heading", name="提升到正式频道")).to_have_count(0)  # the same content by now
    session = page.evaluate("() => fetch('/v1/author').then((answer) => answer.json())")
    assert len({channel["bundle"] for channel in session["channels"]}) == 1
    assert author.text("promise.yaml") == BOOK["promise.yaml"]


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"]
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_publishing_ends_in_a_commit_of_the_rules_and_of_nothing_else(serve, tmp_path: Path):
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    other = tmp_path / "notes.txt"
    other.write_text("before\n", encoding="utf-8")
    git(tmp_path, "add", "notes.txt")
    git(tmp_path, "commit", "--quiet", "--message=first")
    other.write_text("not to be committed\n", encoding="utf-8")
    author = serve("--local-author", "--git-commit")
    page = author.ready()
    page.get_by_label("频道").select_option("stable")
    page.locator("#outline").get_by_role("button", name="答应发货要兑现").click()
    replace_text(page, "答应发货要兑现", "说了发货就要发")
    settled(page)
    page.get_by_role("button", name="审阅并发布").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("git：main @")
    dialog.get_by_label("发布说明").fill("改得更清楚")
    dialog.get_by_role("button", name="保存并发布").click()
    expect(dialog.locator(".history li[aria-current]")).to_contain_text("改得更清楚")
    assert git(tmp_path, "log", "-1", "--format=%s").strip() == "改得更清楚"
    assert "说了发货就要发" in git(tmp_path, "show", "HEAD:rules/promise.yaml")
    assert git(tmp_path, "status", "--porcelain", "--", "rules", "notes.txt").split() == ["M", "notes.txt"]
    assert author.faults == []


def test_without_git_nothing_speaks_of_it(author: Author):
    page = author.ready()
    page.get_by_role("button", name="审阅并发布").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".history li").first).to_be_visible()
    expect(dialog).not_to_contain_text("git")
