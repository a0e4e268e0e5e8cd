"""The words around a number, which tell what it is. Mirrored by `extension/src/engine/entity_words.ts`."""

from __future__ import annotations

from collections.abc import Sequence

from compiler.matcher import entity_tables as tables
from compiler.matcher.entity_text import is_alnum, is_letter, is_separator


class Words:
    """Words to be looked for from right to left, and words of one unit that must stand alone."""

    def __init__(self, words: Sequence[str], singles: Sequence[str] = ()) -> None:
        self.by_last: dict[str, list[str]] = {}
        for word in sorted(words, key=len, reverse=True):
            self.by_last.setdefault(word[-1], []).append(word)
        self.singles = frozenset(singles)

    def ending_at(self, text: str, start: int, end: int) -> int:
        """The length of the longest word that ends at `end` and lies in `text[start:end]`, 0 = none."""
        if end > start:
            for word in self.by_last.get(text[end - 1], ()):
                if len(word) <= end - start and text.startswith(word, end - len(word)):
                    return len(word)
        return 0

    def nearest(self, text: str, start: int, end: int) -> tuple[int, int]:
        """The word that ends last in `text[start:end]`, the longest of those, as (end, length); (-1, 0) = none."""
        for at in range(end, start, -1):
            length = self.ending_at(text, start, at)
            if length:
                return at, length
        return -1, 0


_LABELS = Words(tables.LABELS)
_TOUCHING_LABELS = Words(tables.TOUCHING_LABELS)
NO_WORDS = Words(())


def back_to(text: str, end: int, reach: int, stops: str) -> int:
    """The smallest start, at most `reach` units before `end`, such that `text[start:end]` holds none of `stops`."""
    start = end
    while start > 0 and end - start < reach and text[start - 1] not in stops:
        start -= 1
    return start


def evidence(text: str, start: int, end: int, cues: Words, cues_after: Words = NO_WORDS) -> int:
    """What the words around `[start, end)` say: 1 = a cue, -1 = a label of something else is nearer, 0 = nothing."""
    clause = back_to(text, start, tables.CUE_REACH, "。!?;\n")
    cue = cues.nearest(text, clause, start)
    label = _LABELS.nearest(text, back_to(text, start, tables.LABEL_REACH + 6, "。!?;\n,"), start)
    if label > cue and start - label[0] <= tables.LABEL_REACH:
        return -1
    if cue[0] < start - 2:
        stripped = start
        while stripped > clause and (is_separator(text[stripped - 1]) or text[stripped - 1] in "是为号码的"):
            stripped -= 1
        if _TOUCHING_LABELS.ending_at(text, clause, stripped):
            return -1
    if cue[0] >= 0:
        return 1
    return 1 if cues_after.nearest(text, end, min(len(text), end + 8))[0] >= 0 else 0


def latin_before(text: str, index: int) -> str:
    """The ASCII letters that touch `index` from the left (at most 12)."""
    start = index
    while start > 0 and index - start < 12 and is_letter(text[start - 1]):
        start -= 1
    return text[start:index]


def alnum_after(text: str, index: int) -> str:
    """The ASCII letters and digits that touch `index` from the right (at most 24)."""
    end = index
    while end < len(text) and end - index < 24 and is_alnum(text[end]):
        end += 1
    return text[index:end]


def word_before(text: str, index: int, words: Words) -> tuple[int, int] | None:
    """The word that announces what begins at `index`, as (start, end): 微.信号：, V❤, qq是.

    Fillers and separators may stand between, at most `FILLER_REACH` units, and up to two separators between the units of
    the word. One-unit words must stand alone (加微, not 稍微).
    """
    at = index - 1
    for _ in range(tables.FILLER_REACH + 1):
        if at < 0 or text[at] in tables.SENTENCE_ENDS:
            return None
        for word in words.by_last.get(text[at], ()):
            start = _spaced_word(text, at, word)
            if start >= 0 and not (is_letter(word[0]) and start and is_alnum(text[start - 1])):
                return start, at + 1
        if text[at] in words.singles and (
            at == 0
            or is_separator(text[at - 1])
            or (text[at - 1] in tables.BEFORE_SINGLE and not is_alnum(text[at - 1]))
        ):
            return at, at + 1
        if is_separator(text[at]) or text[at] in tables.FILLERS:
            at -= 1
        elif text[at] == "d" and at > 1 and text[at - 1] == "i" and not is_letter(text[at - 2]):
            at -= 2
        else:
            return None
    return None


def _spaced_word(text: str, last: int, word: str) -> int:
    at = last
    for unit in reversed(word[:-1]):
        at -= 1
        skipped = 0
        while at >= 0 and skipped < 2 and text[at] != unit and is_separator(text[at]):
            at -= 1
            skipped += 1
        if at < 0 or text[at] != unit:
            return -1
    return at
