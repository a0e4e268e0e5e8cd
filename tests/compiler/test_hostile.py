"""Hostile rule files: whatever the bytes, a diagnostic or a release, never a crash, a hang or unbounded memory.

`REPLYGUARD_FUZZ=20000 python -m pytest tests/compiler/test_hostile.py` tries more than the few hundred of every run.
"""

from __future__ import annotations

import os
import random
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compiler import phrases
from compiler.build import Build, Builder
from compiler.source import MAX_BYTES, MAX_FAULTS, Document

RULES = Path(__file__).parents[2] / "rules"
FILES = sorted(RULES.rglob("*.yaml"))
GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.yaml"))
MORE = int(os.environ.get("REPLYGUARD_FUZZ", "0"))
EXAMPLES = MORE or 150
FUZZ = settings(max_examples=EXAMPLES, deadline=None, derandomize=not MORE, suppress_health_check=list(HealthCheck))

_SIGNS = "- : , [ ] { } # & * ! | > ' \" % @ ` ? ~ … ^ $ ( ) < > \\ = => 〔 〕 ：，（）？"
_BLANKS = [
    " ",
    "\n",
    "\n  ",
    "\n    - ",
    "\t",
    "\u3000",
    "\u00a0",
    "\ufeff",
    "\r",
    "\x00",
    "\x07",
    "\ud800",
    "\U0001f600",
]
_WORDS = "rules: groups: find: bad: id: any: given: turns: 99999999999999999999 1e999 -0 0x1 true null <phone> <url:a> <wechat>"
TOKENS = [*_SIGNS.split(" "), *_BLANKS, *_WORDS.split(" ")]
BYTES = [b"\xff", b"\xc3", b"\x00", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\x1a"]


def checked(document: Document) -> None:
    """What is true of any document: places that exist, texts of bounded size."""
    if not document.usable:
        assert document.diagnostics
    for diagnostic in document.diagnostics:
        line, column, length = diagnostic.place[1:]
        assert line >= 1
        assert column >= 1
        assert length >= 1
        for lang in ("zh", "en"):
            assert len(diagnostic.render(lang)) < 4_000  # type: ignore[arg-type]
        diagnostic.to_json()


def mutated(data: bytes, chance: random.Random) -> bytes:
    """`data` with a few of: bytes flipped, cut out, doubled or swapped, a token or a stray byte put in."""
    changed = bytearray(data)
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(changed) + 1)
        end = min(len(changed), at + chance.randint(1, 60))
        match chance.randrange(7):
            case 0:
                changed[at:end] = b""
            case 1:
                changed[at:at] = changed[at:end] * chance.randint(1, 4)
            case 2:
                changed[at:at] = chance.choice(TOKENS).encode("utf-8", "surrogatepass")
            case 3:
                changed[at:at] = chance.choice(BYTES)
            case 4 if changed:
                changed[at % len(changed)] ^= 1 << chance.randrange(8)
            case 5:
                lines = bytes(changed).split(b"\n")
                n = chance.randrange(len(lines))
                lines[n] = b" " * chance.randint(0, 9) + lines[n].lstrip()
                changed = bytearray(b"\n".join(lines))
            case _:
                changed = changed[:at]
    return bytes(changed)


def compile_draft(builder: Builder, name: str, data: bytes) -> Build:
    build = builder.build(drafts={name: data})
    assert (build.release is None) == any(d.severity == "error" for d in build.diagnostics)
    for diagnostic in build.diagnostics:
        diagnostic.render("zh")
        diagnostic.render("en")
        diagnostic.to_json()
    return build


@pytest.fixture(scope="module")
def rulebook(tmp_path_factory: pytest.TempPathFactory) -> Builder:
    """A small rulebook that drafts stand in for files of."""
    root = tmp_path_factory.mktemp("hostile") / "rules"
    (root / "shops").mkdir(parents=True)
    (root / "words.yaml").write_text("groups: {wechat: [微信, 薇信], you: [您, 你]}\nfillers: [亲]\n", encoding="utf-8")
    (root / "rulebook.yaml").write_text("name: a\nchannels: [{id: tmall, overlay: s}]\n")
    (root / "shops" / "s.yaml").write_text("title: 店\n")
    return Builder(root)


@FUZZ
@given(st.binary(max_size=300))
def test_any_bytes(data: bytes) -> None:
    checked(Document("a.yaml", data))


@FUZZ
@given(st.lists(st.sampled_from(TOKENS), max_size=60))
def test_yaml_like_texts(tokens: list[str]) -> None:
    checked(Document("a.yaml", " ".join(tokens).encode("utf-8", "surrogatepass")))


