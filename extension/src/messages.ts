/** The one table of everything that crosses between content scripts, the background and the extension's own pages. */
import type { Reply } from "./engine/types";
import type { Piece } from "./pieces";
import type { Ignored, Settings } from "./settings";

/** A release as handed to a page: the two artifacts and what identifies them. */
export interface Release {
  readonly id: string;
  readonly bundle: ArrayBuffer;
  readonly automaton: ArrayBuffer;
}

/** A release that is still being tried, as what makes it of the release `base`; of nothing, when that is "". */
export interface Coming {
  readonly id: string;
  readonly base: string;
  readonly bundle: readonly Piece[];
  readonly automaton: readonly Piece[];
}

/** Which release is active; kept in storage.local under `active`, whose change is what tells the pages. */
export interface Active {
  /** Bundle and automaton hash, first 16 hex each. */
  readonly id: string;
  readonly epoch: number;
  readonly version: number;
  readonly rules: number;
}

export type Refusal =
  | "none"
  | "malformed"
  | "signature"
  | "schema"
  | "channel"
  | "engine"
  | "rollback"
  | "equivocation"
  | "fast-forward"
  | "size"
  | "hash"
  | "selftest"
  | "network"
  | "storage";

export type State = "none" | "seed" | "ok" | "stale" | "expired" | "refused";

/** Kept in storage.local under `health`; what the badge, the pop-up and the options page show. */
export interface Health {
  readonly state: State;
  readonly refused: Refusal;
  /** ms since the epoch; 0 = never. */
  readonly checked: number;
  readonly activated: number;
  readonly expires: number;
  readonly connected: boolean;
}

export const NO_HEALTH: Health = {
  state: "none",
  refused: "none",
  checked: 0,
  activated: 0,
  expires: 0,
  connected: false,
};

/** A promise that was really sent. Lives in storage.local under `ledger`, never leaves the browser. */
export interface Promised {
  readonly id: string;
  readonly rule: string;
  readonly title: string;
  readonly todo: string;
  readonly within: string;
  readonly text: string;
  readonly site: string;
  readonly buyer: string;
  readonly orders: readonly string[];
  /** ms since the epoch. */
  readonly at: number;
  readonly due: number;
  readonly done: boolean;
  readonly reminded: boolean;
}

/** Why a held reply was sent all the same. Lives in storage.local under `overrides`, never leaves the browser. */
export interface Overridden {
  readonly rules: readonly string[];
  readonly reason: string;
  /** ms since the epoch. */
  readonly at: number;
}

/** Today's own numbers, shown in the panel. */
export interface Counts {
  /** Local date, YYYY-MM-DD. */
  readonly day: string;
  readonly sent: number;
  readonly held: number;
  readonly overridden: number;
  readonly applied: number;
  /** Rule id → times shown. */
  readonly shown: Readonly<Record<string, number>>;
}

/** What a shown page can report of itself: for the pop-up and the side panel. */
export interface PageState {
  readonly site: string | null;
  readonly siteName: string;
  readonly recognised: boolean;
  readonly missing: readonly string[];
  readonly enabled: boolean;
  readonly retired: boolean;
  readonly buyer: string;
  readonly orders: readonly string[];
  readonly turns: number;
  readonly findings: readonly { readonly rule: string; readonly level: string; readonly text: string }[];
  readonly suggestions: readonly Pick<Reply, "id" | "title" | "say">[];
}

export interface Enrolment {
  readonly url: string;
  readonly channel: string;
  readonly server: string;
  readonly trust: { readonly version: number; readonly threshold: number; readonly keys: readonly string[] };
  readonly token: string;
  readonly managed: boolean;
}

/** An enrolment that was read but not yet confirmed, with the fingerprints to show. */
export interface Proposal {
  readonly enrolment: Enrolment;
  readonly fingerprints: readonly string[];
  readonly channels: readonly { readonly id: string; readonly title: string }[];
}

/** Requests to the background. `from: "page"` ones are refused from content scripts. */
export interface Requests {
  "release.get": { body: { id: string }; reply: Release | null };
  "release.broken": { body: { id: string }; reply: null };
  "ignore.add": { body: Pick<Ignored, "rule" | "text" | "title">; reply: null };
  "ignore.remove": { body: { rule: string; text: string }; reply: null };
  "site.add": { body: { site: unknown }; reply: null };
  /** Loads picker.js into the frame that asks. */
  "picker.load": { body: null; reply: null };
  "ledger.add": {
    body: Omit<Promised, "id" | "due" | "done" | "reminded"> & {
      /** The words that promise, which may say when. */
      readonly words?: string;
    };
    reply: null;
  };
  "count.add": {
    body: {
      sent?: number;
      held?: number;
      applied?: number;
      shown?: readonly string[];
      drafts?: readonly string[];
    };
    reply: null;
  };
  "override.add": { body: { rules: string[]; reason: string }; reply: null };
  "ledger.done": { body: { id: string; done: boolean }; reply: null };
  "ledger.drop": { body: { id: string }; reply: null };
  "settings.set": { body: Partial<Settings>; reply: null };
  "enrol.read": { body: { text: string }; reply: Proposal | { error: string } };
  "enrol.confirm": { body: { enrolment: Enrolment }; reply: { error: string } | null };
  "enrol.leave": { body: null; reply: null };
  "update.now": { body: null; reply: Health };
}
export type Kind = keyof Requests;

/** Kinds that a content script may send; everything else only the extension's own pages. */
export const FROM_CONTENT: ReadonlySet<Kind> = new Set<Kind>([
  "release.get",
  "release.broken",
  "ignore.add",
  "ignore.remove",
  "site.add",
  "picker.load",
  "ledger.add",
  "count.add",
  "override.add",
]);

/** Sent by the panel and the pop-up to a tab's content scripts. */
export interface Commands {
  "page.describe": { body: null; reply: PageState | null };
  "reply.insert": { body: { text: string }; reply: boolean };
  "picker.start": { body: null; reply: boolean };
}
export type Command = keyof Commands;

export interface Envelope<K extends string = string> {
  readonly replyguard: K;
  readonly body: unknown;
}

export function isEnvelope(value: unknown): value is Envelope {
  return typeof value === "object" && value !== null && typeof (value as Envelope).replyguard === "string";
}

/** What every content script follows. */
export interface Shared {
  readonly active: Active | null;
  readonly settings: Settings;
}

/** The content scripts' way to the background: chrome messages in the extension, direct calls on the demo page. */
export interface Transport {
  request<K extends Kind>(kind: K, body: Requests[K]["body"]): Promise<Requests[K]["reply"]>;
  /** Calls back at once with the present state and then at every change. */
  follow(listener: (shared: Shared) => void, signal: AbortSignal): void;
  commands(listener: <K extends Command>(kind: K, body: Commands[K]["body"]) => unknown, signal: AbortSignal): void;
  /** Tells the background that a workbench is open, so that it holds the push stream and says what is coming. */
  present(): void;
  /** Calls back with a release that is still being tried, once `present`: it is only used when it becomes active. */
  coming(listener: (release: Coming) => void): void;
  /** False after the extension was updated or removed under this page. */
  alive(): boolean;
}
