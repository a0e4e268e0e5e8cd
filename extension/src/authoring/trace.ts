/** Why: which phrase hit, what excused it and by which step, and why a rule did not fire at all. */

import { el } from "../dom";
import type { TraceStep, TracingEngine } from "../engine/engine";
import type { Conversation } from "../engine/types";
import { STEP_NAMES } from "./labels";
import { field, items, type RuleAt } from "./model";
import { matching } from "./phrase";
import type { Workspace } from "./workspace";

/** @param focus the rule that is being edited: it is always explained, also when nothing of it occurs */
export function traceView(
  engine: TracingEngine,
  workspace: Workspace,
  conversation: Conversation,
  focus: RuleAt | null,
  open: (rule: RuleAt) => void,
): HTMLElement {
  const steps = engine.trace(conversation);
  const rules = new Map<string, TraceStep[]>();
  for (const step of steps) rules.set(step[0], [...(rules.get(step[0]) ?? []), step]);
  const list = el("ol", { class: "trace" });
  if (focus && !rules.has(focus.id)) list.append(notFired(engine, workspace, conversation, focus));
  const ranked = [...rules].sort(([a, x], [b, y]) => rank(a, x, focus) - rank(b, y, focus));
  const others = el("ol", { class: "trace" });
  for (const [id, found] of ranked) {
    const rule = workspace.rule(id);
    const fired = found.some((step) => step[1] === "found");
    const head = el(
      "button",
      { type: "button", class: "plain", onclick: () => rule && open(rule), title: id },
      rule?.title ?? engine.rule(id)?.title ?? id,
    );
    (rank(id, found, focus) === ELSEWHERE ? others : list).append(
      el(
        "li",
        { class: fired ? "fired" : "excused" },
        el("p", { class: "trace-rule" }, el("b", { class: "sign" }, fired ? "报" : "放"), head),
        el("ul", {}, ...found.map((step) => stepView(step, conversation.reply, rule, workspace))),
      ),
    );
  }
  if (others.childElementCount) {
    const folded = el(
      "details",
      {},
      el("summary", {}, `另有 ${others.childElementCount} 条规则不看这段会话（没问过、平台或类目不符）`),
      others,
    );
    list.append(el("li", { class: "others" }, folded));
  }
  if (!list.childElementCount) list.append(el("li", { class: "none" }, "没有任何规则的说法出现在这句话里"));
  return list;
}

function stepView(
  [, step, span, by]: TraceStep,
  reply: string,
  rule: RuleAt | undefined,
  workspace: Workspace,
): HTMLElement {
  const said = span ? reply.slice(...span) : "整句";
  const parts: (Node | string)[] = [el("q", {}, said), " "];
  const source = rule && span ? phrasesFor(rule, "find", said, workspace) : [];
  if (source.length > 0) parts.push(el("span", { class: "by" }, "命中 ", el("code", {}, source[0]!)), " ");
  parts.push(step === "found" ? "→ 报出来了" : `→ ${STEP_NAMES[step] ?? step}`);
  if (by) {
    const other = reply.slice(...by);
    const which = rule && step !== "negation" ? phrasesFor(rule, step, other, workspace)[0] : undefined;
    parts.push("：", el("q", {}, other), which ? el("code", {}, which) : "");
  }
  return el("li", { "data-step": step }, ...parts);
}

/** The rule's phrases that occur in what was hit. */
function phrasesFor(rule: RuleAt, key: string, said: string, workspace: Workspace): string[] {
  return matching(
    items(rule.map, key).map((item) => item.text),
    said,
    workspace.groups(),
  );
}

function notFired(engine: TracingEngine, workspace: Workspace, conversation: Conversation, rule: RuleAt): HTMLElement {
  const reasons: string[] = [];
  if (field(rule.map, "status") === "retired") reasons.push("规则已停用");
  if (!engine.rule(rule.id)) reasons.push("草稿里还没有这条规则（有错误，或编号还没写）");
  const trapped = engine.traps(conversation).some((trap) => trap.rule === rule.id);
  if (items(rule.map, "asked").length > 0) {
    reasons.push(trapped ? "买家问到了（asked 成立）" : "买家最近几句里没有 asked 的说法");
  }
  if (items(rule.map, "find").length > 0) {
    const buyer = conversation.turns.filter((turn) => turn.role === "buyer").map((turn) => turn.text);
    const inBuyer = buyer.some((text) => phrasesFor(rule, "find", text, workspace).length > 0);
    reasons.push(inBuyer ? "find 的说法只在买家的话里出现，回复里没有" : "find 的说法都没有出现在回复里");
  } else if (items(rule.map, "unless").length > 0)
    reasons.push("这是缺失型规则：买家问到而回复里没有 unless 的说法才报");
  return el(
    "li",
    { class: "focus" },
    el(
      "p",
      { class: "trace-rule" },
      el("b", { class: "sign" }, "无"),
      `正在编辑的「${rule.title || rule.id}」没有触发`,
    ),
    el("ul", {}, ...reasons.map((reason) => el("li", {}, reason))),
  );
}

/** A rule that does not speak of this conversation at all: worth a line, not the author's attention. */
const ELSEWHERE = 3;

function rank(id: string, steps: readonly TraceStep[], focus: RuleAt | null): number {
  if (steps.some((step) => step[1] === "found")) return 0;
  if (id === focus?.id) return 1;
  return steps.every((step) => ["asked", "platforms", "categories", "dates", "given"].includes(step[1]))
    ? ELSEWHERE
    : 2;
}
