"""The phrase language."""

import pytest

from compiler.phrases import PhraseError, Ref, Texts, parse


def shape(text: str) -> list[list[object]]:
    """Sequences as plain lists: literals as strings or lists of them, groups as <name>, gaps and edges as numbers."""

    def item(part: object) -> object:
        if isinstance(part, Texts):
            return part.any[0] if len(part.any) == 1 else list(part.any)
        return f"<{part.name}{':' + part.argument if part.argument else ''}>" if isinstance(part, Ref) else part

    return [[item(part) for part in sequence] for sequence in parse(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("加微信", [["加微信"]]),
        ("(帮|给)您", [[["帮您", "给您"]]]),
        ("（帮|给）您", [[["帮您", "给您"]]]),
        ("加(上)?微", [[["加上微", "加微"]]]),
        ("好的|可以", [[["好的", "可以"]]]),
        ("<refuse>…<card>", [["<refuse>", -12, "<card>"]]),
        ("甲…4乙", [["甲", -4, "乙"]]),
        ("^<agree>$", [[-100, "<agree>", -101]]),
        ("^^好$$", [[-102, "好", -103]]),
        ("<you>?加", [["<you>", "加"], ["加"]]),
        ("加…6(<qq>)?", [["加", -6, "<qq>"], ["加"]]),
        ("甲…4(乙)?…4丙", [["甲", -4, "乙", -4, "丙"], ["甲", -8, "丙"]]),
        ("可以吗?", [["可以吗?"]]),
        (r"\(内\)", [["(内)"]]),
        ("<url:!tmall.com>", [["<url:!tmall.com>"]]),
        ("((甲|乙)丙|<丁>)戊", [[["甲丙戊", "乙丙戊"]], ["<丁>", "戊"]]),
    ],
)
def test_parse(text: str, expected: list[list[object]]) -> None:
    assert shape(text) == expected


@pytest.mark.parametrize(
    ("text", "code", "offset"),
    [
        ("加(微信", "RG201", 1),
        ("加微信)", "RG201", 3),
        ("…微信", "RG201", 0),
        ("微信…", "RG201", 2),
        ("加…99微", "RG201", 1),
        ("加<", "RG201", 1),
        ("", "RG207", 0),
        ("^…$", "RG207", 0),
        ("加^微", "RG201", 1),
        ("(" * 20 + "a" + ")" * 20, "RG201", 8),
        ("(一|二|三|四|<a>)(一|二|三|四|<b>)(一|二|三|四|<c>)(一|二|三|四|<d>)…" * 3 + "完", "RG204", 0),
    ],
)
def test_malformed(text: str, code: str, offset: int) -> None:
    with pytest.raises(PhraseError) as error:
        parse(text)
    assert (error.value.code, error.value.offset) == (code, offset)


def test_expansion_is_bounded_before_it_is_done() -> None:
    with pytest.raises(PhraseError):
        parse("(a|<b>)" * 200)
