/** The history of a channel: who published what, a wider or narrower rollout, and the way back. */

import { el } from "../dom";
import { api, type ChannelInfo, type HistoryItem, type Session } from "./api";
import { ask, button, notify } from "./dialog";
import { failed } from "./review";

const KINDS: Readonly<Record<HistoryItem["kind"], string>> = { publish: "发布", revert: "退回", rollout: "改灰度" };
const AUTHORS: Readonly<Record<string, string>> = { watch: "保存时自动" };

export async function historyView(channel: ChannelInfo, session: Session, changed: () => void): Promise<HTMLElement> {
  const history = await api.history(channel.id);
  const may = session.author.role === "publisher";
  const again = async () => changed();
  const revert = async (item: HistoryItem) => {
    const choice = await ask(
      `退回到第 ${item.version} 版`,
      "线上马上换回那一版的内容（作为新的一版）。规则文件不会改；下一次保存或发布会再换成文件里的样子。",
      { back: "算了", revert: `退回到第 ${item.version} 版` },
    );
    if (choice !== "revert") return;
    try {
      const { version } = await api.revert(channel.id, {
        expected: channel.version,
        version: item.version,
        comment: "",
      });
      notify(`已退回，现在是第 ${version} 版（内容同第 ${item.version} 版）`, "good");
      changed();
    } catch (error) {
      await failed(error, again);
    }
  };
  const percent = el("input", {
    type: "number",
    min: "0",
    max: "100",
    value: String(channel.percent),
    "aria-label": "新的灰度百分比",
  });
  const widen = async () => {
    try {
      const wanted = Math.max(0, Math.min(100, Number(percent.value) || 0));
      await api.rollout(channel.id, { expected: channel.version, percent: wanted, comment: "" });
      notify(`灰度改为 ${wanted}%`, "good");
      changed();
    } catch (error) {
      await failed(error, again);
    }
  };
  const rows = history.map((item) => {
    const { added, changed: edited, removed } = item.changes;
    const what = [
      added?.length ? `＋${added.join("、")}` : "",
      edited?.length ? `改 ${edited.join("、")}` : "",
      removed?.length ? `−${removed.join("、")}` : "",
    ]
      .filter(Boolean)
      .join("；");
    const current = item.version === channel.version;
    return el(
      "li",
      { "aria-current": current ? "true" : null },
      el(
        "p",
        {},
        el("b", {}, `第 ${item.version} 版`),
        ` ${KINDS[item.kind] ?? item.kind}${item.reverts ? `到第 ${item.reverts} 版` : ""}`,
        el(
          "span",
          { class: "soft" },
          ` ${AUTHORS[item.author] ?? item.author} · ${new Date(item.created).toLocaleString("zh-CN")} · ${item.rules} 条${item.percent < 100 ? ` · 灰度 ${item.percent}%` : ""}`,
        ),
      ),
      item.comment ? el("p", {}, item.comment) : null,
      what ? el("p", { class: "soft clip", title: what }, what) : null,
      may && !current
        ? button(`退回到第 ${item.version} 版`, () => void revert(item), "small")
        : current
          ? el("span", { class: "badge good" }, "线上")
          : null,
    );
  });
  return el(
    "section",
    {},
    channel.percent < 100 && may
      ? el(
          "div",
          { class: "rollout" },
          el("span", {}, `灰度中：${channel.percent}%`),
          percent,
          button("改灰度", () => void widen(), "small"),
        )
      : null,
    el("h3", {}, "历史"),
    el("ol", { class: "history" }, ...rows, rows.length === 0 ? el("li", { class: "soft" }, "还没有发布过") : ""),
  );
}
