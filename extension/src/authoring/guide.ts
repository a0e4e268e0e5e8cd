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
import { T } from "./texts";
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
  const dialog = openDialog(T.guide.title, true, () => trial.abort());
  dialog.element.classList.add("guide");
  const buyer = input(T.guide.buyer, T.guide.buyerLike);
  const bad = input(T.guide.bad, T.guide.badLike, true);
  const good = input(T.guide.good, T.guide.goodLike, true);
  const marked = el("output", { class: "marked" });
  const asked = el("input", { type: "checkbox", id: "guide-asked" });
  const askedRow = el("label", { class: "check", hidden: true }, asked, T.guide.asked);
  const phrases = el("div", { class: "suggestions", role: "group", "aria-label": T.guide.phrases });
  const title = input(T.guide.ruleTitle, T.guide.titleLike);
  const why = input(T.guide.why, T.guide.whyLike);
  const say = input(T.guide.say, T.guide.sayLike);
  const id = input(T.guide.id, "contact.add-wechat");
  const topic = select(
    T.guide.topic,
    Object.fromEntries(topics(workspace).map((name) => [name, workspace.model(name).title || name])),
    parts.file(),
  );
  const level = select(T.guide.level, LEVEL_NAMES, "block");
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
        ? [T.guide.firstWrite]
        : span
          ? [reply.slice(0, span[0]), el("mark", {}, words), reply.slice(span[1])]
          : [T.guide.select1, el("b", {}, T.guide.select2), T.guide.select3]),
    );
    askedRow.hidden = buyer.field.value.trim() === "";
    const proposals = reply ? suggestPhrases(words, workspace.groups()) : [];
    const kept = [...chosen].filter((phrase) => proposals.some((one) => one.phrase === phrase));
    chosen = new Set(kept.length ? kept : proposals.slice(0, 1).map((one) => one.phrase));
    showProposals(proposals, null);
    if (proposals.length === 0 && reply) phrases.replaceChildren(el("p", { class: "soft" }, T.guide.two));
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
    else problem.textContent = T.guide.faulty;
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
          ? el("span", { class: "soft" }, T.guide.trying)
          : !one.firesOnBad
            ? el("span", { class: "minus" }, T.guide.misses)
            : one.firesOnGood
              ? el("span", { class: "minus" }, T.guide.alarms)
              : el(
                  "span",
                  { class: "yes" },
                  T.guide.works + (chats.length ? T.guide.inChats(chats.length, one.count) : ""),
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
      reply ? "" : T.guide.bad,
      chosen.size || asked.checked ? "" : T.guide.needPhrase,
      title.field.value.trim() ? "" : T.guide.needTitle,
      /^[a-z0-9]+(?:[.-][a-z0-9]+)*$/.test(id.field.value.trim()) ? "" : T.guide.needId,
      workspace.rule(id.field.value.trim()) ? T.guide.freshId : "",
    ].filter(Boolean);
    if (missing.length) {
      problem.textContent = T.guide.missing(missing.join(T.comma));
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
    notify(T.guide.written, "good");
  };
  dialog.body.append(
    el("section", {}, el("h3", {}, T.guide.step1), buyer.row, bad.row, good.row),
    el("section", {}, el("h3", {}, T.guide.step2), marked, askedRow, phrases),
    el(
      "section",
      {},
      el("h3", {}, T.guide.step3),
      title.row,
      why.row,
      say.row,
      el("div", { class: "columns" }, topic.row, level.row, id.row),
    ),
    problem,
  );
  dialog.actions.append(button(T.guide.cancel, dialog.close), button(T.guide.write, finish, "main"));
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
