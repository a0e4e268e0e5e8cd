"""`replyguard audit`: every kind of export in, every kind of result out."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from compiler import audit_input
from compiler.audit import batches
from compiler.audit_input import Case, Skipped, columns, day, open_cases
from compiler.audit_progress import Progress
from compiler.audit_rows import AuditError
from compiler.cli import build_parser

RULES = """\
topic: contact
title: 站外联系
rules:
  - id: contact.wechat
    title: 不得加微信
    level: block
    find: [加微信]
    penalty: {tmall: 6}
    say: [在这里说就好]
    bad: [〔加微信〕吧]
  - id: contact.agree
    title: 买家要微信，不得答应
    level: warn
    asked: [微信吗]
    find: [^^好的]
    platforms: [tmall]
    since: 2026-02-01
    bad: [加微信吗 => 〔好的〕]
"""
CHAT = [
    ("会话ID", "角色", "发送时间", "客服昵称", "平台", "消息内容"),
    ("a", "买家", "2026-11-01 10:00:00", "", "tmall", "可以用微信吗"),
    ("b", "客服", "2026-11-01 10:00:01", "小二", "tmall", "您好，\n在的"),
    ("a", "客服", "2026-11-01 10:00:02", "小王", "tmall", "好的"),
    ("a", "系统", "2026-11-01 10:00:03", "", "tmall", "会话结束 加微信"),
    ("b", "客服", "2026/1/2 09:00", "小二", "tmall", "=cmd|'加微信'"),
    ("b", "？", "2026/1/2 09:00", "", "tmall", "加微信"),
    ("a", "客服", "2026-11-02 10:00:02", "小王", "jd", "好的"),
]
EXPECTED = [
    {"id": "b:3", "findings": []},
    {
        "id": "a:4",
        "findings": [
            {
                "rule": "contact.agree",
                "topic": "站外联系",
                "title": "买家要微信，不得答应",
                "level": "warn",
                "start": 0,
                "end": 2,
            }
        ],
    },
    {
        "id": "b:6",
        "findings": [
            {
                "rule": "contact.wechat",
                "topic": "站外联系",
                "title": "不得加微信",
                "level": "block",
                "start": 6,
                "end": 9,
            }
        ],
    },
    {"id": "a:8", "findings": []},
]

Audit = Callable[..., int]


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    root = tmp_path / "rules"
    root.mkdir()
    (root / "contact.yaml").write_text(RULES, encoding="utf-8")
    return root


@pytest.fixture
def audit(rules: Path) -> Audit:
    def run(*args: object) -> int:
        parser, _ = build_parser()
        arguments = parser.parse_args(["audit", *map(str, args), "--rules", str(rules)])
        return int(arguments.run(arguments))

    return run


def write_csv(path: Path, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(CHAT)
    return path


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def cases(path: Path) -> list[Case]:
    return list(open_cases(path, Skipped())[0])


def test_jsonl_is_as_it_was_fixed(tmp_path: Path, audit: Audit, capfd: pytest.CaptureFixture[str]) -> None:
    line = {"id": "1", "platform": "tmall", "category": "", "extra": [1], "reply": "😀加微信"}
    line["turns"] = [{"role": "buyer", "text": "在吗"}]  # type: ignore[assignment]
    (tmp_path / "a.jsonl").write_text("\n" + json.dumps(line) + '\n{"id":"2","reply":"您好","facts":{"a":true}}\n\n')
    assert audit(tmp_path / "a.jsonl") == 0
    out, err = capfd.readouterr()
    assert out == (
        '{"id":"1","findings":[{"rule":"contact.wechat","topic":"站外联系","title":"不得加微信","level":"block","start":1,"end":4}]}\n'
        '{"id":"2","findings":[]}\n'
    )
    assert "检查 2 条，发现 1 处" in err


def test_a_jsonl_line_that_is_no_case_ends_it(tmp_path: Path, audit: Audit, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.jsonl").write_text('{"id":"1","reply":"您好"}\n{"id":"2"}\n')
    assert audit(tmp_path / "a.jsonl") == 1
    assert "line 2" in capfd.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_csv(tmp_path: Path, audit: Audit, encoding: str, delimiter: str) -> None:
    chat = write_csv(tmp_path / "chat.csv", encoding, delimiter)
    assert audit(chat, "--out", tmp_path / "out.jsonl") == 0
    assert lines(tmp_path / "out.jsonl") == EXPECTED


def test_xlsx(tmp_path: Path, audit: Audit) -> None:
    book = openpyxl.Workbook()
    for row in CHAT:
        assert book.active is not None
        book.active.append(row)  # type: ignore[union-attr]
    book.active["F6"].data_type = "s"  # type: ignore[index,union-attr]
    book.save(tmp_path / "chat.xlsx")
    assert audit(tmp_path / "chat.xlsx", "--out", tmp_path / "out.jsonl") == 0
    assert lines(tmp_path / "out.jsonl") == EXPECTED


def test_rows_left_out_are_told(tmp_path: Path, audit: Audit, capfd: pytest.CaptureFixture[str]) -> None:
    assert audit(write_csv(tmp_path / "chat.csv"), "--out", tmp_path / "o.jsonl") == 0
    err = capfd.readouterr().err
    assert "有 1 行没有检查" in err
    assert "7: role '？'" in err


def test_processes_give_the_same(tmp_path: Path, audit: Audit) -> None:
    chat = write_csv(tmp_path / "chat.csv")
    with chat.open("a", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("c", "客服", "", "", "", f"第{n}句 加微信") for n in range(1200)])
    for jobs in (1, 2):
        assert audit(chat, "--out", tmp_path / f"{jobs}.jsonl", "--jobs", jobs) == 0
    assert (tmp_path / "1.jsonl").read_bytes() == (tmp_path / "2.jsonl").read_bytes()
    assert len(lines(tmp_path / "1.jsonl")) == 1204


def test_a_case_a_row(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "编号,买家消息,客服回复,客服,时间\n7,在吗 => 客服：在的 => 加微信吗,好的,小王,20261103\n,,,,\n8,,您好,,\n",
        encoding="utf-8",
    )
    first, second = cases(tmp_path / "a.csv")
    assert [(t.role, t.text) for t in first.turns] == [("buyer", "在吗"), ("agent", "在的"), ("buyer", "加微信吗")]
    assert (first.id, first.reply, first.agent, day(first.time)) == ("7", "好的", "小王", "2026-11-03")
    assert (second.id, second.turns) == ("8", ())


def test_a_sender_column_that_holds_names(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("session,sender,staff,content\n1,tom,amy,hi\n1,amy,amy,hello\n")
    (case,) = cases(tmp_path / "a.csv")
    assert (case.reply, case.agent, case.turns[0].text) == ("hello", "amy", "hi")


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("会话ID,发送者类型,发送时间(北京),客服账号,消息内容", {"conversation": 0, "role": 1, "time": 2, "agent": 3, "text": 4}),
        ("Session ID,Sender-Type,Created At,Agent_Name,Message Content", {"conversation": 0, "role": 1, "time": 2, "agent": 3, "text": 4}),
        ("\ufeff顾客,角色,内容,类目,平台", {"conversation": 0, "role": 1, "text": 2, "category": 3, "platform": 4}),
        ("id,question,answer,x", {"id": 0, "asked": 1, "reply": 2}),
        ("a,b", {}),
    ],
)  # fmt: skip
def test_columns_are_recognised(header: str, found: dict[str, int]) -> None:
    assert columns(header.split(",")) == found


@pytest.mark.parametrize(
    ("time", "date"),
    [
        ("2026-11-22 10:00", "2026-11-22"),
        ("2026/1/2", "2026-01-02"),
        ("2026年1月2日 上午", "2026-01-02"),
        ("20261122103000", ""),
        ("20261122", "2026-11-22"),
        ("2026-13-01", ""),
        ("昨天", ""),
    ],
)
def test_days(time: str, date: str) -> None:
    assert day(time) == date


def test_only_conversations_that_go_on_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_input, "CONVERSATIONS", 2)
    rows = ["会话,角色,内容"] + [f"{c},{r},{t}" for c, r, t in ("a买1", "b买2", "a客3", "c买4", "b客5", "a客6")]
    (tmp_path / "a.csv").write_text("\n".join(rows).replace(",买", ",买家").replace(",客", ",客服"), encoding="utf-8")
    assert [[t.text for t in case.turns] for case in cases(tmp_path / "a.csv")] == [["1"], [], []]


def test_only_the_newest_context_is_kept(tmp_path: Path) -> None:
    rows = ["会话,角色,内容", *(f"a,买家,{n}" for n in range(100)), "a,客服,好"]
    (tmp_path / "a.csv").write_text("\n".join(rows), encoding="utf-8")
    (case,) = cases(tmp_path / "a.csv")
    assert [t.text for t in case.turns] == [str(n) for n in range(60, 100)]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.csv", b"x,y\n1,2\n", "columns not recognised: x, y"),
        ("a.csv", b"", "columns not recognised"),
        ("a.csv", 'role,text\n客服,"'.encode() + b"a" * (1 << 21), "field larger"),
        ("a.xlsx", b"not a zip", "not a workbook"),
        ("a.xlsx", b"PK\x05\x06" + bytes(18), "not a workbook"),
        ("a.jsonl", b'{"id":"1","reply":"\xff"}\n', "line 1"),
        ("a.jsonl", b"[" * 100_000, "line 1"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, name: str, data: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(AuditError, match=message):
        cases(tmp_path / name)


def test_a_file_that_is_not_there(tmp_path: Path, audit: Audit) -> None:
    assert audit(tmp_path / "nowhere.csv") == 1
    assert audit(write_csv(tmp_path / "a.csv"), "--format", "xlsx") == 2
    assert audit(tmp_path / "a.csv", "--jobs", 0) == 2
    assert audit(tmp_path / "a.csv", "--out", tmp_path / "no" / "where.csv") == 1


def test_findings_as_csv_are_no_formulas(tmp_path: Path, audit: Audit) -> None:
    assert audit(write_csv(tmp_path / "chat.csv"), "--out", tmp_path / "out.csv") == 0
    data = (tmp_path / "out.csv").read_bytes()
    assert data.startswith(b"\xef\xbb\xbf"), "Excel reads UTF-8 by this mark"
    first, second = csv.DictReader(data.decode("utf-8-sig").splitlines())
    assert (first["编号"], first["客服"], first["级别"], first["命中"]) == ("a:4", "小王", "警告", "好的")
    assert first["买家最后一句"] == "可以用微信吗"
    assert second["回复"] == "'=cmd|'加微信'"
    assert (second["起"], second["止"], second["扣分"], second["可以这样说"]) == ("6", "9", "6", "在这里说就好")


def test_findings_as_xlsx_are_texts(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "a.jsonl").write_text(json.dumps({"id": "=1+1", "reply": "\x01=加微信"}) + "\n")
    assert audit(tmp_path / "a.jsonl", "--out", tmp_path / "out.xlsx") == 0
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    header, row = sheet.iter_rows()
    values = dict(zip([str(cell.value) for cell in header], row, strict=True))
    assert (values["编号"].value, values["编号"].data_type) == ("=1+1", "s")
    assert values["回复"].value == "\ufffd=加微信"
    assert (values["起"].value, values["止"].value) == (2, 5)


def test_no_findings_still_make_a_workbook(tmp_path: Path, audit: Audit) -> None:
    (tmp_path / "a.jsonl").write_text('{"id":"1","reply":"您好"}\n')
    assert audit(tmp_path / "a.jsonl", "--out", tmp_path / "out.xlsx") == 0
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").active.max_row == 1  # type: ignore[union-attr]


def test_progress_is_one_line_that_goes_away(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress(lambda: 0.5, "en", shown=True)
    progress._next = 0.0
    progress.tick(500, 7)
    progress.close()
    err = capsys.readouterr().err
    assert "50%  500 messages, 7 findings" in err
    assert "\n" not in err
    assert err.endswith("\r\x1b[K")
    Progress(lambda: 0.5, "en", shown=False).tick(1, 1)
    assert capsys.readouterr().err == ""


def test_what_was_read_before_a_fault_is_checked() -> None:
    def cases() -> Iterator[Case]:
        yield from (Case(str(n), "好的") for n in range(1_003))
        raise AuditError("line 1004")

    read = batches(cases())
    assert [len(next(read)), len(next(read))] == [1_000, 3]
    with pytest.raises(AuditError):
        next(read)
