/**
 * The text editor. It lives in a shadow root: there CodeMirror adds its styles as constructed sheets, which the page's
 * Content-Security-Policy (no inline style) allows.
 */

import {
  acceptCompletion,
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentLess, indentMore, isolateHistory } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import {
  bracketMatching,
  codeFolding,
  foldEffect,
  foldGutter,
  foldKeymap,
  foldService,
  indentUnit,
  unfoldAll,
} from "@codemirror/language";
import { type Diagnostic, lintGutter, lintKeymap, nextDiagnostic, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import type { ServerDiagnostic } from "./api";
import { completion } from "./complete";
import { colours, PHRASES, theme } from "./editor-theme";
import type { Change } from "./edits";
import { fixesOf } from "./fixes";
import { help } from "./hover";
import { readFile } from "./model";
import { language, T } from "./texts";
import type { Vocabulary } from "./vocabulary";
import type { Workspace } from "./workspace";

/** A change that came from the workspace and must not be told back to it. */
const fromPage = Annotation.define<boolean>();

export class Editor {
  readonly view: EditorView;
  file = "";
  private readonly states = new Map<string, EditorState>();
  private readonly label = new Compartment();

  constructor(
    host: HTMLElement,
    private readonly workspace: Workspace,
    private readonly vocabulary: Vocabulary,
    private readonly moved: () => void,
  ) {
    const root = host.attachShadow({ mode: "open" });
    const holder = document.createElement("div");
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(":host, :host > div { display: block; height: 100%; }");
    root.adoptedStyleSheets = [sheet];
    root.append(holder);
    this.view = new EditorView({ parent: holder, root, state: EditorState.create() });
    const signal = new AbortController().signal;
    workspace.onText.on((change) => {
      if (change.by === "page") this.follow(change.file);
    }, signal);
  }

  /** @param offset where to put the cursor and look; null leaves it where it was */
  open(file: string, offset: number | null = null, focus = false): void {
    if (file !== this.file) {
      if (this.file) this.states.set(this.file, this.view.state);
      this.file = file;
      this.view.setState(this.states.get(file) ?? this.fresh(this.workspace.text(file)));
      this.follow(file);
    }
    if (offset !== null) {
      const at = Math.min(offset, this.view.state.doc.length);
      this.view.dispatch({
        selection: { anchor: at },
        effects: EditorView.scrollIntoView(at, { y: "start", yMargin: 40 }),
      });
    }
    if (focus) this.view.focus();
    this.moved();
  }

  /** Changes from a form, a fix or a proposal: one step of undo, in the open file or another. */
  apply(file: string, changes: readonly Change[]): void {
    if (file !== this.file) {
      this.open(file);
    }
    this.view.dispatch({ changes: changes.filter((c) => c.from !== c.to || c.insert !== ""), userEvent: "input.form" });
  }

  /** A place as the compiler counts it (code points) in UTF-16 units. */
  offset(text: string, line: number, column: number): number {
    let at = 0;
    for (let n = 1; n < line; n++) {
      const end = text.indexOf("\n", at);
      if (end < 0) return text.length;
      at = end + 1;
    }
    const end = text.indexOf("\n", at);
    const said = [...text.slice(at, end < 0 ? text.length : end)];
    return at + said.slice(0, column - 1).join("").length;
  }

  /** @param isCurrent false when the text was edited since these were found; they are then left for the next ones */
  diagnose(found: readonly ServerDiagnostic[]): void {
    const text = this.view.state.doc.toString();
    const shown = found
      .filter((d) => d.file === this.file)
      .map((d): Diagnostic => {
        const from = this.offset(text, d.line, d.column);
        const stop = this.offset(text, d.line, d.column + d.length);
        const to = Math.max(from, Math.min(stop, text.length));
        const hint = d.hint[language] ? `\n${d.hint[language]}` : "";
        const actions = fixesOf(d, text, from, to).map((fix) => ({
          name: fix.name,
          apply: () => this.apply(this.file, fix.changes),
        }));
        return { from, to, severity: d.severity, source: d.code, message: d.message[language] + hint, actions };
      });
    this.view.dispatch(setDiagnostics(this.view.state, shown));
  }

  nextProblem(): void {
    nextDiagnostic(this.view);
    this.view.focus();
  }

  /** Fold every rule, or open all again. */
  fold(folded: boolean): void {
    if (!folded) {
      unfoldAll(this.view);
      return;
    }
    const { doc } = this.view.state;
    const effects = readFile(this.file, doc.toString()).rules.flatMap((rule) => {
      const from = doc.lineAt(rule.from).to;
      return rule.to > from ? [foldEffect.of({ from, to: rule.to })] : [];
    });
    this.view.dispatch({ effects });
  }

  private follow(file: string): void {
    const text = this.workspace.text(file);
    if (file !== this.file) {
      const kept = this.states.get(file);
      if (kept && kept.doc.toString() !== text) {
        this.states.set(file, kept.update({ changes: { from: 0, to: kept.doc.length, insert: text } }).state);
      }
      return;
    }
    const { doc } = this.view.state;
    if (doc.toString() !== text) {
      this.view.dispatch({
        changes: { from: 0, to: doc.length, insert: text },
        // A step of its own: what was typed a moment before is not undone with it.
        annotations: [fromPage.of(true), isolateHistory.of("full")],
      });
    }
  }

  private fresh(text: string): EditorState {
    return EditorState.create({ doc: text, extensions: this.extensions() });
  }

  private extensions(): Extension {
    const current = () => this.file;
    return [
      EditorState.phrases.of(PHRASES),
      lineNumbers(),
      lintGutter(),
      foldGutter({ openText: "▾", closedText: "▸" }),
      codeFolding({ placeholderText: "…" }),
      history(),
      drawSelection(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      bracketMatching(),
      closeBrackets(),
      highlightSelectionMatches(),
      search({ top: true }),
      EditorView.lineWrapping,
      indentUnit.of("  "),
      EditorState.tabSize.of(2),
      yaml(),
      colours,
      theme,
      autocompletion({
        override: [completion(this.workspace, this.vocabulary, current)],
        icons: false,
        activateOnTyping: true,
      }),
      help(this.workspace, this.vocabulary, current),
      foldService.of((state, from, to) => {
        if (!/^\s*-\s+id\s*:/.test(state.sliceDoc(from, to))) return null;
        const rule = readFile("", state.doc.toString()).rules.find((one) => one.from >= from && one.from <= to);
        return rule && rule.to > to ? { from: to, to: rule.to } : null;
      }),
      keymap.of([
        // Tab indents only behind text; on an empty selection at the start it still leaves the editor with Escape, Tab.
        { key: "Tab", run: (view) => acceptCompletion(view) || indentMore(view), shift: indentLess },
        ...closeBracketsKeymap,
        ...completionKeymap,
        ...searchKeymap,
        ...foldKeymap,
        ...lintKeymap,
        ...historyKeymap,
        ...defaultKeymap,
      ]),
      this.label.of(
        EditorView.contentAttributes.of({
          "aria-label": T.editor.label,
          spellcheck: "false",
        }),
      ),
      EditorView.updateListener.of((update) => {
        if (update.docChanged && !update.transactions.some((one) => one.annotation(fromPage))) {
          this.workspace.setText(this.file, update.state.doc.toString(), "editor");
        }
        if (update.docChanged || update.selectionSet) this.moved();
      }),
    ];
  }
}
