"""Reading YAML: places, limits, and files that are no text."""

from pathlib import Path

import pytest

from compiler.rulebook import Reader
from compiler.source import MAX_BYTES, Document
from compiler.yaml_tree import MAX_NODES


def codes(document: Document) -> list[str]:
    return [d.code for d in document.diagnostics]


def test_scalars_stay_strings_and_places_are_exact() -> None:
    document = Document("a.yaml", "yes: no\nb: {c: 12:30, 键: [一, {d: 四}]}\n".encode())
    assert document.tree == {"yes": "no", "b": {"c": "12:30", "键": ["一", {"d": "四"}]}}
    assert document.place("b", "键", 1, "d")[1:] == (2, 26, 1)
    assert document.place("b", "键", key=True)[1:] == (2, 15, 1)
    assert document.place("b", "键", 7)[1:] == document.place("b", "键")[1:]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ("标题: 中文\n".encode("gbk"), "RG002"),
        (b"a: \xff\xfe\x80\n", "RG003"),
        (b"a: b\n" * (MAX_BYTES // 5 + 1), "RG001"),
        (b"a: [" + b"x," * (MAX_NODES + 1) + b"]", "RG014"),
        (b"a: " + b"[" * 60_000, "RG013"),
        (b"a: " + b"{b: " * 60_000, "RG013"),
        (b"- " * 60_000, "RG012"),
    ],
)
def test_refused(data: bytes, code: str) -> None:
    document = Document("a.yaml", data)
    assert codes(document) == [code]
    assert document.tree == {}
    assert len(document.diagnostics[0].render()) < 1000


def test_gbk_names_the_line() -> None:
    document = Document("a.yaml", "a: b\nc: 中文\n".encode("gbk"))
    assert document.diagnostics[0].place[1:3] == (2, 4)


def test_a_file_that_cannot_be_read_is_a_diagnostic(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text("topic: a\n")
    (tmp_path / "dangling.yaml").symlink_to(tmp_path / "nowhere")
    book = Reader(tmp_path).read()
    assert [d.code for d in book.diagnostics] == ["RG018"]
    assert list(book.files) == ["good.yaml"]


def test_unchanged_files_are_not_parsed_again(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("topic: a\n")
    (tmp_path / "b.yaml").write_text("topic: b\n")
    reader = Reader(tmp_path)
    first = reader.read().files
    (tmp_path / "b.yaml").write_text("topic: c\n")
    second = reader.read().files
    assert first["a.yaml"] is second["a.yaml"]
    assert first["b.yaml"] is not second["b.yaml"]


def test_a_rule_that_says_the_same_stays_the_same_object_where_it_stands_now(tmp_path: Path) -> None:
    text = "rules:\n  - {id: a, title: t}\n  - {id: b, title: t}\n"
    reader = Reader(tmp_path)
    (tmp_path / "a.yaml").write_text(text)
    first, second = reader.read().rules
    for lines, title, same in ((2, "t", True), (1, "u", False), (0, "t", False)):
        changed = text.replace("rules:\n", "rules:\n" + "  # 说明\n" * lines).replace(
            "a, title: t", f"a, title: {title}"
        )
        (tmp_path / "a.yaml").write_text(changed)
        rule, other = reader.read().rules
        assert (rule is first) is same
        assert other is second
        assert other.document.place(*other.at, "id").line == 3 + lines
        (tmp_path / "a.yaml").write_text("rules: [")  # in between it cannot be read
        assert not reader.read().rules
