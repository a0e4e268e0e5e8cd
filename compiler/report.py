"""The report of an audit: one HTML page, complete in itself, no scripts; compiler/report_charts.py draws."""

from __future__ import annotations

import datetime
from html import escape
from typing import Final

from compiler.audit_output import LEVELS
from compiler.audit_stats import OTHERS, Example, Stats
from compiler.bundle import Bundle
from compiler.diagnostics import Language
from compiler.report_charts import COLOURS, Bar, bars, columns

_TOP: Final = 30
"""Bars of a chart; all the others are one bar at its end."""

_CSP: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
_STYLE: Final = """
:root{color-scheme:light dark;--ink:#1a1d21;--soft:#5b6470;--line:#d9dee5;--page:#fff;--card:#f6f8fa;--mark:#ffe1dc}
@media(prefers-color-scheme:dark){:root{--ink:#e8ebef;--soft:#9aa4b1;--line:#363d47;--page:#14171b;--card:#1c2026;--mark:#5c241b}}
*{box-sizing:border-box}
body{margin:0 auto;padding:2rem 1.25rem 4rem;max-width:62rem;background:var(--page);color:var(--ink);
font:15px/1.65 "Noto Sans SC","PingFang SC","Microsoft YaHei",system-ui,sans-serif}
h1{font-size:1.6rem;line-height:1.3;margin:0 0 .25rem}h2{font-size:1.15rem;margin:2.5rem 0 .75rem}
p{margin:.25rem 0}.soft{color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(7.4rem,1fr));gap:.75rem;margin:1.5rem 0 0;padding:0}
.tiles div{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.75rem 1rem}
.tiles dt{color:var(--soft);font-size:.85rem}.tiles dd{margin:0;font-size:1.5rem;font-weight:650;font-variant-numeric:tabular-nums}
svg{display:block;width:100%;height:auto}svg text{fill:var(--ink);font:12.5px system-ui,"Noto Sans SC",sans-serif}
svg .soft{fill:var(--soft)}svg .axis{stroke:var(--line)}
.key{display:flex;gap:1.25rem;flex-wrap:wrap;margin:.25rem 0 .5rem;font-size:.85rem;color:var(--soft)}
.key i{display:inline-block;width:.8em;height:.8em;border-radius:.2em;margin-right:.4em;vertical-align:-.05em}
table{border-collapse:collapse;width:100%;font-size:.9rem}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
th{color:var(--soft);font-weight:600}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.wide{overflow-x:auto}
section.rule{border:1px solid var(--line);border-radius:.6rem;padding:.75rem 1rem;margin:.75rem 0;break-inside:avoid}
section.rule h3{font-size:1rem;margin:0}
section.rule ul{margin:.5rem 0 0;padding:0;list-style:none}section.rule li{padding:.35rem 0;border-top:1px dashed var(--line);overflow-wrap:anywhere}
mark{background:var(--mark);color:inherit;padding:0 .15em;border-radius:.2em;font-weight:600}
@media print{body{max-width:none;padding:0;font-size:12px}:root{--ink:#000;--soft:#444;--line:#bbb;--page:#fff;--card:#fff;--mark:#ddd}h2{break-after:avoid}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
"""


