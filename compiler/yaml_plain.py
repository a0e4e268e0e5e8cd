"""The YAML that rule files are nearly always written in, read line by line: about three times as fast as libyaml's events.

    key: text            - text               keys without spaces; text without quotes, or in them on one line
    key:                 - key: text          mappings and lists by indentation
    key: [一, 二]         key: {tmall: 6}      flow collections on one line
    # comment            key: text  # comment

`read_plain` answers exactly as `yaml_tree.read_tree` does, or not at all: at the first thing that it is not sure of
(anchors, tags, block scalars, text over several lines, escapes, a key given twice, another line break than LF, every
syntax error …) it gives the whole text up to libyaml. So it reports no faults and needs no limit but one on the size.
"""

from __future__ import annotations

import re
from typing import Any, Final

MAX_SIZE: Final = 400_000
"""Characters. Each node takes one at least, so a text within it stays below `yaml_tree.MAX_NODES`."""
_MAX_DEPTH: Final = 12
"""Containers within each other; far below `yaml_tree.MAX_DEPTH`."""

# Tabs, line breaks that are not LF, byte order marks, and what libyaml's reader refuses.
_UNSURE = re.compile("[^\n -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
KEY = r"\w[\w.\-]{0,99}"  # libyaml takes no key beyond 1,024 bytes
# What a text may begin with that is no sign of YAML's, whether in brackets or not.
_FIRST = r"""(?:[^-?:,\[\]{}#&*!|>'"%@` \n]|-(?=[\w<(]))"""
_ITEM = rf"{_FIRST}[^,\[\]{{}}:#\n]*"
_LINE = re.compile(
    rf"""(?mx)
    ^(\ *)(-\ +)?(?:({KEY}):(?:\ +|$))?
    (?:
        ({_FIRST}[^:#\n]*)$                         # text
      | \[({_ITEM}(?:,\ {_ITEM})*)\]\ *$            # list of texts
      | (.*)$                                       # anything else: none, a comment, or what `_value` looks at
    )"""
)
_TEXT = re.compile(rf"{_FIRST}.*")
_SINGLE = re.compile(r"'((?:[^']|'')*)'")
_DOUBLE = re.compile(r'"([^"\\]*)"')
_FLOW_TEXT = re.compile(rf"{_FIRST}(?:[^,\[\]{{}}:#]|:(?=[\w/<|()])|(?<=\w)\#)*")
_FLOW_KEY = re.compile(rf"({KEY}): +")
_NEXT = re.compile(r" *, *")
_END = re.compile(r" *(?: #.*)?")


class _UnsureError(Exception):
    """Something that only libyaml can tell."""


def read_plain(text: str) -> dict[str, Any] | None:
    """The top mapping, or None when it takes libyaml to read `text`."""
    if len(text) > MAX_SIZE or _UNSURE.search(text):
        return None
    try:
        return _read(text)
    except _UnsureError:
        return None


def _read(text: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    container: Any = tree
    column = 0  # of the container's keys or dashes
    within_list = False
    waiting: str | None = None  # the key of `container` that had nothing behind it
    stack: list[tuple[Any, int, bool]] = []
    for match in _LINE.finditer(text):
        indent, dash, key, value, items, other = match.groups()
        if items is not None:
            if " ," in items or ",  " in items:
                value = [item.strip(" ") for item in items.split(",")]
            else:
                value = items.rstrip(" ").split(", ")
        elif value is not None:
            value = value.rstrip(" ")
        elif other and other[0] != "#":
            value = _value(other)
        elif key is None:
            if dash is None:
                continue  # an empty line, or a comment
            raise _UnsureError
        at = len(indent)
        if dash is not None:
            if waiting is not None and at >= column:
                # A list may stand as far to the left as the key that it belongs to.
                container = _inside(container, waiting, [], stack, column)
                column, within_list, waiting = at, True, None
            else:
                if waiting is not None:
                    container[waiting] = ""
                    waiting = None
                while column > at or not within_list:
                    if not stack or column < at:
                        raise _UnsureError
                    container, column, within_list = stack.pop()
                if column != at:
                    raise _UnsureError
            if key is None:
                container.append(value)
                continue
            stack.append((container, column, True))
            if len(stack) > _MAX_DEPTH:
                raise _UnsureError
            new: dict[str, Any] = {}
            container.append(new)
            container, column, within_list = new, at + len(dash), False
        elif key is None:
            raise _UnsureError  # text over several lines
        elif waiting is not None and at > column:
            container = _inside(container, waiting, {}, stack, column)
            column, waiting = at, None
        else:
            if waiting is not None:
                container[waiting] = ""
                waiting = None
            while column > at or within_list:
                if not stack or column < at:
                    raise _UnsureError
                container, column, within_list = stack.pop()
            if column != at:
                raise _UnsureError
        if key in container:
            raise _UnsureError
        container[key] = value
        if value is None:
            waiting = key
    if waiting is not None:
        container[waiting] = ""
    return tree


def _inside(container: Any, key: str, new: Any, stack: list[tuple[Any, int, bool]], column: int) -> Any:
    """`new`, as the value of `key`. Only a mapping has a key that waits."""
    container[key] = new
    stack.append((container, column, False))
    if len(stack) > _MAX_DEPTH:
        raise _UnsureError
    return new


def _value(text: str) -> Any:
    """What stands behind `key: ` or `- `, up to the end of the line."""
    start = text[0]
    if start in "[{'\"":
        value, at = _flow(text, 0, 0)
        if not _END.fullmatch(text, at):
            raise _UnsureError
        return value
    text = text.partition(" #")[0].rstrip(" ")
    if not _TEXT.fullmatch(text) or ": " in text or text[-1] == ":":
        raise _UnsureError
    return text


def _flow(text: str, at: int, depth: int) -> tuple[Any, int]:
    """The value that begins at `at`, and where it ends."""
    start = text[at : at + 1]
    if start == "'":
        match = _SINGLE.match(text, at)
    elif start == '"':
        match = _DOUBLE.match(text, at)
    elif start in ("[", "{") and depth < _MAX_DEPTH:
        return _collection(text, at, depth)
    else:
        match = _FLOW_TEXT.match(text, at)
        if match and depth:
            return match[0].rstrip(" "), match.end()
        raise _UnsureError
    if not match:
        raise _UnsureError
    return match[1].replace("''", "'") if start == "'" else match[1], match.end()


def _collection(text: str, at: int, depth: int) -> tuple[Any, int]:
    in_map = text[at] == "{"
    close = "}" if in_map else "]"
    found: Any = {} if in_map else []
    at = _skip(text, at + 1)
    if text[at : at + 1] == close:
        return found, at + 1
    while True:
        if in_map:
            match = _FLOW_KEY.match(text, at)
            if not match or match[1] in found:
                raise _UnsureError
            found[match[1]], at = _flow(text, match.end(), depth + 1)
        else:
            item, at = _flow(text, at, depth + 1)
            found.append(item)
        if match := _NEXT.match(text, at):
            at = match.end()
            continue
        at = _skip(text, at)
        if text[at : at + 1] != close:
            raise _UnsureError
        return found, at + 1


def _skip(text: str, at: int) -> int:
    while text[at : at + 1] == " ":
        at += 1
    return at
