/** The server's authoring API. A token, where one is needed, lives in this tab only. */

import { language, T } from "./texts";

export interface Severity {
  readonly zh: string;
  readonly en: string;
}
export interface ServerDiagnostic {
  readonly code: string;
  readonly severity: "error" | "warning";
  /** Name relative to the rulebook; "" for none. */
  readonly file: string;
  /** Both count from 1, columns in code points. */
  readonly line: number;
  readonly column: number;
  readonly length: number;
  readonly message: Severity;
  readonly hint: Severity;
  readonly best: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
export interface CompileReport {
  readonly rules: number;
  readonly replies: number;
  readonly literals: number;
  readonly bundle_bytes: number;
  readonly automaton_bytes: number;
  readonly examples: number;
  readonly milliseconds: Readonly<Record<string, number>>;
}
export interface Compiled {
  readonly publishable: boolean;
  readonly errors: number;
  readonly warnings: number;
  readonly diagnostics: readonly ServerDiagnostic[];
  readonly report: Partial<CompileReport>;
  readonly release: {
    readonly id: string;
    readonly sha256: string;
    readonly bundle: string;
    readonly automaton: string;
  } | null;
}
export interface ChannelInfo {
  readonly id: string;
  readonly title: string;
  readonly follows_saves: boolean;
  readonly version: number;
  readonly rules: number;
  readonly created: string;
  readonly percent: number;
  readonly bundle: string;
  readonly automaton: string;
}
export interface Session {
  readonly author: { readonly name: string; readonly role: "author" | "publisher"; readonly local: boolean };
  readonly rulebook: string;
  readonly channels: readonly ChannelInfo[];
  readonly git: {
    readonly branch: string;
    readonly head: string;
    readonly changed: readonly string[];
    readonly commits: boolean;
  } | null;
  readonly cases: boolean;
}
export interface ServerFile {
  readonly name: string;
  readonly etag: string;
  readonly text: string;
}
export interface HistoryItem {
  readonly version: number;
  readonly created: string;
  readonly rules: number;
  readonly percent: number;
  readonly kind: "publish" | "revert" | "rollout";
  readonly author: string;
  readonly comment: string;
  readonly reverts: number;
  readonly changes: {
    readonly added: readonly string[];
    readonly removed: readonly string[];
    readonly changed: readonly string[];
  };
}

/** An answer of the server that is no success; `body` is its problem document. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly body: Readonly<Record<string, unknown>>,
  ) {
    super(
      said(body)
        .filter((part) => typeof part === "string" && part)
        .join(T.trace.by),
    );
  }
}

/** The problem in this page's language; the server's own details are in Chinese. */
function said({ type, title, detail }: Readonly<Record<string, unknown>>): unknown[] {
  if (language === "zh") return [title, detail];
  const known = T.server[String(type).replace("/problems/", "") as keyof typeof T.server];
  return [known ?? title, /[\u4e00-\u9fff]/.test(String(detail)) ? "" : detail];
}

const TOKEN = "replyguard-author-token";

export const token = {
  get: (): string => sessionStorage.getItem(TOKEN) ?? "",
  set: (value: string): void => sessionStorage.setItem(TOKEN, value.trim()),
};

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  if (token.get()) headers.set("authorization", `Bearer ${token.get()}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers, cache: init.cache ?? "no-store" });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, { title: T.api.offline, detail: T.api.offlineDetail });
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({ title: T.api.answered(response.status) }));
  throw new ApiError(response.status, body as Record<string, unknown>);
}

const json = async <T>(path: string, init?: RequestInit): Promise<T> =>
  (await request(path, init)).json() as Promise<T>;
const post = <T>(path: string, body: unknown, init: RequestInit = {}): Promise<T> =>
  json(path, { ...init, method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const name = (file: string): string => file.split("/").map(encodeURIComponent).join("/");
const channelPath = (channel: string, leaf: string): string => `/v1/channels/${encodeURIComponent(channel)}/${leaf}`;

export const api = {
  session: () => json<Session>("/v1/author"),
  files: async () => (await json<{ files: ServerFile[] }>("/v1/rules")).files,
  schema: () => json<{ schema: unknown; entities: string[] }>("/v1/schema"),
  compile: (body: { drafts: Record<string, string | null>; channel: string; examples: boolean }, signal: AbortSignal) =>
    post<Compiled>("/v1/compile", body, { signal }),
  binary: async (path: string) => (await request(path, { cache: "default" })).arrayBuffer(),
  cases: async () => (await request("/v1/cases")).text(),
  sources: async (bundle: string) => (await json<{ files: Record<string, string> }>(`/v1/sources/${bundle}`)).files,
  history: async (channel: string) => (await json<{ history: HistoryItem[] }>(channelPath(channel, "history"))).history,
  /** @param body `from`: the channel to promote; without it the files on the server are published */
  publish: (channel: string, body: { expected: number; percent: number; comment: string; from?: string }) =>
    post<{ version: number }>(channelPath(channel, "publish"), body),
  rollout: (channel: string, body: { expected: number; percent: number; comment: string }) =>
    post<{ version: number }>(channelPath(channel, "rollout"), body),
  revert: (channel: string, body: { expected: number; version: number; comment: string }) =>
    post<{ version: number }>(channelPath(channel, "revert"), body),
  commit: (message: string) => post<{ head: string }>("/v1/author/commit", { message }),
  remove: (file: string, etag: string) =>
    request(`/v1/rules/${name(file)}`, { method: "DELETE", headers: { "if-match": etag } }),
  /** @param etag what the text was edited from; null for a new file. Returns the new ETag. */
  async save(file: string, text: string, etag: string | null, faulty: boolean): Promise<string> {
    const headers: Record<string, string> = etag === null ? { "if-none-match": "*" } : { "if-match": etag };
    const path = `/v1/rules/${name(file)}${faulty ? "?faulty=1" : ""}`;
    const response = await request(path, { method: "PUT", headers, body: text });
    return response.headers.get("etag") ?? "";
  },
};
