/** Two authors on one file: what both changed is merged, what clashes is shown side by side and chosen, nothing is lost. */

import { el } from "../dom";
import { button, notify, openDialog } from "./dialog";
import { merge, type Piece } from "./merge";
import { T } from "./texts";
import type { FileState, Workspace } from "./workspace";

type Choice = "yours" | "theirs" | "both";

export function openConflict(workspace: Workspace, file: FileState): void {
  const { theirs } = file;
  if (!theirs) return;
  const dialog = openDialog(T.conflict.title(file.name), true);
  const pieces = merge(file.base, file.text, theirs.text ?? "");
  const clashes = pieces.filter((piece) => piece.kind === "conflict").length;
  const choices = new Map<number, Choice>();
  const done = (text: string, said: string) => {
    workspace.resolve(file.name, text);
    dialog.close();
    notify(said, "good");
  };
  dialog.body.append(
    el(
      "p",
      {},
      theirs.text === null ? T.conflict.gone : clashes === 0 ? T.conflict.apart : T.conflict.clashes(clashes),
    ),
    el("p", { class: "soft" }, T.conflict.andSave),
  );
  let settledBefore: readonly string[] = [];
  pieces.forEach((piece, n) => {
    if (piece.kind === "settled") {
      settledBefore = piece.lines;
      return;
    }
    const rule = [...settledBefore].reverse().find((line) => /^\s*-\s+id\s*:/.test(line));
    const name = `clash-${n}`;
    const option = (choice: Choice, label: string, lines: readonly string[] | null) => {
      const radio = el("input", { type: "radio", name, value: choice });
      radio.addEventListener("change", () => {
        choices.set(n, choice);
        finish.disabled = choices.size < clashes;
      });
      return el(
        "label",
        { class: "version" },
        el("span", {}, radio, ` ${label}`),
        lines ? el("pre", {}, lines.join("\n") || T.conflict.removed) : null,
      );
    };
    dialog.body.append(
      el(
        "fieldset",
        { class: "clash" },
        el("legend", {}, rule ? rule.trim().replace(/^-\s+id\s*:\s*/, T.conflict.rule) : T.conflict.head),
        el(
          "details",
          {},
          el("summary", {}, T.conflict.was),
          el("pre", {}, piece.base.join("\n") || T.conflict.nothing),
        ),
        el(
          "div",
          { class: "versions" },
          option("yours", T.conflict.mine, piece.yours),
          option("theirs", T.conflict.theirs, piece.theirs),
        ),
        option("both", T.conflict.both, null),
      ),
    );
  });
  const finish = button(T.conflict.merge, () => done(assemble(pieces, choices), T.conflict.merged), "main");
  finish.disabled = clashes > 0;
  dialog.actions.append(
    button(T.conflict.allTheirs, () => done(theirs.text ?? "", T.conflict.tookTheirs), ""),
    button(T.conflict.allMine, () => done(file.text, T.conflict.keptMine), ""),
    finish,
  );
}

function assemble(pieces: readonly Piece[], choices: ReadonlyMap<number, Choice>): string {
  const lines = pieces.flatMap((piece, n) => {
    if (piece.kind === "settled") return piece.lines;
    const choice = choices.get(n);
    if (choice === "both") return [...piece.theirs, ...piece.yours];
    return choice === "theirs" ? piece.theirs : piece.yours;
  });
  return lines.join("\n");
}
