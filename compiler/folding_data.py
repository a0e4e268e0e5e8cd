"""Regenerates `compiler/data/folding.json`: `python -m compiler.folding_data [FILE]`.

The table is computed from Unicode's compatibility decompositions and character names (`unicodedata2`, pinned so that
the result does not depend on the Python that runs it), Unicode's confusables (`confusable-homoglyphs`), OpenCC's
dictionaries (`opencc-python-reimplemented`) and the few decisions of our own below; `docs/folding.md` gives the reasons
for them. These packages are development dependencies: only the committed file is needed to compile or to check.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import resources
from pathlib import Path

import unicodedata2 as ucd

from compiler.folding import LONGEST, TABLE_FILE, is_han

SPACES = "\t\v\f\u00a0\u1680\u2028\u2029\u0085\u202f\u205f\u2800\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
NEWLINES = "\u0085\u2028\u2029"

SYMBOLS = {
    "-": "‐‑‒–—―⁃−⸺⸻➖",
    "+": "➕",
    "~": "〜∼〰",
    "/": "⁄∕",
    ":": "∶꞉︰",
    '"': "“”„‟",
    "'": "‘’‚‛",
    "|": "∣⏽│┃￨",
    "·": "•∙⋅‧・",
    "…": "⋯︙",
    "*": "∗⁎",
    "!": "❗❕",
    "?": "❓❔",
}
"""Punctuation that people type for one another and that Unicode's compatibility forms keep apart."""

KEPT = set("…™℠〇Ω")
"""Forms that mean something else than what they would fold to: `tm` is an insult in chat, 〇 a Chinese zero, Ω ohms."""

OWN_LOOK_ALIKES = {
    "3": "зӡɜʒ",
    "a": "ɐ",
    "b": "βв",
    "c": "ɔ",
    "e": "ǝəɛεΣ",
    "h": "н",
    "k": "кκ",
    "m": "м",
    "n": "η",
    "r": "ɹ",
    "t": "ʇτт",
    "v": "ʌ",
    "w": "ʍω",
    "x": "χ✕✖☓〤",
    "y": "ʎ",
    "二": "ニ",
    "八": "ハ",
    "力": "カ",
    "卜": "ト",
    "口": "ロ",
    "夕": "タ",
    "工": "エ",
}
"""Small letters whose capital is a look-alike, letters of upside-down and "Martian" writing, multiplication signs, and
katakana that cannot be told from a Han character in most fonts."""

LETTER_EMOJI = {
    "🆎": "ab", "🆑": "cl", "🆒": "cool", "🆓": "free", "🆔": "id", "🆕": "new", "🆖": "ng", "🆗": "ok", "🆘": "sos",
    "🆙": "up", "🆚": "vs", "🆊": "p", "🔟": "10", "ℹ": "i",
}  # fmt: skip

OWN_HAN = {
    # Where OpenCC needs the word to decide (計畫 計劃, 手鍊 鍛鍊, 甚麼 甚至), both readings fold to one character, on
    # both sides of the comparison, so no word can be missed.
    "畫": "划", "画": "划", "鍊": "链", "煉": "链", "炼": "链", "甚": "什", "覆": "复", "著": "着", "乾": "干", "瞭": "了",
    "彷": "仿", "藉": "借", "祇": "只", "衹": "只", "於": "于", "徵": "征", "沈": "沉",
    # Forms of Taiwan, Hong Kong and Japan, and old forms, that OpenCC keeps or turns into a rarer character.
    "妳": "你", "牴": "抵", "馀": "余", "餘": "余", "锺": "钟", "鍾": "钟", "讬": "托", "託": "托", "钜": "巨", "鉅": "巨",
    "谘": "咨", "諮": "咨", "麽": "么", "枱": "台", "粧": "妆", "揹": "背", "擡": "抬", "伕": "夫", "幷": "并", "薰": "熏",
    "繐": "穗", "鏚": "戚", "敍": "叙", "衞": "卫", "糭": "粽", "痺": "痹", "線": "线",
}  # fmt: skip

