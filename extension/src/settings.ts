/** What a person or a policy can set. Kept in storage.local under `settings`; `policy` is laid over it by the background. */
import type { Level } from "./engine/types";

export interface Ignored {
  readonly rule: string;
  /** The words that were marked; "" for a whole-reply finding. */
  readonly text: string;
  /** When it was ignored, ms since the epoch. */
  readonly at: number;
  /** The rule's, at that time; the exports of older versions have none. */
  readonly title?: string | undefined;
}

export type Override = "allow" | "reason" | "forbid";

export type Language = "auto" | "zh_CN" | "zh_TW" | "en";

export interface Settings {
  readonly language: Language;
  readonly enabled: boolean;
  /** Origins switched off by the person. */
  readonly sitesOff: readonly string[];
  /** Levels shown. `block` is always shown. */
  readonly levels: Readonly<Record<Exclude<Level, "block">, boolean>>;
  /** Hold the send of a `block` finding. */
  readonly hold: boolean;
  readonly override: Override;
  readonly ignored: readonly Ignored[];
  /** Adapters made with the picker on this device; tried before the release's. */
  readonly sites: readonly unknown[];
  /** Counts of rules shown may go to the server. */
  readonly counts: boolean;
  /** A reminder notification when a promise falls due. */
  readonly reminders: boolean;
  /** Keys fixed by policy, which the options page shows as locked. */
  readonly locked: readonly string[];
}

export const DEFAULTS: Settings = {
  language: "auto",
  enabled: true,
  sitesOff: [],
  levels: { warn: true, remind: true, hint: true },
  hold: true,
  override: "allow",
  ignored: [],
  sites: [],
  counts: false,
  reminders: true,
  locked: [],
};

/** Anything stored by an older version or edited by hand, brought into shape; wrong parts fall back to the default. */
export function readSettings(value: unknown): Settings {
  const from = (typeof value === "object" && value !== null ? value : {}) as Record<string, unknown>;
  const flag = (key: "enabled" | "hold" | "counts" | "reminders") =>
    typeof from[key] === "boolean" ? (from[key] as boolean) : DEFAULTS[key];
  const levels = (typeof from.levels === "object" && from.levels !== null ? from.levels : {}) as Record<
    string,
    unknown
  >;
  const level = (key: "warn" | "remind" | "hint") => (typeof levels[key] === "boolean" ? levels[key] : true);
  const texts = (list: unknown) =>
    Array.isArray(list) ? list.filter((item): item is string => typeof item === "string") : [];
  return {
    language: from.language === "zh_CN" || from.language === "zh_TW" || from.language === "en" ? from.language : "auto",
    enabled: flag("enabled"),
    sitesOff: texts(from.sitesOff),
    levels: { warn: level("warn"), remind: level("remind"), hint: level("hint") },
    hold: flag("hold"),
    override: from.override === "reason" || from.override === "forbid" ? from.override : "allow",
    ignored: Array.isArray(from.ignored) ? from.ignored.filter(isIgnored) : [],
    sites: Array.isArray(from.sites) ? from.sites : [],
    counts: flag("counts"),
    reminders: flag("reminders"),
    locked: texts(from.locked),
  };
}

export function isIgnored(value: unknown): value is Ignored {
  const item = value as Partial<Ignored> | null;
  return (
    typeof item === "object" &&
    item !== null &&
    typeof item.rule === "string" &&
    typeof item.text === "string" &&
    typeof item.at === "number" &&
    (item.title === undefined || typeof item.title === "string")
  );
}
