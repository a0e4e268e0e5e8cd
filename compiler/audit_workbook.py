"""Rows of a workbook's first sheet, read as its XML goes by: a quarter of the time that openpyxl takes, which makes objects of cells.

    _rels/.rels ──▶ xl/workbook.xml ──▶ xl/_rels/workbook.xml.rels ──▶ the sheet · sharedStrings.xml · styles.xml

A cell holds a text, the number of one of the shared texts, or a number, which by its style may be a date. What Excel leaves out
(empty rows and cells) is put in again, so that rows keep their numbers and columns their places.
"""

from __future__ import annotations

import datetime
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO, Final
from xml.etree import ElementTree
from xml.parsers import expat

from compiler.audit_rows import AuditError, Row

_SHARED: Final = 1 << 30
"""Bytes of the largest table of shared texts: it is the one part that has to be held in memory."""
_CHUNK: Final = 1 << 16
_ROWS: Final = 1_048_576
_COLUMNS: Final = 16_384
"""Of a sheet, as Excel has them."""
_KNOWN_DATES: Final = frozenset((*range(14, 23), *range(27, 37), 45, 46, 47, *range(50, 59)))
"""Formats of dates that need not be written down; those from 27 and 50 are Chinese, Japanese and Korean."""
_KNOWN_SPAN: Final = "46"
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\[(?!(?:h+|m+|s+)\])[^\]]*\]', re.I)
_DATE = re.compile("[dmhys]", re.I)
_SPAN = re.compile(r"\[(?:h+|m+|s+)\]", re.I)
_DAMAGED: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, LookupError, ValueError, SyntaxError, expat.ExpatError,
)  # fmt: skip
"""What reading a part of a broken or locked file may raise."""


class Workbook:
    """A workbook that is open in `file`."""

    def __init__(self, file: IO[bytes]) -> None:
        """Raises AuditError when it is none."""
        try:
            archive = zipfile.ZipFile(file)
            self._book = book = _Book(archive)
            self._size = max(1, archive.getinfo(book.sheet).file_size)
            self._sheet = archive.open(book.sheet)
        except AuditError:
            raise
        except _DAMAGED as error:
            raise AuditError(f"not a workbook: {error}") from error

    def rows(self) -> Iterator[Row]:
        """The rows of the first sheet, the header first; AuditError at what cannot be read."""
        return _Sheet(self._book).rows(self._sheet)

    def place(self) -> float:
        """How much of the sheet was read."""
        return self._sheet.tell() / self._size


