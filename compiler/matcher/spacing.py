"""unspace: a folded text without the symbols that stand between single characters (一 定 送 到, 拿.货.后).

People write so to be read but not found. Where three or more Han characters stand alone, each apart from the next by one
to three symbols, those symbols are left out. What separates clauses (，。！？；：、) separates still: 嗯，好，行 stays.
"""

from __future__ import annotations

import re
from typing import Final

from compiler.matcher.fold import Folded
from compiler.matcher.text import SYMBOLS

_RUN: Final = re.compile(
    f"(?<![^{SYMBOLS}])[\u3007\u4e00-\u9fff](?:(?:(?![,\u3002!?;:\u3001\\n])[{SYMBOLS}]){{1,3}}[\u3007\u4e00-\u9fff]){{2,}}"
    f"(?![^{SYMBOLS}])"
)
_SYMBOL: Final = re.compile(f"[{SYMBOLS}]")


def unspace(folded: Folded) -> Folded:
    """The same text, with the same origins, less those symbols."""
    text = folded.text
    dropped: set[int] = set()
    for run in _RUN.finditer(text):
        dropped.update(run.start() + symbol.start() for symbol in _SYMBOL.finditer(run[0]))
    if not dropped:
        return folded
    kept = [n for n in range(len(text)) if n not in dropped]
    return Folded(
        "".join(text[n] for n in kept),
        [folded.starts[n] for n in kept],
        [folded.ends[n] for n in kept],
        folded.source_length,
    )
