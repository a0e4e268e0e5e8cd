/** The trial chat: buyer and agent turns, marks as the extension draws them, by the draft's release. Nothing leaves the page. */

import { SHAPES } from "../content/card-view";
import { el, svg } from "../dom";
import type { TracingEngine } from "../engine/tracing";
import { isTrap } from "../engine/trap";
import type { Conversation, Finding, Level, Turn } from "../engine/types";
import { button } from "./dialog";
import type { Drafting } from "./drafting";
import { writeExample } from "./example";
import { CATEGORY_NAMES, LEVEL_NAMES, PLATFORM_NAMES, platformName } from "./labels";
import type { RuleAt } from "./model";
import { T } from "./texts";
import { traceView } from "./trace";
import type { Workspace } from "./workspace";

const LEVELS: readonly Level[] = ["hint", "remind", "warn", "block"];

export interface ChatActions {
  focus(): RuleAt | null;
  open(rule: RuleAt): void;
  addExample(rule: RuleAt, key: "bad" | "good", text: string): void;
}

export class Chat {
  private turns: Turn[] = [];
  private readonly log = el("ol", { class: "turns", "aria-label": T.chat.log, "aria-live": "polite" });
  private readonly buyer = el("input", {
    type: "text",
    placeholder: T.chat.buyerSays,
    "aria-label": T.chat.buyer,
  });
  private readonly reply = el("div", {
    class: "reply-box",
    contenteditable: "plaintext-only",
    role: "textbox",
    "aria-multiline": "true",
    "aria-label": T.chat.reply,
    spellcheck: "false",
    "data-placeholder": T.chat.replyHere,
  });
  private readonly result = el("div", { class: "result", "aria-live": "polite" });
  private readonly platform: HTMLSelectElement;
  private readonly category: HTMLSelectElement;
  private readonly highlights = new Map<Level, Highlight>();