class _Book:
    """What of a workbook its sheets need."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        name = dict(_relations(archive, "").values())["officeDocument"]
        relations = _relations(archive, name)
        parts = dict(relations.values())
        book = ElementTree.fromstring(archive.read(name))
        ids = [
            value
            for sheet in book.iterfind("{*}sheets/{*}sheet")
            for key, value in sheet.items()
            if key.endswith("}id") and relations[value][0] == "worksheet"
        ]
        self.sheet = relations[ids[0]][1]
        self.texts = _texts(archive, parts["sharedStrings"]) if "sharedStrings" in parts else []
        self._dates, self._spans = _dates(archive, parts["styles"]) if "styles" in parts else (set(), set())
        properties = book.find("{*}workbookPr")
        self._from_1904 = properties is not None and properties.get("date1904") in ("1", "true")

    def number(self, text: str, style: int) -> str:
        """A number as people see it: a date if its style says so, and without a fraction that it does not have."""
        if style in self._dates:
            return self._date(float(text), style in self._spans)
        if text.isdecimal():
            return text
        number = float(text)
        return str(int(number)) if number.is_integer() else str(number)

    def _date(self, days: float, span: bool) -> str:
        try:
            time = datetime.timedelta(seconds=round(days * 86_400))
            if span:
                return str(time)
            if 0 <= days < 1:
                return str((datetime.datetime.min + time).time())
            if self._from_1904:
                return str(datetime.datetime(1904, 1, 1) + time)
            # There, 1900 was a leap year.
            return str(datetime.datetime(1899, 12, 31 if days < 60 else 30) + time)
        except (OverflowError, ValueError):
            return "#VALUE!"


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """What a part refers to: id → (kind, name in the archive)."""
    folder, name = posixpath.split(part)
    listed = ElementTree.fromstring(archive.read(posixpath.join(folder, "_rels", f"{name}.rels")))
    found = {}
    for relation in listed.iterfind("{*}Relationship"):
        target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", "")))
        found[relation.get("Id", "")] = relation.get("Type", "").rpartition("/")[2], target.lstrip("/")
    return found


def _dates(archive: zipfile.ZipFile, part: str) -> tuple[set[int], set[int]]:
    """Styles whose numbers are dates, and those of them that are spans of time."""
    sheet = ElementTree.fromstring(archive.read(part))
    own = {form.get("numFmtId"): form.get("formatCode", "") for form in sheet.iterfind("{*}numFmts/{*}numFmt")}
    numbers = [style.get("numFmtId", "0") for style in sheet.iterfind("{*}cellXfs/{*}xf")]
    # Of a format only what stands before ";" is for numbers above zero.
    forms = [_LITERAL.sub("", own.get(number, "")).partition(";")[0] for number in numbers]
    dates = {n for n, form in enumerate(forms) if _DATE.search(form) or (not form and int(numbers[n]) in _KNOWN_DATES)}
    return dates, {n for n, form in enumerate(forms) if _SPAN.search(form) or (not form and numbers[n] == _KNOWN_SPAN)}


def _texts(archive: zipfile.ZipFile, part: str) -> list[str]:
    if archive.getinfo(part).file_size > _SHARED:
        raise AuditError("the texts of this workbook take more than 1 GB: export it as CSV")
    reader = _Texts()
    with archive.open(part) as source:
        reader.read(source)
    return reader.texts


class _Names(dict[str, str]):
    """Names of elements without their namespace, which programs do not agree on."""

    def __missing__(self, name: str) -> str:
        local = self[name] = name.rpartition("}")[2]
        return local


class _Reader:
    """Follows the XML of a part. Texts are in `t` and `v`, but in `rPh`, which says how a text is pronounced."""

    def __init__(self) -> None:
        self._parser = parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = _refuse
        self._names = _Names()
        self._pieces: list[str] = []
        """Of the text that is being read."""
        self._aside = False
        self._cell: dict[str, str] = {}
        """Attributes of the cell that is being read."""

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._names[name]
        if local == "v" or local == "t":
            if not self._aside:
                self._parser.CharacterDataHandler = self._pieces.append
        elif local == "c":
            self._cell = attributes
        elif local == "row":
            self._begin_row(attributes)
        elif local == "rPh":
            self._aside = True

    def _end(self, name: str) -> None:
        local = self._names[name]
        if local == "v" or local == "t":
            self._parser.CharacterDataHandler = None
        elif local == "c" or local == "si":
            self._add("".join(self._pieces))
            self._pieces.clear()
        elif local == "rPh":
            self._aside = False

    def _begin_row(self, attributes: dict[str, str]) -> None: ...

    def _add(self, text: str) -> None: ...


class _Texts(_Reader):
    """The shared texts."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def read(self, source: IO[bytes]) -> None:
        self._parser.ParseFile(source)

    def _add(self, text: str) -> None:
        self.texts.append(text)


class _Sheet(_Reader):
    def __init__(self, book: _Book) -> None:
        super().__init__()
        self._book = book
        self._rows: list[list[str]] = []
        self._row: list[str] = []
        """The last of them, to which cells are added."""
        self._number = 0
        """Of that row."""
        self._columns: dict[str, int] = {}
        """Letters → place, as they come."""

    def rows(self, source: IO[bytes]) -> Iterator[Row]:
        try:
            while chunk := source.read(_CHUNK):
                self._parser.Parse(chunk)
                yield from self._rows[:-1]  # the last one may go on
                del self._rows[:-1]
            self._parser.Parse(b"", True)
            yield from self._rows
        except _DAMAGED as error:
            raise AuditError(f"row {self._number}: {error}") from error

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r", self._number + 1))
        if not self._number < number <= _ROWS:
            raise ValueError(f"the next row has the number {number}")
        self._rows += [[] for _ in range(number - self._number)]
        self._row = self._rows[-1]
        self._number = number

    def _add(self, text: str) -> None:
        cell = self._cell
        row = self._row
        if place := cell.get("r"):
            letters = place.rstrip("0123456789")
            column = self._columns.get(letters)
            if column is None:
                column = self._columns[letters] = _column(letters)
            if column > len(row):
                row += [""] * (column - len(row))
        kind = cell.get("t", "n")
        if not text:
            row.append("")
        elif kind == "s":
            row.append(self._book.texts[int(text)])
        elif kind == "n":
            row.append(self._book.number(text, int(cell.get("s", 0))))
        elif kind == "b":
            row.append(str(text == "1"))
        else:
            row.append(text)


def _column(letters: str) -> int:
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - 64
    if not 0 < column <= _COLUMNS:
        raise ValueError(f"no such column: {letters}")
    return column - 1


def _refuse(*_: object) -> None:
    raise ValueError("a document type is nothing that a spreadsheet writes")
