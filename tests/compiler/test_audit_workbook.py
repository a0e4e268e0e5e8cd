"""Workbooks are read as openpyxl reads them, and what other programs write, or what is broken, as it should be; openpyxl reads ours."""

from __future__ import annotations

import datetime
import io
import random
import zipfile
from pathlib import Path

import openpyxl
import pytest
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from compiler import audit_workbook, audit_workbook_out
from compiler.audit_input import Skipped, open_cases
from compiler.audit_rows import AuditError
from compiler.audit_workbook import Workbook
from compiler.audit_workbook_out import WorkbookOut

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
TEXTS = ["加微信", " 两端有空格 ", "第一行\n第二行", "a&b<c>", "😀𠮷", "=1+1", "0012", "x" * 5000, "_x0041_", ""]


def read(data: bytes) -> list[list[str]]:
    return [list(row) for row in Workbook(io.BytesIO(data)).rows()]


def as_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ", "seconds")
    return "" if value is None else str(value)


def by_openpyxl(data: bytes) -> list[list[str]]:
    sheet = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets[0]
    sheet.reset_dimensions()  # type: ignore[union-attr]
    return [[as_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def trimmed(rows: list[list[str]]) -> list[str]:
    """Readers differ in how many empty cells end a row."""
    return ["\t".join(row).rstrip("\t") for row in rows]


def value(chance: random.Random) -> object:
    moment = datetime.datetime(2026, 1, 31, 23, 59) + datetime.timedelta(seconds=chance.randrange(10**8))
    values = [
        chance.choice(TEXTS), chance.choice(TEXTS), chance.choice(TEXTS), chance.randrange(10**6), chance.random() * 100,
        12345678901234567, 3.0, moment, moment.date(), moment.time(), datetime.timedelta(hours=chance.randrange(99)),
        True, False, None, None,
    ]  # fmt: skip
    return chance.choice(values)


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_cells_are_what_openpyxl_reads(seed: int, streamed: bool) -> None:
    """Streamed, texts stand in their cells; else they are shared."""
    chance = random.Random(seed)
    book = openpyxl.Workbook(write_only=streamed)
    if seed == 3:
        book.epoch = openpyxl.utils.datetime.CALENDAR_MAC_1904
    sheet = book.create_sheet()
    for _ in range(300):
        sheet.append([value(chance) for _ in range(chance.randrange(8))])
    book.active = sheet
    if not streamed:
        del book["Sheet"]
        sheet["C5"].number_format = "[$-804]yyyy年m月d日;@"
        sheet["C5"] = 46000.5
        sheet["A400"] = CellRichText("加", TextBlock(InlineFont(b=True), "微"), "信")
    data = io.BytesIO()
    book.save(data)
    rows = read(data.getvalue())
    assert trimmed(rows) == trimmed(by_openpyxl(data.getvalue()))
    if not streamed:
        assert (len(rows), rows[-1]) == (400, ["加微信"])
        assert rows[4][2] == ("2029-12-10 12:00:00" if seed == 3 else "2025-12-09 12:00:00")


def parts(sheet: str, texts: str = "", prefix: str = "") -> dict[str, str]:
    """A workbook's files, in the form of a program that takes the standard at its word."""
    xmlns = f"xmlns:{prefix}" if prefix else "xmlns"
    dot = f"{prefix}:" if prefix else ""
    return {
        "_rels/.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="a" Type="{OFFICE}/officeDocument" Target="/book.xml"/></Relationships>',
        "book.xml": f'<{dot}workbook {xmlns}="{MAIN}" xmlns:z="{OFFICE}"><{dot}sheets><{dot}sheet name="1" sheetId="7" z:id="c"/>'
        f'<{dot}sheet name="2" sheetId="3" z:id="b"/></{dot}sheets></{dot}workbook>',
        "_rels/book.xml.rels": f'<Relationships xmlns="{PACKAGE}"><Relationship Id="b" Type="{OFFICE}/worksheet" Target="s/1.xml"/>'
        f'<Relationship Id="c" Type="{OFFICE}/chartsheet" Target="s/0.xml"/>'
        f'<Relationship Id="d" Type="{OFFICE}/sharedStrings" Target="texts.xml"/></Relationships>',
        "s/1.xml": f'<{dot}worksheet {xmlns}="{MAIN}"><{dot}sheetData>{sheet}</{dot}sheetData></{dot}worksheet>',
        "texts.xml": f'<{dot}sst {xmlns}="{MAIN}">{texts}</{dot}sst>',
    }  # fmt: skip


def packed(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return data.getvalue()


def test_elements_may_have_a_prefix_and_cells_no_place() -> None:
    sheet = '<x:row><x:c t="s"><x:v>1</x:v></x:c><x:c><x:v>3.0</x:v></x:c></x:row><x:row r="4"><x:c r="AB4" t="str"><x:f>A1</x:f><x:v>尾</x:v></x:c></x:row>'
    texts = '<x:si><x:t>零</x:t></x:si><x:si><x:t>东</x:t><x:rPh sb="0" eb="1"><x:t>ひがし</x:t></x:rPh><x:r><x:t>京</x:t></x:r></x:si>'
    rows = read(packed(parts(sheet, texts, "x")))
    assert rows == [["东京", "3"], [], [], [""] * 27 + ["尾"]]


def test_a_sheet_of_many_chunks() -> None:
    rows = [[str(n), "长" * (n % 700)] for n in range(3_000)]
    cells = "".join(f'<row><c><v>{a}</v></c><c t="inlineStr"><is><t>{b}</t></is></c></row>' for a, b in rows)
    book = Workbook(io.BytesIO(packed(parts(cells))))
    seen, places = [], []
    for row in book.rows():
        seen.append(list(row))
        places.append(book.place())
    assert seen == rows
    assert places == sorted(places)
    assert 0 < places[0] < 0.2 < 0.9 < places[-1] <= 1


@pytest.mark.parametrize(
    ("sheet", "message"),
    [
        ('<row r="2"/><row r="1"/>', "row 2: the next row has the number 1"),
        ('<row r="9999999999"/>', "row 0: the next row has"),
        ('<row><c r="ZZZZ1"/></row>', "row 1: no such column: ZZZZ"),
        ('<row><c t="s"><v>4</v></c></row>', "row 1: list index"),
        ("<row><c><v>x</v></c></row>", "row 1: could not convert"),
        ("<row><c></row>", "row 1: mismatched tag"),
    ],
)
def test_a_sheet_that_is_off_tells_the_row(sheet: str, message: str) -> None:
    with pytest.raises(AuditError, match=message):
        read(packed(parts(sheet)))


def test_no_entities_are_declared() -> None:
    files = parts("")
    files["s/1.xml"] = f'<!DOCTYPE x [<!ENTITY a "b">]>{files["s/1.xml"]}'
    with pytest.raises(AuditError, match="document type"):
        read(packed(files))


@pytest.mark.parametrize("without", ["_rels/.rels", "book.xml", "_rels/book.xml.rels", "s/1.xml", "texts.xml"])
def test_a_part_that_is_missing_or_broken(without: str, tmp_path: Path) -> None:
    files = parts('<row><c t="s"><v>0</v></c></row>', "<si><t>角色</t></si>")
    for broken in ({name: text for name, text in files.items() if name != without}, files | {without: "<a"}):
        (tmp_path / "a.xlsx").write_bytes(packed(broken))
        with pytest.raises(AuditError):
            list(open_cases(tmp_path / "a.xlsx", Skipped())[0])


def test_a_file_that_was_cut(tmp_path: Path) -> None:
    data = packed(parts("<row><c><v>1</v></c></row>" * 100_000))
    at = data.index(b"s/1.xml") + 2_000
    damaged = data[:at] + bytes(500) + data[at + 500 :]
    with pytest.raises(AuditError, match="row "):
        read(damaged)
    with pytest.raises(AuditError, match="not a workbook"):
        read(data[:-100])


def test_texts_have_to_fit_into_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_workbook, "_SHARED", 50)
    with pytest.raises(AuditError, match="export it as CSV"):
        read(packed(parts("", "<si><t>很长很长</t></si>")))


def test_dates_of_formats_that_chinese_excel_does_not_write_down() -> None:
    files = parts('<row><c s="1"><v>46000</v></c><c s="2"><v>46000</v></c><c s="3"><v>0.5</v></c></row>')
    files["_rels/book.xml.rels"] = files["_rels/book.xml.rels"].replace(
        "</R", f'<Relationship Id="e" Type="{OFFICE}/styles" Target="styles.xml"/></R'
    )
    forms = '<numFmts><numFmt numFmtId="176" formatCode="&quot;day&quot; 0.0 \\d;yyyy"/></numFmts>'
    styles = "".join(f'<xf numFmtId="{number}"/>' for number in (0, 31, 176, 46))
    files["styles.xml"] = f'<styleSheet xmlns="{MAIN}">{forms}<cellXfs>{styles}</cellXfs></styleSheet>'
    assert read(packed(files)) == [["2025-12-09 00:00:00", "46000", "12:00:00"]]


def test_what_is_written_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_workbook_out, "_ROWS", 7)
    rows = [[text, n, None, text[::-1]] for n, text in enumerate([*TEXTS, "\x01\ufffe", "长" * 40_000])]
    book = WorkbookOut(tmp_path / "a.xlsx", ["一", "二", "三", "四"], [10, 5, 5, 20])
    for row in rows:
        book.write(row)
    book.close()
    expected = [
        [as_text(cell).replace("\x01", "\ufffd").replace("\ufffe", "\ufffd")[:32_767] for cell in row] for row in rows
    ]
    sheets = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets
    seen = [[[as_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)] for sheet in sheets]
    assert [sheet[0] for sheet in seen] == [["一", "二", "三", "四"]] * 2
    assert [row for sheet in seen for row in sheet[1:]] == expected
    assert read((tmp_path / "a.xlsx").read_bytes()) == seen[0]
    assert (sheets[1].freeze_panes, sheets[1].auto_filter.ref, sheets[1].column_dimensions["D"].width) == (
        "A2",
        "A1:D7",
        20,
    )