class Report:
    """One audit as a page. `texts` off: no word of a message is quoted."""

    def __init__(self, bundle: Bundle, stats: Stats, lang: Language, *, source: str, texts: bool = True) -> None:
        self._bundle, self._stats, self._lang = bundle, stats, lang
        self._source, self._texts = source, texts
        self._rules = {rule.id: rule for rule in bundle.rules}

    def _say(self, zh: str, en: str) -> str:
        return en if self._lang == "en" else zh

    def html(self) -> str:
        """The page; every text in it that comes from rules or chats is escaped."""
        say = self._say
        title = say("客服质检报告", "Audit of replies")
        parts = [
            f'<!doctype html><html lang="{say("zh-CN", "en")}"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">',
            '<meta name="viewport" content="width=device-width,initial-scale=1">',
            f"<title>{title} · {escape(self._source)}</title><style>{_STYLE}</style></head><body>",
            f"<header><h1>{title}</h1>{self._about()}</header><main>",
            self._tiles(),
            self._by_rule(),
            self._by_agent(),
            self._by_day(),
            self._details(),
            "</main></body></html>\n",
        ]
        return "\n".join(part for part in parts if part)

    def _about(self) -> str:
        now = datetime.datetime.now().astimezone().strftime("%Y-%m-%d %H:%M")
        text = self._say(
            f"{self._source} · 规则库「{self._bundle.name}」渠道 {self._bundle.channel} · {now}",
            f"{self._source} · rulebook “{self._bundle.name}”, channel {self._bundle.channel} · {now}",
        )
        return f'<p class="soft">{escape(text)}</p>'

    def _tiles(self) -> str:
        say, stats = self._say, self._stats
        per = 1000 * stats.alarmed / stats.checked if stats.checked else 0.0
        tiles = [
            (say("检查的回复", "Replies checked"), f"{stats.checked:,}"),
            (say("有问题的回复", "Replies with findings"), f"{stats.alarmed:,}"),
            (say("每千条", "Per 1,000"), f"{per:.1f}"),
            *((names[self._lang == "en"], f"{stats.by_level[level]:,}") for level, names in LEVELS.items()),
        ]
        return '<dl class="tiles">' + "".join(f"<div><dt>{k}</dt><dd>{v}</dd></div>" for k, v in tiles) + "</dl>"

    def _key(self) -> str:
        names = (
            f'<span><i style="background:{COLOURS[level]}"></i>{names[self._lang == "en"]}</span>'
            for level, names in LEVELS.items()
        )
        return f'<div class="key">{"".join(names)}</div>'

    def _chart(self, heading: str, svg: str) -> str:
        return f"<section><h2>{heading}</h2>{self._key()}{svg}</section>"

    def _by_rule(self) -> str:
        found = self._stats.by_rule.most_common()
        if not found:
            return f"<section><p>{self._say('没有发现问题。', 'Nothing was found.')}</p></section>"
        rows = [Bar(f"{self._rules[r].title}", r, {self._rules[r].level: count}) for r, count in found[:_TOP]]
        rows += self._rest([({self._rules[r].level: count}) for r, count in found[_TOP:]])
        heading = self._say("按规则", "By rule")
        return self._chart(heading, bars(rows, heading))

    def _by_agent(self) -> str:
        stats = self._stats
        if not stats.findings or set(stats.checked_by_agent) <= {""}:
            return ""
        found = sorted(stats.by_agent.items(), key=lambda item: (-sum(item[1].values()), item[0]))
        per = {agent: 1000 * sum(levels.values()) / stats.checked_by_agent[agent] for agent, levels in found}
        note = self._say("{:,} 条回复，每千条 {:.1f} 处", "{:,} replies, {:.1f} per 1,000")
        rows = [
            Bar(self._agent(agent), note.format(stats.checked_by_agent[agent], per[agent]), levels)
            for agent, levels in found[:_TOP]
        ]
        rows += self._rest([levels for _, levels in found[_TOP:]])
        heading = self._say("按客服", "By agent")
        return self._chart(heading, bars(rows, heading))

    def _agent(self, name: str) -> str:
        if name == OTHERS:
            return self._say("其余", "others")
        return name or self._say("（没有写客服）", "(no agent given)")

    def _rest(self, rows: list[dict[str, int]]) -> list[Bar]:
        if not rows:
            return []
        total = {level: sum(row.get(level, 0) for row in rows) for level in LEVELS}
        return [Bar(self._say(f"其余 {len(rows)} 项", f"{len(rows)} others"), "", total)]

    def _by_day(self) -> str:
        stats = self._stats
        days = sorted(date for date in stats.checked_by_day if date not in ("", OTHERS))
        if not days:
            return ""
        note = self._say("{}：{} 条回复，发现 {} 处", "{}: {} replies, {} findings")
        heading = self._say("按天", "By day")
        bars_of_days = [
            Bar(
                date,
                note.format(date, f"{stats.checked_by_day[date]:,}", sum(stats.by_day[date].values())),
                stats.by_day[date],
            )
            for date in days[-120:]
        ]
        return self._chart(heading, columns(bars_of_days, heading))

    def _details(self) -> str:
        if not self._stats.findings:
            return ""
        parts = [f"<section><h2>{self._say('规则和例子', 'Rules and examples')}</h2>"]
        for rule_id, count in self._stats.by_rule.most_common():
            rule = self._rules[rule_id]
            topic = self._bundle.topics[rule.topic].title
            level = LEVELS[rule.level][self._lang == "en"]
            parts.append(f'<section class="rule"><h3>{escape(rule.title)}</h3>')
            parts.append(f'<p class="soft">{escape(topic)} · {level} · {escape(rule_id)} · {count:,}</p>')
            if rule.why:
                parts.append(f"<p>{escape(rule.why)}</p>")
            if rule.say:
                parts.append(f"<p>{self._say('可以这样说：', 'Say instead: ')}{escape(rule.say[0])}</p>")
            if self._texts:
                parts.append("<ul>" + "".join(map(self._example, self._stats.examples[rule_id])) + "</ul>")
            parts.append("</section>")
        return "".join([*parts, "</section>"])

    def _example(self, example: Example) -> str:
        asked = (
            f'<span class="soft">{self._say("买家：", "Buyer: ")}{escape(example.asked)}</span><br>'
            if example.asked
            else ""
        )
        who = " · ".join(escape(part) for part in (example.case, example.agent) if part)
        marked = f"<mark>{escape(example.found)}</mark>" if example.found else ""
        return f'<li>{asked}{escape(example.before)}{marked}{escape(example.after)} <span class="soft">（{who}）</span></li>'
