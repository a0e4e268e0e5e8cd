/** Review and publish: what changed rule by rule, to whom it goes, and the way back. */

import { el } from "../dom";
import { api, type ChannelInfo, type Session } from "./api";
import { button, notify, openDialog } from "./dialog";
import type { Drafting } from "./drafting";
import { failed } from "./failed";
import { historyView } from "./history";
import { FIELD_NAMES } from "./labels";
import type { RuleAt } from "./model";
import { promoteView } from "./promote";
import { type BookDiff, diffBooks, type RuleChange } from "./rule-diff";
import { T } from "./texts";
import type { Workspace } from "./workspace";

export interface ReviewParts {
  readonly workspace: Workspace;
  readonly drafting: Drafting;
  session(): Session;
  save(): Promise<boolean>;
  refresh(): Promise<Session>;
  open(rule: RuleAt): void;
}

const KINDS: Readonly<Record<RuleChange["kind"], string>> = {
  added: T.review.added,
  removed: T.review.removed,
  changed: T.review.changed,
};

export function openReview(parts: ReviewParts): void {
  const { workspace, drafting } = parts;
  const dialog = openDialog(T.review.title, true);
  dialog.element.classList.add("review");
  const changes = el("div", { class: "changes" }, el("p", { class: "soft" }, T.review.comparing));
  const side = el("div", { class: "publish" });
  dialog.body.append(changes, side);

  const render = async () => {
    const session = await parts.refresh();
    const channel = session.channels.find((one) => one.id === drafting.channel);
    if (!channel) return;
    changes.replaceChildren(...(await changesView(channel, parts, dialog.close)));
    const again = () => void render();
    const views = [
      publishView(channel, session),
      promoteView(channel, session, again),
      await historyView(channel, session, again),
    ];
    side.replaceChildren(...views.filter((part) => part !== null));
  };

  const publishView = (channel: ChannelInfo, session: Session): HTMLElement => {
    const comment = el("input", {
      type: "text",
      maxlength: "300",
      placeholder: T.review.commentHint,
      "aria-label": T.review.comment,
    });
    const percent = el("input", { type: "number", min: "1", max: "100", value: "100", "aria-label": T.review.percent });
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
        if (session.git?.commits) await api.commit(comment.value || T.review.commit(channel.title, version));
        notify(T.review.published(channel.title, version) + (wanted < 100 ? T.review.share(wanted) : ""), "good");
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
        ? T.review.live
        : follows && dirty
          ? T.review.saveLive
          : dirty
            ? T.review.savePublish
            : T.review.publish,
      () => void publish(),
      "main",
    );
    act.disabled = !may || errors > 0 || (live && channel.percent === 100);
    return el(
      "section",
      {},
      el("h3", {}, T.review.publishTo(channel.title)),
      el(
        "p",
        {},
        channel.version
          ? T.review.online(channel.version, channel.rules) +
              (channel.percent < 100 ? T.review.shareNow(channel.percent) : "") +
              T.review.stop
          : T.review.never,
      ),
      follows ? el("p", { class: "soft" }, T.review.follows) : null,
      session.git
        ? el(
            "p",
            { class: "soft" },
            T.review.git(session.git.branch, session.git.head, session.git.changed.length) +
              (session.git.commits ? T.review.commits : ""),
          )
        : null,
      errors ? el("p", { class: "error" }, T.review.errors(errors)) : null,
      may ? null : el("p", { class: "amber" }, T.review.role),
      !follows || session.git?.commits
        ? el("label", { class: "field" }, el("span", {}, T.review.comment), comment)
        : null,
      follows ? null : el("label", { class: "field short" }, el("span", {}, T.review.share0), percent),
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
    return [el("p", { class: "amber" }, T.review.noSource), ...diffView(diffBooks(saved, now), parts, close)];
  }
  return diffView(diffBooks(before, now), parts, close);
}

function diffView(diff: BookDiff, parts: ReviewParts, close: () => void): HTMLElement[] {
  const all = [...diff.rules, ...diff.rest];
  const count = (kind: RuleChange["kind"]) => diff.rules.filter((one) => one.kind === kind).length;
  const head = all.length
    ? T.review.summary(count("added"), count("changed"), count("removed")) +
      (diff.rest.length ? T.review.restCount(diff.rest.length) : "")
    : T.review.same;
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
    diff.cosmetic.length ? el("p", { class: "soft" }, T.review.cosmetic(diff.cosmetic.join(T.comma))) : null,
  ].filter((part) => part !== null);
}
