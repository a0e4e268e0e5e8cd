"""Writing: diagnostics with fixes, completion, help, outline, search, undo, the form, saving and conflicts."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import BOOK, Author, command, replace_text, settled


def rule(page: Page, title: str) -> None:
    page.locator("#outline").get_by_role("button", name=title).click()


def line_of(page: Page, text: str):
    return page.locator("#editor .cm-line", has_text=text).first


def test_a_fault_shows_at_its_place_and_one_click_mends_it(author: Author):
    page = author.ready()
    rule(page, "答应发货要兑现")
    replace_text(page, "level: remind", "level: remnd")
    mark = page.locator("#editor .cm-lintRange-error")
    expect(mark).to_have_text("remnd")
    mark.hover()
    expect(page.locator("#editor .cm-diagnostic")).to_contain_text("是不是 remind")
    expect(page.locator("#outline .rule.bad")).to_contain_text("答应发货要兑现")
    page.get_by_role("tab", name="问题").click()
    page.get_by_role("button", name="改成 remind").click()
    settled(page)
    expect(mark).to_have_count(0)
    assert author.text("promise.yaml") == BOOK["promise.yaml"]


def test_examples_that_fail_and_groups_that_do_not_exist_are_told(author: Author):
    page = author.ready()
    rule(page, "不得引导加微信")
    replace_text(page, "<wechat>]", "<wechet>]")
    expect(page.locator("#editor .cm-lintRange-error")).to_have_text("<wechet>")
    page.get_by_role("tab", name="问题").click()
    page.get_by_role("button", name="改成 <wechat>").click()
    settled(page)
    replace_text(page, "可以 〔加我微信〕", "可以 加〔我微信〕")
    page.get_by_role("button", name="把标记改到「加我微信」").click()
    settled(page)
    expect(line_of(page, "可以 〔加我微信〕 聊")).to_be_visible()


def test_completion_offers_keys_values_groups_and_entities(author: Author):
    page = author.ready()
    rule(page, "答应发货要兑现")
    page.locator("#editor .cm-line", has_text="title: 答应发货要兑现").click()
    command(page, "End", "Enter")
    page.keyboard.type("pena")
    options = page.locator("#editor .cm-tooltip-autocomplete li")
    expect(options.first).to_contain_text("penalty")
    options.first.click()  # the keyboard waits 75 ms, lest one accepts what one has not seen
    expect(page.locator("#editor .cm-activeLine")).to_have_text("    penalty: ")
    command(page, "Control+z", "Control+z")
    replace_text(page, "今天…4发货]", "今天…4发货, <we")
    page.keyboard.type("c")
    expect(options.first).to_contain_text("wechat")
    options.first.click()
    expect(line_of(page, "find: [今天…4发货, <wechat>")).to_be_visible()


def test_hovering_tells_what_a_key_and_a_group_mean(author: Author):
    page = author.ready()
    rule(page, "不得引导加微信")
    line_of(page, "find:").get_by_text("find", exact=True).hover()
    expect(page.locator("#editor .cm-help")).to_contain_text("回复里出现其中之一")
    page.locator("#status").hover()
    expect(page.locator("#editor .cm-help")).to_have_count(0)
    box = line_of(page, "find:").bounding_box()
    assert box
    page.mouse.move(box["x"] + 100, box["y"] + 10)
    expect(page.locator("#editor .cm-help")).to_contain_text("种说法")


def test_rules_fold_and_are_found_by_search(author: Author):
    page = author.ready()
    page.get_by_role("button", name="折叠规则").click()
    expect(page.locator("#editor .cm-foldPlaceholder")).to_have_count(2)
    page.get_by_role("button", name="折叠规则").click()
    expect(page.locator("#editor .cm-foldPlaceholder")).to_have_count(0)
    command(page, "Control+k")
    page.keyboard.type("绿泡泡")
    expect(page.locator("#search-results [role=option]")).to_have_count(1)
    command(page, "Enter")
    expect(page.locator("#place")).to_contain_text("words.yaml · 第 2 行")
    expect(page.locator("#save")).to_be_disabled()
    page.get_by_role("searchbox", name="筛选规则").fill("信用卡")
    expect(page.locator("#outline .rule")).to_have_count(1)


def test_the_form_changes_its_own_field_and_nothing_else(author: Author):
    page = author.ready()
    rule(page, "不得引导加微信")
    page.get_by_role("tab", name="表单").click()
    form = page.locator("#form")
    form.get_by_label("规则", exact=True).fill("不得引导买家加微信")
    form.get_by_label("违规例子 第 3 项").fill("我〔加您绿泡泡〕")
    command(page, "Enter")
    form.get_by_label("天猫 扣分").fill("12")
    form.get_by_label("等级").select_option("warn")
    form.get_by_role("button", name="删除 合规例子 第 2 项").click()
    settled(page)
    expect(form.locator("[data-field='bad.2']")).to_have_value("我〔加您绿泡泡〕")
    page.keyboard.press("Control+s")
    expect(page.locator("#toast")).to_contain_text("已保存")
    wanted = (
        BOOK["contact.yaml"]
        .replace("title: 不得引导加微信 ", "title: 不得引导买家加微信 ")
        .replace("   # 标题旁的注释\n", "   # 标题旁的注释\n    level: warn\n    penalty: {tmall: 12}\n")
        .replace("   # 真事\n", "   # 真事\n      - 我〔加您绿泡泡〕\n")
        .replace("      - 可以加微信支付的\n", "")
    )
    assert author.text("contact.yaml") == wanted


def test_a_line_that_was_drawn_again_is_added_once(author: Author):
    page = author.ready()
    rule(page, "不得引导加微信")
    page.get_by_role("tab", name="表单").click()
    form = page.locator("#form")
    line = form.locator("[data-field='bad.2']")
    exchanged = line.element_handle()
    form.get_by_label("规则", exact=True).fill("不得引导买家加微信")
    command(page, "Tab")
    settled(page)
    line.fill("我〔加您绿泡泡〕")
    command(page, "Enter")
    expect(form.locator("[data-field='bad.3']")).to_be_focused()
    # On a slow machine a field that went with the old drawing says what was being typed in it as well.
    exchanged.evaluate(
        "(input, said) => { input.value = said; input.dispatchEvent(new Event('change')); }", "我〔加您绿泡泡〕"
    )
    settled(page)
    expect(form.locator("[data-field='bad.3']")).to_have_value("")


def test_undo_goes_back_over_form_and_text_alike(author: Author):
    page = author.ready()
    rule(page, "答应发货要兑现")
    page.get_by_role("tab", name="表单").click()
    page.locator("#form").get_by_label("规则", exact=True).fill("说了发货就要发")
    command(page, "Tab")
    expect(page.locator("#outline .rule", has_text="说了发货就要发")).to_be_visible()
    expect(page.locator("#outline .badge.dirty")).to_be_visible()
    page.get_by_role("tab", name="文本").click()
    page.locator("#editor .cm-content").click()
    command(page, "Control+z")
    expect(page.locator("#outline .badge.dirty")).to_have_count(0)
    expect(page.locator("#save")).to_be_disabled()


def test_a_draft_survives_a_reload_and_a_save_reaches_the_disk_and_the_channel(author: Author):
    page = author.ready()
    rule(page, "答应发货要兑现")
    replace_text(page, "答应发货要兑现", "说到就要发")
    expect(page.locator("#outline .badge.dirty")).to_be_visible()
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    settled(page)
    expect(page.locator("#outline .badge.dirty")).to_be_visible()
    command(page, "Control+s")
    expect(page.locator("#toast")).to_contain_text("马上生效")
    assert author.text("promise.yaml") == BOOK["promise.yaml"].replace("答应发货要兑现", "说到就要发")


def test_a_faulty_draft_is_saved_only_when_the_author_says_so(author: Author):
    page = author.ready()
    rule(page, "答应发货要兑现")
    replace_text(page, "level: remind", "level: remnd")
    expect(page.locator("#status")).to_have_attribute("data-state", "bad")
    command(page, "Control+s")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("上一个好的版本")
    dialog.get_by_role("button", name="回去改").click()
    assert author.text("promise.yaml") == BOOK["promise.yaml"]
    command(page, "Control+s")
    page.get_by_role("dialog").get_by_role("button", name="仍然保存").click()
    expect(page.locator("#outline .badge.dirty")).to_have_count(0)
    assert "remnd" in author.text("promise.yaml")


def test_two_authors_on_one_file_keep_what_both_wrote(author: Author):
    one, two = author.ready(), author.ready()
    for page in (one, two):
        rule(page, "不得引导加微信")
    replace_text(one, "平台要求只在旺旺里沟通", "聊天记录就是凭证")
    replace_text(two, "平台要求只在旺旺里沟通", "平台会扣分")
    replace_text(two, "不得拒绝信用卡", "不得说信用卡用不了")
    command(one, "Control+s")
    expect(one.locator("#toast")).to_contain_text("已保存")
    settled(two)
    command(two, "Control+s")
    dialog = two.get_by_role("dialog")
    expect(dialog).to_contain_text("有 1 处改在同一个地方")
    expect(dialog.get_by_role("button", name="合在一起")).to_be_disabled()
    expect(dialog.locator(".versions pre")).to_contain_text(["平台会扣分", "聊天记录就是凭证"])
    dialog.get_by_text("用我的", exact=True).click()
    dialog.get_by_role("button", name="合在一起").click()
    settled(two)
    command(two, "Control+s")
    expect(two.locator("#outline .badge.dirty")).to_have_count(0)
    text = author.text("contact.yaml")
    assert ("平台会扣分" in text, "聊天记录就是凭证" in text, "不得说信用卡用不了" in text) == (True, False, True)
    author.faults[:] = [fault for fault in author.faults if "412" not in fault]


def test_both_versions_of_a_clash_can_be_kept_and_theirs_taken_whole(author: Author):
    one, two = author.ready(), author.ready()
    for page in (one, two):
        rule(page, "答应发货要兑现")
    replace_text(one, "title: 答应发货要兑现", "title: 说到就要发")
    replace_text(two, "title: 答应发货要兑现", "title: 说发就要发")
    settled(one)
    command(one, "Control+s")
    expect(one.locator("#save")).to_be_disabled()
    # The other page hears of it when it is looked at again, before it has saved anything.
    two.evaluate("() => dispatchEvent(new Event('focus'))")
    two.get_by_role("button", name="有冲突").click()
    dialog = two.get_by_role("dialog")
    dialog.get_by_text("两份都留下").click()
    dialog.get_by_role("button", name="合在一起").click()
    both = ["    title: 说到就要发", "    title: 说发就要发"]
    for line in both:
        expect(line_of(two, line.strip())).to_be_visible()
    expect(two.locator("#status")).to_have_attribute("data-state", "bad")  # a key twice: told, and nothing lost
    assert author.text("promise.yaml") == BOOK["promise.yaml"].replace("答应发货要兑现", "说到就要发")
    two.locator("#editor .cm-content").click()
    command(two, "Control+z")
    expect(two.locator("#editor .cm-line", has_text="说到就要发")).to_have_count(0)
    expect(line_of(two, "说发就要发")).to_be_visible()


def test_the_guide_makes_a_rule_from_a_bad_and_a_good_reply(author: Author):
    page = author.ready()
    page.get_by_role("button", name="新规则").click()
    guide = page.get_by_role("dialog")
    guide.get_by_label("一句不能发的回复").fill("亲，私下转账给您便宜")
    guide.get_by_label("一句看着像、其实可以发的回复").fill("不能私下转账的哦")
    guide.get_by_label("一句不能发的回复").focus()
    command(page, "Home", "ArrowRight", "ArrowRight")
    command(page, *["Shift+ArrowRight"] * 4)
    expect(guide.locator(".marked mark")).to_have_text("私下转账")
    expect(guide.locator(".suggestion", has_text="就是这几个字")).to_contain_text("抓得到，不误报；3 条会话里抓 1 条")
    guide.get_by_label("规则一句话").fill("不得引导私下转账")
    guide.get_by_role("button", name="写进草稿").click()
    expect(page.locator("#outline .rule", has_text="不得引导私下转账")).to_be_visible()
    settled(page)
    command(page, "Control+s")
    expect(page.locator("#toast")).to_contain_text("已保存")
    text = author.text("contact.yaml")
    assert text.startswith(BOOK["contact.yaml"])
    assert "亲，〔私下转账〕给您便宜" in text
