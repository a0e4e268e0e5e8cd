/** The history of a channel: who published what, a wider or narrower rollout, and the way back. */

import { el } from "../dom";
import { api, type ChannelInfo, type HistoryItem, type Session } from "./api";
import { ask, button, notify } from "./dialog";
import { failed } from "./failed";
import { T } from "./texts";

const KINDS: Readonly<Record<HistoryItem["kind"], string>> = {
  publish: T.history.publish,
  revert: T.history.revert,
  rollout: T.history.rollout,
};
const AUTHORS: Readonly<Record<string, string>> = { watch: T.history.watch };

export async function historyView(channel: ChannelInfo, session: Session, changed: () => void): Promise<HTMLElement> {
  const history = await api.history(channel.id);
  const may = session.author.role === "publisher";
  const again = async () => changed();
  const revert = async (item: HistoryItem) => {
    const choice = await ask(T.history.backTo(item.version), T.history.backWhat, {
      back: T.history.never,
      revert: T.history.backTo(item.version),
    });
    if (choice !== "revert") return;
    try {
      const { version } = await api.revert(channel.id, {
        expected: channel.version,
        version: item.version,
        comment: "",
      });
      notify(T.history.reverted(version, item.version), "good");
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
    "aria-label": T.history.percent,
  });
  const widen = async () => {
    try {
      const wanted = Math.max(0, Math.min(100, Number(percent.value) || 0));
      await api.rollout(channel.id, { expected: channel.version, percent: wanted, comment: "" });
      notify(T.history.widened(wanted), "good");
      changed();
    } catch (error) {
      await failed(error, again);
    }
  };
  const rows = history.map((item) => {
    const { added, changed: edited, removed } = item.changes;
    const what = [
      added?.length ? `＋${added.join(T.comma)}` : "",
      edited?.length ? T.history.edited(edited.join(T.comma)) : "",
      removed?.length ? `−${removed.join(T.comma)}` : "",
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
        el("b", {}, T.history.version(item.version)),
        ` ${KINDS[item.kind] ?? item.kind}${item.reverts ? T.history.toVersion(item.reverts) : ""}`,
        el(
          "span",
          { class: "soft" },
          ` ${[AUTHORS[item.author] ?? item.author, new Date(item.created).toLocaleString(document.documentElement.lang), T.history.rules(item.rules), item.percent < 100 ? T.history.share(item.percent) : ""].filter(Boolean).join(" · ")}`,
        ),
      ),
      item.comment ? el("p", {}, item.comment) : null,
      what ? el("p", { class: "soft clip", title: what }, what) : null,
      may && !current
        ? button(T.history.backTo(item.version), () => void revert(item), "small")
        : current
          ? el("span", { class: "badge good" }, T.history.online)
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
          el("span", {}, T.history.rolling(channel.percent)),
          percent,
          button(T.history.change, () => void widen(), "small"),
        )
      : null,
    el("h3", {}, T.history.history),
    el("ol", { class: "history" }, ...rows, rows.length === 0 ? el("li", { class: "soft" }, T.history.none) : ""),
  );
}
