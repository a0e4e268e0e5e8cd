/** Two authors on one file: what both changed is merged, what clashes is shown side by side and chosen, nothing is lost. */

import { el } from "../dom";
import { button, notify, openDialog } from "./dialog";
import { merge, type Piece } from "./merge";
import type { FileState, Workspace } from "./workspace";

type Choice = "yours" | "theirs" | "both";

export function openConflict(workspace: Workspace, file: FileState): void {
  const { theirs } = file;
  if (!theirs) return;
  const dialog = openDialog(`${file.name} 同时被别人改过`, true);
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
      theirs.text === null
        ? "您打开之后，别人删掉了这个文件。"
        : clashes === 0
          ? "您和对方改的是不同的地方，可以合在一起。"
          : `您和对方有 ${clashes} 处改在同一个地方，请逐处选；其余已自动合在一起。`,
    ),
    el("p", { class: "soft" }, "选好以后还要再保存一次；在那之前服务器上是对方的版本。"),
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
        lines ? el("pre", {}, lines.join("\n") || "（删除）") : null,
      );
    };
    dialog.body.append(
      el(
        "fieldset",
        { class: "clash" },
        el("legend", {}, rule ? rule.trim().replace(/^-\s+id\s*:\s*/, "规则 ") : "文件开头"),
        el("details", {}, el("summary", {}, "原来是"), el("pre", {}, piece.base.join("\n") || "（没有）")),
        el(
          "div",
          { class: "versions" },
          option("yours", "用我的", piece.yours),
          option("theirs", "用对方的", piece.theirs),
        ),
        option("both", "两份都留下（对方的在前）", null),
      ),
    );
  });
  const finish = button("合在一起", () => done(assemble(pieces, choices), "已合并，检查后请保存"), "main");
  finish.disabled = clashes > 0;
  dialog.actions.append(
    button("全部用对方的", () => done(theirs.text ?? "", "已换成对方的版本"), ""),
    button("全部用我的", () => done(file.text, "保留了您的版本，保存后会盖过对方的"), ""),
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
