"""YAML text → plain values, and the places of those values, by one flat loop over libyaml's events.

libyaml's *composer* recurses in C, and 60 kB of `[` end the process; its event *parser* does not. Every scalar stays a
string: there are no YAML 1.1 surprises (`no`, `on`, `12:30`), and types come from the schema.

Values are wanted always, places only where there is something to say. So `read_tree` keeps no places, and `read_places`
goes through the same text again when the first one is asked for.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, NamedTuple

import yaml
from yaml._yaml import CParser

MAX_DEPTH: Final = 32
MAX_NODES: Final = 400_000

Value = Any
"""A `str`, a `list[Value]` or a `dict[str, Value]`."""

Report = Callable[..., None]
"""`report(code, mark, **detail)`: a fault at a mark, whose `line` and `column` count from 0."""

_SCALAR, _END_OF_LIST, _END_OF_MAP = yaml.ScalarEvent, yaml.SequenceEndEvent, yaml.MappingEndEvent
_LIST, _MAP = yaml.SequenceStartEvent, yaml.MappingStartEvent


def read_tree(text: str, report: Report) -> dict[str, Value]:
    """The top mapping; {} when the text is empty or has a fault other than a key given twice.

    Raises
    ------
    yaml.YAMLError
        The text is not YAML.
    """
    get: Callable[[], Any] = CParser(text).get_event
    tree: dict[str, Value] | None = None
    stack: list[tuple[Any, str | None]] = []  # the containers around, each with the key that it is at
    container: Any = None
    key: str | None = None  # of a mapping: the key that waits for its value
    within_list = False
    nodes = documents = 0
    while True:
        event = get()
        kind = type(event)
        if kind is _SCALAR:
            nodes += 1
            value = event.value
            if event.anchor or event.tag or nodes > MAX_NODES or container is None:
                if container is None and value == "" and event.style is None and not (event.anchor or event.tag):
                    return {}  # an empty document
                _refuse(event, nodes, len(stack), report)
                return {}
            if within_list:
                container.append(value)
            elif key is None:
                key = value
                if value in container:
                    steps = [k if k is not None else len(c) - 1 for c, k in (*stack[1:], (container, value))]
                    report("RG011", event.start_mark, length=len(value), key=value, first=tuple(steps))
                else:
                    container[value] = None  # so that a key given twice shows at once
            else:
                container[key] = value
                key = None
        elif kind is _MAP or kind is _LIST:
            nodes += 1
            wrong = (tree is None and kind is _LIST) or (container is not None and not within_list and key is None)
            if wrong or event.anchor or event.tag or nodes > MAX_NODES or len(stack) >= MAX_DEPTH:
                _refuse(event, nodes, len(stack), report, as_key=container is not None)
                return {}
            new: Any = {} if kind is _MAP else []
            if tree is None:
                tree = new
            elif within_list:
                container.append(new)
            else:
                container[key] = new
            stack.append((container, key))
            container, key, within_list = new, None, kind is _LIST
        elif kind is _END_OF_MAP or kind is _END_OF_LIST:
            container, key = stack.pop()[0], None
            within_list = type(container) is list
        elif kind is yaml.AliasEvent:
            _refuse(event, nodes, len(stack), report)
            return {}
        elif kind is yaml.DocumentStartEvent:
            documents += 1
            if documents > 1:
                report("RG016", event.start_mark)
                return tree or {}
        elif kind is yaml.StreamEndEvent:
            return tree or {}


def _refuse(event: Any, nodes: int, depth: int, report: Report, as_key: bool = False) -> None:
    """Say why the event is not taken."""
    mark = event.start_mark
    if type(event) is yaml.AliasEvent:
        report("RG017", mark, kind="alias")
    elif event.anchor or event.tag:
        report("RG017", mark, kind="tag" if event.tag else "anchor")
    elif nodes > MAX_NODES:
        report("RG014", mark, limit=MAX_NODES)
    elif depth >= MAX_DEPTH:
        report("RG013", mark, limit=MAX_DEPTH)
    else:
        report("RG015" if as_key else "RG012", mark)  # a list or mapping as a key; no mapping at the top


class Placed(NamedTuple):
    """Where one value stands, and the values in it by key or index. Marks count from 0; `key` is a mapping's only."""

    key: tuple[Any, Any] | None
    value: tuple[Any, Any]
    inside: dict[str | int, Placed]


def read_places(text: str) -> dict[str | int, Placed]:
    """The places of the values of `text`, by key of the top mapping, as far as it can be read."""
    top: dict[str | int, Placed] = {}
    with suppress(yaml.YAMLError):
        _read_places(text, top)
    return top


def _read_places(text: str, top: dict[str | int, Placed]) -> None:
    get: Callable[[], Any] = CParser(text).get_event
    inside = top
    stack: list[tuple[dict[str | int, Placed], str | int | None, Any, Any, bool]] = []
    key: str | int | None = None
    key_marks: tuple[Any, Any] | None = None
    within_list = False
    while True:
        event = get()
        kind = type(event)
        if kind is _SCALAR:
            marks = event.start_mark, event.end_mark
            if within_list:
                inside[len(inside)] = Placed(None, marks, {})
            elif key is None:
                key = event.value
                known = inside.get(key)
                key_marks = known.key if known else marks  # of a key given twice, the first is shown
            else:
                inside[key] = Placed(key_marks, marks, {})
                key = None
        elif kind is _MAP or kind is _LIST:
            if within_list:
                key = len(inside)
            start = event.start_mark
            stack.append((inside, key, key_marks, start, within_list))
            if len(stack) > 1:
                if key is None:  # a mapping as a key
                    return
                new: dict[str | int, Placed] = {}
                inside[key] = Placed(key_marks, (start, start), new)
                inside = new
            key, key_marks, within_list = None, None, kind is _LIST
        elif kind is _END_OF_MAP or kind is _END_OF_LIST:
            done = inside
            inside, key, key_marks, start, within_list = stack.pop()
            if not stack or key is None:
                return
            inside[key] = Placed(key_marks, (start, event.end_mark), done)
            key, key_marks = None, None
        elif kind is yaml.StreamEndEvent:
            return
