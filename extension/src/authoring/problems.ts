/** All that the compiler found, by file; one press leads to the place. */

import { el } from "../dom";
import type { ServerDiagnostic } from "./api";
import { ask, button } from "./dialog";
import type { Drafting } from "./drafting";
import type { Fix } from "./fixes";
import { bytes } from "./labels";
import { language, T } from "./texts";

export interface ProblemActions {
  open(d: ServerDiagnostic): void;
  fixes(d: ServerDiagnostic): readonly Fix[];
  apply(d: ServerDiagnostic, fix: Fix): void;
}

export function problemsView(drafting: Drafting, actions: ProblemActions): HTMLElement[] {
  const { state } = drafting;
  if (!state) return [el("p", { class: "soft" }, drafting.problem || T.problems.compiling)];
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
    ...fact(T.problems.rules, String(report.rules ?? 0)),
    ...fact(
      T.problems.examples,
      !report.examples && !failed
        ? T.problems.later
        : failed
          ? T.problems.failed(failed)
          : T.problems.passed(report.examples ?? 0),
      failed ? "bad" : report.examples ? "good" : "",
    ),
    ...fact(
      T.problems.coverage,
      !report.examples ? "—" : uncovered ? T.problems.uncovered(uncovered) : T.problems.covered,
      uncovered ? "amber" : report.examples ? "good" : "",
    ),
    ...fact(T.problems.size, report.bundle_bytes ? bytes(size) : "—"),
    ...fact(T.problems.compile, T.problems.ms(Math.round(server))),
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
    const places = d.file ? T.problems.line(d.file, d.line) : "";
    const choose = async () => {
      if (fixes.length === 1) return actions.apply(d, fixes[0]!);
      const chosen = await ask(
        T.problems.how,
        d.message[language],
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
          el("b", {}, d.message[language]),
          d.hint[language] ? el("span", {}, d.hint[language]) : null,
          el("small", {}, `${places} · ${d.code}`),
        ),
        fixes.length > 0
          ? button(fixes.length === 1 ? fixes[0]!.name : T.problems.fix, () => void choose(), "small fix")
          : null,
      ),
    );
  }
  if (sorted.length > 200) list.append(el("li", {}, T.problems.more(sorted.length - 200)));
  if (sorted.length === 0) list.append(el("li", { class: "none" }, T.problems.none));
  return [drafting.problem ? el("p", { class: "amber" }, drafting.problem) : null, numbers, list].filter(
    (part) => part !== null,
  );
}

function fact(name: string, said: string, tone = ""): HTMLElement[] {
  return [el("dt", {}, name), el("dd", { class: tone }, said)];
}
