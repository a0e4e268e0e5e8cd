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
"""Units that one character folds to at most; the browser reserves room for it."""
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


def _range(text: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    return int(first, 16), int(last or first, 16)


def bundle_folding(used_astral: Iterable[str] = (), used_units: Iterable[str] | None = None) -> bundle.Folding:
    """The folding table of a release.

    Parameters
    ----------
    used_astral
        Characters beyond the BMP that phrases use. Those that fold to nothing else get a private-use unit of their own.
    used_units
        Folded characters of all phrases. When given, Han forms that fold to none of them are left out, since no phrase
        could tell; the table shrinks to about a third. None = everything.

    Raises
    ------
    ValueError
        More characters beyond the BMP than there are private-use units (6,384).
    """
    table = load_table()
    used = None if used_units is None else set(used_units)
    one: dict[str, str] = {}
    many: dict[str, str] = {}
    for char, target in table.units.items():
        if used is not None and is_han(char) and is_han(target) and target not in used:
            continue
        if char <= "\uffff" and len(target) == 1:
            one[char] = target
        else:
            many[char] = target
    for first, last in table.dropped:
        if first > 0xFFFF:
            many |= dict.fromkeys(map(chr, range(first, last + 1)), "")
    own = sorted({char for char in used_astral if char > "\uffff" and char not in many})
    if len(own) > LAST_ASTRAL_UNIT - FIRST_ASTRAL_UNIT + 1:
        raise ValueError(f"{len(own)} different characters beyond the BMP in phrases, more than private-use units")
    many |= {char: chr(FIRST_ASTRAL_UNIT + index) for index, char in enumerate(own)}
    ordered = sorted(one)
    return bundle.Folding(
        one_from="".join(ordered),
        one_to="".join(one[char] for char in ordered),
        dropped="".join(chr(first) + chr(last) for first, last in table.dropped if last <= 0xFFFF),
        many=dict(sorted(many.items())),
    )
