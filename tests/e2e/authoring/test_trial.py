"""The trial chat: marks, findings, the trace, and that nothing of it leaves the page."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from .conftest import BOOK, Author, command, settled

CANARY = "翡翠色的犀牛在喝茶"


def say(page: Page, reply: str) -> None:
    box = page.get_by_role("textbox", name="客服的回复")
    box.click()
    command(page, "Control+a")
    page.keyboard.insert_text(reply)


def buyer(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="买家的话").fill(text)
    command(page, "Enter")


def marks(page: Page) -> dict[str, list[str]]:
    return page.evaluate(
        "() => Object.fromEntries(['block', 'warn', 'remind', 'hint'].map(level =>"
        " [level, [...(CSS.highlights.get('trial-' + level) ?? [])].map(String)]))"
    )


def test_what_is_typed_is_marked_explained_and_traced(author: Author):
    page = author.ready()
    say(page, "可以的，加我微信聊，今天给您发货")
    expect(page.locator(".finding")).to_have_count(2)
    assert marks(page) == {"block": ["加我微信"], "warn": [], "remind": ["今天给您发货"], "hint": []}
    card = page.locator(".finding.block")
    expect(card).to_contain_text("不得引导加微信")
    expect(card).to_contain_text("天猫 6 分")
    step = page.locator(".trace .fired", has_text="不得引导加微信").locator("[data-step=found]")
    expect(step).to_contain_text("<add>…4<wechat>")
    card.get_by_role("button", name="有问题在这里说就好").click()
    expect(page.locator(".result .clear")).to_be_visible()


def test_the_trace_names_the_step_that_excused_a_hit(author: Author):
    page = author.ready()
    say(page, "不能加微信的哦")
    excused = page.locator(".trace .excused")
    expect(excused.locator("[data-step=negation]")).to_contain_text("被否定词否定（negation）：不")
    say(page, "可以加微信支付")
    expect(excused.locator("[data-step=except]")).to_contain_text("加微信支付")
    page.locator("#outline").get_by_role("button", name="不得拒绝信用卡").click()
    say(page, "这个不支持的")
    expect(excused.locator("[data-step=asked]")).to_contain_text("买家没问过")
    buyer(page, "信用卡行吗")
    expect(page.locator(".finding.block")).to_contain_text("不得拒绝信用卡")
    say(page, "可以的哦")
    expect(page.locator(".trace .focus")).to_contain_text("买家问到了（asked 成立）")
    expect(page.locator(".trace .focus")).to_contain_text("没有出现在回复里")


WORDS = {
    **BOOK,
    "words.yaml": "groups:\n  wechat: {any: [微信], spaced: true, sounds_like: [pinyin]}\n  add: [加, 添加]\n"
    "negation: {before: [不能, 不要, 不], pseudo: [能不能]}\n",
    "phone.yaml": "topic: phone\ntitle: 电话\nrules:\n  - id: phone.give\n    title: 不得留电话\n    platforms: [jd]\n"
    "    find: [打<phone>]\n    bad: [您〔打13800138000〕]\n",
}


def test_the_trace_tells_how_a_hit_was_recognised_and_what_came_nearest(serve):
    author = serve("--local-author", book=WORDS)
    page = author.ready()
    found = page.locator(".trace .fired [data-step=found]")
    for reply, way, told in (
        ("加我微信", "written", "<add>…4<wechat>"),
        ("加我微 信", "spaced", "字中间夹了符号或空格"),
        ("加我weixin", "sounds", "谐音、拼音"),
        ("您打13800138000", "written", "识别出手机号"),
    ):
        say(page, reply)
        expect(found.locator(f".by[data-way={way}]")).to_contain_text(told)
    page.locator("#outline").get_by_role("button", name="不得引导加微信").click()
    focus = page.locator(".trace .focus")
    say(page, "微信可以聊")
    expect(focus).to_contain_text("最接近的是 <add>…4<wechat>：有「微信」，缺 <add>")
    say(page, "微信先加")
    expect(focus).to_contain_text("「加」「微信」都出现了，但不在同一小句、隔得太远或次序不对")
    say(page, "您好")
    expect(focus).to_contain_text("find 的说法都没有出现在回复里")
    page.locator("#outline").get_by_role("button", name="不得留电话").click()
    page.get_by_label("平台", exact=True).first.select_option("tmall")
    expect(focus).to_contain_text("规则只管京东，这段会话是天猫")
    assert author.faults == []


def test_a_new_draft_is_in_the_chat_at_once_and_what_is_said_can_become_an_example(author: Author):
    page = author.ready()
    page.locator("#outline").get_by_role("button", name="不得拒绝信用卡").click()
    buyer(page, "信用卡能用吗")
    say(page, "亲 刷不了的")
    expect(page.locator(".result .clear")).to_be_visible()
    page.get_by_role("tab", name="表单").click()
    page.locator("#form").get_by_label("回复里出现 第 3 项").fill("刷不了")
    command(page, "Enter")
    expect(page.locator(".finding.block")).to_contain_text("刷不了")
    page.locator(".keep").get_by_role("button", name="违规例子").click()
    expect(page.locator("#form [data-field='bad.1']")).to_have_value("信用卡能用吗 => 亲 〔刷不了〕的")
    settled(page)
    expect(page.locator("#form .verdict.bad")).to_have_count(0)


def test_until_a_draft_compiles_the_chat_says_what_it_waits_for(serve):
    faulty = {**BOOK, "promise.yaml": BOOK["promise.yaml"].replace("find: [", "finds: [")}
    page = serve("--local-author", book=faulty).open()
    told = page.locator(".result")
    faults = "草稿还不能编译，先改掉「问题」里的错误。"
    expect(told).to_have_text(faults)
    held = []
    page.route("**/v1/compile", lambda route: held.append(route))
    with page.expect_request("**/v1/compile"):
        page.reload()
    expect(told).to_have_text("正在编译…")
    held[0].continue_()
    expect(told).to_have_text(faults)


def test_chat_text_never_leaves_the_page(author: Author):
    page = author.ready()
    buyer(page, CANARY)
    say(page, f"{CANARY} 加我微信")
    expect(page.locator(".finding")).to_have_count(1)
    page.locator("#editor .cm-content").click()
    page.keyboard.type("# ")
    settled(page)
    sent = "".join(request.url + (request.post_data or "") for request in author.requests)
    assert "/v1/compile" in sent
    assert not any(CANARY[n : n + 3] in sent for n in range(len(CANARY) - 2))
    stored = page.evaluate("() => JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert CANARY not in stored