@pytest.mark.parametrize("seed", range(EXAMPLES // 5))
def test_mutated_rule_files_are_read(seed: int) -> None:
    chance = random.Random(seed)
    for path in FILES:
        checked(Document(path.name, mutated(path.read_bytes(), chance)))


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_mutated_rulebooks_compile_or_say_why(rulebook: Builder, path: Path) -> None:
    for seed in range(max(4, EXAMPLES // 30)):
        chance = random.Random(f"{path.stem}{seed}")
        name = chance.choice(["a.yaml", "rulebook.yaml", "words.yaml", "shops/s.yaml", "sites/x.yaml"])
        compile_draft(rulebook, name, mutated(path.read_bytes(), chance))


SCALARS = st.one_of(
    st.sampled_from(
        ["", "true", "6", "1e999", "-1", "null", "<wechat>", "a => b", "〔加微信〕", "加微信", "…", "今天"]
    ),
    st.text(max_size=8),
)
_KEYS = """
topic title defaults groups negation fillers rules replies id level penalty platforms given asked find near except unless turns say bad
good known_bad follow_up do within any spaced sounds_like reach name channels overlay disable set allow text reason until since status
replaces across unless_quoted
"""
KEYS = st.sampled_from(_KEYS.split())
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=25
)


def as_yaml(node: object) -> str:
    """Flow YAML with every scalar quoted."""
    if isinstance(node, dict):
        return "{" + ", ".join(f"{key}: {as_yaml(value)}" for key, value in node.items()) + "}"
    if isinstance(node, list):
        return "[" + ", ".join(map(as_yaml, node)) + "]"
    return '"' + "".join(f"\\U{ord(c):08X}" if not 0xD800 <= ord(c) < 0xE000 else "?" for c in str(node)) + '"'


@FUZZ
@given(
    st.dictionaries(KEYS, TREES, max_size=5),
    st.sampled_from(["a.yaml", "rulebook.yaml", "shops/s.yaml", "sites/x.yaml"]),
)
def test_any_shape_compiles_or_says_why(rulebook: Builder, tree: dict[str, object], name: str) -> None:
    compile_draft(rulebook, name, as_yaml(tree).encode())


PHRASE = st.lists(
    st.sampled_from([*"()（）|<>…^$\\?？ 加微信0129\U0001f600", "<wechat>", "(甲|乙)?", "…4", "((", "))", "^^", "$$"]),
    max_size=40,
).map("".join)


def parsed(text: str) -> tuple[tuple[phrases.Sequence, ...], phrases.PhraseError | None]:
    """What the parser makes of a phrase, without its cache: sequences, or what is wrong."""
    try:
        return phrases.parse.__wrapped__(text), None
    except phrases.PhraseError as error:
        return (), error


@FUZZ
@given(PHRASE)
def test_phrases(text: str) -> None:
    sequences, fault = parsed(text)
    if fault is not None:
        assert 0 <= fault.offset <= len(text)
        assert fault.length >= 1
    else:
        assert 1 <= len(sequences) <= phrases.MAX_VARIANTS
        for sequence in sequences:
            texts = [item for item in sequence if isinstance(item, phrases.Texts)]
            assert all(item.any and "" not in item.any for item in texts)


@FUZZ
@given(PHRASE)
def test_phrases_in_every_verb(rulebook: Builder, text: str) -> None:
    one = as_yaml([text])
    rule = f"id: a.b, title: x, find: {one}, except: {one}, near: {one}, unless: {one}, asked: {one}, bad: [a => 〔加微信〕]"
    compile_draft(
        rulebook, "a.yaml", f"groups: {{g: {one}}}\nnegation: {{before: {one}}}\nrules: [{{{rule}}}]".encode()
    )


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5_000,
        "(" * 5_000 + "a" + ")" * 5_000,
        "(a|b)" * 2_000,
        "(a)?" * 2_000,
        "(<a>|<b>)?" * 500,
        "(|)" * 3_000,
        "…" * 50_000,
        "…" + "9" * 5_000,
        "a…" * 5_000 + "b",
        "<" * 20_000,
        "<a>" * 20_000,
        "\\" * 20_001,
        "(" + "|".join("甲" * n for n in range(400)) + ")",
        "^" * 5_000 + "a",
        "加" * 500_000,
        "（（（（（（（（（（（（（",
    ],
    ids=lambda text: f"{text[:8]}×{len(text)}",
)
def test_long_phrases_take_bounded_memory(text: str) -> None:
    tracemalloc.start()
    sequences, fault = parsed(text)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(sequences) <= phrases.MAX_VARIANTS
    assert fault is None or 0 <= fault.offset <= len(text)
    assert peak < 40 * 2**20


def large(unit: str, count: int) -> bytes:
    return (unit * count).encode()[:MAX_BYTES]


@pytest.mark.parametrize(
    "data",
    [
        large("a: b\n", 10**6),
        b"a: |\n" + large("  x\n", 10**6)[: MAX_BYTES - 5],
        b'a: "' + large("\\x41", 10**6)[: MAX_BYTES - 5] + b'"',
        b"a: " + large("'x' ", 10**6)[: MAX_BYTES - 4],
        large("# 注释 ", 10**6),
        large("? ", 10**6),
        large("--- ", 10**6),
        large("!a ", 10**6),
        large("%YAML 1.1\n", 10**6),
        large("-\n", 10**6),
        b"a:\n" + large("- {b: [c, d], e: f}\n", 10**6)[: MAX_BYTES - 3],
        large("\n", 10**7),
        large(" ", 10**7),
        large('"', 10**7),
        large("a #b", 10**6),
        large("键：值\n", 10**6),
    ],
    ids=lambda data: data[:12].decode("utf-8", "replace").strip() or "blank",
)
def test_large_files_take_bounded_memory(data: bytes) -> None:
    assert len(data) <= MAX_BYTES
    # Of a quarter, since tracing takes ten times as long.
    tracemalloc.start()
    Document("a.yaml", data[: len(data) // 4])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150 * 2**20
    document = Document("a.yaml", data)
    assert len(document.diagnostics) <= MAX_FAULTS + 1
    checked(document)
