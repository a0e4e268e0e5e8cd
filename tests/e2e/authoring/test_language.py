"""English: by a switch, remembered, complete. What rules say stays as their authors wrote it, so these rules are English."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from ..conftest import EXTENSION
from .conftest import command, replace_text, settled

BOOK = {
    "rulebook.yaml": "name: trial\nchannels:\n  - {id: default, title: Daily}\n  - {id: stable, title: Stable}\n",
    "words.yaml": "groups:\n  chat: [whatsapp, telegram]\nnegation: {before: [never]}\n",
    "contact.yaml": """topic: contact
title: Contact
rules:
  - id: contact.chat
    title: No other chats
    level: block
    penalty: {tmall: 6}
    find: [join…8<chat>]
    why: talk stays here
    say: [just ask here]
    bad: [please 〔join telegram〕]
    good: [hello]
  - id: contact.ship
    title: Keep promises
    level: remind
    asked: [when]
    find: [shipping today]
    follow_up: {do: ship, within: 24小时}
    bad: [when => 〔shipping today〕]
""",
}
HAN = """() => {
  const han = /[\\u3007\\u4e00-\\u9fff]/;
  const found = [];
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (node.closest("script, style, noscript, .cm-line")) continue;
      for (const name of ["aria-label", "placeholder", "title", "data-placeholder"])
        if (han.test(node.getAttribute(name) ?? "")) found.push(`${name}: ${node.getAttribute(name)}`);
      for (const child of node.childNodes)
        if (child.nodeType === 3 && han.test(child.data) && node.id !== "language") found.push(child.data);
    }
  };
  look(document);
  return [...new Set([document.title, ...found])].filter((said) => han.test(said));
}"""


def chinese(page: Page) -> list[str]:
    return page.evaluate(HAN)


def table(language: str) -> str:
    folder = EXTENSION / "src" / "authoring" / "texts" / language
    return "".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.ts")))


def keys(language: str) -> list[tuple[str, int]]:
    """Of a table: section.key and how many values it takes, in order."""
    found = []
    section = ""
    for line in table(language).splitlines():
        if head := re.fullmatch(r"  (\w+): \{", line):
            section = head[1]
        elif (key := re.match(r'  (?:  )?("?[\w-]+"?):(.*)', line)) and not line.startswith("      "):
            found.append((f"{section if line.startswith('    ') else ''}.{key[1]}", key[2].count(": Said")))
    return sorted(found)


def test_both_tables_say_the_same_things():
    assert len(keys("zh")) > 300
    assert keys("zh") == keys("en")
    assert re.findall("[\u4e00-\u9fff]+", table("en")) == ["中文"]  # the way back


def test_the_whole_page_speaks_english_and_remembers_it(serve):
    author = serve("--local-author", book=BOOK)
    page = author.ready()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("button", name="中文")).to_be_visible()
    settled(page)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert chinese(page) == []

    page.locator("#outline").get_by_role("button", name="No other chats").click()
    page.get_by_role("tab", name="Form").click()
    expect(page.locator("#form").get_by_label("Rule", exact=True)).to_have_value("No other chats")
    page.get_by_role("textbox", name="The agent's reply").fill("please join telegram")
    expect(page.locator(".finding.block")).to_contain_text("Tmall 6 points")
    expect(page.locator(".trace .fired")).to_contain_text("join…8<chat>")
    assert chinese(page) == []
    page.locator("#outline").get_by_role("button", name="Keep promises").click()
    expect(page.locator(".trace .focus")).to_contain_text("“Keep promises”, which you are editing, did not fire")
    values = page.locator("#form input").evaluate_all("(all) => all.map((input) => input.value)")
    assert "24小时" in values  # the rule's own text
    assert chinese(page) == []

    page.get_by_role("tab", name="Text").click()
    replace_text(page, "level: remind", "level: remnd")
    page.get_by_role("tab", name="Problems").click()
    expect(page.locator(".problem").first).to_contain_text("remnd")
    assert chinese(page) == []
    page.get_by_role("button", name="Change to remind").click()
    replace_text(page, "Keep promises", "Keep every promise")
    settled(page)
    page.get_by_role("tab", name="Impact").click()
    page.get_by_role("button", name="Compare").click()
    expect(page.locator(".impact-out .clear")).to_be_visible()
    assert chinese(page) == []
    for opener in ("＋ New rule", "Files", "Search all rules", "Review and publish"):
        page.get_by_role("button", name=opener).click()
        expect(page.get_by_role("dialog")).to_be_visible()
        if opener == "Review and publish":
            expect(page.locator(".history li").first).to_be_visible()
        assert chinese(page) == [], opener
        command(page, "Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    command(page, "Control+s")
    expect(page.locator("#toast")).to_contain_text("Saved")

    page.reload()
    settled(page)
    assert chinese(page) == []
    page.get_by_role("button", name="中文").click()
    expect(page.get_by_role("button", name="审阅并发布")).to_be_visible()
    assert author.faults == []
