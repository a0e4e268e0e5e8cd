/** "New rule": a bad reply and a good reply first, phrases are proposed from them, the rest is filled in last. */

import { el } from "../dom";
import type { Conversation } from "../engine/types";
import { button, notify, openDialog } from "./dialog";
import type { Drafting } from "./drafting";
import { addRule, type Change } from "./edits";
import { writeExample } from "./example";
import type { Impact } from "./impact";
import { LEVEL_NAMES } from "./labels";
import { type Suggestion, suggestPhrases, type Tried, tryPhrases } from "./suggest";
import type { Workspace } from "./workspace";

export interface GuideParts {
  readonly workspace: Workspace;
  readonly drafting: Drafting;
  readonly impact: Impact;
  file(): string;
  insert(file: string, change: Change): void;
  opened(file: string, offset: number): void;
}

export function openGuide(parts: GuideParts): void {
  const { workspace } = parts;
  const dialog = openDialog("新规则", true, () => trial.abort());
  dialog.element.classList.add("guide");
  const buyer = input("买家的话（可以不写）", "例如：可以加微信吗");
  const bad = input("一句不能发的回复", "例如：可以的亲，加我微信给您发图", true);
  const good = input("一句看着像、其实可以发的回复", "例如：不能加微信哦，在这里说就可以", true);
  const marked = el("output", { class: "marked" });
  const asked = el("input", { type: "checkbox", id: "guide-asked" });
  const askedRow = el("label", { class: "check", hidden: true }, asked, "只有买家这样问过才算（写进 asked）");
  const phrases = el("div", { class: "suggestions", role: "group", "aria-label": "说法" });
  const title = input("规则一句话：客服不能做什么", "不得引导买家加微信");
  const why = input("为什么（给客服看）", "平台要求只在旺旺里沟通");
  const say = input("可以怎么说", "亲亲，有问题在这里跟我说就好");
  const id = input("永久编号", "contact.add-wechat");
  const topic = select(
    "放进哪个专题",
    Object.fromEntries(topics(workspace).map((name) => [name, workspace.model(name).title || name])),
    parts.file(),
  );
  const level = select("等级", LEVEL_NAMES, "block");
  const problem = el("p", { class: "error", role: "alert" });
  let chosen = new Set<string>();
  let span: readonly [number, number] | null = null;
  let chats: readonly Conversation[] = [];
  let trial = new AbortController();

  const suggest = () => {
    const reply = bad.field.value.trim();
    const words = span ? reply.slice(...span) : reply;
    marked.replaceChildren(
      ...(reply === ""
        ? ["先写上面两句。"]
        : span
          ? [reply.slice(0, span[0]), el("mark", {}, words), reply.slice(span[1])]
          : ["在上面的回复里", el("b", {}, "选中"), "真正违规的几个字（现在按整句算）"]),
    );
    askedRow.hidden = buyer.field.value.trim() === "";
    const proposals = reply ? suggestPhrases(words, workspace.groups()) : [];
    const kept = [...chosen].filter((phrase) => proposals.some((one) => one.phrase === phrase));
    chosen = new Set(kept.length ? kept : proposals.slice(0, 1).map((one) => one.phrase));
    showProposals(proposals, null);
    if (proposals.length === 0 && reply) phrases.replaceChildren(el("p", { class: "soft" }, "选中至少两个字。"));
    problem.textContent = "";
    trial.abort();
    trial = new AbortController();
    if (proposals.length > 0) void tryAll(proposals, trial.signal);
  };
  const tryAll = async (proposals: readonly Suggestion[], signal: AbortSignal) => {
    await new Promise((resolve) => setTimeout(resolve, 300)); // a pause in typing
    if (signal.aborted) return;
    const turns = buyer.field.value.trim() ? [{ role: "buyer" as const, text: buyer.field.value.trim() }] : [];
    const said = { turns, bad: bad.field.value.trim(), good: good.field.value.trim() };
    const tried = await tryPhrases(proposals, said, chats, topic.field.value, workspace, parts.drafting, signal);
    if (signal.aborted) return;
    if (tried) showProposals(proposals, tried);
    else problem.textContent = "草稿里有别的错误，先改掉才能试这些说法。";
  };
  const showProposals = (proposals: readonly Suggestion[], tried: ReadonlyMap<string, Tried> | null) => {
    const active = document.activeElement;
    const focused = active instanceof HTMLInputElement && phrases.contains(active) ? active.value : "";
    phrases.replaceChildren(
      ...proposals.map(({ phrase, says }) => {
        const box = el("input", { type: "checkbox", checked: chosen.has(phrase), value: phrase });
        box.addEventListener("change", () => (box.checked ? chosen.add(phrase) : chosen.delete(phrase)));
        const one = tried?.get(phrase);
        const verdict = !one
          ? el("span", { class: "soft" }, "正在试…")
          : !one.firesOnBad
            ? el("span", { class: "minus" }, "✗ 抓不到违规那句")
            : one.firesOnGood
              ? el("span", { class: "minus" }, "✗ 会误报合规那句")
              : el(
                  "span",
                  { class: "yes" },
                  `✓ 抓得到，不误报${chats.length ? `；${chats.length} 条会话里抓 ${one.count} 条` : ""}`,
                );
        return el(
          "label",
          { class: "suggestion" },
          box,
          el("code", {}, phrase),
          el("span", { class: "soft" }, says),
          verdict,
        );
      }),
    );
    if (focused) phrases.querySelector<HTMLElement>(`[value="${CSS.escape(focused)}"]`)?.focus();
  };
  const mark = () => {
    const { selectionStart, selectionEnd, value } = bad.field;
    const trimmed = value.length - value.trimStart().length;
    if (selectionStart !== null && selectionEnd !== null && selectionEnd - selectionStart >= 2)
      span = [selectionStart - trimmed, selectionEnd - trimmed];
    suggest();
  };
  for (const one of [buyer, good]) one.field.addEventListener("input", suggest);
  bad.field.addEventListener("input", () => {
    span = null;
    suggest();
  });
  for (const name of ["select", "mouseup", "keyup"]) bad.field.addEventListener(name, mark);
  const propose = () => {
    if (!id.field.dataset.own) id.field.value = freshId(workspace, topic.field.value);
  };
  id.field.addEventListener("input", () => (id.field.dataset.own = "yes"));
  topic.field.addEventListener("change", propose);
  propose();

  const finish = () => {
    const reply = bad.field.value.trim();
    const missing = [
      reply ? "" : "一句不能发的回复",
      chosen.size || asked.checked ? "" : "至少一个说法",
      title.field.value.trim() ? "" : "规则一句话",
      /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/.test(id.field.value.trim()) ? "" : "编号（小写英文、数字、点和横线）",
      workspace.rule(id.field.value.trim()) ? "一个没用过的编号" : "",
    ].filter(Boolean);
    if (missing.length) {
      problem.textContent = `还差：${missing.join("、")}`;
      return;
    }
    const turns = buyer.field.value.trim() ? [{ role: "buyer" as const, text: buyer.field.value.trim() }] : [];
    const file = topic.field.value;
    const { root, defaults } = workspace.model(file);
    const text = workspace.text(file);
    const change = addRule(text, root, {
      id: id.field.value.trim(),
      title: title.field.value.trim(),
      ...(level.field.value === (defaults.level ?? "warn") ? {} : { level: level.field.value }),
      ...(asked.checked && turns[0] ? { asked: [turns[0].text] } : {}),
      find: [...chosen],
      why: why.field.value.trim(),
      say: [say.field.value.trim()].filter(Boolean),
      bad: [writeExample(turns, reply, span)],
      good: [good.field.value.trim()].filter(Boolean).map((one) => writeExample(turns, one, null)),
    });
    parts.insert(file, change);
    dialog.close();
    const rule = workspace.rule(id.field.value.trim());
    if (rule) parts.opened(file, rule.from);
    notify("新规则已写进草稿，右边可以试聊", "good");
  };
  dialog.body.append(
    el("section", {}, el("h3", {}, "1　两句话"), buyer.row, bad.row, good.row),
    el("section", {}, el("h3", {}, "2　违规的是哪几个字"), marked, askedRow, phrases),
    el(
      "section",
      {},
      el("h3", {}, "3　写给客服看"),
      title.row,
      why.row,
      say.row,
      el("div", { class: "columns" }, topic.row, level.row, id.row),
    ),
    problem,
  );
  dialog.actions.append(button("取消", dialog.close), button("写进草稿", finish, "main"));
  suggest();
  bad.field.focus();
  void parts.impact.chats().then(
    (all) => {
      chats = all;
      suggest();
    },
    () => undefined,
  );
}

function topics(workspace: Workspace): string[] {
  return workspace.names().filter((name) => workspace.model(name).kind === "rules");
}

function freshId(workspace: Workspace, file: string): string {
  const topic = workspace.model(file).topic || file.replace(/\.ya?ml$/, "").replace(/[^a-z0-9]+/g, "-");
  const taken = new Set(workspace.rules().map((rule) => rule.id));
  for (let n = workspace.model(file).rules.length + 1; ; n++)
    if (!taken.has(`${topic}.rule-${n}`)) return `${topic}.rule-${n}`;
}

function input(label: string, placeholder: string, wide = false): { row: HTMLElement; field: HTMLInputElement } {
  const field = el("input", { type: "text", placeholder });
  return { row: el("label", { class: wide ? "field wide" : "field" }, el("span", {}, label), field), field };
}

function select(
  label: string,
  names: Readonly<Record<string, string>>,
  now: string,
): { row: HTMLElement; field: HTMLSelectElement } {
  const field = el("select");
  for (const [value, name] of Object.entries(names))
    field.append(el("option", { value, selected: value === now }, name));
  return { row: el("label", { class: "field" }, el("span", {}, label), field), field };
}
