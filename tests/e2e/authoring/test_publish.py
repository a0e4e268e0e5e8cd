"""Review, publish with a share, history, revert; tokens."""

from __future__ import annotations

from playwright.sync_api import expect

from server.auth import Tokens

from .conftest import Author, command, replace_text, settled


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
    page.get_by_role("button", name="审阅并发布").click()
    expect(dialog).to_contain_text("发布要用发布者（publisher）令牌")
    assert not any(token in request.url for request in author.requests)
    assert page.context.cookies() == []
