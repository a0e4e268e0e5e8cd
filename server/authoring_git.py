"""A rulebook that lives in a git checkout: what the page shows of it, and a commit for what was published."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import msgspec

TIMEOUT = 20.0
_CONTROL = re.compile(r"[\x00-\x1f\x7f<>]+")


class Checkout(msgspec.Struct, frozen=True):
    branch: str
    head: str
    changed: list[str]
    """Rule files that differ from the last commit, relative to the rulebook."""


class GitError(RuntimeError):
    """git said no; the message is its own."""


async def describe(root: Path) -> Checkout | None:
    """None without git, or outside a checkout."""
    try:
        head = (await _git(root, "rev-parse", "--short=12", "HEAD")).strip()
        branch = (await _git(root, "rev-parse", "--abbrev-ref", "HEAD")).strip()
        changed = await _git(root, "status", "--porcelain=v1", "-z", "--no-renames", "--", ".")
        prefix = (await _git(root, "rev-parse", "--show-prefix")).strip()
    except (GitError, OSError):
        return None
    names = [entry[3:].removeprefix(prefix) for entry in changed.split("\0") if entry]
    return Checkout(branch, head, names)


async def commit(root: Path, message: str, author: str) -> str:
    """Commit the rulebook's folder, nothing else of the checkout; the new commit's short id, "" with nothing to commit.

    Raises
    ------
    GitError
    """
    name = _CONTROL.sub(" ", author).strip() or "replyguard"
    identity = ["-c", f"user.name={name}", "-c", "user.email=author@replyguard.invalid"]
    await _git(root, "add", "--all", "--", ".")
    if not (await _git(root, "diff", "--cached", "--name-only", "--", ".")).strip():
        return ""
    await _git(root, *identity, "commit", "--quiet", f"--message={message.strip() or '发布规则'}", "--only", "--", ".")
    return (await _git(root, "rev-parse", "--short=12", "HEAD")).strip()


async def _git(root: Path, *arguments: str) -> str:
    # Hooks and helpers of the checkout are its owner's; a prompt would hang the server.
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}
    process = await asyncio.create_subprocess_exec(
        "git", "-C", str(root), *arguments,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        env=environment,
    )  # fmt: skip
    try:
        out, error = await asyncio.wait_for(process.communicate(), TIMEOUT)
    except TimeoutError:
        process.kill()
        await process.wait()
        raise GitError("git did not answer") from None
    if process.returncode:
        raise GitError(error.decode("utf-8", "replace").strip()[:500])
    return out.decode("utf-8", "replace")