  constructor(
    host: HTMLElement,
    private readonly workspace: Workspace,
    private readonly drafting: Drafting,
    private readonly actions: ChatActions,
  ) {
    const select = (label: string, names: Readonly<Record<string, string>>, empty: string) => {
      const element = el("select", { "aria-label": label }, el("option", { value: "" }, empty));
      for (const [value, name] of Object.entries(names)) element.append(el("option", { value }, name));
      element.addEventListener("change", () => this.check());
      return element;
    };
    this.platform = select(T.chat.platform, PLATFORM_NAMES, T.chat.anyPlatform);
    this.category = select(T.chat.category, CATEGORY_NAMES, T.chat.anyCategory);
    LEVELS.forEach((level, priority) => {
      const highlight = new Highlight();
      highlight.priority = priority;
      CSS.highlights.set(`trial-${level}`, highlight);
      this.highlights.set(level, highlight);
    });
    host.append(
      el(
        "div",
        { class: "chat-set" },
        this.platform,
        this.category,
        button(T.chat.clear, () => this.clear(), "plain"),
      ),
      this.log,
      el("div", { class: "compose" }, this.buyer, this.reply, el("p", { class: "soft" }, T.chat.private)),
      this.result,
    );
    this.buyer.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      this.say("buyer", this.buyer.value);
      this.buyer.value = "";
    });
    this.reply.addEventListener("input", () => this.check());
    this.reply.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      this.say("agent", this.text());
      this.reply.textContent = "";
      this.check();
    });
  }

  /** Put a conversation in, from an example or a corpus. */
  load(turns: readonly Turn[], reply: string, platform = "", category = ""): void {
    this.turns = [...turns];
    this.platform.value = platform;
    this.category.value = category;
    this.reply.textContent = reply;
    this.renderTurns();
    this.check();
  }

  conversation(): Conversation {
    return {
      platform: this.platform.value,
      category: this.category.value,
      facts: {},
      turns: this.turns,
      reply: this.text(),
    };
  }

  check(): void {
    for (const highlight of this.highlights.values()) highlight.clear();
    const { state, problem } = this.drafting;
    const engine = state?.engine;
    if (!engine) {
      const told = state ? T.chat.noEngine : problem || T.problems.compiling;
      this.result.replaceChildren(el("p", { class: "soft" }, told));
      return;
    }
    const conversation = this.conversation();
    const findings = conversation.reply.trim() ? engine.check(conversation) : [];
    for (const { level, start, end } of findings) if (start !== null && end !== null) this.mark(level, start, end);
    const stale = state.current ? null : el("p", { class: "amber" }, T.chat.stale);
    const asked = engine.traps(conversation).filter((trap) => !findings.some((finding) => finding.rule === trap.rule));
    const hint = engine.suggestions(conversation).find(isTrap);
    const empty = conversation.reply.trim() === "" && this.turns.length === 0;
    this.result.replaceChildren(
      ...[
        stale,
        ...findings.map((finding) => this.card(finding, engine, conversation)),
        conversation.reply.trim() && findings.length === 0 ? el("p", { class: "clear" }, T.chat.fine) : null,
        hint ? el("p", { class: "soft" }, T.chat.traps(hint.title)) : null,
        asked.length > 0
          ? el(
              "p",
              { class: "soft" },
              T.chat.asked(asked.map((trap) => engine.rule(trap.rule)?.title ?? trap.rule).join(T.comma)),
            )
          : null,
        empty ? el("p", { class: "soft" }, T.chat.begin) : el("h3", {}, T.chat.why),
        empty ? null : traceView(engine, this.workspace, conversation, this.actions.focus(), this.actions.open),
        conversation.reply.trim() ? this.keep(findings) : null,
      ].filter((part) => part !== null),
    );
  }

  /** "Put this into the rule's examples." */
  private keep(findings: readonly Finding[]): HTMLElement | null {
    const rule = this.actions.focus();
    if (!rule) return null;
    const own = findings.find((finding) => finding.rule === rule.id);
    const span = own && own.start !== null && own.end !== null ? ([own.start, own.end] as const) : this.selection();
    const { turns, reply } = this.conversation();
    const add = (key: "bad" | "good") =>
      this.actions.addExample(rule, key, writeExample(turns, reply, key === "bad" ? span : null));
    return el(
      "p",
      { class: "keep" },
      el("span", {}, T.chat.keep(rule.title || rule.id)),
      button(T.chat.bad, () => add("bad"), "small"),
      button(T.chat.good, () => add("good"), "small"),
    );
  }

  private card(finding: Finding, engine: TracingEngine, { reply }: Conversation): HTMLElement {
    const text = engine.rule(finding.rule)!;
    const rule = this.workspace.rule(finding.rule);
    const words = finding.start === null ? T.chat.whole : T.chat.words(reply.slice(finding.start, finding.end!));
    const points = Object.entries(text.penalty).map(
      ([id, value]) => `${platformName(id)} ${/^\d+$/.test(String(value)) ? T.chat.points(value) : value}`,
    );
    const say = text.say.slice(0, 3).map((said) => button(said, () => this.use(said), "say"));
    return el(
      "article",
      { class: `finding ${finding.level}`, "data-rule": finding.rule },
      el(
        "p",
        { class: "finding-head" },
        el("span", { class: "level-badge" }, svg(SHAPES[finding.level], "icon"), LEVEL_NAMES[finding.level]!),
        el("span", { class: "words" }, words),
        finding.silent ? el("em", {}, T.chat.silent) : null,
      ),
      el(
        "p",
        { class: "finding-title" },
        rule ? button(text.title, () => this.actions.open(rule), "plain title") : text.title,
        el("span", { class: "soft" }, points.join(" · ")),
      ),
      el("p", { class: "finding-why" }, text.why),
      ...say,
    );
  }

  private use(said: string): void {
    this.reply.textContent = said;
    this.reply.focus();
    this.check();
  }

  private say(role: "buyer" | "agent", text: string): void {
    if (text.trim() === "") return;
    this.turns.push({ role, text: text.trim() });
    this.renderTurns();
    this.check();
  }

  private clear(): void {
    this.load([], "");
    this.buyer.focus();
  }

  private renderTurns(): void {
    const remove = (n: number) => {
      this.turns.splice(n, 1);
      this.renderTurns();
      this.check();
    };
    this.log.replaceChildren(
      ...this.turns.map((turn, n) =>
        el(
          "li",
          { class: turn.role },
          el("span", { class: "visually-hidden" }, turn.role === "buyer" ? T.chat.buyerPrefix : T.chat.agentPrefix),
          el("p", {}, turn.text),
          button(T.chat.remove, () => remove(n), "square", "✕"),
        ),
      ),
    );
    this.log.scrollTop = this.log.scrollHeight;
  }

  private text(): string {
    return this.reply.textContent?.replaceAll("\u00a0", " ") ?? "";
  }

  private selection(): readonly [number, number] | null {
    const selection = getSelection();
    if (!selection || selection.isCollapsed || !selection.anchorNode || !this.reply.contains(selection.anchorNode))
      return null;
    const range = selection.getRangeAt(0);
    const before = document.createRange();
    before.setStart(this.reply, 0);
    before.setEnd(range.startContainer, range.startOffset);
    const start = before.toString().length;
    return [start, start + range.toString().length];
  }

  private mark(level: Level, start: number, end: number): void {
    const range = document.createRange();
    let at = 0;
    const walker = document.createTreeWalker(this.reply, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const { length } = node.nodeValue!;
      if (start >= at && start <= at + length) range.setStart(node, start - at);
      if (end >= at && end <= at + length) {
        range.setEnd(node, end - at);
        break;
      }
      at += length;
    }
    this.highlights.get(level)!.add(range);
  }
}
