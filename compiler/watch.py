"""`replyguard watch`: compile at every save, and say in the terminal what the service would say.

One state line ends each round, so that a glance tells whether the rules on disk could be released.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from pathlib import Path

from watchfiles import Change, watch

from compiler.build import Build, Builder
from compiler.diagnostics import Language

_TICK = 100
"""Milliseconds after which the watcher returns to Python without a change."""
_GREEN, _RED, _YELLOW, _DIM, _PLAIN = "\x1b[32m", "\x1b[31m", "\x1b[33m", "\x1b[2m", "\x1b[0m"


def watch_rules(builder: Builder, channel: str, lang: Language, *, poll: bool = False) -> int:
    """Compile now and after every save below `builder.root`, until Ctrl+C. The exit status is 0."""
    colour = sys.stdout.isatty()
    try:
        # The generator begins to watch at its first step, so the first round waits for its first time-out: a file
        # saved during that round is then seen, not lost.
        changes = watch(
            builder.root,
            watch_filter=_is_rule_file,
            force_polling=poll or None,
            debounce=100,
            rust_timeout=_TICK,
            yield_on_timeout=True,
        )
        first = True
        for batch in changes:
            if batch or first:
                first = False
                _round(builder, channel, lang, sorted({Path(path).name for _, path in batch}), colour)
    except KeyboardInterrupt:
        print("\n已停止" if lang == "zh" else "\nstopped", flush=True)
    except FileNotFoundError:
        print(
            f"replyguard: {builder.root}: " + ("文件夹不见了" if lang == "zh" else "the folder is gone"),
            file=sys.stderr,
        )
        return 1
    return 0


def _is_rule_file(change: Change, path: str) -> bool:
    """Rule files only; an editor's swap and backup files are not."""
    file = Path(path)
    return file.suffix in (".yaml", ".yml") and not file.name.startswith(".")


def _round(builder: Builder, channel: str, lang: Language, saved: Iterable[str], colour: bool) -> None:
    started = time.perf_counter()
    build = builder.build(channel)
    milliseconds = (time.perf_counter() - started) * 1000
    if colour:
        print(f"{_DIM}{'─' * 60}{_PLAIN}")
    for diagnostic in build.diagnostics:
        print(diagnostic.render(lang))
    clock = time.strftime("%H:%M:%S")
    line = f"[{clock}] {state(build, lang, milliseconds)}"
    if names := "、".join(saved) if lang == "zh" else ", ".join(saved):
        line += f"  ← {names}"
    if colour:
        line = f"{_colour(build)}{line}{_PLAIN}"
    print(line, flush=True)


def _colour(build: Build) -> str:
    return _RED if build.release is None else _YELLOW if build.diagnostics else _GREEN


def state(build: Build, lang: Language, milliseconds: float) -> str:
    """Whether the rules could be released, how many there are, how long it took."""
    errors = sum(d.severity == "error" for d in build.diagnostics)
    warnings = len(build.diagnostics) - errors
    report = build.report
    if lang == "en":
        counts = f"{report['rules']} rules, {report['examples']} example runs, {milliseconds:.0f} ms"
        return (
            f"✓ good: {counts}; {warnings} warnings"
            if build.release
            else f"✗ {errors} errors: the last good release stays in use"
        )
    counts = f"{report['rules']} 条规则，检查例子 {report['examples']} 次，{milliseconds:.0f} 毫秒"
    return (
        f"✓ 可以发布：{counts}；{warnings} 个提醒" if build.release else f"✗ 有 {errors} 个错误，继续使用上一个好的版本"
    )
