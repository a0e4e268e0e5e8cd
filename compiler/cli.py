"""The compiler's commands: compile, check, watch, audit, explain. `server/cli.py` adds its own and is the console script.

Exit status of all of them: 0 good, 1 faults in what was read, 2 wrong usage (docs/ci.md).
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from compiler.build import Build, Builder
from compiler.diagnostics import Language, did_you_mean
from compiler.rulebook import rule_files

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

RULES = Path("rules")
SCHEMA = Path("docs/schema/replyguard.schema.json")
HANDBOOK = Path("docs/rules")
USAGE = 2
"""Exit status, as argparse has it, for a folder or a channel that does not exist."""


def build_parser() -> tuple[argparse.ArgumentParser, Commands]:
    """The parser, and its sub-commands for others to add to; each command sets `run`, called with the arguments."""
    parser = argparse.ArgumentParser(
        prog="replyguard", description="高压线：客服回复合规检查 / checks replies before they are sent"
    )
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="language of messages / 提示语言")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    command = commands.add_parser("compile", help="编译规则 / rules → bundle.bin and automaton.bin")
    command.add_argument("rules", type=Path, nargs="?", default=RULES)
    command.add_argument("--out", type=Path, required=True)
    command.add_argument("--channel", default="")
    command.add_argument(
        "--report", action="store_true", help="write report.json too: sizes, stages, generated spellings"
    )
    command.set_defaults(run=run_compile)

    command = commands.add_parser("check", help="检查规则和全部例子 / show diagnostics, run every example")
    command.add_argument("rules", type=Path, nargs="?", default=RULES)
    command.add_argument("--channel", default="")
    command.add_argument("--format", choices=("text", "json", "junit", "github"), default="text")
    command.add_argument("--strict", action="store_true", help="提醒也算错误 / warnings fail too")
    command.set_defaults(run=run_check)

    command = commands.add_parser("watch", help="每次保存就检查一遍，Ctrl+C 结束 / check at every save")
    command.add_argument("rules", type=Path, nargs="?", default=RULES)
    command.add_argument("--channel", default="")
    command.add_argument("--poll", action="store_true", help="轮询文件（网络盘、Docker 挂载）/ for network drives")
    command.set_defaults(run=run_watch)

    command = commands.add_parser("audit", help="批量检查聊天记录（质检） / check exported chats in bulk")
    command.add_argument("file", type=Path, help=".jsonl .csv .tsv .xlsx")
    command.add_argument("--rules", type=Path, default=RULES)
    command.add_argument("--channel", default="")
    command.add_argument("--platform", default="", help="没有平台一栏时用 / where the file names none")
    command.add_argument("--category", default="", help="没有类目一栏时用 / where the file names none")
    command.add_argument(
        "--format", choices=("jsonl", "csv", "xlsx", "table"), help="default: by the suffix of --out, else jsonl"
    )
    command.add_argument("--out", type=Path, help="write here instead of standard output")
    command.add_argument("--report", type=Path, metavar="FILE.html", help="图表报告 / one page with charts")
    command.add_argument("--no-text", action="store_true", help="报告里不引用聊天内容 / quote no message in the report")
    command.add_argument("--jobs", type=int, default=1, metavar="N", help="用几个进程检查 / processes that check")
    command.add_argument(
        "--engine",
        choices=("v8", "python"),
        help="默认 v8，用不了时 python / default: v8, python where it cannot be used",
    )
    command.set_defaults(run=run_audit)

    command = commands.add_parser("explain", help="解释一句回复为什么报、为什么不报 / what hit, and what excused it")
    command.add_argument("example", help="买家的话 => 回复")
    command.add_argument("--rules", type=Path, default=RULES)
    command.add_argument("--channel", default="")
    command.add_argument("--platform", default="")
    command.add_argument("--category", default="")
    command.set_defaults(run=run_explain)

    command = commands.add_parser("schema", help="写出编辑器用的 JSON Schema / write the JSON Schema for editors")
    command.add_argument("--out", type=Path, default=SCHEMA, help=f"{SCHEMA}; - = standard output")
    command.set_defaults(run=run_schema)

    command = commands.add_parser("docs", help="由规则写出培训手册 / training pages made from the rules")
    command.add_argument("rules", type=Path, nargs="?", default=RULES)
    command.add_argument("--out", type=Path, default=HANDBOOK, help=str(HANDBOOK))
    command.set_defaults(run=run_docs)
    return parser, commands


def run_compile(args: argparse.Namespace) -> int:
    builder = _builder(args)
    if builder is None:
        return USAGE
    build = builder.build(args.channel)
    _show(build, args.lang)
    if build.release is None:
        return 1
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "bundle.bin").write_bytes(build.release.bundle)
    (args.out / "automaton.bin").write_bytes(build.release.automaton)
    if args.report:
        (args.out / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(build.report)))
    print(summary(build, args.lang))
    return 0


def run_check(args: argparse.Namespace) -> int:
    from compiler import formats

    builder = _builder(args)
    if builder is None:
        return USAGE
    started = time.perf_counter()
    build = builder.build(args.channel)
    if not args.channel:
        build = _with_shops(builder, build)
    seconds = time.perf_counter() - started
    if args.format == "json":
        sys.stdout.write(formats.to_json(build.diagnostics))
    elif args.format == "junit":
        sys.stdout.write(formats.to_junit(build.diagnostics, args.rules, args.lang, seconds))
    elif args.format == "github":
        sys.stdout.write(formats.to_github(build.diagnostics, args.rules, args.lang))
    else:
        _show(build, args.lang)
        print(summary(build, args.lang))
    return 1 if build.release is None or (args.strict and build.diagnostics) else 0


def _with_shops(builder: Builder, build: Build) -> Build:
    """What shops' settings make of the rulebook is checked too: nobody names each channel."""
    diagnostics, good = list(build.diagnostics), build.release is not None
    for channel in builder.channels():
        if channel.overlay and channel.id != build.report["channel"]:
            shop = builder.build(channel.id)
            diagnostics += [d for d in shop.diagnostics if d not in diagnostics]
            good = good and shop.release is not None
    return Build(build.release if good else None, build.trial, diagnostics, build.report, lambda: build.engine)


