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
Points = dict[str, int | str]
Facts = dict[str, bool | int | str]


class _Closed(Struct, forbid_unknown_fields=True, omit_defaults=True, kw_only=True):
    """Unknown keys are faults: a typo must never silently drop a condition."""


class GroupSource(_Closed):
    """词组的完整写法。"""

    any: Annotated[list[str], Meta(description="同一个意思的各种说法")]
    spaced: Annotated[bool, Meta(description="字与字之间夹最多三个符号、空格或表情也算")] = False
    sounds_like: Annotated[
        list[Sound], Meta(description="自动生成的变体：pinyin 拼音、initials 首字母、homophones 谐音")
    ] = []


class NegationSource(_Closed):
    """否定词，各起各的作用。"""

    before: Annotated[list[str], Meta(description="出现在前面就否定，如 不、没有、不能")] = []
    after: Annotated[list[str], Meta(description="出现在后面就否定，如 是不行的")] = []
    pseudo: Annotated[list[str], Meta(description="看着像否定其实不是，如 能不能、不好意思")] = []
    double: Annotated[list[str], Meta(description="双重否定，如 不是不")] = []
    stop: Annotated[list[str], Meta(description="否定到此为止，如 但是、只能")] = []
    reach: Annotated[int, Meta(description="否定词最远隔几个字仍有效", ge=1, le=40)] = 0


class FollowUpSource(_Closed):
    """承诺之后要做的事。"""

    do: Annotated[str, Meta(description="要跟进的事，会记入承诺台账")]
    within: Annotated[str, Meta(description="期限：今天、明天、24小时、3天")]


class Defaults(_Closed):
    """本文件规则的默认值；规则自己写了就以规则为准。"""

    level: Annotated[Level | None, Meta(description="block 拦下 · warn 警告 · remind 承诺提醒 · hint 轻提示")] = None
    platforms: Annotated[list[str] | None, Meta(description="只在这些平台有效；不写=全部")] = None
    categories: Annotated[list[str] | None, Meta(description="只在这些类目有效；不写=全部")] = None
    penalty: Annotated[Points | None, Meta(description="各平台扣分或后果，如 {tmall: 6}")] = None
    source: Annotated[str | None, Meta(description="出处：平台规则或法条，写明日期")] = None
    given: Annotated[Facts | None, Meta(description="店铺或页面必须满足的事实")] = None
    negation: Annotated[Literal["excuses", "ignored"] | None, Meta(description="否定是否豁免，默认 excuses")] = None
    turns: Annotated[int | None, Meta(description="看买家最近几句，默认 3")] = None
    likely: (
        Annotated[
            int, Meta(description="语感把关：整句像违规的把握低于这个百分数就不报；只管 block 和 warn", ge=0, le=99)
        ]
        | None
    ) = None


class RuleSource(_Closed):
    """一条规则。"""

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
    not_near: Annotated[list[str], Meta(description="同一小句里有其中之一，这一处就不算")] = []
    except_: Annotated[list[str], Meta(description="盖住命中的说法可以豁免，如 第一时间")] = msgspec.field(
        default_factory=list, name="except"
    )
    unless: Annotated[list[str], Meta(description="回复里有其中之一就整条不算")] = []
    negation: Annotated[Literal["excuses", "ignored"] | None, Meta(description="否定是否豁免，默认 excuses")] = None
    unless_quoted: Annotated[bool, Meta(description="号码、链接等是买家先发的就不算")] = False
    across: Annotated[bool, Meta(description="和客服上一句连起来看（拆成两条发也能发现）")] = False
    likely: (
        Annotated[int, Meta(description="语感把关：整句像违规的把握低于这个百分数就不报；0=不把关", ge=0, le=99)] | None
    ) = None
    likely_topic: Annotated[
        int,
        Meta(
            description="语感发现：整句像本主题违规的把握达到这个百分数才报，报整句；不写 find 和 asked 时，买家说过话才看",
            ge=0,
            le=99,
        ),
    ] = 0
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
    """一条话术。"""

    title: Annotated[str, Meta(description="什么情况用")]
    say: Annotated[list[str], Meta(description="合规话术")]
    ask: Annotated[list[str], Meta(description="买家这样问时推荐")] = []
    id: Annotated[str, Meta(description="编号，不写则自动生成")] = ""


class RuleFile(_Closed):
    """主题文件（一个主题一个文件），或 words.yaml。"""

    topic: Annotated[str, Meta(description="主题编号，英文，如 contact")] = ""
    title: Annotated[str, Meta(description="主题名称")] = ""
    defaults: Annotated[Defaults, Meta(description="本文件规则的默认值")] = msgspec.field(default_factory=Defaults)
    groups: Annotated[dict[str, list[str] | GroupSource], Meta(description="词组，全规则库共用")] = {}
    negation: Annotated[
        NegationSource, Meta(description="否定词；有规则的文件里写的只用于本文件，否则全规则库共用")
    ] = msgspec.field(default_factory=NegationSource)
    fillers: Annotated[list[str], Meta(description="语气词，^ 和 $ 会忽略它们（只写在 words.yaml）")] = []
    rules: Annotated[list[RuleSource], Meta(description="规则，每条用自己的例子证明自己")] = []
    replies: Annotated[list[ReplySource], Meta(description="话术库：买家这样问，推荐这样答")] = []


