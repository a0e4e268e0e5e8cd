/** Impact: what the draft catches that the published release does not, and the other way round, with examples. */

import { el } from "../dom";
import { loadTracingEngine, type TracingEngine } from "../engine/tracing";
import type { Conversation } from "../engine/types";
import { api, type Session } from "./api";
import { type Comparison, compare, type Example, type RuleImpact } from "./compare";
import { type Corpus, fromJsonl, readCorpus } from "./corpus";
import { button, notify } from "./dialog";
import type { Drafting } from "./drafting";
import type { Change } from "./edits";
import { openExcuse } from "./excuse-view";
import type { RuleAt } from "./model";
import { T } from "./texts";
import type { Workspace } from "./workspace";

export interface ImpactActions {
  open(rule: RuleAt): void;
  tryOut(turns: Conversation["turns"], reply: string, platform: string, category: string): void;
  apply(file: string, changes: readonly Change[]): void;
}

export class Impact {
  private corpus: Corpus | null = null;
  private labelled: Corpus | null = null;
  private published: { bundle: string; engine: TracingEngine } | null = null;
  private running: AbortController | null = null;
  private readonly out = el("div", { class: "impact-out", "aria-live": "polite" });
  private readonly bar = el("progress", { max: "1", value: "0", hidden: true, "aria-label": T.impact.progress });
  private readonly source = el("p", { class: "soft" });
  private done = false;