ALPHABET = re.compile(r"[ -~¡-ɏͰ-ӿ—…\u3001-\u303f\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
"""What a compatibility form may fold to. The others (Arabic and Hangul presentation forms …) never meet a phrase."""

ENCLOSED = re.compile(r"PARENTHESIZED|TORTOISE SHELL BRACKETED|FULL STOP|COMMA|CIRCLED|SQUARED|REGIONAL|DINGBAT")
LETTER = re.compile(
    r"(?:NEGATIVE CIRCLED LATIN CAPITAL LETTER|NEGATIVE SQUARED LATIN CAPITAL LETTER|REGIONAL INDICATOR SYMBOL LETTER"
    r"|LATIN LETTER SMALL CAPITAL) ([A-Z])"
)
WITH_MARK = re.compile(
    r"LATIN (?:SMALL|CAPITAL|LETTER SMALL CAPITAL) (?:LETTER )?(?:SCRIPT |DOTLESS )?([A-Z])(?: WITH .*)?"
)
"""Letters with a stroke, hook or tail, which have no decomposition."""

EXTRA_DROPPED = "\u115f\u1160\u2065\u3164\uffa0" + "".join(map(chr, range(0xFFF0, 0xFFF9)))
ASTRAL_DROPPED = [*range(0x1F3FB, 0x1F400), *range(0x1D173, 0x1D17B), *range(0x1BCA0, 0x1BCA4)]


def opencc(name: str) -> Iterator[tuple[str, list[str]]]:
    """Lines of one of OpenCC's dictionaries: a word and what it may become, best first."""
    for line in (resources.files("opencc") / "dictionary" / name).read_text("utf-8").splitlines():
        word, tab, forms = line.partition("\t")
        if tab:
            yield word, forms.split()


def in_common_use(char: str) -> bool:
    """Whether the character is one of the 6,763 of GB 2312, i.e. one that simplified text really uses."""
    return is_han(char) and bool(char.encode("gb2312", "ignore"))


@cache
def look_alikes() -> dict[str, str]:
    """Every usable look-alike of an ASCII letter or digit, and of a Han character among radicals and strokes."""
    path = resources.files("confusable_homoglyphs") / "confusables.json"
    known: dict[str, list[dict[str, str]]] = json.loads(path.read_text("utf-8"))
    found: dict[str, str] = {}
    for char, others in known.items():
        for other in others:
            target = other["c"]
            if len(char) != 1 or len(target) != 1 or char in KEPT:
                continue
            if target.isascii() and target.isalnum() and not char.isascii():
                found[char] = like_ascii(char, target)
            elif is_han(target) and (is_stroke(char) or rare_twin(char, target)):
                found.setdefault(char, target)
    found = {char: target for char, target in found.items() if target}
    found |= {char: target for target, chars in OWN_LOOK_ALIKES.items() for char in chars}
    return found


def like_ascii(char: str, target: str) -> str:
    """The letter or digit that `char` folds to, "" when it should not."""
    if ucd.category(char) in ("Lm", "Sk", "Po") or char in "|∣⏽￨〇⋿":
        return ""
    if ucd.category(char) == "Nd":
        return str(ucd.digit(char))
    form: str = ucd.normalize("NFKC", char)
    if len(form) == 1 and form.isascii():
        return form.lower()
    if target == "l" and ucd.category(char) in ("Lu", "Lo") and char != "ǀ":
        return "i"  # Unicode has one class of l, I and 1; a capital iota is an I, so i after folding
    return target.lower()


def rare_twin(char: str, target: str) -> bool:
    """値 for 值: of two characters that look the same, the one nobody types on purpose."""
    return is_han(char) and in_common_use(target) and not in_common_use(char)


def is_stroke(char: str) -> bool:
    return "\u2e80" <= char <= "\u2fdf" or "\u31c0" <= char <= "\u31ef"


@cache
def han() -> dict[str, str]:
    """Traditional, Taiwanese, Hong Kong, Japanese and old forms → one simplified character of the BMP."""
    found = {}
    for char, forms in opencc("TSCharacters.txt"):
        simplified = next((form for form in forms if form <= "\uffff"), char)
        if simplified != char:
            found[char] = simplified
    found |= OWN_HAN
    for name in ("HKVariants.txt", "TWVariants.txt", "JPVariants.txt"):
        for char, forms in opencc(name):
            for form in forms:
                if len(form) == 1 and form not in found and not in_common_use(form):
                    found[form] = found.get(char, char)
    return {char: target for char, target in found.items() if char != target}


@cache
def fold(char: str) -> str:
    """What a character folds to, to the end: every unit of the result folds to itself."""
    result = char
    for _ in range(8):
        folded = "".join(map(step, result))
        if folded == result:
            return result
        result = folded
    raise AssertionError(f"no end in folding U+{ord(char):04X}")


def step(char: str) -> str:
    if "a" <= char <= "z" or char in KEPT:
        return char
    if char in NEWLINES:
        return "\n"
    if char in SPACES:
        return " "
    if is_dropped(char):
        return ""
    if char in LETTER_EMOJI:
        return LETTER_EMOJI[char]
    symbol = next((target for target, chars in SYMBOLS.items() if char in chars), "")
    if symbol:
        return symbol
    if char in look_alikes():
        return look_alikes()[char]
    if char in han():
        return han()[char]
    name = ucd.name(char, "")
    if match := LETTER.fullmatch(name):
        return match[1].lower()
    if (
        "CIRCLED" in name
        and (number := ucd.numeric(char, None)) is not None
        and number == int(number)
        and "IDEOGRAPH" not in name
    ):
        return str(int(number))
    if ucd.category(char) == "Nd" and char <= "\uffff":
        return str(ucd.digit(char))
    form = compatibility_form(char, name)
    if form != char:
        return form
    if match := WITH_MARK.fullmatch(name):
        return match[1].lower()
    if "CAPITAL" in name and name.startswith(("LATIN", "GREEK", "CYRILLIC")):
        try:
            return str(ucd.lookup(name.replace("CAPITAL", "SMALL")))
        except KeyError:
            return char
    return char


def compatibility_form(char: str, name: str) -> str:
    form: str = ucd.normalize("NFKC", char)
    if form != char and ENCLOSED.search(name):
        form = form.strip("()〔〕.,") or form
    if ucd.category(form[0])[0] == "L" and not is_kana(form):
        form = "".join(mark for mark in ucd.normalize("NFD", form) if ucd.category(mark) != "Mn")
    if form.startswith(" ") or not ALPHABET.fullmatch(form) or len(form) > LONGEST:
        return char
    if is_kana(form) and (len(form) > 1 or ENCLOSED.search(name)):
        return char
    return form


def is_kana(text: str) -> bool:
    return any("\u3041" <= char <= "\u30ff" for char in text)


def is_dropped(char: str) -> bool:
    return (
        char in EXTRA_DROPPED
        or ord(char) in ASTRAL_DROPPED
        or (char <= "\uffff" and ucd.category(char) in ("Mn", "Me", "Cf", "Cc") and char not in "\t\n\v\f\r\u0085")
    )


def universe() -> Iterable[str]:
    """Characters that may fold: all of the BMP but surrogates and private use, and the astral ones the sources name."""
    bmp = [chr(code) for code in range(0x10000) if not 0xD800 <= code <= 0xF8FF]
    astral = [chr(code) for code in range(0x10000, 0x30000) if ucd.decomposition(chr(code))]
    named = [char for char in (*look_alikes(), *han(), *LETTER_EMOJI) if char > "\uffff"]
    enclosed = map(chr, (*range(0x1F100, 0x1F200), *ASTRAL_DROPPED))
    return [*bmp, *sorted({*astral, *named, *enclosed})]


def as_ranges(chars: Iterable[str]) -> list[str]:
    """Runs of neighbours as `0300-036F`: most of these characters cannot be shown in a file."""
    runs: list[list[int]] = []
    for code in sorted(map(ord, chars)):
        if runs and code == runs[-1][1] + 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return [f"{first:04X}" if first == last else f"{first:04X}-{last:04X}" for first, last in runs]


def section(char: str, target: str) -> str:
    if char in look_alikes() and ucd.normalize("NFKC", char).lower() != target:
        return "look_alikes"
    if is_han(target) and len(target) == 1:
        return "han"
    return "forms"


def generate() -> str:
    """The text of the table file."""
    folded = {char: target for char in universe() if (target := fold(char)) != char}
    dropped = [char for char, target in folded.items() if not target]
    parts: dict[str, dict[str, str]] = {"forms": {}, "look_alikes": {}, "han": {}}
    for char, target in sorted(folded.items()):
        if target:
            part = parts[section(char, target)]
            part[target] = part.get(target, "") + char
    table = {"unicode": ucd.unidata_version, "dropped": as_ranges(dropped)}
    table |= {name: dict(sorted(part.items())) for name, part in parts.items()}
    return escape(json.dumps(table, ensure_ascii=False, indent=1)) + "\n"


def escape(text: str) -> str:
    """JSON escapes for what an editor would hide or reorder."""

    def needs(char: str) -> bool:
        hidden = ucd.category(char)[0] in "CZM"
        return char > "~" and (hidden or ucd.bidirectional(char) in ("R", "AL", "AN"))

    def escaped(char: str) -> str:
        units = char.encode("utf-16-be").hex()
        return "".join("\\u" + units[i : i + 4] for i in range(0, len(units), 4))

    return "".join(escaped(char) if needs(char) else char for char in text)


if __name__ == "__main__":
    target_file = Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE_FILE
    target_file.write_text(generate(), "utf-8")
