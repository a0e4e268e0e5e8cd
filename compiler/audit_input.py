"""Reads exports of chats, row by row: JSONL, CSV and XLSX → cases to be checked. docs/audit.md says what is recognised.

Memory does not grow with the file: rows are read one at a time, and of a table with a message a row only the newest
messages of the conversations that were active last are kept.
"""

from __future__ import annotations

import codecs
import datetime
import re
from collections import OrderedDict, deque
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import IO, Final, Literal

import msgspec

from compiler.audit_rows import AuditError, Place, Row, csv_rows
from compiler.audit_workbook import Workbook
from compiler.matcher.conversation import Turn

CONTEXT: Final = 40
"""Messages before a reply that are kept as its context."""
CONVERSATIONS: Final = 20_000
"""Conversations that may be going on at once in a table that is sorted by time."""

COLUMNS: Final = {
    "id": "id 编号 case_id message_id msg_id 消息id 消息编号",
    "conversation": "conversation conversation_id conv_id session session_id dialog_id dialogue_id chat_id 会话 会话id 会话编号 "
    "聊天id 对话id 咨询id 买家昵称 顾客 买家 客户 buyer customer",
    "role": "role sender sender_type sender_role from speaker 角色 发送方 发送者 发送人 发送者类型 消息发送者 发言人 说话人 消息方向 direction",
    "time": "time date datetime timestamp created_at sent_at 时间 日期 发送时间 消息时间 聊天时间 创建时间",
    "agent": "agent agent_id agent_name staff waiter seller service 客服 客服id 客服昵称 客服账号 客服名称 客服姓名 坐席 接待客服 子账号",
    "text": "text message content body msg msg_content message_content message_text chat_content 内容 消息 消息内容 聊天内容 文本 发言内容 聊天记录",
    "reply": "reply answer response 回复 客服回复 答复 回复内容 客服消息",
    "asked": "asked question query buyer_text customer_text context history turns 买家消息 买家提问 问题 提问 咨询内容 上文 顾客消息",
    "platform": "platform 平台",
    "category": "category 类目 品类",
}
"""Names that a column may have, in any case and with or without spaces; the first of a kind counts."""
ROLES: Final = {
    "buyer": "buyer customer client user visitor consumer guest member 买家 顾客 客户 用户 访客 消费者 会员 买方 q 接收 in",
    "agent": "agent seller staff service waiter merchant shop 客服 卖家 商家 坐席 店铺 店家 人工 人工客服 接待 卖方 a 发送 out",
    "robot": "robot bot ai 机器人 自动回复 智能客服 店小蜜",
    "system": "system notice 系统 系统消息 系统提示 平台 通知",
}


class Case(msgspec.Struct):
    """A reply to be checked; of a JSONL line, fields not named here are ignored."""

    id: str
    reply: str
    platform: str = ""
    category: str = ""
    facts: dict[str, bool | int | str] = {}
    turns: tuple[Turn, ...] = ()
    agent: str = ""
    time: str = ""


class Skipped:
    """Rows that were left out, with the first few reasons."""

    def __init__(self) -> None:
        self.count = 0
        self.reasons: list[str] = []

    def add(self, row: int, reason: str) -> None:
        self.count += 1
        if len(self.reasons) < 5:
            self.reasons.append(f"{row}: {reason}")


def open_cases(path: Path, skipped: Skipped) -> tuple[Iterator[Case], Place]:
    """The cases of a file, by its suffix (.csv .tsv .txt .xlsx .xlsm, anything else: JSONL), and how far it was read.

    Raises
    ------
    OSError
        The file cannot be opened.
    AuditError
        Here or while iterating: not such a file, no known columns, a JSONL line that is no case.
    """
    suffix = path.suffix.lower()
    size = max(1, path.stat().st_size)
    place: list[Place] = [lambda: 0.0]

    def cases() -> Iterator[Case]:
        with path.open("rb") as file:
            place[0] = lambda: file.tell() / size
            try:
                if suffix in (".xlsx", ".xlsm"):
                    book = Workbook(file)
                    place[0] = book.place
                    yield from _table(book.rows(), skipped)
                else:
                    yield from (
                        _table(csv_rows(file), skipped) if suffix in (".csv", ".tsv", ".txt") else read_jsonl(file)
                    )
            finally:
                place[0] = lambda: 1.0

    return cases(), lambda: place[0]()


# --- JSONL ----------------------------------------------------------------------------------------------------------


def read_jsonl(file: IO[bytes]) -> Iterator[Case]:
    """Cases of a JSONL file, blank lines skipped; `AuditError` at the first line that cannot be read."""
    decode = msgspec.json.Decoder(Case).decode
    for number, raw in enumerate(file, 1):
        line = raw.removeprefix(codecs.BOM_UTF8) if number == 1 else raw
        if line.strip():
            try:
                yield decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
                raise AuditError(f"line {number}: {error}") from error


# --- tables ---------------------------------------------------------------------------------------------------------


