/** Counts which rules were shown, without any text: the person's own numbers, and the shop's only with consent. */
import type { Guard } from "./guard";

export function counts(guard: Guard): void {
  /** `rule\nwords` already counted for the reply that is being typed. */
  const counted = new Set<string>();
  guard.onReport.on((report) => {
    if (!report || report.text.trim() === "") {
      counted.clear();
      return;
    }
    const shown = report.findings.filter(({ rule }) => !counted.has(rule)).map(({ rule }) => rule);
    if (!shown.length) return;
    for (const rule of shown) counted.add(rule);
    void guard.transport.request("count.add", { shown });
  }, guard.signal);
}
