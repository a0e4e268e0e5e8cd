"""A builder that has seen earlier states of the folder says and makes the same as a new one; what it makes may have the
atoms in another order, and some that nothing names any more."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
import zstandard

from compiler.automaton import AutomatonError, unpack
from compiler.build import Builder, Release
from compiler.bundle import decode
from compiler.canonical import canonical
from compiler.packing import Packer
from tests.benchmarks import rulebooks

Edit = Callable[[str, Random], str]


def phrase(text: str, random: Random) -> str:
    """A new phrase that occurs in examples of other rules, which must stay quiet."""
    return text.replace("find: [", f"find: [{random.choice(['您好请稍等', '按平台规则', '处理', '不能'])}, ", 1)


EDITS: dict[str, tuple[str, Edit]] = {
    "a title": ("topic-1.yaml", lambda text, random: text.replace("title: 不得", "title: 不得再", 1)),
    "a phrase that alarms elsewhere": ("topic-2.yaml", phrase),
    "an exception": ("topic-0.yaml", lambda text, random: text.replace("except: [", "except: [绝不, ", 1)),
    "a level": ("topic-2.yaml", lambda text, random: text.replace("level: block", "level: warn", 1)),
    "a reply that is not safe": (
        "topic-1.yaml",
        lambda text, random: text.replace("say: [", "say: [按平台规则给您加微信, ", 1),
    ),
    "a group": ("words.yaml", lambda text, random: text.replace("group_3: [", "group_3: [处理, ", 1)),
    "the negation": ("words.yaml", lambda text, random: text.replace("before: [不, ", "before: [", 1)),
    "a filler": ("words.yaml", lambda text, random: text.replace("fillers: [亲", "fillers: [嗯, 亲", 1)),
    "a broken line": ("topic-1.yaml", lambda text, random: text.replace("find: [", "find: [<nothing>, ", 1)),
    "a rule gone": ("topic-0.yaml", lambda text, random: text[: text.rindex("  - id:")]),
    "a line more": ("topic-2.yaml", lambda text, random: "# 说明\n" + text),
    "a draft": ("topic-1.yaml", lambda text, random: text.replace("    why:", "    status: draft\n    why:", 1)),
    "an emoji": ("topic-0.yaml", lambda text, random: text.replace("find: [", "find: [加𠮷🦊, ", 1)),
}


def content(release: Release | None) -> bytes | None:
    """What a release says, whatever its numbers."""
    if release is None:
        return None
    literals = decode(release.bundle).atoms.literals
    assert (unpack(release.automaton) if literals else release.automaton) == (literals or b"")
    return canonical(release.bundle)


def outcome(builder: Builder) -> tuple[list[str], bytes | None]:
    build = builder.build()
    return [d.render() for d in build.diagnostics], content(build.release)


@pytest.mark.parametrize("seed", range(3))
def test_edits_one_after_the_other(seed: int, tmp_path: Path) -> None:
    rulebooks.write(tmp_path, 24, 3, seed)
    known = Builder(tmp_path)
    assert outcome(known)[1] is not None
    random = Random(seed)
    names = list(EDITS)
    random.shuffle(names)
    for name in names:
        file, edit = EDITS[name]
        before = (tmp_path / file).read_text(encoding="utf-8")
        after = edit(before, random)
        assert after != before, name
        (tmp_path / file).write_text(after, encoding="utf-8")
        assert outcome(known) == outcome(Builder(tmp_path)), name
        if random.random() < 0.7:
            (tmp_path / file).write_text(before, encoding="utf-8")
            assert outcome(known) == outcome(Builder(tmp_path)), f"{name}, undone"


def test_only_what_a_change_can_affect_is_checked_again(tmp_path: Path) -> None:
    rulebooks.write(tmp_path, 60, 3)
    builder = Builder(tmp_path)
    everything = builder.build().report["examples"]
    assert builder.build().report["examples"] == 0
    file = tmp_path / "topic-1.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("title: 不得", "title: 不得再", 1), encoding="utf-8")
    assert builder.build().report["examples"] == 0
    file.write_text(text.replace("good: [", "good: [您好, ", 1), encoding="utf-8")
    assert 0 < builder.build().report["examples"] < everything / 20


def test_a_rule_gone_asks_for_no_examples_of_others(tmp_path: Path) -> None:
    rulebooks.write(tmp_path, 60, 3)
    builder = Builder(tmp_path)
    assert builder.build().release is not None
    file = tmp_path / "topic-1.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text[: text.rindex("  - id:")], encoding="utf-8")
    assert builder.build().report["examples"] == 0
    assert outcome(builder) == outcome(Builder(tmp_path))


def test_a_text_that_a_rule_gone_found_wrongly_is_missed(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "rules: [{id: a, title: t, find: [加微信], bad: [加微信], known_good: [绝对好]}]", "utf-8"
    )
    (tmp_path / "b.yaml").write_text("rules: [{id: b, title: t, find: [绝对], bad: [绝对]}]", encoding="utf-8")
    builder = Builder(tmp_path)
    assert builder.build().diagnostics == []
    (tmp_path / "b.yaml").write_text("rules: []", encoding="utf-8")
    assert [d.code for d in builder.build().diagnostics] == ["RG406"]
    assert outcome(builder) == outcome(Builder(tmp_path))


def test_warnings_stand_where_their_lines_are_now(tmp_path: Path) -> None:
    text = (
        "topic: a\nrules:\n  - {id: a, title: t, find: [加微信, 从不出现], except: [另外], bad: [加微信]}\n"
        "  - {id: b, title: t, find: [绝对…好, '绝对，行'], bad: [绝对很好]}\n  - {id: c, title: t, find: [转账], bad: [转账]}\n"
    )
    builder = Builder(tmp_path)
    for lines in (0, 2, 1):
        (tmp_path / "a.yaml").write_text(text.replace("rules:\n", "rules:\n" + "  # 说明\n" * lines), encoding="utf-8")
        assert outcome(builder) == outcome(Builder(tmp_path))
        assert {d.code: d.line for d in builder.build().diagnostics} == {
            "RG407": 4 + lines, "RG305": 3 + lines, "RG106": 4 + lines,
        }  # fmt: skip


def test_a_fault_of_a_group_is_found_as_long_as_somebody_uses_it(tmp_path: Path) -> None:
    rule = "rules: [{{id: {id}, title: t, find: [<g>{id}, 加微信], bad: [加微信]}}]\n"
    (tmp_path / "words.yaml").write_text("groups: {g: [好, (坏]}\n", encoding="utf-8")
    for name in "ab":
        (tmp_path / f"{name}.yaml").write_text(rule.format(id=name), encoding="utf-8")
    builder = Builder(tmp_path)
    assert [d.code for d in builder.build().diagnostics] == ["RG201"]
    (tmp_path / "a.yaml").unlink()
    assert [d.code for d in builder.build().diagnostics] == ["RG201"]
    assert outcome(builder) == outcome(Builder(tmp_path))


def test_no_save_waits_for_the_whole_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for new texts that must stay quiet under all rules either, nor after a faulty state."""
    rulebooks.write(tmp_path, 24, 3)
    builder = Builder(tmp_path)
    assert builder.build().release is not None
    monkeypatch.setattr("compiler.build.Engine", None)
    file = tmp_path / "topic-1.yaml"
    text = file.read_text(encoding="utf-8")
    for good, quiet in (
        ("您好", True),
        (text.split("bad: [")[1].split("]")[0].replace("〔", "").replace("〕", ""), False),
        ("您好", True),
    ):
        file.write_text(text.replace("good: [", f"good: [{good}, ", 1), encoding="utf-8")
        build = builder.build()
        assert (build.release is not None) is quiet, [d.render() for d in build.diagnostics]


