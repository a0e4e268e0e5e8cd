"""The folding table: what every character of a phrase, a reply or a buyer's message folds to.

`compiler/data/folding.json` is the table (`compiler.folding_data` regenerates it), `docs/folding.md` says what folds
and why, `compiler/matcher/fold.py` applies it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import msgspec

from compiler import bundle

TABLE_FILE = Path(__file__).parent / "data" / "folding.json"
LONGEST = 4
"""Units that one character folds to at most; both engines rely on it."""
FIRST_ASTRAL_UNIT = 0xE010
LAST_ASTRAL_UNIT = 0xF8FF


class FoldingTable(msgspec.Struct, frozen=True):
    """The whole table, before a release takes what it needs of it."""

    units: dict[str, str]
    """A character → one to four units; characters not named fold to themselves."""
    dropped: tuple[tuple[int, int], ...]
    """Characters that fold to nothing, as inclusive ranges of code points."""


class _TableFile(msgspec.Struct, forbid_unknown_fields=True):
    unicode: str
    dropped: list[str]
    forms: dict[str, str]
    look_alikes: dict[str, str]
    han: dict[str, str]


class _Part(msgspec.Struct, frozen=True):
    """Some entries of the table, the way a bundle holds them."""

    one_from: str
    one_to: str
    many: dict[str, str]


def is_han(char: str) -> bool:
    """Whether `char` is one Han character, of the BMP or beyond it."""
    return "\u3400" <= char <= "\u4dbf" or "\u4e00" <= char <= "\u9fff" or "\U00020000" <= char <= "\U0003ffff"


@cache
def load_table() -> FoldingTable:
    """The committed table."""
    file = msgspec.json.decode(TABLE_FILE.read_bytes(), type=_TableFile)
    units = {
        char: target
        for part in (file.forms, file.look_alikes, file.han)
        for target, chars in part.items()
        for char in chars
    }
    return FoldingTable(units, tuple(_range(text) for text in file.dropped))


def bundle_folding(used_astral: Iterable[str] = (), used_units: Iterable[str] | None = None) -> bundle.Folding:
    """The folding table of a release.

    Parameters
    ----------
    used_astral
        Characters beyond the BMP that phrases use. Those that fold to nothing else get a private-use unit of their own.
    used_units
        The units that phrases and entity detectors look for. When given, letters that fold to a letter nobody looks for
        are left out: nobody could tell, and the table shrinks to half. None = everything.

    Raises
    ------
    ValueError
        More characters beyond the BMP than there are private-use units (6,384).
    """
    always, by_target = _parts()
    wanted = sorted(by_target if used_units is None else by_target.keys() & set(used_units))
    parts = [always, *(by_target[target] for target in wanted)]
    many: dict[str, str] = {}
    for part in parts:
        many |= part.many
    own = sorted({char for char in used_astral if char > "\uffff" and char not in load_table().units} - many.keys())
    if len(own) > LAST_ASTRAL_UNIT - FIRST_ASTRAL_UNIT + 1:
        raise ValueError(f"{len(own)} different characters beyond the BMP in phrases, more than private-use units")
    many |= {char: chr(FIRST_ASTRAL_UNIT + index) for index, char in enumerate(own)}
    return bundle.Folding(
        one_from="".join(part.one_from for part in parts),
        one_to="".join(part.one_to for part in parts),
        dropped="".join(chr(first) + chr(last) for first, last in load_table().dropped if last <= 0xFFFF),
        many=many,
    )


@cache
def _parts() -> tuple[_Part, dict[str, _Part]]:
    """What every release holds, and what only matters to phrases with a certain letter, by that letter."""
    table = load_table()
    always: dict[str, str] = {}
    optional: dict[str, dict[str, str]] = {}
    for char, target in sorted(table.units.items()):
        # An emoji always folds: left out it would be a symbol, and symbols are passed over where letters are not.
        if len(target) == 1 and target.isalpha() and not target.isascii() and not _is_emoji(char):
            optional.setdefault(target, {})[char] = target
        else:
            always[char] = target
    for first, last in table.dropped:
        if first > 0xFFFF:
            always |= dict.fromkeys(map(chr, range(first, last + 1)), "")
    return _part(always), {target: _part(chars) for target, chars in optional.items()}


def _part(units: dict[str, str]) -> _Part:
    one = {char: target for char, target in units.items() if char <= "\uffff" and len(target) == 1}
    many = {char: target for char, target in units.items() if char not in one}
    return _Part("".join(one), "".join(one.values()), many)


def _is_emoji(char: str) -> bool:
    return "\U0001f000" <= char <= "\U0001ffff"


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first, 16), int(last or first, 16)
