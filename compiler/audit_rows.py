"""What every reader of an export has in common, and the rows of CSV; those of workbooks are in compiler/audit_workbook.py."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from typing import IO, Final

Row = Sequence[str]
Place = Callable[[], float]
"""How much of the file was read, 0 … 1."""

_CELL: Final = 1 << 20
"""Longest CSV cell: an unclosed quote must not swallow the file."""


class AuditError(ValueError):
    """A file that cannot be read on; the message says where and why."""


def csv_rows(file: IO[bytes]) -> Iterator[Row]:
    """The header first; `AuditError` at what cannot be read."""
    with io.TextIOWrapper(file, encoding=_encoding(file), errors="replace", newline="") as text:
        head = text.readline(_CELL)
        csv.field_size_limit(_CELL)
        delimiter = max(",\t;|", key=head.count)
        yield next(csv.reader([head], delimiter=delimiter), [])
        rows = csv.reader(text, delimiter=delimiter)
        try:
            yield from rows
        except csv.Error as error:
            raise AuditError(f"line {rows.line_num + 1}: {error}") from error


def _encoding(file: IO[bytes]) -> str:
    """UTF-8, UTF-16 with its mark, or what Chinese Excel writes."""
    head = file.read(1 << 16)
    file.seek(0)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8-sig"
