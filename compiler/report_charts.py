"""Bar charts as inline SVG: horizontal bars with names, and columns along days; stacked by level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Final, NamedTuple

from compiler.audit_output import LEVELS
from compiler.diagnostics import width

COLOURS: Final = {"block": "#d64533", "warn": "#e08a1e", "remind": "#3f7fd0", "hint": "#8a96a3"}
"""Told apart in grey and by colour-blind people by their lightness, and told again in every bar's title."""

_WIDTH: Final = 960
_NAMES: Final = 330
_ROW: Final = 40


class Bar(NamedTuple):
    name: str
    note: str
    """Shown small below the name, and in the tooltip."""
    levels: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.levels.values())


def bars(rows: Sequence[Bar], label: str) -> str:
    """Horizontal bars, one below the other. `label` names the chart for screen readers."""
    most = max((row.total for row in rows), default=0) or 1
    room = _WIDTH - _NAMES - 70
    parts = [_open(_ROW * len(rows) + 4, label)]
    for n, row in enumerate(rows):
        top = n * _ROW
        parts.append(f"<g>{_title(row)}")
        parts.append(f'<text x="{_NAMES - 12}" y="{top + 17}" text-anchor="end">{escape(_cut(row.name, 44))}</text>')
        parts.append(
            f'<text class="soft" x="{_NAMES - 12}" y="{top + 33}" text-anchor="end">{escape(_cut(row.note, 50))}</text>'
        )
        x = float(_NAMES)
        for level in LEVELS:
            if count := row.levels.get(level, 0):
                length = max(1.5, room * count / most)
                parts.append(
                    f'<rect x="{x:.1f}" y="{top + 8}" width="{length:.1f}" height="22" fill="{COLOURS[level]}"/>'
                )
                x += length
        parts.append(f'<text x="{x + 8:.1f}" y="{top + 24}">{row.total:,}</text></g>')
    return "".join([*parts, "</svg>"])


def columns(days: Sequence[Bar], label: str) -> str:
    """Upright columns, one a day, oldest first."""
    most = max((day.total for day in days), default=0) or 1
    height, foot, left = 220, 36, 60
    step = min(60.0, (_WIDTH - left - 10) / max(1, len(days)))
    parts = [_open(height + foot, label)]
    for part in (0, 0.5, 1):
        y = height - part * (height - 20)
        parts.append(f'<line class="axis" x1="{left}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}"/>')
        if part in (0, 1) or most > 1:
            parts.append(
                f'<text class="soft" x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{round(most * part):,}</text>'
            )
    every = max(1, round(70 / step))
    for n, day in enumerate(days):
        x, y = left + n * step, float(height)
        parts.append(f"<g>{_title(day)}")
        # A rectangle without ink over the whole height: a day without findings has a tooltip too.
        parts.append(
            f'<rect x="{x:.1f}" y="20" width="{step:.1f}" height="{height - 20}" fill="none" pointer-events="all"/>'
        )
        for level in LEVELS:
            if count := day.levels.get(level, 0):
                tall = max(1.5, (height - 20) * count / most)
                y -= tall
                parts.append(
                    f'<rect x="{x + step * 0.1:.1f}" y="{y:.1f}" width="{step * 0.8:.1f}" height="{tall:.1f}" fill="{COLOURS[level]}"/>'
                )
        if n % every == 0:
            at = f'x="{x + step / 2:.1f}" y="{height + 20}" text-anchor="middle"'
            parts.append(f'<text class="soft" {at}>{escape(day.name[5:])}</text>')
        parts.append("</g>")
    return "".join([*parts, "</svg>"])


def _open(height: int, label: str) -> str:
    return f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(label)}">'


def _title(bar: Bar) -> str:
    counts = "，".join(f"{LEVELS[level][0]} {count:,}" for level, count in bar.levels.items() if count)
    return f"<title>{escape(' · '.join(filter(None, (bar.name, bar.note, counts))))}</title>"


def _cut(text: str, columns: int) -> str:
    """`text` in at most `columns` columns of a terminal, so that it fits before the bars."""
    if width(text) <= columns:
        return text
    kept = ""
    for char in text:
        if width(kept + char) > columns - 1:
            break
        kept += char
    return kept + "…"
