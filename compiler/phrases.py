"""The phrase language: text → sequences of items.

    加微信        a literal                 <wechat>  a group or an entity, <url:tmall.com> with an argument
    (帮|给)(您)?  alternatives, optional     …  …4     a gap inside one clause, at most 12 (4) units
    ^ $           clause edges               ^^ $$     message edges              \\(  the character itself

A sequence is a tuple of items: `Texts` (one of several literals), `Ref`, or a negative integer for a gap or an edge,
as docs/engine.md lists them. Literals are not folded yet.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

GAP: Final = 12
MAX_GAP: Final = 40
SOFT: Final = -50
"""At most two symbols or spaces between neighbours; the compiler puts it beside `spaced` groups."""
CLAUSE_START: Final = -100
CLAUSE_END: Final = -101
MESSAGE_START: Final = -102
MESSAGE_END: Final = -103
STARTS: Final = (CLAUSE_START, MESSAGE_START)
EDGES: Final = (CLAUSE_START, CLAUSE_END, MESSAGE_START, MESSAGE_END)

MAX_VARIANTS: Final = 256
MAX_DEPTH: Final = 8
MAX_PHRASE: Final = 2_000
"""Characters of a phrase: working out alternatives takes time that grows with the square of the length."""
_JOINED: Final = 64
"""Neighbouring literals are written out as one set of literals up to this many; beyond, they are joined at check time."""


class Texts(NamedTuple):
    """One of these literals; "" among them makes the item optional."""

    any: tuple[str, ...]


class Ref(NamedTuple):
    name: str
    argument: str
    offset: int
    """Where `<` stands in the phrase, for carets."""


_GAP_OUTSIDE = re.compile(r"^\s*…+\d*|(?<!\\)…+\d*\s*$")

Item = Texts | Ref | int
Sequence = tuple[Item, ...]


class PhraseError(Exception):
    """A malformed phrase: what, in Chinese and English, and where (offset, length)."""

    def __init__(self, zh: str, en: str, offset: int, length: int = 1, code: str = "RG201") -> None:
        super().__init__(en)
        self.zh, self.en, self.offset, self.length, self.code = zh, en, offset, length, code


@lru_cache(maxsize=200_000)
def parse(text: str) -> tuple[Sequence, ...]:
    """Sequences of a phrase, without duplicates, in the order written.

    Raises
    ------
    PhraseError
        Too long, unpaired bracket, empty alternative list, gap at an end, expansion beyond MAX_VARIANTS, nothing to match.
    """
    if len(text) > MAX_PHRASE:
        raise PhraseError(
            f"一个说法最多 {MAX_PHRASE} 个字", f"a phrase has at most {MAX_PHRASE} characters", 0, len(text)
        )
    parser = _Parser(text)
    sequences = parser.alternatives(0)
    if outside := _GAP_OUTSIDE.search(text):
        raise PhraseError(
            "间隔 … 的两边都要有内容", "a gap needs something on both sides", outside.start(), len(outside[0])
        )
    if parser.at < len(text):
        raise PhraseError("多出一个右括号", "an unmatched ')'", parser.at)
    plain: dict[Sequence, None] = {}
    for sequence in sequences:
        for variant in _without_empty(sequence):
            tidy = _tidy(variant)
            _check(text, tidy)
            plain[tidy] = None
    if len(plain) > MAX_VARIANTS:
        raise PhraseError("", "", 0, len(text), "RG204")
    return tuple(plain)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def alternatives(self, depth: int) -> list[Sequence]:
        branches = [self.sequence(depth)]
        while self.at < len(self.text) and self.text[self.at] == "|":
            self.at += 1
            branches.append(self.sequence(depth))
        if len(branches) == 1:
            return branches[0]
        texts = [branch[0] for branch in branches if len(branch) == 1]
        if len(texts) == len(branches) and all(len(t) == 0 or (len(t) == 1 and isinstance(t[0], Texts)) for t in texts):
            union: dict[str, None] = {}
            for option in texts:
                for item in option or (Texts(("",)),):
                    assert isinstance(item, Texts)
                    union.update(dict.fromkeys(item.any))
            return [(Texts(tuple(union)),)]
        return [sequence for branch in branches for sequence in branch]

    def sequence(self, depth: int) -> list[Sequence]:
        """Variants of what stands up to `|`, `)` or the end."""
        variants: list[Sequence] = [()]
        text = self.text
        while self.at < len(text) and text[self.at] not in "|)）":
            parts = self.item(depth)
            # Only after a bracket: in 可以吗? the question mark is what people type.
            if self.at < len(text) and text[self.at] in "?？" and text[self.at - 1] in ")）>":
                self.at += 1
                parts = self._optional(parts)
            variants = [_append(left, right) for left in variants for right in parts]
            if len(variants) > MAX_VARIANTS:
                raise PhraseError("", "", 0, len(text), "RG204")
        return variants

    def item(self, depth: int) -> list[Sequence]:
        text, start = self.text, self.at
        char = text[start]
        self.at += 1
        if char in "(（":
            if depth >= MAX_DEPTH:
                raise PhraseError("括号嵌套太深", "brackets nested too deeply", start)
            inside = self.alternatives(depth + 1)
            if self.at >= len(text) or text[self.at] not in ")）":
                raise PhraseError("括号没有成对", "the bracket is not closed", start)
            self.at += 1
            return inside
        if char == "<":
            return [(self._reference(start),)]
        if char == ">":
            raise PhraseError("多出一个 >", "an unmatched '>'", start)
        if char == "…":
            while self.at < len(text) and text[self.at] == "…":
                self.at += 1
            digits = self.at
            while self.at < len(text) and text[self.at] in "0123456789":
                self.at += 1
            size = int(text[digits : min(self.at, digits + 4)] or GAP)  # int() refuses thousands of digits
            if not 0 < size <= MAX_GAP:
                raise PhraseError(f"间隔最多 {MAX_GAP} 个字", f"a gap is 1 to {MAX_GAP}", start, self.at - start)
            return [(-size,)]
        if char in "^$":
            double = self.at < len(text) and text[self.at] == char
            self.at += double
            return [({"^": (CLAUSE_START, MESSAGE_START), "$": (CLAUSE_END, MESSAGE_END)}[char][double],)]
        if char == "\\" and self.at < len(text):
            char = text[self.at]
            self.at += 1
        return [(Texts((char,)),)]

    def _optional(self, parts: list[Sequence]) -> list[Sequence]:
        if len(parts) == 1 and len(parts[0]) == 1 and isinstance(parts[0][0], Texts):
            item = parts[0][0]
            return [(Texts((*item.any, "")) if "" not in item.any else item,)]
        return [*parts, ()]

    def _reference(self, start: int) -> Ref:
        end = self.text.find(">", start)
        if end < 0:
            raise PhraseError("< 没有配上 >", "'<' without '>'", start)
        name, _, argument = self.text[start + 1 : end].partition(":")
        self.at = end + 1
        if not name.strip():
            raise PhraseError("< > 里要写词组名", "a group name belongs between < and >", start, end - start + 1)
        return Ref(name.strip(), argument.strip(), start)


def _append(left: Sequence, right: Sequence) -> Sequence:
    """`left` then `right`; literals that touch become one set of literals while that stays small."""
    if left and right:
        last, first = left[-1], right[0]
        if isinstance(last, Texts) and isinstance(first, Texts) and len(last.any) * len(first.any) <= _JOINED:
            both = tuple(dict.fromkeys(a + b for a in last.any for b in first.any))
            return (*left[:-1], Texts(both), *right[1:])
    return left + right


def _without_empty(sequence: Sequence) -> list[Sequence]:
    """The sequence with its optional literals once present and once left out."""
    variants: list[Sequence] = [()]
    for item in sequence:
        if isinstance(item, Texts) and "" in item.any:
            present = tuple(t for t in item.any if t)
            options: list[Sequence] = [()]
            if present:
                options.insert(0, (Texts(present),))
            variants = [_append(v, o) for v in variants for o in options]
        else:
            variants = [_append(v, (item,)) for v in variants]
        if len(variants) > MAX_VARIANTS:
            raise PhraseError("", "", 0, 1, "RG204")
    return variants


def _tidy(sequence: Sequence) -> Sequence:
    """The sequence without the gaps that an optional part left at an end; two gaps in a row are one."""
    items: list[Item] = []
    for item in sequence:
        if isinstance(item, int) and item > SOFT:
            if not items:
                continue
            if isinstance(items[-1], int) and items[-1] > SOFT:
                items[-1] = max(-MAX_GAP, items[-1] + item)
                continue
        items.append(item)
    if items and isinstance(items[-1], int) and items[-1] > SOFT:
        items.pop()
    return tuple(items)


def _check(text: str, sequence: Sequence) -> None:
    if not any(isinstance(item, (Texts, Ref)) for item in sequence):
        raise PhraseError("", "", 0, max(1, len(text)), "RG207")
    previous: Item | None = None
    for n, item in enumerate(sequence):
        if not isinstance(item, int):
            previous = item
            continue
        if item in STARTS:
            if n:
                raise PhraseError("^ 只能写在最前面", "'^' stands first", max(0, text.find("^", 1)))
        elif item in EDGES:
            if n < len(sequence) - 1:
                raise PhraseError("$ 只能写在最后面", "'$' stands last", text.find("$"))
            if isinstance(previous, int):
                raise PhraseError("$ 前面不能是间隔", "no gap before '$'", text.find("$"))
        elif isinstance(previous, int):
            raise PhraseError("^ 后面不能是间隔", "no gap after '^'", max(0, text.find("…")))
        previous = item
