/** Why: which phrase hit, what excused it and by which step, and why a rule did not fire at all. */

import { el } from "../dom";
import type { TraceStep, TracingEngine } from "../engine/tracing";
import type { Conversation } from "../engine/types";
import { STEP_NAMES } from "./labels";
import { items, type RuleAt } from "./model";
import { originOf } from "./phrase";
import { reasonsFor } from "./silence";
import { T } from "./texts";
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
        el("p", { class: "trace-rule" }, el("b", { class: "sign" }, fired ? T.trace.flagged : T.trace.let), head),
        el("ul", {}, ...found.map((step) => stepView(step, conversation.reply, rule, workspace))),
      ),
    );
  }
  if (others.childElementCount) {
    const folded = el("details", {}, el("summary", {}, T.trace.elsewhere(others.childElementCount)), others);
    list.append(el("li", { class: "others" }, folded));
  }
  if (!list.childElementCount) list.append(el("li", { class: "none" }, T.trace.nothing));
  return list;
}

function stepView(
  [, step, span, by]: TraceStep,
  reply: string,
  rule: RuleAt | undefined,
  workspace: Workspace,
): HTMLElement {
  const said = span ? reply.slice(...span) : T.trace.whole;
  const parts: (Node | string)[] = [el("q", {}, said), " "];
  if (rule && span) parts.push(...originView(rule, "find", said, workspace, T.trace.hit));
  parts.push(step === "found" ? T.trace.flaggedStep : T.trace.step(STEP_NAMES[step] ?? step));
  if (typeof by === "number") parts.push(T.trace.percent(by));
  else if (by) {
    const other = reply.slice(...by);
    parts.push(T.trace.by, el("q", {}, other), " ");
    if (rule && step !== "negation") parts.push(...originView(rule, step, other, workspace, ""));
  }
  return el("li", { "data-step": step }, ...parts);
}

/** Which phrase of the rule a text came from, and how it was recognised when it is not simply written there. */
function originView(rule: RuleAt, key: string, said: string, workspace: Workspace, lead: string): (Node | string)[] {
  const phrases = items(rule.map, key).map((item) => item.text);
  const origin = originOf(phrases, said, workspace.groups());
  if (!origin) return [];
  const entities: Readonly<Record<string, string>> = T.entities;
  const how = [
    origin.way === "spaced" ? T.trace.spaced : origin.way === "sounds" ? T.trace.sounds : "",
    ...origin.entities.map((name) => T.trace.entity((entities[name] ?? name).replace(/[（；;(].*$/s, "").trim())),
  ].filter(Boolean);
  return [
    el(
      "span",
      { class: "by", "data-way": origin.way },
      lead,
      el("code", {}, origin.phrase),
      how.length ? ` (${how.join(T.comma)})` : "",
    ),
    " ",
  ];
}

function notFired(engine: TracingEngine, workspace: Workspace, conversation: Conversation, rule: RuleAt): HTMLElement {
  const reasons = reasonsFor(engine, workspace, conversation, rule);
  return el(
    "li",
    { class: "focus" },
    el("p", { class: "trace-rule" }, el("b", { class: "sign" }, T.trace.none), T.trace.notFired(rule.title || rule.id)),
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
