"""`replyguard check`: exit status, JSON, JUnit and GitHub output, through the command's parser."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple, Protocol
from xml.etree import ElementTree as xml

import pytest

from compiler.cli import build_parser

GOOD = """\
topic: contact
title: 站外联系
rules:
  - id: contact.wechat
    title: 不得加微信
    find: [加微信]
    bad: [〔加微信〕吧]
    good: [您好]
"""
BAD = """\
topic: gift
title: 赠品
colour: red
rules:
  - id: gift.free
    title: 不得承诺赠品
    find: [送赠品]
    bad: [什么都不送]
  - id: gift.idle
    title: 没有用到的说法
    find: [赠品很多, <b>&"]
    bad: [〔赠品很多〕]
    good: [您好]
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    root = tmp_path / "rules"
    root.mkdir()
    (root / "contact.yaml").write_text(GOOD, encoding="utf-8")
    return root


class Outcome(NamedTuple):
    status: int
    out: str
    err: str


class Run(Protocol):
    def __call__(self, *args: object) -> Outcome: ...


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """The command as the console script calls it."""

    def call(*args: object) -> Outcome:
        parser, _ = build_parser()
        try:
            arguments = parser.parse_args([str(arg) for arg in args])
            status = arguments.run(arguments)
        except SystemExit as exit:
            status = exit.code
        said = capsys.readouterr()
        return Outcome(status, said.out, said.err)

    return call


def test_exit_status(rules: Path, run: Run) -> None:
    assert run("check", rules).status == 0
    (rules / "gift.yaml").write_text(BAD, encoding="utf-8")
    assert run("check", rules).status == 1
    assert run("check", rules, "--format", "junit").status == 1
    assert run("check", rules, "--format", "nonsense").status == 2


@pytest.mark.parametrize(
    "command", ["check R", "watch R", "compile R --out X", "audit X --rules R", "explain X --rules R"]
)
def test_a_folder_without_rules_is_usage(tmp_path: Path, run: Run, command: str) -> None:
    outcome = run(*command.replace("R", str(tmp_path)).split())
    assert outcome.status == 2
    assert str(tmp_path) in outcome.err


def test_strict_makes_warnings_fail(rules: Path, run: Run) -> None:
    (rules / "contact.yaml").write_text(GOOD.replace("[加微信]", "[加微信, 加我微信吧]"), encoding="utf-8")
    assert run("check", rules).status == 0
    assert run("check", rules, "--strict").status == 1


def test_an_unknown_channel_is_usage(rules: Path, run: Run) -> None:
    (rules / "rulebook.yaml").write_text("name: a\nchannels: [{id: tmall}]\n")
    assert run("check", rules, "--channel", "tmall").status == 0
    wrong = run("--lang", "en", "check", rules, "--channel", "tmal")
    assert wrong.status == 2
    assert "did you mean tmall?" in wrong.err


def test_json(rules: Path, run: Run) -> None:
    (rules / "gift.yaml").write_text(BAD, encoding="utf-8")
    (found,) = json.loads(run("check", rules, "--format", "json").out)
    assert (found["code"], found["path"], found["line"], found["column"]) == ("RG101", "rules/gift.yaml", 3, 1)
    assert json.loads(run("check", rules, "--format", "json").out) == [found]


def junit(rules: Path, run: Run) -> dict[tuple[str, str], xml.Element]:
    out = run("check", rules, "--format", "junit")
    top = xml.fromstring(out.out)
    cases = {(str(c.get("classname")), str(c.get("name"))): c for c in top.iter("testcase")}
    assert int(top.get("tests", "")) == len(cases) == sum(int(s.get("tests", "")) for s in top)
    assert int(top.get("failures", "")) == sum(c.find("failure") is not None for c in cases.values())
    return cases


def test_junit_names_rules(rules: Path, run: Run) -> None:
    (rules / "gift.yaml").write_text(
        BAD.replace("colour: red\n", "").replace(', <b>&"', ", 赠品超多"), encoding="utf-8"
    )
    cases = junit(rules, run)
    assert set(cases) == {
        ("rules/contact.yaml", "rules/contact.yaml"),
        ("rules/contact.yaml", "contact.wechat"),
        ("rules/gift.yaml", "rules/gift.yaml"),
        ("rules/gift.yaml", "gift.free"),
        ("rules/gift.yaml", "gift.idle"),
    }
    failure = cases["rules/gift.yaml", "gift.free"].find("failure")
    assert failure is not None
    assert failure.get("type") == "RG401"
    assert "rules/gift.yaml:7" in str(failure.text)
    idle = cases["rules/gift.yaml", "gift.idle"]
    assert idle.find("failure") is None
    assert "RG407" in str(idle.findtext("system-out"))
    assert idle.get("line") == "8"


def test_junit_holds_what_a_broken_file_says(rules: Path, run: Run) -> None:
    (rules / "gift.yaml").write_bytes(b"a: <\x07&>]]>\n")
    failure = junit(rules, run)["rules/gift.yaml", "rules/gift.yaml"].find("failure")
    assert failure is not None
    assert failure.get("type") == "RG004"
    assert "<\ufffd&>]]>" in str(failure.text)


def test_github_names_files_from_the_working_directory(rules: Path, run: Run) -> None:
    (rules / "gift.yaml").write_text(BAD, encoding="utf-8")
    out = run("--lang", "en", "check", rules, "--format", "github").out
    path = (rules / "gift.yaml").as_posix()
    assert out.startswith(f"::error file={path},line=3,col=1,title=RG101::unknown key 'colour'")
    assert out.count("\n") == 1


def test_the_settings_of_every_shop_are_checked(rules: Path, run: Run) -> None:
    (rules / "shops").mkdir()
    (rules / "rulebook.yaml").write_text("name: a\nchannels: [{id: dev}, {id: east, overlay: east}]", encoding="utf-8")
    shop = rules / "shops" / "east.yaml"
    shop.write_text("disable: [{id: contact.wechat, reason: 已报备}]", encoding="utf-8")
    silenced = json.loads(run("check", rules, "--format", "json").out)
    assert [(d["code"], d["path"]) for d in silenced] == [("RG503", "rules/contact.yaml")]
    shop.write_text("disable: [{id: contact.wechat}]", encoding="utf-8")
    outcome = run("check", rules)
    assert outcome.status == 1
    assert "shops/east.yaml:1:11: error[RG502]" in outcome.err


def test_the_report_shows_spellings_that_were_generated(rules: Path, run: Run, tmp_path: Path) -> None:
    group = "groups: {wechat: {any: [微信], sounds_like: [pinyin, initials, homophones]}}\n"
    text = GOOD.replace("[加微信]", "[加<wechat>]")
    (rules / "contact.yaml").write_text(group + text, encoding="utf-8")
    assert run("compile", rules, "--out", tmp_path / "out", "--report").status == 0
    generated = json.loads((tmp_path / "out" / "report.json").read_bytes())["generated"]["wechat"]
    assert {"weixin", "wei xin", "微xin", "wx", "危信"} <= set(generated)
    assert not {"微信", "威信"} & set(generated)  # itself, and a word of its own
