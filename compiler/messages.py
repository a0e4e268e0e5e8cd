"""The catalogue of diagnostics: code → severity, what it says, what it hints, in both languages.

RG0xx reading a file · RG1xx its shape · RG2xx phrases · RG3xx meaning · RG4xx examples · RG5xx overlays and channels.
A code is permanent: it is never reused for another fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple


class Message(NamedTuple):
    severity: Literal["error", "warning"]
    zh: str
    en: str
    hint_zh: str | Mapping[str, str] = ""
    """A template, or one for each value of the detail `hint_for`."""
    hint_en: str | Mapping[str, str] = ""

    def text(self, lang: str) -> str:
        return self.en if lang == "en" else self.zh

    def hint(self, lang: str, detail: Mapping[str, Any]) -> str:
        hint = self.hint_en if lang == "en" else self.hint_zh
        return hint if isinstance(hint, str) else hint.get(detail.get("hint_for", ""), "")


def _e(zh: str, en: str, hint_zh: str | Mapping[str, str] = "", hint_en: str | Mapping[str, str] = "") -> Message:
    return Message("error", zh, en, hint_zh, hint_en)


def _w(zh: str, en: str, hint_zh: str | Mapping[str, str] = "", hint_en: str | Mapping[str, str] = "") -> Message:
    return Message("warning", zh, en, hint_zh, hint_en)


_SYNTAX_ZH = {
    "colon": "这一行用了全角冒号「：」，键后面要用半角冒号加空格「: 」",
    "comma": "这一行用了全角逗号「，」，[ ] 里的项目要用半角逗号「,」隔开",
    "space": "这一行有全角空格，缩进和间隔要用半角空格",
    "quote": "这一行用了中文引号，整句要包起来请用半角引号",
    "start": "以 * & @ % ! | > {{ [ ` 开头的内容要用半角引号包起来",
    "colon-inside": "内容里有「: 」时，整句要用半角引号包起来",
    "": "看看上一行的缩进、冒号和引号是否成对",
}
_SYNTAX_EN = {
    "colon": "this line has a full-width colon; after a key write ': '",
    "comma": "this line has a full-width comma; separate items in [ ] with ','",
    "space": "this line has a full-width space; indent with plain spaces",
    "quote": "this line has typographic quotes; quote a sentence with plain quotes",
    "start": "a value starting with * & @ % ! | > {{ [ ` needs plain quotes around it",
    "colon-inside": "a value that contains ': ' needs plain quotes around it",
    "": "check the indentation, colons and quotes of the line above",
}

MESSAGES: dict[str, Message] = {
    # Reading
    "RG001": _e(
        "文件太大：{size} 字节，最多 {limit} 字节",
        "the file is too large: {size} bytes, at most {limit}",
        "按主题拆成几个文件",
        "split it into a file a topic",
    ),
    "RG002": _e(
        "文件不是 UTF-8 编码，看起来是 GBK（ANSI）",
        "the file is not UTF-8; it looks like GBK (ANSI)",
        "用编辑器“另存为”，编码选 UTF-8",
        "save it again with the encoding UTF-8",
    ),
    "RG003": _e("文件不是 UTF-8 编码", "the file is not UTF-8", "编码选 UTF-8 另存", "save it again as UTF-8"),
    "RG004": _e("有不可见的控制字符 {char}", "there is a control character {char}", "删掉它重新输入", "delete it"),
    "RG005": _e(
        "缩进里有制表符（Tab）或全角空格",
        "a tab or a full-width space in the indentation",
        "缩进只用半角空格",
        "indent with plain spaces",
    ),
    "RG006": _e(
        "键「{key}」后面是全角冒号「：」",
        "a full-width colon after the key '{key}'",
        "改成半角冒号加空格「: 」",
        "write ': '",
    ),
    "RG007": _w(
        "空格后的 # 会让「{rest}」变成注释，不起作用",
        "' #' turns '{rest}' into a comment",
        "要保留它，就把整句用半角引号包起来",
        "to keep it, put plain quotes around the whole value",
    ),
    "RG010": _e("这里不符合 YAML 的写法（{problem}）", "not valid YAML here ({problem})", _SYNTAX_ZH, _SYNTAX_EN),
    "RG011": _e(
        "键「{key}」重复了，第 {first} 行已经有",
        "the key '{key}' is a duplicate of line {first}",
        "合并成一个",
        "merge them",
    ),
    "RG012": _e(
        "文件的最外层应该是「键: 值」",
        "the top of the file should be 'key: value' lines",
        "例如 topic: contact",
        "for example topic: contact",
    ),
    "RG013": _e("嵌套太深，最多 {limit} 层", "nested too deeply, at most {limit} levels"),
    "RG014": _e("内容太多，最多 {limit} 项", "too many values, at most {limit}"),
    "RG015": _e(
        "键只能是文字", "a key must be text", "括号开头的内容要加引号", "quote a value that starts with a bracket"
    ),
    "RG016": _e("一个文件里只能有一份内容，不能有第二个 ---", "one document a file: no second ---"),
    "RG017": _e(
        "规则文件不使用 YAML 的锚点（&）、引用（*）和标签（!）",
        "rule files do not use YAML anchors (&), aliases (*) or tags (!)",
        "内容本来就以这个符号开头时，用半角引号包起来",
        "put plain quotes around a value that starts with this sign",
    ),
    "RG018": _e("读不到文件：{problem}", "the file cannot be read: {problem}"),
    # Shape
    "RG101": _e("不认识的键「{key}」", "unknown key '{key}'", "这里可以写：{known}", "known here: {known}"),
    "RG102": _e("缺少必填的「{key}」", "the key '{key}' is missing"),
    "RG103": _e("不认识的值 '{value}'", "unknown value '{value}'", "可以写：{known}", "known here: {known}"),
    "RG104": _e(
        "「{key}」应该是{wanted}，这里是{got}",
        "'{key}' should be {wanted}, not {got}",
        {
            "mapping": "句子里有「: 」时会被当成「键: 值」，用半角引号把整句包起来",
            "colon": "「：」是全角冒号，要用半角冒号加空格「: 」",
            "list": "写成 [ … ] 或每行一个「- 」",
        },
        {
            "mapping": "a sentence with ': ' reads as 'key: value'; put plain quotes around it",
            "colon": "'：' is a full-width colon; write ': '",
            "list": "write [ … ] or one '- ' a line",
        },
    ),
    "RG105": _e("「{key}」的值 '{value}' 不是{wanted}", "'{key}': '{value}' is not {wanted}"),
    "RG106": _w(
        "「{value}」里有全角逗号，会被当成同一项",
        "'{value}' contains a full-width comma and is one item",
        "几个说法要用半角逗号「,」隔开",
        "separate items with ','",
    ),
    # Phrases
    "RG201": _e("说法的写法有误：{problem}", "the phrase is malformed: {problem}"),
    "RG202": _e("没有叫 <{name}> 的词组或实体", "there is no group or entity <{name}>"),
    "RG203": _e("词组互相引用成了圈：{circle}", "groups refer to each other in a circle: {circle}"),
    "RG204": _e(
        "这个说法展开后太多（超过 {limit} 种）",
        "the phrase expands to more than {limit} variants",
        "把括号里的选项放进词组",
        "move the alternatives into a group",
    ),
    "RG205": _e(
        "单独一个字的说法会误报太多",
        "a phrase of a single character would alarm far too often",
        "写长一点，或放进词组再组合使用",
        "make it longer, or put it into a group and combine it",
    ),
    "RG206": _e("说法太长：最多 {limit} 个字", "the phrase is too long: at most {limit} characters"),
    "RG207": _e("说法是空的，或只有符号和间隔", "the phrase is empty, or only gaps and edges"),
    "RG208": _w("「{inner}」已经包含在「{outer}」能找到的内容里", "'{inner}' already finds whatever '{outer}' finds"),
    "RG209": _e("<{name}> 不接受「:」后面的参数", "<{name}> takes no argument"),
    # Meaning
    "RG301": _e("编号「{id}」已经在 {where} 用过", "the id '{id}' is already used at {where}"),
    "RG302": _e("词组 <{name}> 已经在 {where} 定义过", "the group <{name}> is already defined at {where}"),
    "RG303": _e("这条规则永远不会触发：{reason}", "this rule can never fire: {reason}"),
    "RG304": _e(
        "规则没有例子：至少写一个 bad",
        "the rule has no examples: write at least one 'bad'",
        "bad 写一句真实的违规回复，用〔〕标出违规的部分",
        "'bad' is a real reply that breaks the rule, with 〔〕 around the offending part",
    ),
    "RG305": _w(
        "例外「{phrase}」盖不住任何命中，不起作用",
        "the exception '{phrase}' covers no hit",
        "例外要比它盖住的说法更长，例如 第一时间 盖住 第一",
        "an exception is longer than what it covers",
    ),
    "RG306": _w(
        "规则已在 {date} 过期", "the rule expired on {date}", "删掉、延期或改成 retired", "delete, extend or retire"
    ),
    "RG307": _e(
        "「{id}」不是有效的编号",
        "'{id}' is not a valid id",
        "用小写英文、数字、点和横线，如 contact.add-wechat",
        "lower-case letters, digits, dots and hyphens, such as contact.add-wechat",
    ),
    "RG308": _e("取代的规则「{id}」还在使用", "the rule '{id}' that this one replaces is still in use"),
    "RG310": _e(
        "follow_up 的 within「{value}」看不懂",
        "follow_up: within '{value}' is not understood",
        "可以写：今天、明天、24小时、3天",
        "write 今天, 明天, 24小时 or 3天",
    ),
    "RG311": _w("没有渠道或站点属于平台「{name}」", "no channel and no site has the platform '{name}'"),
    # Examples
    "RG401": _e("这个 bad 例子没有触发本规则", "this 'bad' example does not fire the rule", "{why}", "{why}"),
    "RG402": _e(
        "标出的部分不对：应为「{expected}」，实际是「{actual}」",
        "the marked span is wrong: expected '{expected}', found '{actual}'",
    ),
    "RG403": _e("这个 good 例子触发了「{rule}」（{span}）", "this 'good' example fires {rule} ({span})"),
    "RG404": _e("建议话术自己就会触发「{rule}」（{span}）", "this suggestion itself fires {rule} ({span})"),
    "RG405": _e("这个 known_bad 已经能发现了，移到 bad", "this 'known_bad' is found now: move it to 'bad'"),
    "RG406": _e("这个 known_good 已经不误报了，移到 good", "this 'known_good' is quiet now: move it to 'good'"),
    "RG407": _w(
        "没有 bad 例子用到这些说法：{phrases}",
        "no 'bad' example hits: {phrases}",
        "给每个说法配一句真实的违规回复",
        "write a real reply for each",
    ),
    "RG408": _e("例子的〔〕不成对", "the 〔〕 of the example do not pair"),
    "RG409": _e("例子里没有回复", "the example has no reply", "写成 买家的话 => 客服的回复", "write buyer => reply"),
    # Overlays and channels
    "RG501": _e("没有编号为「{id}」的规则", "there is no rule '{id}'"),
    "RG502": _e("停用规则「{id}」必须写明 reason", "switching off '{id}' needs a reason"),
    "RG503": _w(
        "这个例子不再报警：{example}（规则「{rule}」）", "this example is no longer found: {example} (rule {rule})"
    ),
    "RG504": _e("没有叫「{name}」的店铺设置", "there is no shop overlay '{name}'"),
    "RG505": _e("站点配置有误：{problem}", "the site adapter is wrong: {problem}"),
    "RG506": _e(
        "「{id}」不能作渠道编号",
        "'{id}' cannot be the id of a channel",
        "用小写英文、数字和横线，最多 32 个字，如 tmall",
        "lower-case letters, digits and hyphens, at most 32, such as tmall",
    ),
    "RG507": _e("没有编号为「{name}」的渠道", "there is no channel '{name}'"),
    "RG508": _e("选择器写错了：{problem}", "the selector is malformed: {problem}"),
}
