"""The bundle: everything of a release but the automaton, as one file.

    ┌───────────────┬───────────┬────────────┬─────────────────┬─────────────────────────┬──────────────┐
    │ JSON, UTF-8   │ 1–4 × NUL │ counts     │ sets            │ literals                │ weights      │
    │               │           │ 3 × u32    │ i32 × integers  │ u16, U+FFFF between two │ i8           │
    └───────────────┴───────────┴────────────┴─────────────────┴─────────────────────────┴──────────────┘

    counts    how many sets (of `compiler/sets_in_file.py`) there are, of how many integers they consist, and how many
              weights the classifier has

Little-endian; the NULs fill up to a multiple of four, so that a browser views the tables where they are: of JSON they were
two thirds of the time that a page takes to load a release. Atoms are named by their handles (`compiler/handles.py`) in the
file, and by their numbers in the records. What people read, and the rules' programs, are the records below
as JSON. `extension/src/engine/bundle.ts` mirrors this; `docs/engine.md` explains atoms and sequences.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar, cast

import msgspec

from compiler import handles
from compiler.sets_in_file import SEQUENCE, Sets

R = TypeVar("R")

FORMAT = 1
"""Raised when an older engine could misread a bundle; an engine refuses a format it does not know."""


class Folding(msgspec.Struct, frozen=True):
    """The folding table. `one_from[i]` folds to the single unit `one_to[i]`; all of them BMP characters."""

    one_from: str
    one_to: str
    dropped: str
    """BMP characters that fold to nothing: inclusive ranges, two characters each."""
    many: dict[str, str]
    """A character → zero to four units ("" = dropped); the key may be astral."""


class Entity(msgspec.Struct, frozen=True, omit_defaults=True):
    kind: str
    allow: tuple[str, ...] = ()
    """`url` only: host suffixes that are not reported; with `only`, the ones that are."""
    only: tuple[str, ...] = ()


class Negation(msgspec.Struct, frozen=True, omit_defaults=True):
    """Set atoms of the cues (-1 = none) and their reach in units."""

    before: int = -1
    after: int = -1
    pseudo: int = -1
    double: int = -1
    stop: int = -1
    reach: int = 8


class Atoms(msgspec.Struct, frozen=True):
    """Numbered in this order: literals, spaced, entities, sets."""

    literals: list[str]
    """Folded texts; their numbers are the automaton's pattern ids."""
    spaced: list[int]
    """Literals that, as an atom of their own, also match with up to three symbols between their characters."""
    entities: list[Entity]
    sets: Sets
    """Over lower-numbered atoms."""


class FollowUp(msgspec.Struct, frozen=True):
    do: str
    within: str


class Topic(msgspec.Struct, frozen=True):
    id: str
    title: str


class Rule(msgspec.Struct, frozen=True, omit_defaults=True, rename={"except_": "except"}):
    """A rule's program (set atoms, -1 = verb not used) and its texts."""

    id: str
    topic: int
    title: str
    level: str
    why: str = ""
    say: tuple[str, ...] = ()
    source: str = ""
    penalty: dict[str, int | str] = {}
    platforms: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    given: dict[str, str | int | bool] = {}
    asked: int = -1
    unless_asked: int = -1
    find: int = -1
    near: int = -1
    not_near: int = -1
    except_: int = -1
    unless: int = -1
    turns: int = 3
    negation: int = -1
    unless_quoted: bool = False
    across: bool = False
    """Also looked for across the end of the agent's previous message and this one."""
    since: str = ""
    until: str = ""
    draft: bool = False
    follow_up: FollowUp | None = None
    likely: int = 0
    """Percent: a finding counts when the classifier holds a violation, of any topic, to be at least so likely."""
    likely_topic: int = 0
    """Percent: the same of a violation of the rule's topic; what is found then is the whole reply."""


class Classifier(msgspec.Struct, frozen=True):
    """A linear model over n-grams: `compiler/matcher/classifier.py` says how it is read, docs/classifier.md how made."""

    topics: tuple[str, ...]
    """Ids of the topics that it tells apart; "" first, for compliant replies."""
    reply: str
    """N-grams of folded replies, joined by U+FFFF; U+0002 and U+0003 stand for the text's start and end."""
    buyer: str
    """The same of buyers' messages."""
    scale: float
    bias: tuple[float, ...]
    """Of each topic."""
    weights: bytes
    """int8, a row of `topics` for each n-gram, those of `reply` first."""


class Reply(msgspec.Struct, frozen=True, omit_defaults=True):
    id: str
    topic: int
    title: str
    say: tuple[str, ...]
    ask: int = -1
    initials: str = ""


class Bundle(msgspec.Struct, frozen=True, omit_defaults=True):
    format: int
    name: str
    channel: str
    folding: Folding
    atoms: Atoms
    fillers: int
    allow: int
    """What the shop allows: a hit inside one of these is excused, whatever the rule."""
    negations: list[Negation]
    topics: list[Topic]
    rules: list[Rule]
    replies: list[Reply] = []
    sites: list[dict[str, Any]] = []
    platform: str = ""
    categories: tuple[str, ...] = ()
    facts: dict[str, str | int | bool] = {}
    classifier: Classifier | None = None


