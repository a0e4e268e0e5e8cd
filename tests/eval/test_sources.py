"""What the rulebook says of law and points: every article cited is one that was looked up, every penalty has a dated source,
and the training pages say what the rules say."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from compiler.handbook import CATEGORIES, PLATFORMS
from compiler.handbook_files import write
from compiler.rulebook import Reader, Rulebook

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Law → articles whose text was read (the project's domain notes). To cite another one, read it first and add it here.
LAW: dict[str, list[str]] = json.loads((HERE / "law.json").read_text("utf-8"))
CITED = re.compile(
    r"([\u4e00-\u9fff]{2,20}(?:法|条例|规定|办法))》?(?:（[^）]*）)?(?=第)((?:[、，]?第?[一二三四五六七八九十百零]+(?:至[一二三四五六七八九十]+)?)+)条"
)
DATED = re.compile(r"\d{4}|未注明日期")


@pytest.fixture(scope="module")
def book() -> Rulebook:
    return Reader(ROOT / "rules").read()


def cited(text: str) -> list[tuple[str, str]]:
    """(law, article) of every citation; a law is known by the end of what stands before the number."""
    found = []
    for words, numbers in CITED.findall(text):
        law = next((law for law in LAW if words.endswith(law)), words)
        for number in re.split(r"[、，]", numbers.replace("第", "")):
            ends = number.split("至")
            found += [(law, f"第{end}条") for end in ends]
    return found


def test_every_article_that_is_cited_was_looked_up() -> None:
    wrong, seen = [], 0
    for path in sorted((ROOT / "rules").rglob("*.yaml")):
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            for law, article in cited(line):
                seen += 1
                if article not in LAW.get(law, []):
                    wrong.append(f"{path.name}:{number} {law}{article}")
    assert wrong == []
    assert seen > 50


def test_what_is_cited_is_read_whole() -> None:
    assert cited("《广告法》第十六、十七条，《消费者权益保护法》（2013 年修正）第二十四条第二款；广告法第十六至十八条") == [
        ("广告法", "第十六条"), ("广告法", "第十七条"), ("消费者权益保护法", "第二十四条"), ("广告法", "第十六条"),
        ("广告法", "第十八条"),
    ]  # fmt: skip
    assert cited("食品安全法第七十四条") == [("食品安全法", "第七十四条")]
    assert "第七十四条" not in LAW["食品安全法"]


def test_every_penalty_has_a_source_with_its_date(book: Rulebook) -> None:
    undated = []
    for rule in book.rules:
        defaults = next(file.record.defaults for name, file in book.files.items() if file.document is rule.document)
        penalty = rule.source.penalty or defaults.penalty
        source = rule.source.source or defaults.source or ""
        if penalty and not DATED.search(source):
            undated.append(rule.source.id)
    assert undated == []


@pytest.mark.parametrize(
    "words",
    # Denying a sister shop, moving a dispute off the record, claims of safety, numbers and facts that no shop has told us.
    ["不是我们的", "不太了解", "不太清楚", "没有关系", "电话联系", "打电话跟您", "放心使用", "没有副作用", "大多数人", "没有伤害", "专员", "保修一年"],
)  # fmt: skip
def test_no_reply_offers_what_must_not_be_said(book: Rulebook, words: str) -> None:
    offered = [say for entry in (*book.rules, *book.replies) for say in entry.source.say]
    assert [say for say in offered if words in say] == []


def test_the_training_pages_are_those_of_the_rulebook(book: Rulebook, tmp_path: Path) -> None:
    pages = {path.name: path.read_text("utf-8") for path in write(book, tmp_path)}
    kept = {path.name: path.read_text("utf-8") for path in (ROOT / "docs" / "rules").iterdir()}
    assert kept.keys() == pages.keys()
    assert [name for name in pages if kept[name] != pages[name]] == [], "run `replyguard docs rules --out docs/rules`"


def test_every_rule_has_three_examples_of_each_kind(book: Rulebook) -> None:
    few = [rule.source.id for rule in book.rules if min(len(rule.source.bad), len(rule.source.good)) < 3]
    assert few == []


def test_the_knowledge_base_is_large_and_answers_questions(book: Rulebook) -> None:
    assert sum(len(reply.source.say) for reply in book.replies) >= 120
    assert [reply.source.title for reply in book.replies if not reply.source.ask] == []


def test_a_rule_for_all_but_jd_speaks_on_every_other_workbench(book: Rulebook) -> None:
    """Lists of platforms are written out: one that an adapter serves is easily left out of them."""
    served = {site["platform"] for site in book.sites} - {"jd"}
    assert served == {"taobao", "pdd", "douyin", "kuaishou", "weixin", "1688"}
    # `steer.from-…`: which other platforms there are differs by platform.
    wide = [rule for rule in book.rules if "douyin" in rule.platforms and not rule.source.id.startswith("steer.from-")]
    short = {rule.source.id: served - set(rule.platforms) for rule in wide}
    assert len(short) > 20
    assert {rule: missing for rule, missing in short.items() if missing} == {}


def test_every_platform_and_category_has_a_name_in_the_training_pages(book: Rulebook) -> None:
    assert {one for rule in book.rules for one in rule.categories} <= CATEGORIES.keys()
    assert {one for rule in book.rules for one in (*rule.platforms, *rule.penalty)} <= PLATFORMS.keys()