def _table(rows: Iterator[Row], skipped: Skipped) -> Iterator[Case]:
    header = next(rows, [])
    at = columns(header)
    if "text" in at and "role" in at:
        yield from _messages(rows, at, skipped)
    elif "reply" in at:
        yield from _cases(rows, at, skipped)
    else:
        shown = ", ".join(header)[:200]
        raise AuditError(
            f"columns not recognised: {shown}\n"
            "需要「角色、内容」两列（一行一条消息），或「回复」一列（一行一个回复）；"
            "needed: 'role' and 'text' (a message a row), or 'reply' (a case a row); see docs/audit.md"
        )


_NOISE = re.compile(r"[（(].*|[\s_\-\ufeff]")


def columns(header: Row) -> dict[str, int]:
    """What each column is, by its name: kind → index. A name that could be two things is the first kind that lacks one."""
    at: dict[str, int] = {}
    names = [_NOISE.sub("", cell.lower()) for cell in header]
    for kind, known in COLUMNS.items():
        wanted = [name.replace("_", "") for name in known.split()]
        found = [(wanted.index(name), n) for n, name in enumerate(names) if name in wanted and n not in at.values()]
        if found:
            at[kind] = min(found)[1]
    return at


def _cases(rows: Iterator[Row], at: dict[str, int], skipped: Skipped) -> Iterator[Case]:
    for number, row in enumerate(rows, 2):

        def cell(kind: str, row: Row = row) -> str:
            return _cell(row, at.get(kind, -1))

        reply = cell("reply")
        if not reply.strip():
            if any(row):
                skipped.add(number, "no reply")
            continue
        turns = _context(cell("asked"))
        name = cell("id") or (f"{conversation}:{number}" if (conversation := cell("conversation")) else str(number))
        yield Case(name, reply, cell("platform"), cell("category"), {}, turns, cell("agent"), cell("time"))


def _messages(rows: Iterator[Row], at: dict[str, int], skipped: Skipped) -> Iterator[Case]:
    """Each message of an agent, with the messages before it in the same conversation."""
    roles = {name: kind for kind, names in ROLES.items() for name in names.split()}
    conversations: OrderedDict[str, deque[Turn]] = OrderedDict()
    alone: deque[Turn] = deque(maxlen=CONTEXT)
    text_at, role_at = at["text"], at["role"]
    others = ("conversation", "agent", "id", "platform", "category", "time")
    conversation_at, agent_at, id_at, platform_at, category_at, time_at = (at.get(kind, -1) for kind in others)
    least = max(text_at, role_at)
    for number, row in enumerate(rows, 2):
        if len(row) <= least or not (text := row[text_at]).strip():
            continue
        said = row[role_at].strip()
        role = roles.get(said) or roles.get(said.lower())
        agent = "" if role == "buyer" else _cell(row, agent_at)
        if role is None:
            if not agent or not said:
                skipped.add(number, f"role {said!r} is not known: 买家 or 客服, buyer or agent")
                continue
            role = "agent" if said == agent else "buyer"  # the column holds names
        key = _cell(row, conversation_at)
        if conversation_at < 0:
            turns = alone
        elif key in conversations:
            turns = conversations[key]
            conversations.move_to_end(key)
        else:
            turns = conversations[key] = deque(maxlen=CONTEXT)
            if len(conversations) > CONVERSATIONS:
                conversations.popitem(last=False)
        if role == "agent":
            name = _cell(row, id_at) or f"{key}:{number}"
            platform, category, time = _cell(row, platform_at), _cell(row, category_at), _cell(row, time_at)
            yield Case(name, text, platform, category, {}, tuple(turns), agent, time)
        turns.append(Turn(role, text))  # type: ignore[arg-type]


def _context(text: str) -> tuple[Turn, ...]:
    """What was said before, as one cell: a line or `=>` between messages, `客服：` before an agent's."""
    turns = []
    for part in re.split(r"\s*(?:=>|[\r\n]+)\s*", text.strip()):
        who = re.match(r"(买家|顾客|客户|buyer|客服|agent)\s*[:：]\s*", part)
        role: Literal["buyer", "agent"] = "agent" if who and who[1] in ("客服", "agent") else "buyer"
        if said := part[who.end() :] if who else part:
            turns.append(Turn(role, said))
    return tuple(turns[-CONTEXT:])


def _cell(row: Row, index: int) -> str:
    """A cell; "" for a column that the table (-1) or the row does not have."""
    return row[index] if 0 <= index < len(row) else ""


# --- time -----------------------------------------------------------------------------------------------------------

_DAY = re.compile(
    r"(20\d\d)(?:(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])|\s*[-/.年]\s*(0?[1-9]|1[0-2])\s*[-/.月]\s*(0?[1-9]|[12]\d|3[01]))(?!\d)"
)
_SECONDS = re.compile(r"1\d{9}(?:\d{3})?")


@lru_cache(maxsize=4096)
def day(time: str) -> str:
    """YYYY-MM-DD of what exports write as time (2026-11-22 10:00, 2026/11/2, 2026年11月2日, 20261122, seconds or
    milliseconds), or ""."""
    if _SECONDS.fullmatch(time):
        return datetime.datetime.fromtimestamp(int(time[:10]), datetime.UTC).astimezone().date().isoformat()
    match = _DAY.match(time)
    if not match:
        return ""
    month, date = (match[2], match[3]) if match[2] else (match[4], match[5])
    return f"{match[1]}-{int(month):02}-{int(date):02}"
