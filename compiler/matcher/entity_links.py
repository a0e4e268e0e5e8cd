"""Links and e-mail addresses, also with the dot or the @ written around. Mirrored by `extension/src/engine/entity_links.ts`."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from compiler.matcher import entity_tables as tables
from compiler.matcher.entity_text import EntityHit, is_alnum, is_ascii_digit, is_han, is_letter

_MOST_PARTS = 4
_LONGEST_HOST = 253
_LONGEST_QQ = 11
_PATH_ENDS = frozenset("\"'<>,`{}|^ ")
_TRAILING = frozenset(".:;!?)[(]'*~")
_WRITTEN_AT = ("(at)", "[at]", "艾特", "@", "#")


def host_matches(host: str, suffixes: Collection[str]) -> bool:
    """Whether `host` is one of the domains `suffixes`, or inside one: `host_matches("m.tb.cn", ["tb.cn"])`."""
    return any(host == suffix or host.endswith("." + suffix) for suffix in suffixes)


_next_label = re.compile("[a-z0-9][a-z0-9-]*").search


class _Chain(NamedTuple):
    """Labels joined by dots, `text[start:end]`."""

    end: int
    labels: tuple[str, ...]


def _in_label(char: str) -> bool:
    return is_alnum(char) or char == "-"


def _chain(text: str, start: int) -> _Chain:
    labels = []
    at = start
    while True:
        end = at
        while end < len(text) and _in_label(text[end]):
            end += 1
        labels.append(text[at:end])
        if not (end + 1 < len(text) and text[end] == "." and is_alnum(text[end + 1])):
            return _Chain(end, tuple(labels))
        at = end + 1


def _domain_labels(labels: tuple[str, ...], has_path: bool) -> int:
    """How many of `labels` are a domain name: all, fewer when numbers trail it (a.com.3天), 0 = it is none."""
    count = len(labels)
    while count > 1 and labels[count - 1].isdigit():
        count -= 1
    if count < 2 or sum(map(len, labels[:count])) + count > _LONGEST_HOST:
        return 0
    if labels[0] == "www":
        return count
    last, name = labels[count - 1], labels[count - 2]
    if last not in tables.TLDS and not (has_path and last in tables.TLDS_WITH_PATH):
        # a.com.foo goes nowhere, but it must not pass as a.com either.
        return count if any(label in tables.TLDS_HIDDEN for label in labels[1:count]) else 0
    if name.isdigit() and not has_path and last not in tables.TLDS_OF_NUMBERS:
        return 0
    return count


def _hidden_dot(text: str, at: int) -> int:
    """Where the next label begins when a written-around dot stands at `at` (点, 。, " . ", (dot)), else 0."""
    for word in (" dot ", "(dot)", "[dot]", "(点)", "[点]", "【点】"):
        if text.startswith(word, at):
            return at + len(word)
    end = at + 1 if text[at : at + 1] == " " else at
    if end >= len(text) or text[end] not in tables.HIDDEN_DOTS:
        return 0
    end += 1
    if end < len(text) and text[end] == " ":
        end += 1
    return end if end < len(text) and is_alnum(text[end]) else 0


def _hidden_chain(text: str, first: _Chain) -> _Chain | None:
    """`first` continued over written-around dots up to a believable domain (taobao点com, t-mall。com点cn)."""
    chain = first
    for _ in range(_MOST_PARTS):
        at = _hidden_dot(text, chain.end)
        if not at:
            return None
        further = _chain(text, at)
        if further.labels[0] == "www":
            return None
        chain = _Chain(further.end, chain.labels + further.labels)
        if chain.labels[-1] in tables.TLDS_HIDDEN:
            name = "".join(chain.labels[:-1])
            believable = len(name) >= 2 and any(is_letter(char) for char in name)
            again = _hidden_dot(text, chain.end)
            if again and _chain(text, again).labels[0] in tables.TLDS_HIDDEN:
                continue
            return chain if believable and sum(map(len, chain.labels)) < _LONGEST_HOST else None
    return None


def _path_end(text: str, at: int) -> int:
    """The end of a port and path that begin at `at`, without punctuation that belongs to the sentence."""
    start = at
    while at < len(text) and "!" <= text[at] <= "~" and text[at] not in _PATH_ENDS:
        at += 1
    while at > start and text[at - 1] in _TRAILING:
        at -= 1
    return at


def _link_end(text: str, end: int) -> int:
    """The end of a link whose host ends at `end`: port, path, query."""
    port = end
    if text[port : port + 1] == ":":
        port += 1
        while port < len(text) and is_ascii_digit(text[port]):
            port += 1
        if port - end > 1:
            end = port
    return _path_end(text, end) if text[end : end + 1] in ("/", "?", "#", "\\") else end


def _is_address_number(labels: tuple[str, ...]) -> bool:
    """An IPv4 address of the public network. 192.168.1.1 is the buyer's own router, 1.0.2.5 a version."""
    if len(labels) != 4 or not all(label.isdigit() and len(label) <= 3 and int(label) <= 255 for label in labels):
        return False
    if any(len(label) > 1 and label[0] == "0" for label in labels):
        return False
    a, b = int(labels[0]), int(labels[1])
    private = a in (10, 127) or (a == 169 and b == 254) or (a == 172 and 16 <= b <= 31) or (a == 192 and b == 168)
    return a >= 11 and a < 224 and not private


# --- links ----------------------------------------------------------------------------------------------------------


def urls(text: str, hits: list[EntityHit]) -> None:
    label = _next_label(text, 0)
    while label is not None:
        label = _next_label(text, _url_at(text, *label.span(), hits))


