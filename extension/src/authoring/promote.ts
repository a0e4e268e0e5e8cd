/** What is live on one channel, put live on another as it is: from the canary to everybody. */

import { el } from "../dom";
import { api, type ChannelInfo, type Session } from "./api";
import { button, notify } from "./dialog";
import { failed } from "./failed";
import { T } from "./texts";

/** @returns null when there is nothing to promote, or nobody who may */
export function promoteView(channel: ChannelInfo, session: Session, changed: () => void): HTMLElement | null {
  const others = session.channels.filter(
    (one) => one.id !== channel.id && one.version > 0 && one.bundle !== channel.bundle,
  );
  // Into a channel that follows saves the next save would put the files again.
  if (session.author.role !== "publisher" || channel.follows_saves || others.length === 0) return null;
  const source = el("select", { "aria-label": T.promote.source });
  for (const one of others) source.append(el("option", { value: one.id }, one.title));
  const percent = el("input", { type: "number", min: "1", max: "100", value: "100", "aria-label": T.promote.percent });
  const promote = async () => {
    const from = others.find((one) => one.id === source.value)!;
    act.disabled = true;
    try {
      await api.publish(channel.id, {
        expected: channel.version,
        from: from.id,
        percent: Math.max(1, Math.min(100, Number(percent.value) || 100)),
        comment: T.promote.comment(from.title, from.version),
      });
      notify(T.promote.done(from.title, from.version, channel.title), "good");
      changed();
    } catch (error) {
      await failed(error, async () => changed());
    } finally {
      act.disabled = false;
    }
  };
  const act = button("", () => void promote());
  const name = () => {
    const from = others.find((one) => one.id === source.value)!;
    act.textContent = T.promote.act(from.title, from.version);
  };
  source.addEventListener("change", name);
  name();
  return el(
    "section",
    { class: "promote" },
    el("h3", {}, T.promote.title),
    el("p", { class: "soft" }, T.promote.about),
    others.length > 1 ? source : null,
    el("label", { class: "field short" }, el("span", {}, T.review.share0), percent),
    act,
  );
}
