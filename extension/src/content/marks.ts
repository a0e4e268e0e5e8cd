/** Marks found words in the text itself, by shape as well as by colour, without touching the page's DOM. */
import { whenEnded } from "../ended";
import type { Level } from "../engine/types";
import type { Guard, Report, Shown } from "./guard";
import { LEVELS } from "./severity";
import { MARKS } from "./style";

const name = (level: Level) => `replyguard-${level}`;

const hasSpan = ({ start, end }: Shown) => start !== null && end !== null;

export function marks(guard: Guard): void {
  const highlights = new Map<Level, Highlight>();
  const sheets = new WeakMap<Document, CSSStyleSheet>();
  LEVELS.forEach((level, priority) => {
    const highlight = new Highlight();
    highlight.priority = priority;
    highlights.set(level, highlight);
  });

  const style = (root: Document | ShadowRoot) => {
    const document = root.ownerDocument ?? (root as Document);
    let sheet = sheets.get(document);
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(MARKS);
      sheets.set(document, sheet);
    }
    // A page that sets its own list of sheets has thrown ours out; so has document.open().
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  };

  let painted: { report: Report; ranges: AbstractRange[] } | null = null;

  /** Live ranges follow an edit by themselves: after typing behind them nothing is to be done. */
  const stands = (report: Report | null): boolean => {
    if (!painted || !report || painted.report.composer !== report.composer) return false;
    const before = painted.report.findings.filter(hasSpan);
    const now = report.findings.filter(hasSpan);
    return (
      before.length === now.length &&
      now.every((finding, i) => {
        const old = before[i]!;
        const range = painted!.ranges[i]!;
        if (old.level !== finding.level || old.start !== finding.start || old.end !== finding.end) return false;
        return range instanceof Range
          ? range.startContainer.isConnected && range.toString() === finding.words
          : "createValueRange" in report.composer.element &&
              range.startOffset === finding.start &&
              range.endOffset === finding.end;
      })
    );
  };

  const paint = (report: Report | null) => {
    if (stands(report)) {
      painted = { report: report!, ranges: painted!.ranges };
      return;
    }
    painted?.report.composer.clear();
    painted = null;
    for (const highlight of highlights.values()) highlight.clear();
    if (!report) return;
    const { composer, findings } = report;
    composer.clear();
    const ranges: AbstractRange[] = [];
    for (const { level, start, end } of findings) {
      const range = start === null || end === null ? null : composer.range(start, end);
      if (!range) continue;
      highlights.get(level)!.add(range);
      ranges.push(range);
    }
    if (!ranges.length) return;
    if (ranges.length === findings.filter(hasSpan).length) painted = { report, ranges };
    for (const [level, highlight] of highlights) {
      if (CSS.highlights.get(name(level)) !== highlight) CSS.highlights.set(name(level), highlight);
    }
    style(composer.paintRoot);
  };

  guard.onReport.on(paint, guard.signal);
  whenEnded(guard.signal, () => {
    paint(null);
    for (const level of LEVELS) CSS.highlights.delete(name(level));
  });
}