def _url_at(text: str, start: int, label: int, hits: list[EntityHit]) -> int:
    """Read the chain whose first label is `[start, label)`, add it if it is a link, return where to go on."""
    # Most tokens are a bare word or number: no dot, no scheme, no www.
    plain_dot = text[label : label + 1] == "." and is_alnum(text[label + 1 : label + 2])
    if not (plain_dot or text.startswith("://", label) or _hidden_dot(text, label) or text.startswith("www", start)):
        return label
    chain = _chain(text, start)
    if text.startswith("://", chain.end):
        return _with_scheme(text, start, chain, hits)
    if (start and text[start - 1] in "@_") or text[chain.end : chain.end + 1] in ("@", "_"):
        return chain.end
    first = chain.labels[0]
    if len(chain.labels) == 1 and len(first) >= 8 and first.startswith("www") and first.endswith(("com", "cn", "net")):
        hits.append(EntityHit("url", start, chain.end, first))
        return chain.end
    has_path = text[chain.end : chain.end + 1] == "/" and is_alnum(text[chain.end + 1 : chain.end + 2])
    count = _domain_labels(chain.labels, has_path)
    if count == 0 or chain.labels[count - 1] not in tables.TLDS:
        hidden = _hidden_chain(text, chain)
        if hidden is not None:
            end = _link_end(text, hidden.end)
            _add(text, start, end, ".".join(hidden.labels), hits)
            return end
    if count == 0 and _is_address_number(chain.labels) and (start == 0 or text[start - 1] not in "v."):
        count = 4
    if count == 0:
        return _han_domain(text, start, chain.end, hits) if chain.labels == ("www",) else chain.end
    host = ".".join(chain.labels[:count])
    end = _link_end(text, chain.end) if count == len(chain.labels) else start + len(host)
    _add(text, start, end, host, hits)
    return max(end, chain.end)


def _add(text: str, start: int, end: int, host: str, hits: list[EntityHit]) -> None:
    """Add a link, unless it is the domain of an address with the @ written around (abc#qq.com)."""
    if host in tables.MAIL_HOSTS and any(text.endswith(mark, 0, start) for mark in _WRITTEN_AT):
        return
    hits.append(EntityHit("url", start, end, host))


def _han_domain(text: str, start: int, end: int, hits: list[EntityHit]) -> int:
    """www.淘宝.com. A domain of Han characters is believed only behind www."""
    at = end + 1
    while at < len(text) and at - end < 20 and is_han(text[at]):
        at += 1
    if text[end : end + 1] != "." or at == end + 1 or text[at : at + 1] != "." or not is_letter(text[at + 1 : at + 2]):
        return end
    chain = _chain(text, at + 1)
    hits.append(EntityHit("url", start, _link_end(text, chain.end), text[start : chain.end]))
    return hits[-1].end


def _with_scheme(text: str, start: int, scheme: _Chain, hits: list[EntityHit]) -> int:
    """scheme://[user@]host…: the host as a browser reads it, so that http://a.com@b.cn is b.cn."""
    at = scheme.end + 3
    end = at
    while end < len(text) and "!" <= text[end] <= "~" and text[end] not in "/\\?#" and text[end] not in _PATH_ENDS:
        end += 1
    host_start = text.rfind("@", at, end) + 1 or at
    chain = _chain(text, host_start) if is_alnum(text[host_start : host_start + 1]) else None
    if chain is None:
        return max(end, at)
    stop = _link_end(text, chain.end)
    host = ".".join(chain.labels)
    hits.append(EntityHit("url", start, max(stop, chain.end), host[:_LONGEST_HOST]))
    return max(stop, chain.end)


# --- e-mail ---------------------------------------------------------------------------------------------------------


def emails(text: str, hits: list[EntityHit]) -> None:
    at = 0
    done = 0
    while at < len(text):
        mark = next((mark for mark in _WRITTEN_AT if text[at] == mark[0] and text.startswith(mark, at)), "")
        if not mark:
            at += 1
            continue
        hit = _email_at(text, at, mark, done)
        if hit is not None:
            hits.append(hit)
            done = at = hit.end
        else:
            at += len(mark)


def _email_at(text: str, at: int, mark: str, done: int) -> EntityHit | None:
    local_end = at - 1 if at and text[at - 1] == " " else at
    start = local_end
    while start > done and local_end - start < 64 and (is_alnum(text[start - 1]) or text[start - 1] in "._%+-"):
        start -= 1
    while start < local_end and not is_alnum(text[start]):
        start += 1
    host = at + len(mark)
    if text[host : host + 1] == " ":
        host += 1
    local = text[start:local_end]
    while not local and start > done and local_end - start < _LONGEST_QQ and text[start - 1] in tables.HAN_DIGITS:
        start -= 1
    if not local and local_end - start >= 5:
        local = "".join(str(tables.HAN_DIGITS[char]) for char in text[start:local_end])  # 一二三四五六@qq.com
    if not local or host >= len(text) or not is_alnum(text[host]) or text[max(0, start - 2) : start] == "//":
        return None
    chain = _chain(text, host)
    last = chain.labels[-1]
    if len(chain.labels) < 2 or not (last in tables.TLDS or last in tables.TLDS_WITH_PATH):
        hidden = _hidden_chain(text, chain)
        if hidden is None:
            return None
        chain = hidden
    domain = ".".join(chain.labels)
    if mark != "@" and domain not in tables.MAIL_HOSTS:
        return None
    return EntityHit("email", start, chain.end, f"{local}@{domain}")
