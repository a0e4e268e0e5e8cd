/** How the editor looks and speaks: colours come from the page's custom properties, so that dark mode follows by itself. */

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { language } from "./texts";

const MONO = 'ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono CJK SC", "Noto Sans Mono", monospace';

export const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", color: "var(--ink)", backgroundColor: "var(--panel)" },
  "&.cm-focused": { outline: "none" },
  ".cm-scroller": { fontFamily: MONO, lineHeight: "1.7" },
  ".cm-content": { padding: "8px 0 40vh", caretColor: "var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
    background: "var(--selected) !important",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--row)" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--faint)", border: "none", paddingLeft: "4px" },
  ".cm-foldPlaceholder": {
    background: "var(--quiet)",
    border: "1px solid var(--line)",
    color: "var(--soft)",
    padding: "0 6px",
  },
  ".cm-matchingBracket": { backgroundColor: "var(--selected) !important", color: "inherit" },
  ".cm-searchMatch": { backgroundColor: "var(--found)" },
  ".cm-selectionMatch": { backgroundColor: "var(--found)" },
  ".cm-tooltip": {
    backgroundColor: "var(--panel)",
    border: "1px solid var(--line)",
    borderRadius: "9px",
    boxShadow: "var(--shadow)",
    maxWidth: "460px",
    zIndex: "30",
  },
  ".cm-tooltip-autocomplete > ul": { fontFamily: "inherit", maxHeight: "16em" },
  ".cm-tooltip-autocomplete > ul > li": { padding: "3px 10px !important", lineHeight: "1.6" },
  ".cm-tooltip-autocomplete > ul > li[aria-selected]": {
    background: "var(--accent) !important",
    color: "#fff !important",
  },
  ".cm-completionDetail": { color: "var(--soft)", fontStyle: "normal", marginLeft: "10px", fontSize: "12px" },
  "li[aria-selected] .cm-completionDetail": { color: "#e6ecff" },
  ".cm-completionInfo": { padding: "8px 11px", fontSize: "12.5px", lineHeight: "1.6" },
  ".cm-help": { padding: "8px 12px", fontSize: "12.5px", lineHeight: "1.65", maxHeight: "220px", overflow: "auto" },
  ".cm-help p": { margin: "2px 0 0", color: "var(--soft)", whiteSpace: "pre-wrap" },
  ".cm-diagnostic": {
    padding: "7px 12px",
    fontSize: "12.5px",
    lineHeight: "1.6",
    borderLeftWidth: "4px",
    whiteSpace: "pre-wrap",
  },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
  ".cm-diagnostic-warning": { borderLeftColor: "var(--amber)" },
  ".cm-diagnosticSource": { opacity: ".7", fontSize: "11px" },
  ".cm-diagnosticAction": {
    margin: "4px 8px 0 0",
    padding: "2px 10px",
    borderRadius: "6px",
    backgroundColor: "var(--accent)",
    color: "#fff",
    font: "inherit",
    cursor: "pointer",
  },
  ".cm-lintRange-error": {
    backgroundImage: "none",
    textDecoration: "underline wavy 1.5px var(--bad)",
    textUnderlineOffset: "4px",
  },
  ".cm-lintRange-warning": {
    backgroundImage: "none",
    textDecoration: "underline wavy 1.5px var(--amber)",
    textUnderlineOffset: "4px",
  },
  ".cm-panels": { backgroundColor: "var(--quiet)", color: "inherit", borderColor: "var(--line) !important" },
  ".cm-panel.cm-search": { padding: "6px 8px", fontSize: "12.5px" },
  ".cm-textfield, .cm-button": {
    background: "var(--panel)",
    border: "1px solid var(--line)",
    borderRadius: "6px",
    color: "inherit",
    fontSize: "12.5px",
    padding: "2px 8px",
  },
});

export const colours = syntaxHighlighting(
  HighlightStyle.define([
    { tag: [tags.definition(tags.propertyName), tags.propertyName], color: "var(--code-key)", fontWeight: "600" },
    { tag: tags.comment, color: "var(--code-comment)", fontStyle: "italic" },
    { tag: tags.string, color: "var(--code-text)" },
    { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--code-sign)" },
    { tag: tags.keyword, color: "var(--code-sign)" },
  ]),
);

const CHINESE: Readonly<Record<string, string>> = {
  Find: "查找",
  Replace: "替换为",
  next: "下一个",
  previous: "上一个",
  all: "全选",
  "match case": "区分大小写",
  "by word": "整词",
  regexp: "正则",
  replace: "替换",
  "replace all": "全部替换",
  close: "关闭",
  "Go to line": "跳到行",
  go: "跳转",
  "Fold line": "折叠",
  "Unfold line": "展开",
  "folded code": "已折叠",
  unfold: "展开",
  "Folded lines": "已折叠",
  "Unfolded lines": "已展开",
  Diagnostics: "问题",
  "No diagnostics": "没有问题",
  Completions: "可以写",
  "current match": "当前匹配",
  "on line": "在行",
  "replaced match on line $": "已替换第 $ 行",
  "replaced $ matches": "替换了 $ 处",
  "Control character": "控制字符",
};

/** What CodeMirror itself says. */
export const PHRASES: Readonly<Record<string, string>> = language === "zh" ? CHINESE : {};