class ChannelSource(_Closed):
    """一个发布渠道。"""

    id: Annotated[str, Meta(description="渠道编号")]
    title: Annotated[str, Meta(description="渠道名称")] = ""
    platform: Annotated[str, Meta(description="平台：tmall、taobao、jd、pdd …")] = ""
    categories: Annotated[list[str], Meta(description="店铺的类目，如 food、cosmetics")] = []
    facts: Annotated[Facts, Meta(description="店铺或页面的事实，规则的 given 会用到")] = {}
    overlay: Annotated[str, Meta(description="shops/ 里的店铺设置名")] = ""
    follows: Annotated[str, Meta(description="从哪个渠道晋级而来：dev → canary → stable")] = ""
    rollout: Annotated[int, Meta(description="灰度百分比", ge=0, le=100)] = 100


class RulebookFile(_Closed):
    """rulebook.yaml：规则库的名称和发布渠道。"""

    name: Annotated[str, Meta(description="规则库名称")]
    channels: Annotated[list[ChannelSource], Meta(description="发布渠道：哪个平台、哪家店用哪一份规则")] = []


class Disable(_Closed):
    """停用一条规则。"""

    id: Annotated[str, Meta(description="停用哪条规则")]
    reason: Annotated[str, Meta(description="停用的原因，必填")] = ""
    until: Annotated[str, Meta(description="停用到哪一天，如 2026-12-31；不写=一直停用")] = ""


class Allow(_Closed):
    """允许一种说法。"""

    text: Annotated[str, Meta(description="本店允许的说法，盖住的命中都豁免，如 第一坊")]
    reason: Annotated[str, Meta(description="允许的原因，必填")] = ""


class OverlayRule(_Closed):
    """改动一条规则在本店的样子。"""

    level: Annotated[Level | None, Meta(description="本店的级别")] = None
    penalty: Annotated[Points | None, Meta(description="本店的扣分或后果")] = None
    say: Annotated[list[str] | None, Meta(description="本店的合规说法")] = None
    why: Annotated[str | None, Meta(description="本店给客服看的说明")] = None


class OverlayFile(_Closed):
    """shops/<店铺>.yaml：一家店的设置，改动都要写原因。"""

    title: Annotated[str, Meta(description="店铺名称")] = ""
    disable: Annotated[list[Disable], Meta(description="停用的规则")] = []
    set: Annotated[
        dict[str, OverlayRule], Meta(description="按规则编号改动，如 {contact.add-wechat: {level: warn}}")
    ] = {}
    allow: Annotated[list[Allow], Meta(description="本店允许的说法")] = []
    facts: Annotated[Facts, Meta(description="店铺的事实，规则的 given 会用到")] = {}
    categories: Annotated[list[str], Meta(description="店铺的类目")] = []
    topic: Annotated[str, Meta(description="本店规则的主题编号")] = ""
    groups: Annotated[dict[str, list[str] | GroupSource], Meta(description="本店的词组")] = {}
    rules: Annotated[list[RuleSource], Meta(description="只在本店有效的规则")] = []


class SiteComposer(_Closed):
    """输入回复的地方。"""

    selectors: Annotated[list[str], Meta(description="选择器，按顺序试，第一个看得见的算")] = []


class SiteSend(_Closed):
    """怎样发送。"""

    selectors: Annotated[list[str], Meta(description="发送按钮的选择器")] = []
    text: Annotated[str, Meta(description="按钮上的字必须是这个；选择器太宽时写")] = ""
    keys: Annotated[list[Literal["enter", "ctrl+enter"]], Meta(description="哪些键会发送；不写=两种都算")] = []
    setting: Annotated[str, Meta(description="页面上显示发送键的地方的选择器")] = ""


class SiteMessages(_Closed):
    """会话里的消息。"""

    root: Annotated[list[str], Meta(description="消息列表的选择器")] = []
    item: Annotated[str, Meta(description="一条消息的选择器")] = ""
    buyer: Annotated[str, Meta(description="买家的消息")] = ""
    agent: Annotated[str, Meta(description="客服的消息")] = ""
    system: Annotated[list[str], Meta(description="平台的通知")] = []
    robot: Annotated[list[str], Meta(description="机器人的消息")] = []
    text: Annotated[list[str], Meta(description="消息里的正文；不写=整条")] = []
    sender: Annotated[str, Meta(description="消息里发送人的名字；只能靠名字分两边时写")] = ""
    row: Annotated[str, Meta(description="一条消息的那一行；两边没有各自的类名时，反着排（row-reverse）的算客服")] = ""


