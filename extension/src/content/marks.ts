/** Marks found words in the text itself, by shape as well as by colour, without touching the page's DOM. */
import type { Level } from "../engine/types";
import type { Guard, Report } from "./guard";

const LEVELS: readonly Level[] = ["hint", "remind", "warn", "block"];
const name = (level: Level) => `replyguard-${level}`;

/** Wavy, dashed, double, dotted: told apart without colour. Colours hold 3:1 on white and on #1f1f1f. */
const RULES = `
::highlight(replyguard-block) { text-decoration: underline wavy 2px #dc2626; text-underline-offset: 3px; background-color: rgb(220 38 38 / .16); }
::highlight(replyguard-warn) { text-decoration: underline dashed 2px #c2610c; text-underline-offset: 3px; background-color: rgb(217 119 6 / .14); }
::highlight(replyguard-remind) { text-decoration: underline double 2px #2563eb; text-underline-offset: 3px; }
::highlight(replyguard-hint) { text-decoration: underline dotted 2px #6b7280; text-underline-offset: 3px; }
`;

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
      sheet.replaceSync(RULES);
      sheets.set(document, sheet);
    }
    // A page that sets its own list of sheets has thrown ours out; so has document.open().
    if (!root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  };

  const paint = (report: Report | null) => {
    for (const highlight of highlights.values()) highlight.clear();
    if (!report) return;
    const { composer, findings } = report;
    composer.clear();
    let painted = false;
    for (const { level, start, end } of findings) {
      const range = start === null || end === null ? null : composer.range(start, end);
      if (!range) continue;
      highlights.get(level)!.add(range);
      painted = true;
    }
    if (!painted) return;
    for (const [level, highlight] of highlights) {
      if (CSS.highlights.get(name(level)) !== highlight) CSS.highlights.set(name(level), highlight);
    }
    style(composer.paintRoot);
  };

  guard.onReport.on(paint, guard.signal);
  guard.signal.addEventListener("abort", () => {
    paint(null);
    for (const level of LEVELS) CSS.highlights.delete(name(level));
  });
}
