"""Writes rows of texts and numbers into a workbook as they come, with a heading on each sheet; nothing of it is held in memory."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Final

_ROWS: Final = 1_048_576
"""Of a sheet, as Excel has them; a further sheet is begun beyond."""
_CELL: Final = 32_767
"""Characters of a cell."""
_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class WorkbookOut:
    def __init__(self, out: Path, header: Sequence[str], widths: Sequence[int]) -> None:
        """`widths` of the columns, in characters. Raises OSError when the file cannot be made."""
        self._archive = zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._header, self._widths = header, widths
        self._letters = [chr(65 + n) for n in range(len(header))]
        self._sheets = 0
        self._begin()

    def write(self, row: Sequence[str | int | None]) -> None:
        if self._row == _ROWS:
            self._finish()
            self._begin()
        self._row += 1
        at = self._row
        cells = [
            self._text(f"{letter}{at}", cell) if isinstance(cell, str) else f'<c r="{letter}{at}"><v>{cell}</v></c>'
            for letter, cell in zip(self._letters, row, strict=True)
            if cell is not None
        ]
        self._sheet.write(f'<row r="{at}">{"".join(cells)}</row>'.encode())

    def close(self) -> None:
        self._finish()
        for name, text in self._frame().items():
            self._archive.writestr(name, _HEAD + text)
        self._archive.close()

    @staticmethod
    def _text(place: str, text: str) -> str:
        """Marked as a text: what a buyer wrote is none but that, even when it begins with "="."""
        text = _NOT_XML.sub("\ufffd", text[:_CELL]).translate(_ESCAPES)
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'

    def _begin(self) -> None:
        self._sheets += 1
        self._row = 0
        self._sheet: IO[bytes] = self._archive.open(f"xl/worksheets/sheet{self._sheets}.xml", "w", force_zip64=True)
        columns = "".join(
            f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>' for n, width in enumerate(self._widths, 1)
        )
        self._sheet.write(
            f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
            '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
            f"<cols>{columns}</cols><sheetData>".encode()
        )
        self.write(self._header)

    def _finish(self) -> None:
        self._sheet.write(f'</sheetData><autoFilter ref="A1:{self._letters[-1]}{self._row}"/></worksheet>'.encode())
        self._sheet.close()

    def _frame(self) -> dict[str, str]:
        """The parts that say what the others are."""
        numbers = range(1, self._sheets + 1)
        kinds = [
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_KIND}.worksheet+xml"/>' for n in numbers
        ]
        sheets = [f'<sheet name="Sheet{n}" sheetId="{n}" r:id="rId{n}"/>' for n in numbers]
        relations = [
            f'<Relationship Id="rId{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        ]
        return {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>{"".join(kinds)}</Types>',
            "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
            f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
            "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
            f"<bookViews><workbookView/></bookViews><sheets>{''.join(sheets)}</sheets></workbook>",
            "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
            f"{''.join(relations)}</Relationships>",
        }
