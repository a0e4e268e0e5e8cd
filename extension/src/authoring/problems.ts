/** All that the compiler found, by file; one press leads to the place. */

import { el } from "../dom";
import type { ServerDiagnostic } from "./api";
import { ask, button } from "./dialog";
import type { Drafting } from "./drafting";
import type { Fix } from "./fixes";
import { bytes } from "./labels";

export interface ProblemActions {
  open(d: ServerDiagnostic): void;
  fixes(d: ServerDiagnostic): readonly Fix[];
  apply(d: ServerDiagnostic, fix: Fix): void;
}

export function problemsView(drafting: Drafting, actions: ProblemActions): HTMLElement[] {
  const { state } = drafting;
  if (!state) return [el("p", { class: "soft" }, drafting.problem || "正在编译…")];
  const { answer } = state;
  const { report } = answer;
  const stages = Object.entries(report.milliseconds ?? {});
  const server = stages.reduce((sum, [, ms]) => sum + ms, 0);
  const size = (report.bundle_bytes ?? 0) + (report.automaton_bytes ?? 0);
  const uncovered = answer.diagnostics.filter((d) => d.code === "RG407").length;
  const failed = answer.diagnostics.filter((d) => /^RG40[1-69]|RG408/.test(d.code)).length;
  const numbers = el(
    "dl",
    { class: "numbers" },
    ...fact("规则", String(report.rules ?? 0)),
    ...fact(
      "例子",
      !report.examples && !failed
        ? "改掉错误后再跑"
        : failed
          ? `${failed} 个没通过`
          : `${report.examples ?? 0} 个全通过`,
      failed ? "bad" : report.examples ? "good" : "",
    ),
    ...fact(
      "覆盖",
      !report.examples ? "—" : uncovered ? `${uncovered} 条规则有说法没例子` : "每个说法都有例子",
      uncovered ? "amber" : report.examples ? "good" : "",
    ),
    ...fact("发布大小", report.bundle_bytes ? bytes(size) : "—"),
    ...fact("编译", `${Math.round(server)} 毫秒`),
  );
  const sorted = [...answer.diagnostics].sort(
    (a, b) =>
      Number(a.severity === "warning") - Number(b.severity === "warning") ||
      a.file.localeCompare(b.file) ||
      a.line - b.line,
  );
  const list = el("ul", { class: "problems" });
  for (const d of sorted.slice(0, 200)) {
    const fixes = actions.fixes(d);
    const places = d.file ? `${d.file} 第 ${d.line} 行` : "";
    const choose = async () => {
      if (fixes.length === 1) return actions.apply(d, fixes[0]!);
      const chosen = await ask(
        "怎么改",
        d.message.zh,
        Object.fromEntries(fixes.map((fix, n) => [String(n), fix.name])),
      );
      if (chosen !== null) actions.apply(d, fixes[Number(chosen)]!);
    };
    list.append(
      el(
        "li",
        { class: d.severity },
        el(
          "button",
          { type: "button", class: "problem", onclick: () => actions.open(d) },
          el("b", {}, d.message.zh),
          d.hint.zh ? el("span", {}, d.hint.zh) : null,
          el("small", {}, `${places} · ${d.code}`),
        ),
        fixes.length > 0
          ? button(fixes.length === 1 ? fixes[0]!.name : "一键修改…", () => void choose(), "small fix")
          : null,
      ),
    );
  }
  if (sorted.length > 200) list.append(el("li", {}, `还有 ${sorted.length - 200} 处没有列出`));
  if (sorted.length === 0) list.append(el("li", { class: "none" }, "✓ 没有问题"));
  return [drafting.problem ? el("p", { class: "amber" }, drafting.problem) : null, numbers, list].filter(
    (part) => part !== null,
  );
}

function fact(name: string, said: string, tone = ""): HTMLElement[] {
  return [el("dt", {}, name), el("dd", { class: tone }, said)];
}
