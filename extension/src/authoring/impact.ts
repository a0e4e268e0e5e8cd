/** Impact: what the draft catches that the published release does not, and the other way round, with examples. */

import { el } from "../dom";
import { loadEngine, type TracingEngine } from "../engine/engine";
import type { Conversation } from "../engine/types";
import { ApiError, api, type Session } from "./api";
import { type Comparison, compare, type Example, type RuleImpact } from "./compare";
import { type Corpus, fromJsonl, readCorpus } from "./corpus";
import { button, notify, openDialog } from "./dialog";
import type { Drafting } from "./drafting";
import type { Change } from "./edits";
import { accepted, propose } from "./excuse";
import type { RuleAt } from "./model";
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
  private readonly bar = el("progress", { max: "1", value: "0", hidden: true, "aria-label": "对比进度" });
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
      el("p", {}, "草稿和线上版本各查一遍真实会话，看多抓了什么、不再抓什么。"),
      el(
        "div",
        { class: "impact-set" },
        button("对比", () => void this.run(), "main"),
        input,
        el("label", { class: "file-button", for: "corpus-file", tabindex: "0", role: "button" }, "选聊天记录文件…"),
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
      ? `标注会话 ${this.labelled.chats.length} 段`
      : this.session().cases
        ? "规则库自带的标注会话"
        : "";
    const file = corpus
      ? `${corpus.name} ${corpus.chats.length} 条回复${corpus.skipped ? `（${corpus.skipped} 行没有内容，跳过）` : ""}`
      : "";
    this.source.textContent = `${[cases, file].filter(Boolean).join(" + ") || "还没有会话可查，选一个聊天记录文件（CSV、XLSX、JSONL）"}。文件只在这一页里读，不会上传。`;
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
        notify("草稿还不能编译", "bad");
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
        api.binary(`/v1/bundles/${channel.bundle}.json`),
        api.binary(`/v1/bundles/${channel.automaton}.bin`),
      ]);
      this.published = { bundle: channel.bundle, engine: loadEngine(bundle, automaton) };
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
      el("p", { class: "outdated amber" }, "草稿已经变了，再按一次「对比」。"),
      el(
        "dl",
        { class: "numbers" },
        ...number("查了", `${found.chats} 条回复（${Math.max(1, Math.round(found.milliseconds))} 毫秒）`),
        ...number(published ? "线上抓到" : "线上", published ? `${found.flaggedBefore} 条` : "还没有发布过"),
        ...number("草稿抓到", `${found.flaggedNow} 条`),
        ...number("多抓", `${newly} 处`, newly ? "amber" : ""),
        ...number("不再抓", `${gone} 处`, gone ? "bad" : ""),
      ),
      ...(found.rules.length
        ? found.rules.map((one) => this.ruleView(one))
        : [el("p", { class: "clear" }, "✓ 对这些会话没有影响")]),
    );
  }

  private ruleView(impact: RuleImpact): HTMLElement {
    const rule = this.workspace.rule(impact.rule);
    const lists = [
      impact.newly ? this.examples("多抓", impact.newly, impact.caught, rule) : null,
      impact.gone ? this.examples("不再抓", impact.gone, impact.lost, null) : null,
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
      count > 8 ? el("li", { class: "soft" }, `还有 ${count - Math.min(8, shown.length)} 处`) : null,
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
      asked ? el("p", { class: "soft" }, `买家：${asked.text}`) : null,
      el("p", {}, el("span", { class: label === "多抓" ? "plus" : "minus" }, label), " ", ...marked),
      el(
        "p",
        { class: "chat-acts" },
        button("试聊", last, "plain"),
        rule ? button("这是误报…", () => void this.excuse(rule, chat, finding), "plain") : null,
      ),
    );
  }

  private async excuse(rule: RuleAt, chat: Conversation, finding: Example["finding"]): Promise<void> {
    const run = new AbortController();
    const dialog = openDialog("标为误报：怎样放过它", true, () => run.abort());
    dialog.body.append(
      el("p", { class: "example" }, chat.reply),
      el("p", { class: "soft", role: "status" }, "正在逐个试验…"),
    );
    const fresh = this.workspace.rule(rule.id) ?? rule;
    let tried: Awaited<ReturnType<typeof propose>>;
    try {
      tried = await propose(fresh, chat, finding, this.workspace, this.drafting, run.signal);
    } catch (error) {
      if (error instanceof ApiError) notify(error.message, "bad");
      return;
    }
    if (run.signal.aborted) return;
    dialog.body.querySelector('[role="status"]')!.textContent = tried.length
      ? "每种办法都真的编译、试过了：能不能放过这句，原有的违规例子是不是都还抓得到。"
      : "想不出不影响其他例子的办法，请在规则里自己写例外。";
    for (const proposal of tried) {
      const broken = proposal.held.filter((held) => !held.holds);
      const good = proposal.letsGo && broken.length === 0;
      const take = () => {
        this.actions.apply(fresh.file, [
          { from: 0, to: this.workspace.text(fresh.file).length, insert: accepted(proposal, fresh, chat) },
        ]);
        dialog.close();
        notify("已写进草稿，并把这句收进了合规例子", "good");
      };
      dialog.body.append(
        el(
          "section",
          { class: `proposal ${good ? "good" : "weak"}` },
          el("p", {}, el("span", { class: "soft" }, proposal.says), " ", el("code", {}, proposal.phrase)),
          el("p", {}, proposal.letsGo ? "✓ 放过这句" : "✗ 这句还是会被抓"),
          broken.length
            ? el("ul", {}, ...broken.map((held) => el("li", {}, `✗ 不再抓到：${held.text}`)))
            : el("p", {}, `✓ ${proposal.held.length} 个违规例子都还抓得到`),
          good ? button("用这个", take, "main") : null,
        ),
      );
    }
  }
}
