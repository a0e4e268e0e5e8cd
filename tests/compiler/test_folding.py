"""The folding table: made from its sources, closed, and harmless to ordinary text."""

from __future__ import annotations

import json
import unicodedata
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from compiler import folding_data
from compiler.folding import LONGEST, TABLE_FILE, bundle_folding, is_han, load_table
from compiler.matcher.fold import Folder

DOCS = Path(__file__).parents[2] / "docs" / "folding.md"
FOLDER = Folder(bundle_folding())


def fold(text: str) -> str:
    return FOLDER.fold(text).text


def gb2312(first: int, last: int) -> list[str]:
    pairs = (bytes([row, cell]) for row in range(first, last) for cell in range(0xA1, 0xFF))
    return [char for pair in pairs if (char := pair.decode("gb2312", "ignore"))]


def test_the_committed_table_is_what_its_sources_give() -> None:
    assert folding_data.generate() == TABLE_FILE.read_text("utf-8")


def test_every_result_is_final() -> None:
    table = load_table()
    for char, target in table.units.items():
        assert 1 <= len(target) <= LONGEST, char
        for unit in target:
            assert unit not in table.units, f"{char} folds to {target}, but {unit} folds on"
            assert "\n" <= unit < "\ud800" or "\uf900" <= unit <= "\uffff", f"{char}: U+{ord(unit):04X}"


def test_ascii_folds_to_lower_case_and_nothing_else() -> None:
    for code in range(0x20, 0x7F):
        assert fold(chr(code)) == chr(code).lower()


def test_full_width_ascii_folds_to_ascii() -> None:
    for code in range(0x21, 0x7F):
        assert fold(chr(code + 0xFEE0)) == chr(code).lower()


def test_common_characters_fold_to_themselves_but_for_the_documented_ones() -> None:
    common = gb2312(0xB0, 0xD8)
    assert len(common) == 3755
    folding = {char: fold(char) for char in common if fold(char) != char}
    assert folding == {"覆": "复", "画": "划", "藉": "借", "炼": "链", "乾": "干", "甚": "什", "著": "着", "沈": "沉"}
    page = DOCS.read_text("utf-8")
    for char, target in folding.items():
        assert f"{char}→{target}" in page


def test_no_chinese_character_or_kana_becomes_ascii() -> None:
    for code in [*range(0x3041, 0x3100), *range(0x3400, 0xA000), *range(0xF900, 0xFB00), 0x3005, 0x3006, 0x3007]:
        assert not fold(chr(code)).isascii() or fold(chr(code)) == "", f"U+{code:04X}"


def test_compatibility_forms_of_letters_and_digits() -> None:
    for code in range(0x80, 0x20000):
        form = unicodedata.normalize("NFKC", chr(code))
        if len(form) == 1 and form.isascii() and form.isalnum():
            assert fold(chr(code)) == form.lower(), f"U+{code:04X}"


def test_look_alikes_of_unicode() -> None:
    path = resources.files("confusable_homoglyphs") / "confusables.json"
    known = json.loads(path.read_text("utf-8"))
    pairs = [
        (char, other["c"])
        for char, others in known.items()
        for other in others
        if len(char) == 1 and not char.isascii() and other["c"].isascii() and other["c"].isalnum()
    ]
    single = [(char, target) for char, target in pairs if len(target) == 1]
    assert len(single) > 1300
    for char, target in single:
        folded = fold(char)
        if char in "˛ͺ᙮⋿〇":
            assert folded == char
        elif char in "∣⏽￨":
            assert folded == "|"
        elif unicodedata.category(char) == "Nd":
            assert folded == str(unicodedata.digit(char))
        elif target == "l":
            assert folded in ("l", "i")
        elif char == "ſ":
            assert folded == "s"
        else:
            assert folded == target.lower(), f"U+{ord(char):04X}"


def test_the_phrases_of_opencc_fold_alike() -> None:
    """Traditional and simplified spelling of nearly every word give the same folded text."""
    alike, different = 0, []
    for name in ("STPhrases.txt", "TSPhrases.txt"):
        for word, others in folding_data.opencc(name):
            if fold(word) == fold(others[0]):
                alike += 1
            else:
                different.append(word)
    assert alike > 49_000
    assert len(different) < 40, different


def test_traditional_characters_become_simplified() -> None:
    for char, forms in folding_data.opencc("TSCharacters.txt"):
        if forms[0] != char and forms[0] <= "\uffff":
            assert fold(char) != char, char


def test_a_release_takes_what_its_phrases_need() -> None:
    full, small = bundle_folding(), bundle_folding(used_units=fold("加微信发票"))
    assert len(msgspec.json.encode(small)) < len(msgspec.json.encode(full)) / 2
    assert Folder(small).fold("發Ⓥ１𝐯無").text == "发v1v無"
    assert fold("發Ⓥ１𝐯無") == "发v1v无"


def test_astral_characters_of_phrases_get_units_of_their_own() -> None:
    folding = bundle_folding(["🥇", "𠮷", "🥇", "微", "𝐯", "🏽"])
    assert Folder(folding).fold("𠮷🥇👍𠀀𝐯🏽").text == "\ue011\ue010\ue000\ue001v"
    assert folding == bundle_folding(["𠮷", "🥇"])


def test_a_character_that_a_small_table_leaves_out_can_be_used_itself() -> None:
    """None is needed: what folds to a letter does so as soon as a phrase uses that letter."""
    left_out = next(char for char, target in load_table().units.items() if char > "\uffff" and is_han(target))
    target = load_table().units[left_out]
    assert Folder(bundle_folding([left_out], [target])).fold(left_out).text == target


def test_too_many_astral_characters() -> None:
    with pytest.raises(ValueError, match="different characters beyond the BMP"):
        bundle_folding(map(chr, range(0x20000, 0x20000 + 7000)))
