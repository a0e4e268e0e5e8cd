"""What goes into a check and what comes out, the same JSON everywhere (docs/engine.md)."""

from __future__ import annotations

from typing import Literal

import msgspec


class Turn(msgspec.Struct, frozen=True):
    role: Literal["buyer", "agent", "system", "robot"]
    text: str


class Conversation(msgspec.Struct, frozen=True):
    reply: str
    turns: tuple[Turn, ...] = ()
    platform: str = ""
    """"" or "any": unknown, so that no rule is left out for its platform."""
    category: str = ""
    facts: dict[str, bool | int | str] = {}
    date: str = ""
    """YYYY-MM-DD; empty: `since` and `until` are not looked at."""


class Finding(msgspec.Struct, frozen=True):
    """Offsets are code points of the reply; both None for a whole-reply finding."""

    rule: str
    level: str
    start: int | None
    end: int | None
    silent: bool = False


class Trap(msgspec.Struct, frozen=True):
    rule: str
    turn: int
    """Index into `turns` of the buyer's message."""