class SiteBuyer(_Closed):
    """买家是谁。"""

    id: Annotated[list[str], Meta(description="带买家编号的元素")] = []
    attribute: Annotated[str, Meta(description="编号写在哪个属性里；不写=看文字")] = ""
    name: Annotated[list[str], Meta(description="买家名字的选择器")] = []


class SiteOrder(_Closed):
    """订单。"""

    id: Annotated[list[str], Meta(description="订单号的选择器")] = []


class SiteFile(_Closed):
    """sites/<工作台>.yaml：客服工作台的页面怎么读。选择器里 `>>>` 表示进入前面那个元素的 shadow root。"""

    match: Annotated[list[str], Meta(description="网址，如 https://im.example.com/*")]
    name: Annotated[str, Meta(description="工作台名称")] = ""
    platform: Annotated[str, Meta(description="平台：tmall、taobao、jd、pdd …；不写=看渠道")] = ""
    enabled: Annotated[Literal["on", "off", "true", "false"], Meta(description="off=不管这个工作台")] = "on"
    composer: Annotated[SiteComposer, Meta(description="输入回复的地方")] = msgspec.field(default_factory=SiteComposer)
    send: Annotated[SiteSend, Meta(description="怎样发送")] = msgspec.field(default_factory=SiteSend)
    quick: Annotated[list[str], Meta(description="一点就把话发出去的快捷短语")] = []
    messages: Annotated[SiteMessages, Meta(description="会话里的消息")] = msgspec.field(default_factory=SiteMessages)
    buyer: Annotated[SiteBuyer, Meta(description="买家是谁")] = msgspec.field(default_factory=SiteBuyer)
    order: Annotated[SiteOrder, Meta(description="订单")] = msgspec.field(default_factory=SiteOrder)


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
    """One JSON Schema for all rule files, for yaml-language-server and the authoring page.

    Which kind a file is shows in its keys, so that an editor completes the right ones. To us every YAML scalar is text;
    an editor resolves `6`, `true` and an empty value first, so the schema takes whatever may stand for the text.
    """
    kinds = (RuleFile, RulebookFile, OverlayFile, SiteFile)
    schemas, components = msgspec.json.schema_components(kinds, ref_template="#/$defs/{name}")
    rule_file, rulebook, overlay, site = schemas
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "ReplyGuard rulebook",
        "description": "高压线规则文件：主题文件、words.yaml、rulebook.yaml、shops/*.yaml、sites/*.yaml",
        "type": "object",
        **_if_key(
            ("match", "composer", "messages"),
            site,
            _if_key(
                ("name", "channels"),
                rulebook,
                _if_key(("disable", "set", "allow", "facts", "categories"), overlay, rule_file),
            ),
        ),
        "$defs": {name: _as_editors_read(component) for name, component in components.items()},
    }


def _if_key(keys: tuple[str, ...], then: dict[str, Any], otherwise: dict[str, Any]) -> dict[str, Any]:
    return {"if": {"anyOf": [{"required": [key]} for key in keys]}, "then": then, "else": otherwise}


_TEXT = ["string", "number", "boolean", "null"]


def _as_editors_read(node: Any) -> Any:
    """A schema of our texts as a schema of what YAML makes of them."""
    if isinstance(node, list):
        return [_as_editors_read(item) for item in node]
    if not isinstance(node, dict):
        return node
    changed = {key: _as_editors_read(value) for key, value in node.items()}
    # "Not given" is written by leaving the key out; as a default it would only be offered as a completion.
    if changed.get("default", ...) in (None, "", [], {}):
        del changed["default"]
    if "anyOf" in changed:
        arms = [arm for arm in changed["anyOf"] if arm != {"type": "null"}]
        texts = [arm for arm in arms if arm.get("type") == _TEXT]
        arms = texts or arms  # a fact or a number of points: any scalar
        del changed["anyOf"]
        return {**changed, **(arms[0] if len(arms) == 1 else {"anyOf": arms})}
    kind = changed.get("type")
    if kind == "string":
        changed["type"] = _TEXT
    elif kind == "integer":
        del changed["type"]
        bounds = {key: changed.pop(key) for key in ("minimum", "maximum") if key in changed}
        changed["anyOf"] = [{"type": "integer", **bounds}, {"type": "string", "pattern": r"^-?\d+(\.0+)?$"}]
    elif kind == "boolean":
        del changed["type"]
        quoted = {"type": "string", "pattern": "^([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee]|[01])$"}
        changed["anyOf"] = [{"type": "boolean"}, {"enum": [0, 1]}, quoted]
    return changed
