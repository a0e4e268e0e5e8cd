"""The bundle: everything of a release but the automaton, as one JSON document.

`extension/src/engine/bundle.ts` mirrors these records; `docs/engine.md` explains atoms and sequences.
"""

from __future__ import annotations

from typing import Any

import msgspec

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
    """Folded texts; their numbers are the automaton's pattern ids. One text in the file: see `encode`."""
    spaced: list[int]
    """Literals that, as an atom of their own, also match with up to three symbols between their characters."""
    entities: list[Entity]
    sets: list[list[int | list[int]]]
    """The sequences of each set, over lower-numbered atoms; a bare number is a sequence of that one atom."""


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
    """int8, a row of `topics` for each n-gram, those of `reply` first; in JSON base64."""


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


class _AtomsInFile(msgspec.Struct, frozen=True):
    literals: str
    spaced: list[int]
    entities: list[Entity]
    sets: list[list[int | list[int]]]


class _File(Bundle, frozen=True, omit_defaults=True, kw_only=True):
    atoms: _AtomsInFile  # type: ignore[assignment]


def encode(bundle: Bundle) -> bytes:
    """The file. The literals are one text in it: a page that loads a release makes no string for each of them."""
    atoms = bundle.atoms
    joined = _AtomsInFile(BETWEEN.join(atoms.literals), atoms.spaced, atoms.entities, atoms.sets)
    return msgspec.json.encode(msgspec.structs.replace(bundle, atoms=joined))


def decode(data: bytes) -> Bundle:
    """The bundle in a file, of which nothing but the types is checked; raises what `msgspec.json.decode` does."""
    file = msgspec.json.decode(data, type=_File)
    joined = file.atoms
    literals = joined.literals.split(BETWEEN) if joined.literals else []
    fields = {name: getattr(file, name) for name in Bundle.__struct_fields__}
    return Bundle(**fields | {"atoms": Atoms(literals, joined.spaced, joined.entities, joined.sets)})
