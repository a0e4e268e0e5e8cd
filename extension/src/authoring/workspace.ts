/** All files of the rulebook as this author has them: saved text, draft, and what somebody else saved meanwhile. */

import { Topic } from "../topic";
import { ApiError, api, type ServerFile } from "./api";
import { type FileModel, type GroupAt, type RuleAt, readFile } from "./model";

export interface Theirs {
  readonly text: string | null;
  readonly etag: string;
}
export interface FileState {
  readonly name: string;
  /** What the draft was edited from; "" for a new file. */
  base: string;
  /** null: the file is not on the server yet. */
  etag: string | null;
  text: string;
  readonly crlf: boolean;
  /** To be removed from the server by the next save. */
  removed: boolean;
  /** Saved by another author after we read it. */
  theirs: Theirs | null;
}
export interface TextChange {
  readonly file: string;
  /** "editor": typed there; "page": the editor must follow. */
  readonly by: "editor" | "page";
}

const DRAFTS = "replyguard-drafts";
const unix = (text: string): string => text.replaceAll("\r\n", "\n");

export class Workspace {
  readonly files = new Map<string, FileState>();
  readonly onText = new Topic<TextChange>();
  /** Saved, conflict found, file added: anything but text. */
  readonly onState = new Topic<void>();
  private readonly models = new Map<string, FileModel>();

  /** @param files what the server has; drafts of this tab are put over it again */
  load(files: readonly ServerFile[]): void {
    for (const { name, etag, text } of files) {
      this.files.set(name, fresh(name, etag, text));
    }
    this.restore();
    this.onState.emit();
  }

  names(): string[] {
    const rank = (name: string): number =>
      name.includes("/") ? 3 : name === "rulebook.yaml" ? 2 : name === "words.yaml" ? 1 : 0;
    const present = [...this.files.values()].filter((file) => !file.removed).map((file) => file.name);
    return present.sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
  }

  text(name: string): string {
    return this.files.get(name)?.text ?? "";
  }

  model(name: string): FileModel {
    const text = this.text(name);
    const known = this.models.get(name);
    if (known && known.text === text) return known;
    const model = readFile(name, text);
    this.models.set(name, model);
    return model;
  }

  rules(): RuleAt[] {
    return this.names().flatMap((name) => this.model(name).rules);
  }

  rule(id: string): RuleAt | undefined {
    return this.rules().find((rule) => rule.id === id);
  }

  groups(): Map<string, GroupAt & { file: string }> {
    const all = new Map<string, GroupAt & { file: string }>();
    for (const name of this.names())
      for (const group of this.model(name).groups) all.set(group.name, { ...group, file: name });
    return all;
  }

  setText(name: string, text: string, by: TextChange["by"]): void {
    const file = this.files.get(name);
    if (!file || file.text === text) return;
    const was = this.isDirty(file);
    file.text = text;
    this.remember();
    this.onText.emit({ file: name, by });
    if (was !== this.isDirty(file)) this.onState.emit();
  }

  add(name: string, text: string): void {
    const gone = this.files.get(name);
    // A file that was to be removed comes back with another text.
    if (gone?.removed) Object.assign(gone, { text, removed: false });
    else this.files.set(name, { ...fresh(name, null, ""), text });
    this.changed(name);
  }

  /** With the next save; a file that was never saved is gone at once. */
  remove(name: string): void {
    const file = this.files.get(name);
    if (!file) return;
    if (file.etag === null) this.files.delete(name);
    else file.removed = true;
    this.changed(name);
  }

  restoreFile(name: string): void {
    const file = this.files.get(name);
    if (file) file.removed = false;
    this.changed(name);
  }

  rename(name: string, to: string): void {
    this.add(to, this.text(name));
    this.remove(name);
  }

  removed(): FileState[] {
    return [...this.files.values()].filter((file) => file.removed);
  }

  isDirty(file: FileState): boolean {
    return file.text !== file.base || file.etag === null || file.removed;
  }

  /** Removals last: a rule that moved to another file is then twice there for a moment, and never nowhere. */
  dirty(): FileState[] {
    const dirty = [...this.files.values()].filter((file) => this.isDirty(file));
    return dirty.sort((a, b) => Number(a.removed) - Number(b.removed));
  }

