"""Rule files made, renamed, removed; and what happens when another author does it meanwhile."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import BOOK, Author, command, replace_text, settled


def open_files(page: Page):
    page.get_by_role("button", name="文件", exact=True).click()
    return page.get_by_role("dialog", name="规则文件")


def save(page: Page) -> None:
    settled(page)
    command(page, "Control+s")
    expect(page.locator("#save")).to_be_disabled()


def test_a_new_file_takes_a_rule_and_is_saved(author: Author):
    page = author.ready()
    dialog = open_files(page)
    dialog.get_by_label("文件名").fill("../coupon")
    dialog.get_by_role("button", name="新建").click()
    expect(dialog.get_by_role("alert")).to_contain_text("以 .yaml 结尾")
    dialog.get_by_label("文件名").fill("contact.yaml")
    dialog.get_by_role("button", name="新建").click()
    expect(dialog.get_by_role("alert")).to_contain_text("已经有")
    dialog.get_by_label("文件名").fill("coupon.yaml")
    dialog.get_by_label("专题名称").fill("优惠券: 发券")
    dialog.get_by_role("button", name="新建").click()
    expect(page.locator("#place")).to_contain_text("coupon.yaml")
    expect(page.locator("#outline")).to_contain_text("优惠券: 发券")
    assert not (author.rules / "coupon.yaml").exists()
    page.get_by_role("button", name="新规则").click()
    guide = page.get_by_role("dialog")
    expect(guide.get_by_label("放进哪个专题")).to_have_value("coupon.yaml")
    guide.get_by_label("一句不能发的回复").fill("私下给券")
    guide.get_by_label("规则一句话").fill("不得私下给券")
    guide.get_by_role("button", name="写进草稿").click()
    save(page)
    rule = "rules:\n  - id: coupon.rule-1\n    title: 不得私下给券\n    level: block\n    find:\n      - 私下给券\n"
    assert author.text("coupon.yaml").startswith('topic: coupon\ntitle: "优惠券: 发券"\n' + rule)


def test_a_file_gets_another_name_with_all_it_says(author: Author):
    page = author.ready()
    open_files(page).get_by_role("button", name="改名 contact.yaml").click()
    asking = page.get_by_role("dialog", name="给 contact.yaml 改名")
    asking.get_by_label("contact.yaml 的新文件名").fill("outside.yaml")
    command(page, "Enter")
    command(page, "Escape")
    expect(page.locator("#place")).to_contain_text("outside.yaml")
    settled(page)  # the same rules, once: no id is taken twice
    save(page)
    assert author.text("outside.yaml") == BOOK["contact.yaml"]
    assert not (author.rules / "contact.yaml").exists()


def test_a_removed_file_can_be_restored_until_the_save(author: Author):
    page = author.ready()
    dialog = open_files(page)
    remove = dialog.get_by_role("button", name="删除 promise.yaml")
    remove.click()
    expect(page.locator("#outline")).not_to_contain_text("承诺")
    dialog.get_by_role("button", name="恢复").click()
    expect(page.locator("#outline")).to_contain_text("承诺")
    expect(page.locator("#save")).to_be_disabled()
    remove.click()
    command(page, "Escape")
    page.on("dialog", lambda leaving: leaving.accept())
    page.reload()  # what was to be removed is remembered like any draft
    settled(page)
    expect(page.locator("#outline")).not_to_contain_text("承诺")
    assert (author.rules / "promise.yaml").exists()
    save(page)
    assert not (author.rules / "promise.yaml").exists()


def test_the_files_that_make_a_rulebook_cannot_be_removed(author: Author):
    page = author.ready()
    dialog = open_files(page)
    for name in ("rulebook.yaml", "words.yaml"):
        expect(dialog.locator("li", has_text=name).get_by_role("button")).to_have_count(0)


def test_a_file_that_another_author_removed_is_kept_by_the_one_who_edited_it(author: Author):
    one, two = author.ready(), author.ready()
    two.locator("#outline").get_by_role("button", name="答应发货要兑现").click()
    replace_text(two, "答应发货要兑现", "说到做到")
    settled(two)
    dialog = open_files(one)
    dialog.get_by_role("button", name="删除 promise.yaml").click()
    command(one, "Escape")
    save(one)
    command(two, "Control+s")
    clash = two.get_by_role("dialog")
    expect(clash).to_contain_text("别人删掉了这个文件")
    clash.get_by_role("button", name="全部用我的").click()
    save(two)
    assert author.text("promise.yaml") == BOOK["promise.yaml"].replace("答应发货要兑现", "说到做到")
    author.faults[:] = [fault for fault in author.faults if "412" not in fault]


def test_what_another_author_added_and_removed_is_seen_on_coming_back(author: Author):
    page = author.ready()
    (author.rules / "gift.yaml").write_text("topic: gift\ntitle: 赠品\n", encoding="utf-8")
    (author.rules / "promise.yaml").unlink()
    page.evaluate("() => dispatchEvent(new Event('focus'))")
    expect(page.locator("#outline")).to_contain_text("赠品")
    expect(page.locator("#outline")).not_to_contain_text("承诺")
    expect(page.locator("#save")).to_be_disabled()
