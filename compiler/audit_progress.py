"""One line on standard error that tells how far an audit is; nothing when that is no terminal."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Final

from compiler.audit_rows import Place
from compiler.diagnostics import Language, width

_EVERY: Final = 0.2
"""Seconds between two drawings."""


class Progress:
    def __init__(self, place: Place, lang: Language, *, shown: bool | None = None) -> None:
        self._place = place
        self._english = lang == "en"
        self._shown = sys.stderr.isatty() if shown is None else shown
        self._started = time.monotonic()
        self._next = self._started + _EVERY

    def tick(self, checked: int, found: int) -> None:
        """Draw, at most every _EVERY seconds."""
        if self._shown and (now := time.monotonic()) >= self._next:
            self._next = now + _EVERY
            self._draw(checked, found, now - self._started)

    def _draw(self, checked: int, found: int, seconds: float) -> None:
        part = min(1.0, max(0.0, self._place()))
        left = seconds / part - seconds if part > 0.005 else 0.0
        rate = checked / max(seconds, 1e-9)
        said = (
            f" {part:4.0%}  {checked:,} messages, {found:,} findings, {rate:,.0f}/s, {_clock(left)} left"
            if self._english
            else f" {part:4.0%}  已检查 {checked:,} 条，发现 {found:,} 处，每秒 {rate:,.0f} 条，还要 {_clock(left)}"
        )
        room = min(30, shutil.get_terminal_size().columns - width(said) - 1)
        bar = "█" * round(part * room) + "░" * (room - round(part * room)) if room >= 5 else ""
        sys.stderr.write(f"\r\x1b[K{bar}{said}")
        sys.stderr.flush()

    def close(self) -> None:
        """Remove the line."""
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
