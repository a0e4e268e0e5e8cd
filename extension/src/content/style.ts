/**
 * Style of everything we draw over a page. The build takes the spaces out of the sheets: only they stand between backticks.
 */
export const STYLE = `
:host { all: initial; }
* { box-sizing: border-box; margin: 0; font: inherit; color: inherit; letter-spacing: normal; }
div[role=region] {
  --ground: #fff; --ink: #1c2024; --soft: #60646c; --line: #e2e4e9; --quiet: #f5f6f8; --press: #e9ebef; --focus: #2563eb;
  --block: #c8102e; --block-ground: #fdecee; --warn: #a8550b; --warn-ground: #fdf2e3; --remind: #1d4fd7; --remind-ground: #eaf0fe;
  --hint: #565b66; --hint-ground: #f0f1f4; --good: #0b7a4b;
  width: 372px; max-width: calc(100vw - 16px); overflow: auto; overscroll-behavior: contain; border-radius: 12px;
  background: var(--ground); color: var(--ink); border: 1px solid var(--line);
  box-shadow: 0 1px 2px rgb(0 0 0 / .06), 0 12px 32px -4px rgb(15 23 42 / .22);
  font: 13px/1.55 -apple-system, "Segoe UI", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "Noto Sans SC", sans-serif;
  text-align: left; scrollbar-width: thin;
}
@media (prefers-color-scheme: dark) {
  div[role=region] {
    --ground: #1e2126; --ink: #eceef1; --soft: #a3a9b4; --line: #363b44; --quiet: #282c33; --press: #343a43; --focus: #7aa7ff;
    --block: #ff8a93; --block-ground: #431c22; --warn: #f7b45c; --warn-ground: #3c2a12; --remind: #93b4ff; --remind-ground: #1e2b4d;
    --hint: #b6bcc7; --hint-ground: #2b3038; --good: #5fd6a0;
    box-shadow: 0 0 0 1px rgb(0 0 0 / .4), 0 16px 40px rgb(0 0 0 / .55);
  }
}
.block { --tone: var(--block); --tint: var(--block-ground); }
.warn { --tone: var(--warn); --tint: var(--warn-ground); }
.remind { --tone: var(--remind); --tint: var(--remind-ground); }
.hint { --tone: var(--hint); --tint: var(--hint-ground); }
header { display: flex; align-items: center; gap: 8px; padding: 10px 8px 0 14px; }
.level { display: inline-flex; align-items: center; gap: 5px; padding: 2px 9px 2px 7px; border-radius: 99px; background: var(--tint); color: var(--tone); font-weight: 600; font-size: 12px; white-space: nowrap; }
.icon { width: 15px; height: 15px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round; flex: none; }
.words { min-width: 0; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--soft); font-size: 12px; }
.tools { margin-left: auto; display: flex; align-items: center; gap: 2px; color: var(--soft); font-size: 12px; white-space: nowrap; }
h2 { font-size: 15px; line-height: 1.4; font-weight: 650; padding: 8px 14px 0; }
.points { display: flex; flex-wrap: wrap; gap: 6px; padding: 7px 14px 0; }
.points span { padding: 1px 8px; border: 1px solid var(--tone); color: var(--tone); border-radius: 6px; font-size: 12px; font-weight: 600; }
.points small { color: var(--soft); font-size: 11.5px; align-self: center; }
.why { padding: 7px 14px 0; color: var(--ink); }
.source { padding: 4px 14px 0; color: var(--soft); font-size: 11.5px; display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; }
.label { padding: 11px 14px 5px; color: var(--soft); font-size: 12px; display: flex; justify-content: space-between; }
.replies { display: grid; gap: 6px; padding: 0 10px; }
button { appearance: none; border: 0; background: none; cursor: pointer; border-radius: 7px; text-align: left; }
button:focus-visible, input:focus-visible { outline: 2px solid var(--focus); outline-offset: 1px; }
.reply { display: flex; gap: 9px; align-items: flex-start; width: 100%; padding: 8px 10px; background: var(--quiet); border: 1px solid transparent; border-radius: 9px; line-height: 1.5; }
.reply:hover { background: var(--press); border-color: var(--line); }
.reply b { flex: 1; font-weight: 400; overflow-wrap: anywhere; }
kbd { flex: none; padding: 0 5px; border: 1px solid var(--line); border-radius: 5px; background: var(--ground); color: var(--soft); font-size: 11px; line-height: 18px; white-space: nowrap; }
footer { display: flex; flex-wrap: wrap; align-items: center; gap: 2px; padding: 8px 8px; margin-top: 10px; border-top: 1px solid var(--line); color: var(--soft); font-size: 12px; }
footer button, .tools button { padding: 3px 7px; color: var(--soft); }
footer button:hover, .tools button:hover { background: var(--quiet); color: var(--ink); }
.tools .square { width: 26px; height: 26px; padding: 0; display: grid; place-items: center; }
.held { display: flex; gap: 8px; align-items: center; margin: 10px 10px 0; padding: 8px 10px; border-radius: 9px; background: var(--tint); color: var(--tone); font-weight: 600; }
.held button { margin-left: auto; flex: none; display: inline-flex; gap: 6px; align-items: center; padding: 4px 9px; font-weight: 500; border: 1px solid currentColor; }
.held p { flex: 1; }
.reason { display: flex; gap: 6px; margin: 6px 10px 0; }
input { flex: 1; min-width: 0; padding: 5px 8px; border: 1px solid var(--line); border-radius: 7px; background: var(--ground); }
.note { display: flex; align-items: center; gap: 8px; padding: 9px 10px 9px 14px; color: var(--soft); }
.note p { flex: 1; overflow-wrap: anywhere; }
.note > button { padding: 3px 9px; color: var(--focus); font-weight: 600; flex: none; }
.note > button:hover { background: var(--quiet); }
.trap h2 { font-size: 13.5px; padding-top: 6px; }
.trap .replies { padding-bottom: 10px; padding-top: 8px; }
`;

/** Wavy, dashed, double, dotted: told apart without colour. Colours hold 3:1 on white and on #1f1f1f. */
export const MARKS = `
::highlight(replyguard-block) { text-decoration: underline wavy 2px #dc2626; text-underline-offset: 3px; background-color: rgb(220 38 38 / .16); }
::highlight(replyguard-warn) { text-decoration: underline dashed 2px #c2610c; text-underline-offset: 3px; background-color: rgb(217 119 6 / .14); }
::highlight(replyguard-remind) { text-decoration: underline double 2px #2563eb; text-underline-offset: 3px; }
::highlight(replyguard-hint) { text-decoration: underline dotted 2px #6b7280; text-underline-offset: 3px; }
`;
