"""Every text of the interface is there in every language, with the same places for values."""

from __future__ import annotations

import json
import re

from opencc import OpenCC

from .conftest import EXTENSION

LANGUAGES = ("zh_CN", "zh_TW", "en")
OWN = ("background", "content", "options", "pages", "panel", "popup")


def texts(language: str) -> dict[str, str]:
    table = json.loads((EXTENSION / "_locales" / language / "messages.json").read_text())
    return {key: entry["message"] for key, entry in table.items()}


def test_all_languages_have_the_same_texts() -> None:
    reference = texts("zh_CN")
    for language in LANGUAGES[1:]:
        other = texts(language)
        assert other.keys() == reference.keys()
        for key, text in other.items():
            assert text, (language, key)
            assert sorted(re.findall(r"\$\d", text)) == sorted(re.findall(r"\$\d", reference[key])), (language, key)


def test_the_traditional_texts_are_traditional() -> None:
    traditional = OpenCC("s2t").convert
    for key, text in texts("zh_TW").items():
        assert traditional(text) == text, key


def test_every_text_that_is_asked_for_exists() -> None:
    source = "".join(
        path.read_text()
        for name in OWN
        for path in (EXTENSION / "src" / name).rglob("*")
        if path.suffix in (".ts", ".html")
    )
    asked = set(re.findall(r'\bt\("([a-z_0-9]+)"', source))
    asked |= set(re.findall(r'data-(?:t|placeholder)="([a-z_]+)"', source))
    asked |= set(re.findall(r'EnrolmentError\("([a-z_]+)"', source))
    assert asked <= texts("zh_CN").keys()