BETWEEN = "\uffff"
"""Stands between two texts of a joined one: a noncharacter, which no folded text holds."""
_COUNTS = struct.Struct("<3I")
_ALIGNED = 4


class Tables(NamedTuple):
    """The atoms as the file has them, with handles for numbers."""

    literals: bytes | bytearray
    spaced: list[int]
    entities: list[Entity]
    sets: list[bytes]
    """In pieces."""
    set_count: int


class _AtomsInFile(msgspec.Struct, frozen=True):
    spaced: list[int]
    entities: list[Entity]


class _ClassifierInFile(Classifier, frozen=True, omit_defaults=True, kw_only=True):
    weights: bytes = b""


class _File(Bundle, frozen=True, omit_defaults=True, kw_only=True):
    atoms: _AtomsInFile  # type: ignore[assignment]
    classifier: _ClassifierInFile | None = None


def encode(bundle: Bundle) -> bytes:
    """The file, as the head of this module draws it."""
    atoms = bundle.atoms
    table = handles.handles((len(atoms.literals), len(atoms.spaced), len(atoms.entities), len(atoms.sets)))
    integers = little_endian(array("i", map(table.__getitem__, atoms.sets.integers)))
    tables = Tables(in_file(atoms.literals), atoms.spaced, atoms.entities, [integers], len(atoms.sets))
    return write(handles.renamed(bundle, table.__getitem__), tables)


def write(bundle: Bundle, tables: Tables) -> bytes:
    """The file of a bundle that names atoms by their handles, which are those of `tables` instead of its own."""
    model, weights = bundle.classifier, b""
    if model is not None:
        model, weights = _without_weights(model), model.weights
    rest = msgspec.structs.replace(bundle, atoms=_AtomsInFile(tables.spaced, tables.entities), classifier=model)
    document = msgspec.json.encode(rest)
    gap = bytes(_ALIGNED - len(document) % _ALIGNED)
    integers = sum(map(len, tables.sets)) // _ALIGNED
    counts = _COUNTS.pack(tables.set_count, integers, len(weights))
    return b"".join((document, gap, counts, *tables.sets, tables.literals, weights))


@lru_cache(maxsize=2)
def _without_weights(model: Classifier) -> Classifier:
    return as_json(_ClassifierInFile(model.topics, model.reply, model.buyer, model.scale, model.bias))


def as_json(record: R) -> R:
    """The record's JSON, to stand in a bundle that is written; it is good for nothing else."""
    return cast(R, msgspec.Raw(msgspec.json.encode(record)))


def in_file(literals: Iterable[str]) -> bytes:
    return BETWEEN.join(literals).encode("utf-16-le")


def little_endian(integers: array[int]) -> bytes:
    if sys.byteorder == "big":
        integers = integers[:]
        integers.byteswap()
    return integers.tobytes()


def document(data: bytes) -> bytes:
    """The JSON of a file: its rules and texts."""
    end = data.find(b"\0")
    return data if end < 0 else data[:end]


def decode(data: bytes) -> Bundle:
    """The bundle in a file, of which nothing but the types is checked.

    Raises
    ------
    msgspec.DecodeError, UnicodeDecodeError
    """
    json = document(data)
    file = msgspec.json.decode(json, type=_File)
    at = len(json) + _ALIGNED - len(json) % _ALIGNED
    tables = data[at + _COUNTS.size :]
    if len(data) < at + _COUNTS.size:
        raise msgspec.DecodeError("the file is cut")
    sets, length, weighing = _COUNTS.unpack_from(data, at)
    end = len(tables) - weighing
    if end < 4 * length:
        raise msgspec.DecodeError("the sets or the weights are cut")
    integers = array("i", tables[: 4 * length])
    if sys.byteorder == "big":
        integers.byteswap()
    if sets > length:
        raise msgspec.DecodeError("the sets are cut")
    joined = tables[4 * length : end].decode("utf-16-le")
    literals = joined.split(BETWEEN) if joined else []
    spaced, entities = file.atoms.spaced, file.atoms.entities
    table = handles.numbers((len(literals), len(spaced), len(entities), sets))
    top = len(table) + SEQUENCE
    fields = {name: getattr(file, name) for name in Bundle.__struct_fields__}
    try:
        fields["atoms"] = Atoms(literals, spaced, entities, Sets(handles.looked_up(table, integers), sets))
    except ValueError as error:
        raise msgspec.DecodeError(str(error)) from None
    if (model := file.classifier) is not None:
        fields["classifier"] = msgspec.structs.replace(model, weights=tables[end:])
    return handles.renamed(Bundle(**fields), lambda handle: table[handle] if handle < top else handles.NOBODY)