@pytest.mark.parametrize("written", ["加我薇♥信号聊", "加 我 薇 信 号 聊", "加我薇信号聊"])
def test_a_change_is_tried_on_texts_written_around(written: str, tmp_path: Path) -> None:
    rules = "groups: {{wechat: {{any: [{word}], spaced: true}}}}\nrules: [{{id: a, title: t, find: [加我<wechat>], bad: [加我{word}]}}]"
    (tmp_path / "a.yaml").write_text(rules.format(word="绿泡泡"), encoding="utf-8")
    good = f"rules: [{{id: b, title: t, find: [转账], bad: [转账], good: [{written}]}}]"
    (tmp_path / "b.yaml").write_text(good, encoding="utf-8")
    builder = Builder(tmp_path)
    for _ in range(2):  # a first build proves all; what follows leans on it
        (tmp_path / "c.yaml").write_text("rules: [{id: c, title: t, find: [退差价], bad: [退差价]}]", encoding="utf-8")
        assert builder.build().release is not None
    assert builder.build().engine is not None
    (tmp_path / "a.yaml").write_text(rules.format(word="薇信号"), encoding="utf-8")
    assert "RG403" in [d.code for d in builder.build().diagnostics]


def test_the_release_does_not_depend_on_the_order_of_earlier_states(tmp_path: Path) -> None:
    rulebooks.write(tmp_path, 12, 2)
    first = outcome(Builder(tmp_path))
    builder = Builder(tmp_path)
    file = tmp_path / "topic-0.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("find: [", "find: [完全别的说法, ", 1), encoding="utf-8")
    builder.build()
    file.write_text(text, encoding="utf-8")
    assert outcome(builder) == first


def test_what_is_no_longer_asked_for_is_left_out_when_it_is_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("compiler.build.SLACK", 20)
    rulebooks.write(tmp_path, 12, 2)
    builder = Builder(tmp_path)
    first = outcome(builder)
    file = tmp_path / "topic-0.yaml"
    text = file.read_text(encoding="utf-8")
    sizes = []
    for n in range(200):
        file.write_text(text.replace("find: [", f"find: [第{chr(0x4E00 + n)}种说法, ", 1), encoding="utf-8")
        sizes.append(builder.build(examples=False).report["literals"])
    assert max(sizes) - min(sizes) > 20
    assert sizes[-1] < min(sizes) + 100
    file.write_text(text, encoding="utf-8")
    assert outcome(builder) == first


def difference(before: bytes, after: bytes) -> int:
    """Bytes of the one that a browser which has the other fetches."""
    known = zstandard.ZstdCompressionDict(before, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
    return len(zstandard.ZstdCompressor(level=6, dict_data=known).compress(after))


def test_a_save_leaves_nearly_all_bytes_of_a_release_where_they_were(tmp_path: Path) -> None:
    """Browsers fetch the difference, and the compiler encodes no more."""
    rulebooks.write(tmp_path, 60, 3)
    builder = Builder(tmp_path)
    before = builder.build(examples=False).release
    file = tmp_path / "topic-0.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("find: [", "find: [完全别的说法, ", 1), encoding="utf-8")
    after = builder.build(examples=False).release
    assert before is not None
    assert after is not None
    old, new = decode(before.bundle).atoms.literals, decode(after.bundle).atoms.literals
    assert new == [*old, "完全别的说法"]
    assert difference(before.bundle, after.bundle) < 600


def test_a_pattern_more_leaves_nearly_all_of_an_automaton_where_it_was() -> None:
    random = Random(0)
    units = [*map(chr, range(0x4E00, 0x4E80))]
    patterns = dict.fromkeys("".join(random.choices(units, k=random.randint(2, 6))) for _ in range(20_000))
    packer = Packer()
    before, after = (packer.pack([*patterns, *more]) for more in ([], ["一丁七丈三上下"]))
    assert difference(before, after) < 300


GROUPED = """groups:
  word: {word}
  wide: [<word>, 另外一说]
  calm: {calm}
rules:
  - {{id: a, title: t, find: [加我<wide>], except: [加我<calm>], bad: [〔加我微信〕], good: [加我好不好{good}], say: [{say}]}}
  - {{id: b, title: t, find: [<word>转账, 转给我], except: [好转给我], bad: [微信转账, "{bad}"]}}
"""
STATES = (
    {},
    {"word": "[微信, 薇信]"},
    {"word": "[微信, 薇信, 支付宝]"},  # occurs in an example that must stay quiet
    {"word": "[微信]", "calm": "[微信群]"},
    {"word": "[微信]", "calm": "[微信群, 微信]"},  # excuses what an example shows
    {"word": "[微信]", "calm": "[]"},
    {"word": "[绿泡泡]"},  # what examples show is gone
    {"word": "{any: [微信], spaced: true}"},
    {"word": "{any: [微信], sounds_like: [pinyin]}"},
    {"word": "[微信, <phone>]"},
    {"word": "[微信]", "good": "，加我支付宝"},
    {"word": "[微信, 支付宝]", "good": "，加我支付宝"},
    {"word": "[微信, 支付宝]", "say": "不能加我支付宝"},
    {"word": "[微信, 支付宝]", "say": "请加我支付宝"},
    {"word": "[支付宝, 微信]", "bad": "转给我"},
    {"word": "[微信, 好]"},  # a phrase of one character; and `except` of b covers what group found
    {"word": "[支付宝, 微信, 扫这个…码]", "bad": "扫这个二维码转账"},
    {"word": "[支付宝, 微信]", "bad": "扫这个二维码转账"},
)


@pytest.mark.parametrize("seed", range(6))
def test_groups_that_gain_and_lose_phrases(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    usual = {"word": "[微信]", "calm": "[客服]", "good": "", "say": "您好", "bad": "转给我"}
    known = Builder(tmp_path)
    for _ in range(25):
        state = usual | random.choice(STATES)
        (tmp_path / "a.yaml").write_text(GROUPED.format(**state), encoding="utf-8")
        build = known.build()
        fresh = Builder(tmp_path).build()
        assert [d.render() for d in build.diagnostics] == [d.render() for d in fresh.diagnostics], state
        assert content(build.release) == content(fresh.release), state
        if random.random() < 0.8:
            assert build.release is None or build.engine is not None


VERBS: dict[str, tuple[str, ...]] = {
    "find": ("[加微信]", "[加微信, 支付宝]", "[加微信, 转账$]", "[加微信, 转账…2码]", "[加微信, <word>码]", "[<word>]"),
    "near": ("[]", "[好友]", "[好友, 扫码]", "[<word>]"),
    "not_near": ("[]", "[客服]", "[客服, 扫码]"),
    "except": ("[加微信群]", "[]", "[加微信群, 用支付宝]"),
    "unless": ("[]", "[官方]", "[官方, 转账]"),
    "asked": ("[]", "[怎么付]", "[怎么付, 在吗]"),
    "unless_asked": ("[]", "[发票]", "[发票, 怎么付]"),
    "across": ("false", "true"),
    "likely": ("0", "1", "99"),
    "likely_topic": ("0", "0", "0", "30"),
    "negation": ("excuses", "ignored"),
    "status": ("on", "draft"),
}
QUIET = [
    "用支付宝扫码",
    "加微信群",
    "怎么付 => 官方扫码转账",
    "在吗 => 加微信群好友",
    "发票怎么付 => 支付宝转账",
    "客服不转账",
    "怎么付 => 您好",
    "在吗 => 您好",
]
OTHERS = (
    "groups: {word: [二维, 条形]}\nrules:\n  - {id: z, title: t, find: [绝对], bad: [绝对], good: ["
    + ", ".join(f"'{text}'" for text in QUIET)
    + "]}\n"
)


@pytest.mark.parametrize("seed", range(6))
def test_verbs_that_gain_and_lose_phrases(seed: int, tmp_path: Path) -> None:
    random = Random(seed)
    known = Builder(tmp_path)
    (tmp_path / "z.yaml").write_text(OTHERS, encoding="utf-8")
    chosen = {verb: texts[0] for verb, texts in VERBS.items()}
    good_before = chosen
    released = 0
    for _ in range(40):
        verb = random.choice(list(VERBS))
        chosen = good_before | {verb: random.choice(VERBS[verb])}
        rule = "".join(f"    {verb}: {texts}\n" for verb, texts in chosen.items())
        text = f"topic: contact\nrules:\n  - id: a\n    title: t\n{rule}    bad: [怎么付 => 加微信好友二维码]\n"
        (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
        build = known.build()
        fresh = Builder(tmp_path).build()
        assert [d.render() for d in build.diagnostics] == [d.render() for d in fresh.diagnostics], chosen
        assert content(build.release) == content(fresh.release), chosen
        if build.release is not None:
            released += 1
            good_before = chosen
            assert build.engine is not None
    assert released > 3


def test_a_phrase_that_no_text_holds_asks_for_no_example(tmp_path: Path) -> None:
    usual = {"calm": "[客服]", "good": "", "say": "您好", "bad": "转给我"}
    (tmp_path / "a.yaml").write_text(GROUPED.format(word="[微信]", **usual), encoding="utf-8")
    builder = Builder(tmp_path)
    assert builder.build().release is not None
    # After a faulty state only what differs from the last good one is tried.
    for word, any_examples in (("[微信, 薇信]", False), ("[微信, 薇信, 好不好]", True), ("[微信]", False)):
        (tmp_path / "a.yaml").write_text(GROUPED.format(word=word, **usual), encoding="utf-8")
        build = builder.build()
        assert (build.report["examples"] > 0) is any_examples, word
        assert builder.build().engine is not None


@pytest.mark.parametrize(
    ("find", "examples", "idle"),
    [
        ("加微信, 从没见过", 0, ["从没见过"]),
        ("加微信, 从没见过, 也没见过", 0, ["从没见过", "也没见过"]),
        ("加微信, 微信好友", 2, []),  # its `bad` example holds it, and so are all of its examples run
        ("加微信", 0, []),
    ],
)
def test_of_a_rule_that_gained_phrases_only_examples_that_hold_them_are_run(
    find: str, examples: int, idle: list[str], tmp_path: Path
) -> None:
    rule = "rules: [{{id: a, title: t, find: [{find}], bad: [加微信好友], good: [用支付宝]}}]"
    (tmp_path / "a.yaml").write_text(rule.format(find="加微信"), encoding="utf-8")
    other = "rules: [{id: b, title: t, find: [转账], bad: [转账]}, {id: c, title: t, find: [绝对], bad: [绝对]}]"
    (tmp_path / "b.yaml").write_text(other, encoding="utf-8")
    builder = Builder(tmp_path)
    assert builder.build().diagnostics == []
    (tmp_path / "a.yaml").write_text(rule.format(find=find), encoding="utf-8")
    build = builder.build()
    assert build.report["examples"] == examples
    assert [d.detail["phrases"] for d in build.diagnostics if d.code == "RG407"] == ([idle] if idle else [])
    assert outcome(builder) == outcome(Builder(tmp_path))


@pytest.mark.parametrize("rules", [4, 400])
def test_an_automaton_that_grew_holds_all_patterns(rules: int) -> None:
    random = Random(rules)
    units = "微信号码电话地址银行卡款单货票邮费链接店铺客服平台活动价格时间承诺效果"
    packer = Packer()
    patterns: dict[str, None] = {}
    for n in range(12):
        for _ in range(rules * random.choice([0, 0, 1, 2, 12]) // (1 + n)):
            patterns["".join(random.choices(units[: 6 + 3 * n], k=random.randint(1, 6)))] = None
        assert unpack(packer.pack([*patterns])) == [*patterns]
        with pytest.raises(AutomatonError):
            packer.pack([*patterns, "太" * 33])


ONE = """groups: {{word: [{word}]}}
rules:
  - {{id: a, title: t, find: [<word>转账], except: [好友转账], near: [{near}], bad: [微信转账扫码], say: ['{say}']}}
"""
OTHER = "rules: [{id: b, title: t, find: [绝对], bad: [绝对], good: [微信转账也行]}]"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"near": ""}, "RG403"),  # a condition gone lets hits in that hold no phrase of it
        ({"word": "微信, 好友"}, ""),  # nothing but an exception holds the phrase: it is not idle any more
        ({"say": "绝对不会"}, "RG404"),  # a rule that is as it was finds something in a new text
    ],
)
def test_what_a_change_means_elsewhere(change: dict[str, str], code: str, tmp_path: Path) -> None:
    usual = {"word": "微信", "near": "扫码", "say": "您好"}
    (tmp_path / "a.yaml").write_text(ONE.format(**usual), encoding="utf-8")
    (tmp_path / "b.yaml").write_text(OTHER, encoding="utf-8")
    builder = Builder(tmp_path)
    build = builder.build()
    assert build.release is not None
    assert build.engine is not None
    assert [d.code for d in build.diagnostics] == ["RG305"]
    (tmp_path / "a.yaml").write_text(ONE.format(**usual | change), encoding="utf-8")
    found = [d.code for d in builder.build().diagnostics]
    assert code in found if code else found == []
    assert outcome(builder) == outcome(Builder(tmp_path))


def test_collections_do_not_go_through_what_a_first_build_made(tmp_path: Path) -> None:
    rulebooks.write(tmp_path, 24, 3)
    builder = Builder(tmp_path)
    frozen = gc.get_freeze_count()
    assert builder.build().release is not None
    assert gc.get_freeze_count() > frozen
    assert gc.isenabled()


def test_what_a_shop_allows_silences_examples_as_long_as_it_does(tmp_path: Path) -> None:
    rule = "rules:\n  - {{id: a, title: t, find: [第一], bad: [全国〔第一〕, 第一坊出品]}}\n  - {{id: b, title: {title}, find: [绝对], bad: [绝对]}}"
    (tmp_path / "shops").mkdir()
    (tmp_path / "rulebook.yaml").write_text("name: a\nchannels: [{id: a, overlay: s}]", encoding="utf-8")
    builder = Builder(tmp_path)
    for title, allow, silenced in (
        ("t", "[{text: 第一坊, reason: 商标}]", [2]),
        ("u", "[{text: 第一坊, reason: 商标}]", [2]),  # it is told again, though nothing of it is tried again
        ("]", "[{text: 第一坊, reason: 商标}]", []),
        ("u", "[]", []),
        ("u", "[{text: 第一坊, reason: 商标}, {text: 绝对, reason: 口号}]", [2, 3]),
    ):
        (tmp_path / "shops" / "s.yaml").write_text(f"allow: {allow}", encoding="utf-8")
        (tmp_path / "a.yaml").write_text(rule.format(title=title), encoding="utf-8")
        build = builder.build()
        assert [d.line for d in build.diagnostics if d.code == "RG503"] == silenced
        assert outcome(builder) == outcome(Builder(tmp_path))
        assert (build.release is None) is (title == "]")
