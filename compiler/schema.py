"""What supervisors may write: the records of rule files, and their checking against a parsed document.

The types are the single definition: checking, the JSON Schema for editors (`json_schema`) and the authoring page's
completion all come from them. Descriptions stand in `Meta`, in Chinese, since rule authors read them in their editor.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from compiler.check_shape import check_shape
from compiler.diagnostics import Diagnostic
from compiler.source import Document

Level = Literal["block", "warn", "remind", "hint"]
Sound = Literal["pinyin", "initials", "homophones"]
Phrases = Annotated[list[str], Meta(description="说法：每项一个，可用 <词组>、(甲|乙)、(丙)?、…、^、$")]
Strings = list[str]
Points = dict[str, int | str]
Facts = dict[str, bool | int | str]
Date = Annotated[str, Meta(pattern=r"^\d{4}-\d{2}-\d{2}$", description="日期，如 2026-12-31")]


class _Closed(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Unknown keys are faults: a typo must never silently drop a condition."""


class GroupSource(_Closed):
    any: Annotated[list[str], Meta(description="同一个意思的各种说法")]
    spaced: Annotated[bool, Meta(description="字与字之间夹最多三个符号、空格或表情也算")] = False
    sounds_like: Annotated[
        list[Sound], Meta(description="自动生成的变体：pinyin 拼音、initials 首字母、homophones 谐音")
    ] = []


class NegationSource(_Closed):
    before: Annotated[list[str], Meta(description="出现在前面就否定，如 不、没有、不能")] = []
    after: Annotated[list[str], Meta(description="出现在后面就否定，如 是不行的")] = []
    pseudo: Annotated[list[str], Meta(description="看着像否定其实不是，如 能不能、不好意思")] = []
    double: Annotated[list[str], Meta(description="双重否定，如 不是不")] = []
    stop: Annotated[list[str], Meta(description="否定到此为止，如 但是、只能")] = []
    reach: Annotated[int, Meta(description="否定词最远隔几个字仍有效", ge=1, le=40)] = 0


class FollowUpSource(_Closed):
    do: Annotated[str, Meta(description="要跟进的事，会记入承诺台账")]
    within: Annotated[str, Meta(description="期限：今天、明天、24小时、3天")]


class Defaults(_Closed):
    level: Level | None = None
    platforms: list[str] | None = None
    categories: list[str] | None = None
    penalty: Points | None = None
    source: str | None = None
    given: Facts | None = None
    negation: Literal["excuses", "ignored"] | None = None
    turns: int | None = None


class RuleSource(_Closed):
    id: Annotated[str, Meta(description="永久编号，不重复使用，如 contact.add-wechat")]
    title: Annotated[str, Meta(description="一句话：客服不能做什么")]
    level: Annotated[Level | None, Meta(description="block 拦下 · warn 警告 · remind 承诺提醒 · hint 轻提示")] = None
    penalty: Annotated[Points | None, Meta(description="各平台扣分或后果，如 {tmall: 6}")] = None
    platforms: Annotated[list[str] | None, Meta(description="只在这些平台有效；不写=全部")] = None
    categories: Annotated[list[str] | None, Meta(description="只在这些类目有效；不写=全部")] = None
    given: Annotated[Facts | None, Meta(description="店铺或页面必须满足的事实")] = None
    asked: Annotated[list[str], Meta(description="买家最近几句里说过其中之一")] = []
    unless_asked: Annotated[list[str], Meta(description="买家最近几句里没有说过")] = []
    turns: Annotated[int, Meta(description="看买家最近几句，默认 3", ge=1, le=20)] | None = None
    find: Annotated[list[str], Meta(description="回复里出现其中之一")] = []
    near: Annotated[list[str], Meta(description="同一小句里还要有其中之一")] = []
    except_: Annotated[list[str], Meta(description="盖住命中的说法可以豁免，如 第一时间")] = msgspec.field(
        default_factory=list, name="except"
    )
    unless: Annotated[list[str], Meta(description="回复里有其中之一就整条不算")] = []
    negation: Annotated[Literal["excuses", "ignored"] | None, Meta(description="否定是否豁免，默认 excuses")] = None
    unless_quoted: Annotated[bool, Meta(description="号码、链接等是买家先发的就不算")] = False
    across: Annotated[bool, Meta(description="和客服上一句连起来看（拆成两条发也能发现）")] = False
    why: Annotated[str, Meta(description="为什么不能说，给客服看")] = ""
    say: Annotated[list[str], Meta(description="可以直接用的合规说法")] = []
    source: Annotated[str | None, Meta(description="出处：平台规则或法条，写明日期")] = None
    follow_up: Annotated[FollowUpSource | None, Meta(description="承诺要跟进的事")] = None
    bad: Annotated[list[str], Meta(description="违规例子：买家 => 回复，用〔〕标出违规部分")] = []
    good: Annotated[list[str], Meta(description="合规例子：不能触发任何规则")] = []
    known_bad: Annotated[list[str], Meta(description="已知漏报")] = []
    known_good: Annotated[list[str], Meta(description="已知误报")] = []
    since: Annotated[str, Meta(description="生效日期 2026-01-31")] = ""
    until: Annotated[str, Meta(description="失效日期 2026-12-31")] = ""
    status: Annotated[
        Literal["on", "draft", "retired"], Meta(description="on 启用 · draft 试运行不提示 · retired 停用")
    ] = "on"
    replaces: Annotated[list[str], Meta(description="取代了哪些旧规则")] = []


