/** What goes into a check and what comes out. Offsets are UTF-16 units of the reply as the person sees it. */

export type Role = "buyer" | "agent" | "system" | "robot";
export interface Turn {
  readonly role: Role;
  readonly text: string;
}
export type Fact = string | number | boolean;
export interface Conversation {
  /** tmall, taobao, jd, pdd … */
  readonly platform: string;
  /** adult, food, cosmetics …; empty when unknown */
  readonly category: string;
  readonly facts: Readonly<Record<string, Fact>>;
  readonly turns: readonly Turn[];
  readonly reply: string;
  /** Local date, YYYY-MM-DD; rules outside their `since`/`until` sleep. Absent: dates are not looked at. */
  readonly date?: string;
}
export type Level = "block" | "warn" | "remind" | "hint";
export interface Finding {
  /** Rule id. */
  readonly rule: string;
  readonly level: Level;
  /** Null for a whole-reply finding. */
  readonly start: number | null;
  readonly end: number | null;
  /** A draft rule: counted, never shown. */
  readonly silent: boolean;
}
/** A buyer message that sets a trap: the rule, and which turn (index into `turns`) asked. */
export interface Trap {
  readonly rule: string;
  readonly turn: number;
}
/** What a person reads about a rule. */
export interface RuleText {
  readonly id: string;
  readonly topic: string;
  readonly title: string;
  readonly level: Level;
  /** Points or text per platform, e.g. {tmall: 6}. */
  readonly penalty: Readonly<Record<string, number | string>>;
  readonly why: string;
  readonly source: string;
  /** Compliant replies to use instead. */
  readonly say: readonly string[];
  readonly followUp: { readonly do: string; readonly within: string } | null;
  /** Hears its topic in the sound of the whole reply (`likely_topic`), and finds no words in it. */
  readonly heard: boolean;
}
/** An entry of the shop's knowledge base. */
export interface Reply {
  readonly id: string;
  readonly topic: string;
  readonly title: string;
  readonly say: readonly string[];
  /** Pinyin initials of the title and topic, for search. */
  readonly initials: string;
}

export interface Engine {
  check(conversation: Conversation): Finding[];
  /** Knowledge-base entries whose `ask` the newest buyer messages satisfy. */
  suggestions(conversation: Conversation): Reply[];
  rule(id: string): RuleText | undefined;
  readonly rules: readonly RuleText[];
  readonly replies: readonly Reply[];
  /** The shop's, where its channel names one. */
  readonly platform: string;
  /** Workbench adapters of the bundle, validated by the content script. */
  readonly sites: readonly unknown[];
}
// Entry point (src/engine/engine.ts): `loadEngine(bundle: ArrayBuffer, automaton: ArrayBuffer): Engine`;
// throws `ReleaseError` on anything malformed, never later.
