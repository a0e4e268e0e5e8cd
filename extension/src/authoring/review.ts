/** Review and publish: what changed rule by rule, to whom it goes, and the way back. */

import { el } from "../dom";
import { ApiError, api, type ChannelInfo, type Session } from "./api";
import { ask, button, notify, openDialog } from "./dialog";
import type { Drafting } from "./drafting";
import { historyView } from "./history";
import { FIELD_NAMES } from "./labels";
import type { RuleAt } from "./model";
import { type BookDiff, diffBooks, type RuleChange } from "./rule-diff";
import type { Workspace } from "./workspace";

export interface ReviewParts {
  readonly workspace: Workspace;
  readonly drafting: Drafting;
  session(): Session;
  save(): Promise<boolean>;
  refresh(): Promise<Session>;
  open(rule: RuleAt): void;
}

const KINDS: Readonly<Record<RuleChange["kind"], string>> = { added: "新增", removed: "删除", changed: "修改" };

export function openReview(parts: ReviewParts): void {
  const { workspace, drafting } = parts;
  const dialog = openDialog("审阅并发布", true);
  dialog.element.classList.add("review");
  const changes = el("div", { class: "changes" }, el("p", { class: "soft" }, "正在对比…"));
  const side = el("div", { class: "publish" });
  dialog.body.append(changes, side);

  const render = async () => {
    const session = await parts.refresh();
    const channel = session.channels.find((one) => one.id === drafting.channel);
    if (!channel) return;
    changes.replaceChildren(...(await changesView(channel, parts, dialog.close)));
    side.replaceChildren(publishView(channel, session), await historyView(channel, session, () => void render()));
  };

  const publishView = (channel: ChannelInfo, session: Session): HTMLElement => {
    const comment = el("input", {
      type: "text",
      maxlength: "300",
      placeholder: "这次改了什么（会留在历史里）",
      "aria-label": "发布说明",
    });
    const percent = el("input", { type: "number", min: "1", max: "100", value: "100", "aria-label": "灰度百分比" });
    const follows = channel.follows_saves;
    const dirty = workspace.dirty().length > 0;
    const errors = drafting.state?.answer.errors ?? 0;
    const live = !dirty && drafting.state?.answer.release?.sha256 === channel.bundle;
    const publish = async () => {
      const wanted = follows ? 100 : Math.max(1, Math.min(100, Number(percent.value) || 100));
      act.disabled = true;
      try {
        if (dirty && !(await parts.save())) return;
        await drafting.now();
        const same = drafting.state?.answer.release?.sha256 === channel.bundle;
        // What is expected is what this author has seen, not what the channel has become.
        let version = follows && dirty && !same ? await settled(channel) : channel.version;
        if (version === channel.version && !(follows && same)) {
          ({ version } = await api.publish(channel.id, {
            expected: channel.version,
            percent: wanted,
            comment: comment.value,
          }));
        }
        if (session.git?.commits) await api.commit(comment.value || `发布规则：${channel.title} 第 ${version} 版`);
        notify(`「${channel.title}」第 ${version} 版已发布${wanted < 100 ? `，先给 ${wanted}% 的浏览器` : ""}`, "good");
        await render();
      } catch (error) {
        await failed(error, render);
      } finally {
        act.disabled = false;
      }
    };
    const may = session.author.role === "publisher" || (follows && dirty);
    const act = button(
      live && channel.percent === 100
        ? "线上已是这个版本"
        : follows && dirty
          ? "保存并生效"
          : dirty
            ? "保存并发布"
            : "发布",
      () => void publish(),
      "main",
    );
    act.disabled = !may || errors > 0 || (live && channel.percent === 100);
    return el(
      "section",
      {},
      el("h3", {}, `发布到「${channel.title}」`),
      el(
        "p",
        {},
        channel.version
          ? `线上是第 ${channel.version} 版，${channel.rules} 条规则${channel.percent < 100 ? `，灰度 ${channel.percent}%` : ""}。`
          : "还没有发布过。",
      ),
      follows ? el("p", { class: "soft" }, "这个频道跟着保存走：保存没有错误的规则，马上就生效。") : null,
      session.git
        ? el(
            "p",
            { class: "soft" },
            `git：${session.git.branch} @ ${session.git.head}，${session.git.changed.length} 个文件没有提交${session.git.commits ? "；发布后会自动提交" : ""}`,
          )
        : null,
      errors ? el("p", { class: "error" }, `草稿还有 ${errors} 处错误，改对了才能发布。`) : null,
      may ? null : el("p", { class: "amber" }, "您的令牌可以编写和保存，发布要用发布者（publisher）令牌。"),
      !follows || session.git?.commits ? el("label", { class: "field" }, el("span", {}, "发布说明"), comment) : null,
      follows ? null : el("label", { class: "field short" }, el("span", {}, "先给百分之几的浏览器"), percent),
      act,
    );
  };
  void render().catch((error) => failed(error, async () => undefined));
}

