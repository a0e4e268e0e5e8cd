"""The handbook: what a topic's page says of its rules, hostile texts, pages of topics that are gone."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from compiler import handbook
from compiler.cli import build_parser
from compiler.rulebook import Reader

BOOK = {
    "rulebook.yaml": "name: 一家店\n",
    "contact.yaml": """topic: contact
title: 站外联系
defaults: {level: block, source: 天猫规则 2026-01-01}
rules:
  - id: contact.wechat
    title: 不得引导加微信
    penalty: {tmall: 6, jd: 警告}
    platforms: [tmall, jd]
    why: 平台只认旺旺里的记录
    find: [加微信]
    say: [有问题在这里说就好]
    bad: [可以微信聊吗 => 可以〔加微信〕聊, 客服：在的 => 〔加微信〕]
    good: [不能加微信哦]
  - id: contact.gone
    title: 早就不用的
    status: retired
    find: [早就不用]
    bad: [早就不用]
  - id: contact.trial
    title: 还在试的
    status: draft
    find: [试试看]
    bad: [试试看]
replies:
  - {title: 只能在这里聊, ask: [能微信吗, "(加|添)<group>"], say: [亲，在这里就可以]}
""",
    "promise.yaml": """topic: promise
title: 承诺
rules:
  - id: promise.ship
    title: 答应发货要兑现
    level: remind
    find: [今天发货]
    follow_up: {do: 当天发出, within: 今天}
    bad: [〔今天发货〕]
""",
}


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    folder = tmp_path / "rules"
    folder.mkdir()
    for name, text in BOOK.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def run(*arguments: str) -> int:
    parsed = build_parser()[0].parse_args(["docs", *arguments])
    return int(parsed.run(parsed))


def test_a_page_says_what_why_what_it_costs_and_what_to_say_instead(rules: Path, tmp_path: Path):
    assert run(str(rules), "--out", str(tmp_path / "out")) == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "README.md", "contact.md", "handbook.html", "promise.md",
    ]  # fmt: skip
    page = (tmp_path / "out" / "contact.md").read_text(encoding="utf-8")
    head, wechat, trial = page.split("\n## ", 2)
    assert head.startswith("# 站外联系")
    assert "**拦下** · 天猫 6 分 · 京东 警告 · 只在：天猫、京东 · `contact.wechat`" in wechat
    assert "平台只认旺旺里的记录" in wechat
    assert "出处：天猫规则 2026-01-01" in wechat
    assert "- 买家：可以微信聊吗　客服：可以 **加微信** 聊" in wechat
    assert "- 客服：在的　客服：**加微信**" in wechat
    assert "**✓ 这样说没问题**\n\n- 不能加微信哦" in wechat
    assert "**可以改成**\n\n- 有问题在这里说就好" in wechat
    assert "试运行" in trial
    assert "**只能在这里聊**（买家：能微信吗）" in trial
    assert "早就不用的" not in page
    promise = (tmp_path / "out" / "promise.md").read_text(encoding="utf-8")
    assert "要跟进：当天发出（今天）" in promise
    index = (tmp_path / "out" / "README.md").read_text(encoding="utf-8")
    assert "| [站外联系](contact.md) | 2 | 1 |" in index


class Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.marks: list[str] = []
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self._mark = False

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        given = dict(attributes)
        self.ids.add(given.get("id") or "")
        if tag == "a":
            self.links.add((given["href"] or "").removeprefix("#"))
        self._mark = tag == "mark"

    def handle_data(self, data: str) -> None:
        if self._mark:
            self.marks.append(data)
            self._mark = False


def test_the_printed_handbook_holds_every_topic_and_marks_what_is_wrong(rules: Path, tmp_path: Path):
    assert run(str(rules), "--out", str(tmp_path)) == 0
    text = (tmp_path / "handbook.html").read_text(encoding="utf-8")
    seen = Seen()
    seen.feed(text)
    assert seen.marks == ["加微信", "加微信", "今天发货"]
    assert seen.links == {"contact", "promise"} <= seen.ids
    assert "script" not in seen.tags
    assert "http" not in re.sub(r"http-equiv", "", text)  # complete in itself


def test_hostile_texts_stay_texts(rules: Path, tmp_path: Path):
    evil = "<img src=x onerror=alert(1)> [a](javascript:alert) **b** `c`"
    (rules / "evil.yaml").write_text(
        f"topic: evil\ntitle: '{evil}'\nrules:\n  - id: evil.one\n    title: '{evil}'\n    why: '{evil}'\n"
        f"    find: [毒句子]\n    say: ['{evil}']\n    bad: ['{evil}〔毒句子〕']\n",
        encoding="utf-8",
    )
    assert run(str(rules), "--out", str(tmp_path)) == 0
    seen = Seen()
    seen.feed((tmp_path / "handbook.html").read_text(encoding="utf-8"))
    assert "img" not in seen.tags
    page = (tmp_path / "evil.md").read_text(encoding="utf-8")
    assert not re.search(r"(?<!\\)<img|(?<!\\)\[a", page)
    assert r"\<img src=x onerror=alert(1)\> \[a\](javascript:alert) \*\*b\*\* \`c\`" in page


def test_the_page_of_a_topic_that_is_gone_goes_and_other_files_stay(rules: Path, tmp_path: Path):
    out = tmp_path / "out"
    assert run(str(rules), "--out", str(out)) == 0
    (out / "notes.md").write_text("# mine\n", encoding="utf-8")
    (rules / "promise.yaml").unlink()
    assert run(str(rules), "--out", str(out)) == 0
    assert sorted(path.name for path in out.glob("*.md")) == ["README.md", "contact.md", "notes.md"]


def test_faults_are_told_and_nothing_is_written(rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (rules / "promise.yaml").write_text("rules: [", encoding="utf-8")
    assert run(str(rules), "--out", str(tmp_path / "out")) == 1
    assert "promise.yaml:2:1: error[RG010]" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert run(str(tmp_path / "nowhere"), "--out", str(tmp_path / "out")) == 2


def test_more_examples_than_fit_are_left_out(rules: Path):
    many = "".join(f"      - 第{n}句今天发货\n" for n in range(20))
    text = BOOK["promise.yaml"].replace("    bad: [〔今天发货〕]\n", f"    bad:\n{many}")
    (rules / "promise.yaml").write_text(text, encoding="utf-8")
    (promise,) = (topic for topic in handbook.topics(Reader(rules).read()) if topic.name == "promise")
    assert len(promise.lessons[0].wrong) == handbook.MOST
