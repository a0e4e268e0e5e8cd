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
      this.files.set(name, {
        name,
        base: unix(text),
        etag,
        text: unix(text),
        crlf: text.includes("\r\n"),
        theirs: null,
      });
    }
    this.restore();
    this.onState.emit();
  }

  names(): string[] {
    const rank = (name: string): number =>
      name.includes("/") ? 3 : name === "rulebook.yaml" ? 2 : name === "words.yaml" ? 1 : 0;
    return [...this.files.keys()].sort((a, b) => rank(a) - rank(b) || a.localeCompare(b));
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
    this.files.set(name, { name, base: "", etag: null, text, crlf: false, theirs: null });
    this.remember();
    this.onText.emit({ file: name, by: "page" });
    this.onState.emit();
  }

  isDirty(file: FileState): boolean {
    return file.text !== file.base || file.etag === null;
  }

  dirty(): FileState[] {
    return [...this.files.values()].filter((file) => this.isDirty(file));
  }

  /** As the compiler gets it: only what differs from the server's files. */
  drafts(): Record<string, string> {
    return Object.fromEntries(this.dirty().map((file) => [file.name, this.written(file)]));
  }

  /** @returns "conflict" when somebody else saved first; nothing is lost: `theirs` holds the other text */
  async save(file: FileState, faulty: boolean): Promise<"saved" | "conflict"> {
    const text = file.text;
    try {
      file.etag = await api.save(file.name, this.written(file), file.etag, faulty);
      file.base = text;
      file.theirs = null;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 412) throw error;
      const { theirs, etag } = error.body as { theirs: string | null; etag: string };
      file.theirs = { text: theirs === null ? null : unix(theirs), etag };
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
        this.files.set(name, {
          name,
          base: unix(text),
          etag,
          text: unix(text),
          crlf: text.includes("\r\n"),
          theirs: null,
        });
        this.onText.emit({ file: name, by: "page" });
      } else if (!this.isDirty(file) || file.text === unix(text)) {
        Object.assign(file, { base: unix(text), etag, theirs: null });
        this.setText(name, unix(text), "page");
      } else {
        file.theirs = { text: unix(text), etag };
      }
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

  private written(file: FileState): string {
    return file.crlf ? file.text.replaceAll("\n", "\r\n") : file.text;
  }

  /** Drafts of this tab survive a reload; they are rules, never chats. */
  private remember(): void {
    const drafts = this.dirty().map(({ name, base, etag, text, crlf }) => ({ name, base, etag, text, crlf }));
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
      if (!now) this.files.set(draft.name, { ...draft, etag: null, theirs: null });
      else if (now.etag === draft.etag) now.text = draft.text;
      else if (now.text !== draft.text) {
        this.files.set(draft.name, { ...draft, theirs: { text: now.text, etag: now.etag ?? "" } });
      }
    }
  }
}
