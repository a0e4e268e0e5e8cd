"""Every fault of a document's shape, each at its place.

`msgspec.convert` stops at the first fault and knows no lines; this slow walk over the same types runs only when it
refused, and reports all of them with a "did you mean".
"""

from __future__ import annotations

from typing import Any

import msgspec
import msgspec.inspect as mi

from compiler.diagnostics import Diagnostic, did_you_mean
from compiler.source import Document

Path = tuple[str | int, ...]

_TRUTHS = ("true", "false")


def check_shape(document: Document, kind: type) -> list[Diagnostic]:
    """Faults of `document.tree` against the struct `kind`, in the order of the file."""
    faults: list[Diagnostic] = []
    _walk(document, (), document.tree, mi.type_info(kind), faults)
    return sorted(faults, key=lambda d: (d.place.line, d.place.column))


def _walk(document: Document, path: Path, value: Any, kind: mi.Type, faults: list[Diagnostic]) -> None:
    if isinstance(kind, mi.Metadata):
        kind = kind.type
    if isinstance(kind, mi.UnionType):
        kind = _arm(kind, value)
    if isinstance(kind, mi.StructType):
        _struct(document, path, value, kind, faults)
    elif isinstance(kind, mi.ListType):
        if not isinstance(value, list):
            faults.append(_wrong(document, path, value, ("列表", "a list")))
            return
        for index, item in enumerate(value):
            _walk(document, (*path, index), item, kind.item_type, faults)
    elif isinstance(kind, mi.DictType):
        if not isinstance(value, dict):
            faults.append(_wrong(document, path, value, ("「键: 值」", "'key: value' lines")))
            return
        for key, item in value.items():
            _walk(document, (*path, key), item, kind.value_type, faults)
    else:
        _scalar(document, path, value, kind, faults)


def _arm(union: mi.UnionType, value: Any) -> mi.Type:
    """The member of a union that the value seems to be meant as."""
    arms = [t.type if isinstance(t, mi.Metadata) else t for t in union.types if not isinstance(t, mi.NoneType)]
    wanted: tuple[type, ...] = (mi.StrType,)
    if isinstance(value, dict):
        wanted = (mi.StructType, mi.DictType)
    elif isinstance(value, list):
        wanted = (mi.ListType,)
    for arm in arms:
        if isinstance(arm, wanted):
            return arm
    return arms[0]


def _struct(document: Document, path: Path, value: Any, kind: mi.StructType, faults: list[Diagnostic]) -> None:
    if not isinstance(value, dict):
        faults.append(_wrong(document, path, value, ("「键: 值」", "'key: value' lines")))
        return
    fields = {field.encode_name: field for field in kind.fields}
    for key, item in value.items():
        if key not in fields:
            place = document.place(*path, key, key=True)
            faults.append(
                Diagnostic.at(
                    "RG101",
                    place,
                    source=document.line(place.line),
                    key=key,
                    known=[name for name in fields if name not in value],
                    best=did_you_mean(key, fields),
                )
            )
        else:
            _walk(document, (*path, key), item, fields[key].type, faults)
    for name, field in fields.items():
        if field.required and name not in value:
            place = document.place(*path)
            faults.append(Diagnostic.at("RG102", place, source=document.line(place.line), key=name))


def _scalar(document: Document, path: Path, value: Any, kind: mi.Type, faults: list[Diagnostic]) -> None:
    if not isinstance(value, str):
        faults.append(_wrong(document, path, value, ("一段文字", "a text")))
        return
    place = document.place(*path)
    source = document.line(place.line)
    if isinstance(kind, mi.LiteralType):
        if value not in kind.values:
            known = [str(v) for v in kind.values]
            faults.append(
                Diagnostic.at("RG103", place, source=source, value=value, known=known, best=did_you_mean(value, known))
            )
    elif isinstance(kind, mi.BoolType):
        if value.lower() not in _TRUTHS:
            faults.append(
                Diagnostic.at("RG103", place, source=source, value=value, known=list(_TRUTHS), best=_truth(value))
            )
    elif isinstance(kind, mi.IntType):
        try:
            msgspec.convert(value, int, strict=False)
            number = int(value)
            low, high = kind.ge, kind.le
            if (low is None or number >= low) and (high is None or number <= high):
                return
            wanted = (f"{low} 到 {high} 的整数", f"a whole number from {low} to {high}")
        except (msgspec.ValidationError, ValueError):
            wanted = ("整数", "a whole number")
        faults.append(Diagnostic.at("RG105", place, source=source, key=_name(path), value=value, wanted=wanted))


def _truth(value: str) -> str:
    return {"yes": "true", "on": "true", "是": "true", "no": "false", "off": "false", "否": "false"}.get(
        value.lower(), ""
    ) or did_you_mean(value, _TRUTHS)


def _name(path: Path) -> tuple[str, str]:
    """How messages call the value: its key, or its number in a list."""
    name = next((str(step) for step in reversed(path) if isinstance(step, str)), "")
    if path and isinstance(path[-1], int):
        return f"{name} 第 {path[-1] + 1} 项", f"{name}, item {path[-1] + 1}"
    return name, name


def _wrong(document: Document, path: Path, value: Any, wanted: tuple[str, str]) -> Diagnostic:
    place = document.place(*path)
    got = ("「键: 值」", "'key: value' lines")
    if isinstance(value, list):
        got = ("列表", "a list")
    elif isinstance(value, str):
        got = ("一段文字", "a text") if value else ("空的", "empty")
    hint = "mapping" if isinstance(value, dict) else ""
    if isinstance(value, str):
        hint = "colon" if "：" in value else "list" if wanted[1] == "a list" else ""
    return Diagnostic.at(
        "RG104", place, source=document.line(place.line), key=_name(path), wanted=wanted, got=got, hint_for=hint
    )