class ReplySource(_Closed):
    title: Annotated[str, Meta(description="什么情况用")]
    say: Annotated[list[str], Meta(description="合规话术")]
    ask: Annotated[list[str], Meta(description="买家这样问时推荐")] = []
    id: Annotated[str, Meta(description="编号，不写则自动生成")] = ""


class RuleFile(_Closed):
    """A topic file, or words.yaml."""

    topic: Annotated[str, Meta(description="主题编号，英文，如 contact")] = ""
    title: Annotated[str, Meta(description="主题名称")] = ""
    defaults: Defaults = msgspec.field(default_factory=Defaults)
    groups: Annotated[dict[str, list[str] | GroupSource], Meta(description="词组，全规则库共用")] = {}
    negation: NegationSource = msgspec.field(default_factory=NegationSource)
    fillers: Annotated[list[str], Meta(description="语气词，^ 和 $ 会忽略它们（只写在 words.yaml）")] = []
    rules: list[RuleSource] = []
    replies: list[ReplySource] = []


class ChannelSource(_Closed):
    id: Annotated[str, Meta(description="渠道编号")]
    title: Annotated[str, Meta(description="渠道名称")] = ""
    platform: Annotated[str, Meta(description="tmall、taobao、jd、pdd …")] = ""
    categories: list[str] = []
    facts: Facts = {}
    overlay: Annotated[str, Meta(description="shops/ 里的店铺设置名")] = ""
    follows: Annotated[str, Meta(description="从哪个渠道晋级而来：dev → canary → stable")] = ""
    rollout: Annotated[int, Meta(description="灰度百分比", ge=0, le=100)] = 100


class RulebookFile(_Closed):
    """rulebook.yaml."""

    name: str
    channels: list[ChannelSource] = []


class Disable(_Closed):
    id: str
    reason: Annotated[str, Meta(description="停用的原因，必填")] = ""
    until: str = ""


class Allow(_Closed):
    text: str
    reason: str = ""


class OverlayRule(_Closed):
    level: Level | None = None
    penalty: Points | None = None
    say: list[str] | None = None
    why: str | None = None


class OverlayFile(_Closed):
    """shops/<name>.yaml."""

    title: str = ""
    disable: list[Disable] = []
    set: dict[str, OverlayRule] = {}
    allow: list[Allow] = []
    facts: Facts = {}
    categories: list[str] = []
    topic: str = ""
    groups: dict[str, list[str] | GroupSource] = {}
    rules: list[RuleSource] = []


T = TypeVar("T")


def read(document: Document, kind: type[T]) -> tuple[T | None, list[Diagnostic]]:
    """The document as a `kind`, or None and every fault of its shape."""
    try:
        return msgspec.convert(document.tree, kind, strict=False), []
    except msgspec.ValidationError:
        faults = check_shape(document, kind)
        assert faults, "msgspec refused what check_shape lets through"
        return None, faults


def json_schema() -> dict[str, Any]:
    """One JSON Schema for all rule files, for yaml-language-server and the authoring page."""
    kinds = (RuleFile, RulebookFile, OverlayFile)
    refs, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ReplyGuard rulebook",
        "anyOf": list(refs),
        "$defs": components,
    }
