"""Impact over labelled cases and local files; a false alarm becomes an exception that holds every bad example."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from .conftest import Author, replace_text, settled

ROWS = [
    ("买家昵称", "角色", "内容"),
    ("甲", "买家", "有货吗"),
    ("甲", "客服", "有的，私下转账更便宜"),
    ("乙", "客服", "不能加微信哦"),
]


def xlsx(rows: list[tuple[str, ...]]) -> bytes:
    """As spreadsheet programs write it: shared strings, a relation to the sheet."""
    strings = sorted({cell for row in rows for cell in row})
    cells = "".join(
        f'<row r="{r}">' + "".join(f'<c r="{chr(65 + c)}{r}" t="s"><v>{strings.index(cell)}</v></c>' for c, cell in enumerate(row)) + "</row>"
        for r, row in enumerate(rows, 1)
    )  # fmt: skip
    parts = {
        "xl/workbook.xml": '<workbook><sheets><sheet name="一" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="rId1" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/sharedStrings.xml": "<sst>" + "".join(f"<si><t>{s}</t></si>" for s in strings) + "</sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{cells}</sheetData></worksheet>",
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()


CORPORA = {
    "chats.csv": "\n".join(",".join(f'"{cell}"' for cell in row) for row in ROWS).encode(),
    "gbk.csv": "\r\n".join(",".join(row) for row in ROWS).encode("gbk"),
    "chats.xlsx": xlsx(ROWS),
    "chats.jsonl": '{"reply": "有的，私下转账更便宜", "turns": [{"role": "buyer", "text": "有货吗"}]}\n{"reply": "不能加微信哦"}\n'.encode(),
}


def with_new_phrase(author: Author) -> Page:
    page = author.ready()
    page.locator("#outline").get_by_role("button", name="不得引导加微信").click()
    replace_text(page, "find: [<add>…4<wechat>]", "find: [<add>…4<wechat>, 转账]")
    expect(page.locator("#outline .badge.dirty")).to_be_visible()
    settled(page)
    page.get_by_role("tab", name="影响").click()
    return page


@pytest.mark.parametrize("name", CORPORA)
def test_what_the_draft_would_newly_catch_in_a_local_file(author: Author, tmp_path: Path, name: str):
    page = with_new_phrase(author)
    file = tmp_path / name
    file.write_bytes(CORPORA[name])
    page.locator("#corpus-file").set_input_files(file)
    expect(page.locator(".impact-set + p")).to_contain_text(f"{name} 2 条回复")
    rule = page.locator(".impact-rule[data-rule='contact.wechat']")
    expect(rule.locator("summary")).to_contain_text("＋2")  # one of the cases, one of the file
    expect(rule.locator("li", has_text="有的，私下转账更便宜")).to_contain_text("买家：有货吗")
    sent = "".join(request.url + (request.post_data or "") for request in author.requests)
    assert "更便宜" not in sent


def test_a_false_alarm_is_let_go_and_every_bad_example_still_holds(author: Author):
    page = with_new_phrase(author)
    page.get_by_role("button", name="对比").click()
    page.get_by_role("button", name="这是误报…").click()
    proposal = page.locator(".proposal.good").first
    expect(proposal).to_contain_text("✓ 放过这句")
    expect(proposal).to_contain_text("✓ 2 个违规例子都还抓得到")
    proposal.get_by_role("button", name="用这个").click()
    settled(page)
    expect(page.locator(".impact-out")).to_have_attribute("data-stale", "")
    page.get_by_role("button", name="对比").click()
    expect(page.locator(".impact-out .clear")).to_contain_text("没有影响")


def test_a_negation_cue_is_proposed_and_every_bad_example_of_the_file_still_holds(author: Author, tmp_path: Path):
    page = with_new_phrase(author)
    file = tmp_path / "chats.csv"
    file.write_text("回复\n谢绝任何形式的私下转账\n", encoding="utf-8")
    page.locator("#corpus-file").set_input_files(file)
    alarm = page.locator(".impact-rule li", has_text="谢绝任何形式")
    alarm.get_by_role("button", name="这是误报…").click()
    proposal = page.locator(".proposal.good", has_text="否定词")
    expect(proposal.locator("code")).to_have_text("谢绝")
    expect(proposal).to_contain_text("✓ 3 个违规例子都还抓得到")  # of both rules: the cue counts for the file
    proposal.get_by_role("button", name="用这个").click()
    settled(page)
    page.get_by_role("button", name="对比").click()
    expect(page.locator(".impact-rule li", has_text="谢绝任何形式")).to_have_count(0)
    page.keyboard.press("Control+s")
    expect(page.locator("#outline .badge.dirty")).to_have_count(0)
    text = author.text("contact.yaml")
    assert "negation: {before: [谢绝]}\nrules:" in text
    assert "      - 谢绝任何形式的私下转账\n" in text
    assert "# 最常见的一条" in text


def test_a_proposal_that_would_lose_a_bad_example_says_which(author: Author, tmp_path: Path):
    page = with_new_phrase(author)
    file = tmp_path / "chats.csv"
    file.write_text("回复\n加我微信\n", encoding="utf-8")
    page.locator("#outline").get_by_role("button", name="不得引导加微信").click()
    replace_text(page, "find: [<add>…4<wechat>, 转账]", "find: [<add>…4<wechat>, 转账, 我微信]")
    settled(page)
    page.locator("#corpus-file").set_input_files(file)
    # Published rules catch it too: only the draft's new phrases are shown as newly caught.
    expect(page.locator(".impact-out dl")).to_contain_text("4 条回复")
    page.get_by_role("button", name="这是误报…").first.click()
    expect(page.locator(".proposal").first).to_be_visible()
    weak = page.locator(".proposal.weak")
    for n in range(weak.count()):
        expect(weak.nth(n).get_by_role("button", name="用这个")).to_have_count(0)


def test_a_phrase_taken_away_shows_what_is_no_longer_caught(author: Author):
    page = author.ready()
    page.locator("#outline").get_by_role("button", name="答应发货要兑现").click()
    replace_text(page, "今天…4发货]", "明天…4发货]")
    expect(page.locator("#status")).to_have_attribute("data-state", "bad")
    page.get_by_role("tab", name="影响").click()
    page.get_by_role("button", name="对比").click()
    expect(page.locator(".impact-rule[data-rule='promise.ship'] summary")).to_contain_text("−1")