def run_watch(args: argparse.Namespace) -> int:
    from compiler.watch import watch_rules

    builder = _builder(args)
    if builder is None:
        return USAGE
    return watch_rules(builder, args.channel, args.lang, poll=args.poll)


def run_audit(args: argparse.Namespace) -> int:
    from compiler.audit import Options, audit_file
    from compiler.audit_output import FORMATS

    suffix = args.out.suffix[1:].lower() if args.out else ""
    form = args.format or (suffix if suffix in FORMATS else "jsonl")
    if (form == "xlsx" and args.out is None) or args.jobs < 1:
        problem = "XLSX 要写到文件：--out FILE.xlsx" if args.jobs >= 1 else "--jobs: 至少 1"
        print(f"replyguard audit: {problem}", file=sys.stderr)
        return USAGE
    builder = _builder(args)
    if builder is None:
        return USAGE
    build = builder.build(args.channel, examples=False)
    if build.release is None:
        _show(build, args.lang)
        return 1
    options = Options(
        args.file,
        form,
        args.out,
        args.report,
        args.lang,
        platform=args.platform,
        category=args.category,
        jobs=args.jobs,
        texts=not args.no_text,
        engine=args.engine,
    )
    return audit_file(build.release, options)


def run_explain(args: argparse.Namespace) -> int:
    from compiler.explain import explain

    builder = _builder(args)
    if builder is None:
        return USAGE
    build = builder.build(args.channel, examples=False)
    if build.engine is None or build.release is None:
        _show(build, args.lang)
        return 1
    print(explain(build.engine, args.example, args.lang, platform=args.platform, category=args.category))
    return 0


def run_schema(args: argparse.Namespace) -> int:
    from compiler.schema import json_schema

    text = msgspec.json.format(msgspec.json.encode(json_schema())) + b"\n"
    if args.out == Path("-"):
        sys.stdout.write(text.decode())
    else:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        args.out.write_bytes(text)
    return 0


def run_docs(args: argparse.Namespace) -> int:
    from compiler.handbook_files import write
    from compiler.rulebook import Reader

    args.channel = ""
    if _builder(args) is None:
        return USAGE
    book = Reader(args.rules).read()
    faults = [d for d in book.diagnostics if d.severity == "error"]
    for diagnostic in faults:
        print(diagnostic.render(args.lang), file=sys.stderr)
    if faults:
        return 1
    pages = write(book, args.out)
    print(f"{args.out}: {len(pages)} pages" if args.lang == "en" else f"{args.out}：{len(pages)} 个文件")
    return 0


def summary(build: Build, lang: Language) -> str:
    """One line on what was compiled, or that it was not."""
    errors = sum(d.severity == "error" for d in build.diagnostics)
    warnings = len(build.diagnostics) - errors
    report = build.report
    if lang == "en":
        state = f"{errors} errors, {warnings} warnings"
        sizes = f"bundle {report['bundle_bytes']:,} B, automaton {report['automaton_bytes']:,} B"
        return f"{report['rules']} rules, {report['literals']} phrases, {report['examples']} example runs; {sizes}; {state}"
    state = f"{errors} 个错误，{warnings} 个提醒"
    sizes = f"规则包 {report['bundle_bytes']:,} 字节，自动机 {report['automaton_bytes']:,} 字节"
    return f"{report['rules']} 条规则，{report['literals']} 个说法，检查例子 {report['examples']} 次；{sizes}；{state}"


def _builder(args: argparse.Namespace) -> Builder | None:
    """The builder of `args.rules`, or None and a message when the folder or the channel does not exist."""
    rules, channel, english = args.rules, args.channel, args.lang == "en"
    if next(rule_files(rules), None) is None:
        text = "no rule files (*.yaml) in this folder" if english else "这个文件夹里没有规则文件（*.yaml）"
        print(f"replyguard: {rules}: {text}", file=sys.stderr)
        return None
    builder = Builder(rules)
    known = [c.id for c in builder.channels()] if channel else []
    if channel not in known and channel:
        best = did_you_mean(channel, known)
        text = f"no channel '{channel}'" if english else f"没有渠道「{channel}」"
        hint = (f"did you mean {best}?" if english else f"是不是 {best} ？") if best else ", ".join(known)
        print(f"replyguard: {rules}/rulebook.yaml: {text}；{hint}", file=sys.stderr)
        return None
    return builder


def _show(build: Build, lang: Language) -> None:
    for diagnostic in build.diagnostics:
        print(diagnostic.render(lang), file=sys.stderr)
