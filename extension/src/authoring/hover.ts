/** Hover help: what a key means, what a group says, which rule an id is. */

import { hoverTooltip } from "@codemirror/view";
import { el } from "../dom";
import { LEVEL_NAMES } from "./labels";
import { fileKind } from "./model";
import { positionAt, type Vocabulary } from "./vocabulary";
import type { Workspace } from "./workspace";

const ENTITIES: Readonly<Record<string, string>> = {
  phone: "手机号（含中文、圈码、分开写的写法，按号段检查）",
  landline: "固定电话、400 电话",
  bank_card: "银行卡号（按发卡行和校验位）",
  id_card: "身份证号（按校验位）",
  qq_number: "QQ 号",
  wechat_id: "微信号",
  email: "邮箱",
  url: "网址；<url:a.com> 只认这些，<url:!a.com> 除了这些",
  address: "收货地址",
  money: "金额",
};

export function help(workspace: Workspace, vocabulary: Vocabulary, current: () => string) {
  return hoverTooltip((view, pos) => {
    const line = view.state.doc.lineAt(pos);
    const at = pos - line.from;
    for (const match of line.text.matchAll(/<([\w-]+)(?::[^<>]*)?>/g)) {
      if (match.index > at || at > match.index + match[0].length) continue;
      const group = workspace.groups().get(match[1]!);
      const said = group ? group.any.join("、") : (ENTITIES[match[1]!] ?? "");
      if (!said) return null;
      const head = group ? `词组 ${match[1]} · ${group.any.length} 种说法 · ${group.file}` : `识别 ${match[1]}`;
      return tip(line.from + match.index, line.from + match.index + match[0].length, head, said);
    }
    const key = line.text.match(/^(\s*(?:-\s+)*)([\w-]+)\s*:/);
    if (key && at >= key[1]!.length && at <= key[1]!.length + key[2]!.length) {
      const from = line.from + key[1]!.length;
      const place = positionAt(view.state.doc.toString(), from + key[2]!.length);
      const info = vocabulary.key(fileKind(current()), place.path, key[2]!);
      if (!info) return null;
      const values = info.values.length ? `可以写：${info.values.join("、")}` : "";
      return tip(from, from + key[2]!.length, key[2]!, [info.about, values].filter(Boolean).join("\n"));
    }
    const word = view.state.wordAt(pos);
    const id = word && line.text.slice(0, at).match(/[\w.-]*$/)![0] + line.text.slice(at).match(/^[\w.-]*/)![0];
    const rule = id ? workspace.rule(id) : undefined;
    if (!rule || !word) return null;
    return tip(word.from, word.to, `${LEVEL_NAMES[rule.level] ?? "规则"} · ${rule.id}`, rule.title);
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