  /** As the compiler gets it: only what differs from the server's files. */
  drafts(): Record<string, string | null> {
    return Object.fromEntries(this.dirty().map((file) => [file.name, file.removed ? null : this.written(file)]));
  }

  /** @returns "conflict" when somebody else saved first; nothing is lost: `theirs` holds the other text */
  async save(file: FileState, faulty: boolean): Promise<"saved" | "conflict"> {
    const text = file.text;
    try {
      if (file.removed && file.etag !== null) {
        await api.remove(file.name, file.etag);
        this.files.delete(file.name);
      } else {
        file.etag = await api.save(file.name, this.written(file), file.etag, faulty);
        file.base = text;
        file.theirs = null;
      }
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      const { theirs, etag } = error.body as { theirs: string | null; etag: string };
      file.theirs = { text: theirs === null ? null : unix(theirs), etag };
      file.removed = false; // what the other wrote is looked at first
      this.onState.emit();
      return "conflict";
    }
    this.remember();
    this.onState.emit();
    return "saved";
  }

  /** Take what the server has now: quietly where nothing was edited, as a conflict where it was. */
  refresh(files: readonly ServerFile[]): void {
    let news = false;
    for (const { name, etag, text } of files) {
      const file = this.files.get(name);
      if (file && (file.etag === etag || file.theirs?.etag === etag)) continue;
      news = true;
      if (!file) {
        this.files.set(name, fresh(name, etag, text));
        this.onText.emit({ file: name, by: "page" });
      } else if (!this.isDirty(file) || file.text === unix(text)) {
        Object.assign(file, { base: unix(text), etag, theirs: null });
        this.setText(name, unix(text), "page");
      } else {
        file.theirs = { text: unix(text), etag };
      }
    }
    const there = new Set(files.map((file) => file.name));
    for (const file of [...this.files.values()]) {
      if (there.has(file.name) || file.etag === null || file.theirs?.text === null) continue;
      news = true;
      if (this.isDirty(file) && !file.removed) file.theirs = { text: null, etag: "" };
      else this.files.delete(file.name);
      this.onText.emit({ file: file.name, by: "page" });
    }
    if (news) this.onState.emit();
  }

  /** End a conflict: `text` is what the author chose, edited from what the other saved. */
  resolve(name: string, text: string): void {
    const file = this.files.get(name);
    if (!file?.theirs) return;
    file.base = file.theirs.text ?? "";
    file.etag = file.theirs.text === null ? null : file.theirs.etag;
    file.theirs = null;
    this.setText(name, text, "page");
    this.remember();
    this.onState.emit();
  }

  private changed(name: string): void {
    this.remember();
    this.onText.emit({ file: name, by: "page" });
    this.onState.emit();
  }

  private written(file: FileState): string {
    return file.crlf ? file.text.replaceAll("\n", "\r\n") : file.text;
  }

  /** Drafts of this tab survive a reload; they are rules, never chats. */
  private remember(): void {
    const drafts = this.dirty().map(({ theirs: _, ...file }) => file);
    try {
      sessionStorage.setItem(DRAFTS, JSON.stringify(drafts));
    } catch {
      // Full or forbidden: leaving the page still asks first.
    }
  }

  private restore(): void {
    type Saved = Omit<FileState, "theirs">;
    let saved: Saved[];
    try {
      saved = JSON.parse(sessionStorage.getItem(DRAFTS) ?? "[]") as Saved[];
    } catch {
      return;
    }
    for (const draft of saved) {
      const now = this.files.get(draft.name);
      if (!now) {
        if (!draft.removed) this.files.set(draft.name, { ...draft, etag: null, theirs: null });
      } else if (now.etag === draft.etag) Object.assign(now, { text: draft.text, removed: draft.removed });
      else if (now.text !== draft.text) {
        this.files.set(draft.name, { ...draft, theirs: { text: now.text, etag: now.etag ?? "" } });
      }
    }
  }
}

function fresh(name: string, etag: string | null, text: string): FileState {
  const clean = unix(text);
  return { name, base: clean, etag, text: clean, crlf: text.includes("\r\n"), removed: false, theirs: null };
}