  constructor(
    host: HTMLElement,
    private readonly workspace: Workspace,
    private readonly drafting: Drafting,
    private readonly session: () => Session,
    private readonly actions: ImpactActions,
  ) {
    const input = el("input", {
      type: "file",
      accept: ".csv,.tsv,.txt,.xlsx,.jsonl,.ndjson,.json",
      class: "visually-hidden",
      id: "corpus-file",
    });
    input.addEventListener(
      "change",
      () => input.files?.[0] && void this.open(input.files[0]).finally(() => (input.value = "")),
    );
    host.addEventListener("dragover", (event) => event.preventDefault());
    host.addEventListener("drop", (event) => {
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file) void this.open(file);
    });
    host.append(
      el("p", {}, T.impact.about),
      el(
        "div",
        { class: "impact-set" },
        button(T.impact.run, () => void this.run(), "main"),
        input,
        el("label", { class: "file-button", for: "corpus-file", tabindex: "0", role: "button" }, T.impact.file),
      ),
      this.source,
      this.bar,
      this.out,
    );
    const label = host.querySelector<HTMLElement>(".file-button")!;
    label.addEventListener("keydown", (event) => {
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        input.click();
      }
    });
    this.describe();
  }

  /** All conversations at hand, for the guide's counts. */
  async chats(): Promise<readonly Conversation[]> {
    await this.readLabelled();
    return [...(this.labelled?.chats ?? []), ...(this.corpus?.chats ?? [])];
  }

  /** The draft or the published release is another one now. */
  stale(): void {
    if (this.done) this.out.dataset.stale = "";
  }

  async open(file: File): Promise<void> {
    try {
      this.corpus = await readCorpus(file);
      this.describe();
      await this.run();
    } catch (error) {
      notify(error instanceof Error ? error.message : String(error), "bad");
    }
  }

  private describe(): void {
    const { corpus } = this;
    const cases = this.labelled
      ? T.impact.cases(this.labelled.chats.length)
      : this.session().cases
        ? T.impact.ownCases
        : "";
    const file = corpus
      ? T.impact.replies(corpus.name, corpus.chats.length) + (corpus.skipped ? T.impact.skipped(corpus.skipped) : "")
      : "";
    this.source.textContent = ([cases, file].filter(Boolean).join(" + ") || T.impact.noChats) + T.impact.local;
  }

  private async readLabelled(): Promise<void> {
    if (!this.labelled && this.session().cases) this.labelled = { name: "cases", ...fromJsonl(await api.cases()) };
  }

  async run(): Promise<void> {
    this.running?.abort();
    const run = new AbortController();
    this.running = run;
    try {
      await this.readLabelled();
      const before = await this.publishedEngine();
      const now = this.drafting.state?.engine;
      if (!now) {
        notify(T.impact.noDraft, "bad");
        return;
      }
      this.describe();
      const chats = await this.chats();
      this.bar.hidden = false;
      const found = await compare(before, now, chats, (share) => (this.bar.value = share), run.signal);
      if (found) this.render(found, before !== null);
    } catch (error) {
      notify(error instanceof Error ? error.message : String(error), "bad");
    } finally {
      this.bar.hidden = true;
    }
  }

  private async publishedEngine(): Promise<TracingEngine | null> {
    // Another author, or the watcher, may have published since the page was opened.
    const session = await api.session();
    const channel = session.channels.find((one) => one.id === this.drafting.channel);
    if (!channel?.bundle) return null;
    if (this.published?.bundle !== channel.bundle) {
      const [bundle, automaton] = await Promise.all([
        api.binary(`/v1/bundles/${channel.bundle}.bundle`),
        api.binary(`/v1/bundles/${channel.automaton}.bin`),
      ]);
      this.published = { bundle: channel.bundle, engine: loadTracingEngine(bundle, automaton) };
    }
    return this.published.engine;
  }

  private render(found: Comparison, published: boolean): void {
    this.done = true;
    delete this.out.dataset.stale;
    const newly = found.rules.reduce((sum, one) => sum + one.newly, 0);
    const gone = found.rules.reduce((sum, one) => sum + one.gone, 0);
    const number = (name: string, value: string, tone = "") => [el("dt", {}, name), el("dd", { class: tone }, value)];
    this.out.replaceChildren(
      el("p", { class: "outdated amber" }, T.impact.stale),
      el(
        "dl",
        { class: "numbers" },
        ...number(T.impact.checked, T.impact.checkedCount(found.chats, Math.max(1, Math.round(found.milliseconds)))),
        ...number(
          published ? T.impact.before : T.impact.online,
          published ? T.impact.flagged(found.flaggedBefore) : T.impact.unpublished,
        ),
        ...number(T.impact.now, T.impact.flaggedNow(found.flaggedNow)),
        ...number(T.impact.newly, T.impact.places(newly), newly ? "amber" : ""),
        ...number(T.impact.gone, T.impact.gonePlaces(gone), gone ? "bad" : ""),
      ),
      ...(found.rules.length
        ? found.rules.map((one) => this.ruleView(one))
        : [el("p", { class: "clear" }, T.impact.same)]),
    );
  }

  private ruleView(impact: RuleImpact): HTMLElement {
    const rule = this.workspace.rule(impact.rule);
    const lists = [
      impact.newly ? this.examples(T.impact.newly, impact.newly, impact.caught, rule) : null,
      impact.gone ? this.examples(T.impact.gone, impact.gone, impact.lost, null) : null,
    ].filter((list) => list !== null);
    return el(
      "details",
      { class: "impact-rule", open: true, "data-rule": impact.rule },
      el(
        "summary",
        {},
        el("b", {}, rule?.title || impact.rule),
        impact.newly ? el("span", { class: "plus" }, `＋${impact.newly}`) : null,
        impact.gone ? el("span", { class: "minus" }, `−${impact.gone}`) : null,
      ),
      ...lists,
    );
  }

  private examples(
    label: string,
    count: number,
    shown: readonly Example[],
    rule: RuleAt | null | undefined,
  ): HTMLElement {
    return el(
      "ul",
      { class: "chats", "aria-label": label },
      ...shown.slice(0, 8).map((example) => this.exampleView(label, example, rule)),
      count > 8 ? el("li", { class: "soft" }, T.impact.more(count - Math.min(8, shown.length))) : null,
    );
  }

  private exampleView(label: string, { chat, finding }: Example, rule: RuleAt | null | undefined): HTMLElement {
    const { reply } = chat;
    const asked = chat.turns.findLast((turn) => turn.role === "buyer");
    const marked =
      finding.start === null
        ? [el("mark", {}, reply)]
        : [
            reply.slice(0, finding.start),
            el("mark", {}, reply.slice(finding.start, finding.end!)),
            reply.slice(finding.end!),
          ];
    const last = () => this.actions.tryOut(chat.turns, chat.reply, chat.platform, chat.category);
    return el(
      "li",
      {},
      asked ? el("p", { class: "soft" }, T.impact.buyer(asked.text)) : null,
      el("p", {}, el("span", { class: label === T.impact.newly ? "plus" : "minus" }, label), " ", ...marked),
      el(
        "p",
        { class: "chat-acts" },
        button(T.impact.tryOut, last, "plain"),
        rule
          ? button(
              T.impact.falseAlarm,
              () => void openExcuse(rule, chat, finding, this.workspace, this.drafting, this.actions.apply),
              "plain",
            )
          : null,
      ),
    );
  }
}
