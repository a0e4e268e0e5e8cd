/**
 * What the card speaks of. Words are told while they are typed; a sound is one of the whole reply, and half a reply often
 * sounds like what it will not be: it is told when typing rests, or when the reply is held.
 */
import { whenEnded } from "../ended";
import { Topic } from "../topic";
import type { Gate } from "./gate";
import { type Guard, keyOf, type Report } from "./guard";

/** Since the last key, ms: more than between two keys, less than it takes to read a reply over. */
const REST = 700;

export interface Rested {
  report: Report | null;
  readonly onReport: Topic<Report | null>;
}

export function rested(guard: Guard, gate: Gate): Rested {
  const state: Rested = { report: null, onReport: new Topic() };
  let timer = 0;
  /** The text of which everything was told. */
  let read = "";
  const tell = (report: Report | null) => {
    clearTimeout(timer);
    state.report = report;
    state.onReport.emit(report);
  };
  const tellAll = (report: Report | null) => {
    read = report?.text ?? "";
    tell(report);
  };
  guard.onReport.on((report) => {
    // What was told stays told for as long as it is heard.
    const told = new Set(state.report?.findings.map(({ rule }) => rule));
    const findings = report?.findings.filter(({ rule, text }) => !text.heard || told.has(rule)) ?? [];
    if (!report || report.text === read || findings.length === report.findings.length) return tellAll(report);
    tell({ ...report, findings, key: keyOf(findings) });
    timer = window.setTimeout(() => tellAll(report), REST);
  }, guard.signal);
  gate.onHeld.on((held) => {
    if (held) tellAll(guard.report);
  }, guard.signal);
  whenEnded(guard.signal, () => clearTimeout(timer));
  return state;
}