/** A save reaches a following channel by the server's watcher: look until its version is another one, or give up. */
async function settled(channel: ChannelInfo): Promise<number> {
  const until = performance.now() + 10_000;
  while (performance.now() < until) {
    const now = (await api.session()).channels.find((one) => one.id === channel.id);
    if (now && now.version !== channel.version) return now.version;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  return channel.version;
}

export async function failed(error: unknown, render: () => Promise<void>): Promise<void> {
  if (error instanceof ApiError && error.status === 409) {
    await ask("版本已变", "您打开之后，这个频道又发布了新的一版。先看新的差异，再决定要不要发布。", {
      ok: "看新的差异",
    });
    await render();
    return;
  }
  notify(error instanceof Error ? error.message : String(error), "bad");
}

async function changesView(channel: ChannelInfo, parts: ReviewParts, close: () => void): Promise<HTMLElement[]> {
  const { workspace } = parts;
  const now = new Map(workspace.names().map((name) => [name, workspace.text(name)]));
  if (!channel.bundle) return diffView(diffBooks(new Map(), now), parts, close);
  let before: Map<string, string>;
  try {
    before = new Map(
      Object.entries(await api.sources(channel.bundle)).map(([name, text]) => [name, text.replaceAll("\r\n", "\n")]),
    );
  } catch {
    const saved = new Map([...workspace.files.values()].map((file) => [file.name, file.base]));
    return [
      el("p", { class: "amber" }, "线上这一版发布时的规则原文没有留底，下面对比的是已保存的文件。"),
      ...diffView(diffBooks(saved, now), parts, close),
    ];
  }
  return diffView(diffBooks(before, now), parts, close);
}

function diffView(diff: BookDiff, parts: ReviewParts, close: () => void): HTMLElement[] {
  const all = [...diff.rules, ...diff.rest];
  const count = (kind: RuleChange["kind"]) => diff.rules.filter((one) => one.kind === kind).length;
  const head = all.length
    ? `新增 ${count("added")} 条、修改 ${count("changed")} 条、删除 ${count("removed")} 条规则${diff.rest.length ? `，另有 ${diff.rest.length} 个文件的词组或设置` : ""}`
    : "和线上没有差别。";
  return [
    el("p", { class: "summary" }, head),
    ...all.map((one) => {
      const open = () => {
        const rule = parts.workspace.rule(one.id);
        if (!rule) return;
        close();
        parts.open(rule);
      };
      return el(
        "article",
        { class: `change ${one.kind}`, "data-id": one.id },
        el(
          "header",
          {},
          el("span", { class: `kind ${one.kind}` }, KINDS[one.kind]),
          one.kind === "removed" || !parts.workspace.rule(one.id)
            ? el("b", {}, one.title)
            : button(one.title, open, "plain title"),
          el("small", {}, one.id),
        ),
        el(
          "dl",
          {},
          ...one.fields.flatMap((field) => [
            el("dt", {}, FIELD_NAMES[field.key] ?? field.key),
            el(
              "dd",
              {},
              ...field.removed.map((said) => el("del", {}, said)),
              ...field.added.map((said) => el("ins", {}, said)),
            ),
          ]),
        ),
      );
    }),
    diff.cosmetic.length ? el("p", { class: "soft" }, `只改了注释或排版：${diff.cosmetic.join("、")}`) : null,
  ].filter((part) => part !== null);
}
