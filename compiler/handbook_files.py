"""The handbook's files: what `replyguard docs` writes."""

from __future__ import annotations

from pathlib import Path

from compiler.handbook import topics
from compiler.handbook_html import document
from compiler.handbook_markdown import index, page
from compiler.rulebook import Rulebook


def write(book: Rulebook, out: Path) -> list[Path]:
    """Write the pages, README.md and handbook.html into `out`; pages of topics that are gone are removed.

    Raises OSError.
    """
    found = topics(book)
    texts = {"README.md": index(book.name, found), "handbook.html": document(book.name, found)}
    texts |= {f"{topic.name}.md": page(topic) for topic in found}
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.md"):
        if old.name not in texts and "[全部专题](README.md)" in old.read_text(encoding="utf-8"):
            old.unlink()
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    return sorted(out / name for name in texts)
