/** "This is a false alarm": the ways to let a reply go, each with what it was found to do. */

import { el } from "../dom";
import type { Conversation, Finding } from "../engine/types";
import { ApiError } from "./api";
import { button, notify, openDialog } from "./dialog";
import type { Drafting } from "./drafting";
import type { Change } from "./edits";
import { accepted, propose } from "./excuse";
import type { RuleAt } from "./model";
import { T } from "./texts";
import type { Workspace } from "./workspace";

export async function openExcuse(
  rule: RuleAt,
  chat: Conversation,
  finding: Finding,
  workspace: Workspace,
  drafting: Drafting,
  apply: (file: string, changes: readonly Change[]) => void,
): Promise<void> {
  const run = new AbortController();
  const dialog = openDialog(T.impact.excuseTitle, true, () => run.abort());
  dialog.body.append(
    el("p", { class: "example" }, chat.reply),
    el("p", { class: "soft", role: "status" }, T.impact.excuseTrying),
  );
  const fresh = workspace.rule(rule.id) ?? rule;
  let tried: Awaited<ReturnType<typeof propose>>;
  try {
    tried = await propose(fresh, chat, finding, workspace, drafting, run.signal);
  } catch (error) {
    if (error instanceof ApiError) notify(error.message, "bad");
    return;
  }
  if (run.signal.aborted) return;
  dialog.body.querySelector('[role="status"]')!.textContent = tried.length ? T.impact.excuseTried : T.impact.excuseNone;
  for (const proposal of tried) {
    const broken = proposal.held.filter((held) => !held.holds);
    const good = proposal.letsGo && broken.length === 0;
    const take = () => {
      apply(fresh.file, [{ from: 0, to: workspace.text(fresh.file).length, insert: accepted(proposal, fresh, chat) }]);
      dialog.close();
      notify(T.impact.excuseDone, "good");
    };
    dialog.body.append(
      el(
        "section",
        { class: `proposal ${good ? "good" : "weak"}` },
        el("p", {}, el("span", { class: "soft" }, proposal.says), " ", el("code", {}, proposal.phrase)),
        el("p", {}, proposal.letsGo ? T.impact.letsGo : T.impact.stillCaught),
        broken.length
          ? el("ul", {}, ...broken.map((held) => el("li", {}, T.impact.lost(held.text))))
          : el("p", {}, T.impact.held(proposal.held.length)),
        good ? button(T.impact.use, take, "main") : null,
      ),
    );
  }
}
