/** Counts which rules were shown, without any text: the person's own numbers, and the shop's only with consent. */
import type { Guard } from "./guard";

export function counts(guard: Guard): void {
  /** Rules already counted for the reply that is being typed. */
  const counted = new Set<string>();
  /** Heard in the reply as it stands: a sound counts when the reply is over, for the words it echoes may still be typed. */
  let heard: string[] = [];
  /** Drafts that find something in the reply as it stands; they too count when it is over. */
  let drafts: readonly string[] = [];

  const count = (shown: readonly string[], silent: readonly string[] = []) => {
    if (shown.length || silent.length) void guard.transport.request("count.add", { shown, drafts: silent });
  };

  guard.onReport.on((report) => {
    if (!report || report.text.trim() === "") {
      count(heard, [...new Set(drafts)]);
      heard = [];
      drafts = [];
      counted.clear();
      return;
    }
    drafts = report.drafts;
    heard = report.findings.filter(({ text }) => text.heard).map(({ rule }) => rule);
    const shown = report.findings.filter(({ rule, text }) => !text.heard && !counted.has(rule)).map(({ rule }) => rule);
    for (const rule of shown) counted.add(rule);
    count(shown);
  }, guard.signal);
}
