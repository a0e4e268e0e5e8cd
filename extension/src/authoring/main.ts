/** The authoring page: puts its parts together. */

import { el } from "../dom";
import { api, type ServerDiagnostic, type Session } from "./api";
import { Chat } from "./chat";
import { openConflict } from "./conflict";
import { ask, notify } from "./dialog";
import { Drafting, type DraftState } from "./drafting";
import { Editor } from "./editor";
import { addItem } from "./edits";
import { enter } from "./enter";
import { openFiles } from "./files";
import { openSearch } from "./find";
import { fixesOf } from "./fixes";
import { Form } from "./form";
import { openGuide } from "./guide";
import { Impact } from "./impact";
import { bytes } from "./labels";
import type { RuleAt } from "./model";
import { Outline } from "./outline";
import { page, tabs } from "./page";
import { problemsView } from "./problems";
import { openReview } from "./review";
import { chooseLanguage, language, T, translatePage } from "./texts";
import { Vocabulary } from "./vocabulary";
import { Workspace } from "./workspace";

const forever = new AbortController().signal;

async function start(): Promise<void> {
  translatePage();
  page.language.addEventListener("click", () => chooseLanguage(language === "zh" ? "en" : "zh"));
  let session = await enter();
  const [files, { schema, entities }] = await Promise.all([api.files(), api.schema()]);
  const workspace = new Workspace();
  workspace.load(files);
  const vocabulary = new Vocabulary(schema, entities);
  const drafting = new Drafting(workspace, preferredChannel(session));
  const editor: Editor = new Editor(page.editor, workspace, vocabulary, () => moved());

  const ruleHere = (): RuleAt | null => {
    if (!editor.file) return null;
    const at = editor.view.state.selection.main.head;
    const { rules } = workspace.model(editor.file);
    return (
      rules.find((rule) => rule.from <= at && at <= rule.to + 1) ??
      rules.findLast((rule) => rule.to < at && at - rule.to < 3) ??
      null
    );
  };
  const openRule = (rule: RuleAt) => editor.open(rule.file, rule.from, true);
  const outline = new Outline(page.outline, workspace, drafting, {
    open: (file, offset) => editor.open(file, offset, Boolean(page.form.hidden)),
    conflict: (file) => openConflict(workspace, file),
  });
  const form = new Form(page.form, workspace, drafting, (file, changes) => editor.apply(file, changes));
  const chat = new Chat(page.chat, workspace, drafting, {
    focus: ruleHere,
    open: openRule,
    addExample: (rule, key, text) => {
      const now = workspace.model(rule.file).rules[rule.index];
      if (!now) return;
      editor.apply(rule.file, [addItem(workspace.text(rule.file), now.map, key, text)]);
      notify(T.added(rule.title, key), "good");
    },
  });
  const selectSide = tabs(page.sideTabs, () => {
    if (!page.problems.hidden) problems();
  });
  const tryOut: Chat["load"] = (...conversation) => {
    selectSide(page.sideTabs[0]!);
    chat.load(...conversation);
  };
  const impact = new Impact(page.impact, workspace, drafting, () => session, {
    open: openRule,
    tryOut,
    apply: (file, changes) => editor.apply(file, changes),
  });

  let pending = 0;
  let explained = "";
  function moved(): void {
    cancelAnimationFrame(pending);
    pending = requestAnimationFrame(() => {
      const rule = ruleHere();
      const { head } = editor.view.state.selection.main;
      const line = editor.view.state.doc.lineAt(head);
      page.place.textContent =
        T.main.line(editor.file, line.number, head - line.from + 1) + (rule ? ` · ${rule.id}` : "");
      outline.mark(editor.file, rule ? rule.index : -1);
      if (!page.form.hidden) form.render(rule);
      // The trial chat explains the rule at the cursor.
      if ((rule?.id ?? "") !== explained) chat.check();
      explained = rule?.id ?? "";
    });
  }

  const view = tabs([page.textTab, page.formTab], (chosen) => {
    localStorage.setItem("replyguard-view", chosen === page.formTab ? "form" : "text");
    if (chosen === page.formTab) form.render(ruleHere());
  });

  const openText = (file: string, offset: number) => {
    view(page.textTab);
    editor.open(file, offset, true);
  };

  const status = () => {
    const { state } = drafting;
    const dirty = workspace.dirty();
    page.save.disabled = dirty.length === 0;
    page.save.textContent = dirty.length > 1 ? T.main.saveMany(dirty.length) : T.main.save;
    document.title = (dirty.length ? "● " : "") + T.main.title;
    const errors = state?.answer.errors ?? 0;
    page.problemCount.textContent =
      state && errors + state.answer.warnings > 0 ? String(errors || state.answer.warnings) : "";
    page.problemCount.dataset.tone = errors ? "bad" : "amber";
    const { report } = state?.answer ?? {};
    page.status.setAttribute("aria-busy", String(drafting.busy || drafting.waiting));
    page.status.dataset.state = drafting.problem ? "bad" : !state ? "none" : errors ? "bad" : "ok";
    page.status.textContent = drafting.problem
      ? drafting.problem
      : !state
        ? T.main.compiling
        : errors
          ? T.main.errors(errors)
          : T.main.ready(report?.rules ?? 0, bytes((report?.bundle_bytes ?? 0) + (report?.automaton_bytes ?? 0)));
  };

  const place = (d: ServerDiagnostic): [number, number] => {
    const text = workspace.text(d.file);
    return [editor.offset(text, d.line, d.column), editor.offset(text, d.line, d.column + d.length)];
  };
  const problems = () => {
    const shown = problemsView(drafting, {
      open: (d) => {
        if (workspace.files.has(d.file)) openText(d.file, place(d)[0]);
      },
      fixes: (d) => (workspace.files.has(d.file) ? fixesOf(d, workspace.text(d.file), ...place(d)) : []),
      apply: (d, fix) => editor.apply(d.file, fix.changes),
    });
    page.problems.replaceChildren(...shown);
  };

  let tried: DraftState | null = null;
  drafting.onState.on(() => {
    status();
    // Marks in the chat at once; what the examples say when they have run.
    const { state } = drafting;
    if (!state || state.engine !== tried?.engine || state.current !== tried?.current) chat.check();
    tried = state;
    if (drafting.busy) return;
    if (!page.problems.hidden) problems();
    outline.render();
    editor.diagnose(drafting.state?.answer.diagnostics ?? []);
    if (!page.form.hidden) form.render(ruleHere());
    impact.stale();
  }, forever);
  workspace.onText.on(() => {
    drafting.later();
    status();
    if (!page.form.hidden) form.render(ruleHere());
  }, forever);
  workspace.onState.on(() => {
    outline.render();
    drafting.later();
    status();
  }, forever);

  const save = async (): Promise<boolean> => {
    await drafting.now();
    const errors = drafting.state?.answer.errors ?? 0;
    if (errors > 0) {
      const choice = await ask(T.main.faultyTitle, T.main.faulty(errors), {
        back: T.main.goBack,
        save: T.main.saveAnyway,
      });
      if (choice !== "save") return false;
    }
    for (const file of workspace.dirty()) {
      try {
        if ((await workspace.save(file, true)) === "conflict") {
          openConflict(workspace, file);
          return false;
        }
      } catch (error) {
        notify(error instanceof Error ? error.message : String(error), "bad");
        return false;
      }
    }
    const live = session.channels.filter((channel) => channel.follows_saves).map((channel) => channel.title);
    notify(live.length && errors === 0 ? T.main.savedLive(live.join(T.and)) : T.main.saved, "good");
    return true;
  };
  page.save.addEventListener("click", () => void save());
  page.review.addEventListener("click", () => {
    openReview({
      workspace,
      drafting,
      session: () => session,
      save,
      refresh: async () => (session = await api.session()),
      open: openRule,
    });
  });
  const guide = () =>
    openGuide({
      workspace,
      drafting,
      impact,
      file: () => editor.file,
      insert: (file, change) => editor.apply(file, [change]),
      opened: (file, offset) => {
        editor.open(file, offset);
        view(page.formTab);
      },
    });
  page.newRule.addEventListener("click", guide);
  page.files.addEventListener("click", () => openFiles(workspace, (file) => editor.open(file, 0)));
  const find = () => openSearch(workspace, openText);
  page.find.addEventListener("click", find);
  page.filter.addEventListener("input", () => outline.search(page.filter.value));
  page.foldAll.addEventListener("click", () => {
    const folded = page.foldAll.getAttribute("aria-pressed") !== "true";
    page.foldAll.setAttribute("aria-pressed", String(folded));
    editor.fold(folded);
  });
  page.channel.replaceChildren(
    ...session.channels.map((channel) =>
      el("option", { value: channel.id, selected: channel.id === drafting.channel }, channel.title),
    ),
  );
  page.channel.addEventListener("change", () => {
    drafting.channel = page.channel.value;
    impact.stale();
    void drafting.now();
  });
  page.who.textContent = session.author.local ? T.main.local : session.author.name;
  addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey)) return;
    const act = { s: () => void save(), k: find }[event.key.toLowerCase()];
    if (!act || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    act();
  });
  addEventListener("beforeunload", (event) => {
    if (workspace.dirty().length > 0) event.preventDefault();
  });
  // What somebody else saved is seen when this page is looked at again.
  const look = () =>
    void api
      .files()
      .then((now) => workspace.refresh(now))
      .catch(() => undefined);
  addEventListener("focus", look);
  document.addEventListener("visibilitychange", () => !document.hidden && look());

  const first = workspace.names().find((name) => workspace.model(name).rules.length > 0) ?? workspace.names()[0];
  if (first) editor.open(first, workspace.model(first).rules[0]?.from ?? 0);
  view(localStorage.getItem("replyguard-view") === "form" ? page.formTab : page.textTab);
  selectSide(page.sideTabs[0]!);
  outline.render();
  status();
  page.main.removeAttribute("aria-busy");
  performance.mark("rules-shown");
  await drafting.now();
}

function preferredChannel(session: Session): string {
  const known = session.channels.map((channel) => channel.id);
  return known.includes("default") ? "default" : (known[0] ?? "");
}

void start();
