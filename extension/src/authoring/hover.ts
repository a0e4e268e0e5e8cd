/** Hover help: what a key means, what a group says, which rule an id is. */

import { hoverTooltip } from "@codemirror/view";
import { el } from "../dom";
import { LEVEL_NAMES } from "./labels";
import { fileKind } from "./model";
import { T } from "./texts";
import { positionAt, type Vocabulary } from "./vocabulary";
import type { Workspace } from "./workspace";

const ENTITIES: Readonly<Record<string, string>> = T.entities;

export function help(workspace: Workspace, vocabulary: Vocabulary, current: () => string) {
  return hoverTooltip((view, pos) => {
    const line = view.state.doc.lineAt(pos);
    const at = pos - line.from;
    for (const match of line.text.matchAll(/<([\w-]+)(?::[^<>]*)?>/g)) {
      if (match.index > at || at > match.index + match[0].length) continue;
      const group = workspace.groups().get(match[1]!);
      const said = group ? group.any.join(T.comma) : (ENTITIES[match[1]!] ?? "");
      if (!said) return null;
      const head = group ? T.hover.group(match[1]!, group.any.length, group.file) : T.hover.entity(match[1]!);
      return tip(line.from + match.index, line.from + match.index + match[0].length, head, said);
    }
    const key = line.text.match(/^(\s*(?:-\s+)*)([\w-]+)\s*:/);
    if (key && at >= key[1]!.length && at <= key[1]!.length + key[2]!.length) {
      const from = line.from + key[1]!.length;
      const place = positionAt(view.state.doc.toString(), from + key[2]!.length);
      const info = vocabulary.key(fileKind(current()), place.path, key[2]!);
      if (!info) return null;
      const values = info.values.length ? T.hover.values(info.values.join(T.comma)) : "";
      return tip(from, from + key[2]!.length, key[2]!, [info.about, values].filter(Boolean).join("\n"));
    }
    const word = view.state.wordAt(pos);
    const id = word && line.text.slice(0, at).match(/[\w.-]*$/)![0] + line.text.slice(at).match(/^[\w.-]*/)![0];
    const rule = id ? workspace.rule(id) : undefined;
    if (!rule || !word) return null;
    return tip(word.from, word.to, `${LEVEL_NAMES[rule.level] ?? T.hover.rule} · ${rule.id}`, rule.title);
  });

  function tip(from: number, end: number, head: string, said: string) {
    return {
      pos: from,
      end,
      above: true,
      create: () => ({ dom: el("div", { class: "cm-help" }, el("b", {}, head), el("p", {}, said)) }),
    };
  }
}
