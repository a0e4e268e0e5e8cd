/**
 * The state of one document: engine, adapter, composer, conversation, what was found. Features listen to it and never to
 * each other.
 */
import { type LoadedEngine, loadEngine } from "../engine/engine";
import type { Engine, Finding, RuleText } from "../engine/types";
import type { Coming, Release, Shared, Transport } from "../messages";
import { assemble } from "../pieces";
import { DEFAULTS, type Settings } from "../settings";
import { Topic } from "../topic";
import { type Composer, composerAt } from "./composer/index";
import { ConversationReader, NOTHING_READ, type Reading } from "./conversation";
import { withoutEchoes } from "./echo";
import { Keys } from "./listen";
import { first } from "./roots";
import { coversHost, pageAddress, readSite, type Site, siteFor } from "./site";
import { calendar } from "./today";

/** Longer texts are pasted documents, not replies; checking them would cost frames. */
const MAX_REPLY = 20_000;
/** A page tells none; one object, so that a long reply's memory sees at once that they are as they were. */
const NO_FACTS = {};

export interface Shown extends Finding {
  readonly text: RuleText;
  /** The marked words; "" for a whole-reply finding. */
  readonly words: string;
}

/** One check of one text. */
export interface Report {
  readonly composer: Composer;
  readonly text: string;
  readonly findings: readonly Shown[];
  /** Those whose send is held. */
  readonly blocking: readonly Shown[];
  /** What was found, without where: equal keys mean the same card. */
  readonly key: string;
  /** Rules that are only tried out and would have found something: told to nobody, but counted. */
  readonly drafts: readonly string[];
}

export const findingKey = ({ rule, words, level }: Shown) => `${rule}\n${words}\n${level}`;
export const keyOf = (findings: readonly Shown[]) => findings.map(findingKey).join("\n\n");

/** What an `ignore` covers, until when. */
export type IgnoreScope = "once" | "conversation" | "always";

interface Loaded {
  readonly release: Release;
  readonly engine: LoadedEngine;
}

export class Guard {
  readonly transport: Transport;
  readonly signal: AbortSignal;
  readonly keys: Keys;
  readonly onReport = new Topic<Report | null>();
  readonly onConversation = new Topic<Reading>();
  readonly onRelease = new Topic<Engine>();
  readonly onSettings = new Topic<Settings>();

  engine: Engine | null = null;
  settings: Settings = DEFAULTS;
  site: Site | null = null;
  /** Held by nobody any more: the extension was updated under this page. */
  retired = false;
  report: Report | null = null;
  reading: Reading = NOTHING_READ;
  composer: Composer | null = null;

  #reader: ConversationReader | null = null;
  #sites: Site[] = [];
  /** A page of a known workbench's host that is not its chat: not ours to look at. */
  #elsewhere = false;
  #loading = "";
  #now: Loaded | null = null;
  #broken = "";
  /** Loaded while the background still tries it. */
  #next: Loaded | null = null;
  /** `rule\nwords` ignored until the reply is gone. */
  readonly #once = new Set<string>();
  /** `buyer\nrule\nwords` ignored while this page lives. */
  readonly #conversations = new Set<string>();
  /** `rule\nwords` ignored on this device. */
  #always = new Set<string>();
  readonly #origin = self.origin;
  readonly #today = calendar();

  constructor(transport: Transport, signal: AbortSignal) {
    this.transport = transport;
    this.signal = signal;
    this.keys = new Keys(signal);
    transport.follow((shared) => this.#follow(shared), signal);
    transport.coming((release) => this.#prepare(release));
  }

  /** Is anything to be done on this page? */
  get working(): boolean {
    return (
      !this.retired &&
      this.engine !== null &&
      this.settings.enabled &&
      !this.settings.sitesOff.includes(this.#origin) &&
      (this.site?.enabled ?? !this.#elsewhere)
    );
  }

  /** Takes the composer at `element`, when there is one. Returns whether it is now the attended one. */
  attend(element: Element): boolean {
    if (this.composer?.element.isConnected && this.composer.element.contains(element)) return true;
    const composer = composerAt(element, this.#composerSelectors());
    if (!composer) return false;
    this.composer?.release();
    this.composer = composer;
    this.report = null;
    composer.follow(() => this.check());
    return true;
  }

  /** Reads the composer and checks it; `afresh` also when the text is still the same. */
  check(afresh = false): Report | null {
    const { composer, engine } = this;
    if (!composer || !engine || !this.working) return this.#publish(null);
    if (!composer.element.isConnected) {
      composer.release();
      this.composer = null;
      return this.#publish(null);
    }
    const text = composer.read();
    if (!afresh && this.report && this.report.text === text && this.report.composer === composer) {
      // The same text may stand in new DOM nodes.
      this.onReport.emit(this.report);
      return this.report;
    }
    if (text.trim() === "") this.#once.clear();
    return this.#publish({ composer, text, ...this.judge(text) });
  }

  /** What a person is shown of what the rules say about a text in this conversation. */
  judge(text: string): Pick<Report, "findings" | "blocking" | "key" | "drafts"> {
    const all = this.#checked(text);
    const seen = this.#spoken(all, text).filter(({ level }) => level === "block" || this.settings.levels[level]);
    // Who ignores words ignores their echo with them.
    const findings = withoutEchoes(seen).filter(({ rule, words }) => !this.#ignored(rule, words));
    const blocking = this.settings.hold ? findings.filter((finding) => finding.level === "block") : [];
    const drafts = all.filter(({ silent }) => silent).map(({ rule }) => rule);
    return { findings, blocking, key: keyOf(findings), drafts };
  }

  /** All that the rules say, drafts apart: also what is ignored or of a level that is not shown. */
  found(text: string): Shown[] {
    return this.#spoken(this.#checked(text), text);
  }

  #checked(text: string): readonly Finding[] {
    if (!this.engine || text.trim() === "" || text.length > MAX_REPLY) return [];
    return this.engine.check(this.conversation(text));
  }

  #spoken(findings: readonly Finding[], text: string): Shown[] {
    const found: Shown[] = [];
    for (const finding of findings) {
      const rule = finding.silent ? undefined : this.engine?.rule(finding.rule);
      const words = finding.start === null || finding.end === null ? "" : text.slice(finding.start, finding.end);
      if (rule) found.push({ ...finding, text: rule, words });
    }
    return found;
  }

  /** The page's; where it tells none, or cannot tell 天猫 from 淘宝 (旺旺), that of the shop's channel. */
  get platform(): string {
    const page = this.site?.platform;
    const shop = this.engine?.platform ?? "";
    return !page || (page === "taobao" && shop === "tmall") ? shop : page;
  }

  conversation(reply: string) {
    return {
      platform: this.platform,
      category: "",
      facts: NO_FACTS,
      turns: this.reading.turns,
      reply,
      date: this.#today(),
    };
  }

  /** Reads the page's messages; announces and re-checks when they changed. */
  readConversation(): void {
    if (!this.#reader || !this.working) return;
    const reading = this.#reader.read(document, this.reading);
    if (reading === this.reading) return;
    this.reading = reading;
    this.onConversation.emit(reading);
    this.#recheck();
  }

  ignore(finding: Shown, scope: IgnoreScope): void {
    const key = `${finding.rule}\n${finding.words}`;
    if (scope === "once") this.#once.add(key);
    else if (scope === "conversation") this.#conversations.add(`${this.reading.buyer}\n${key}`);
    else {
      // Here at once, since the card says so; the settings that the background sends back say it too.
      this.#always.add(key);
      void this.transport.request("ignore.add", {
        rule: finding.rule,
        text: finding.words,
        title: finding.text.title,
      });
    }
    this.#recheck();
  }

  unignore(finding: Shown, scope: IgnoreScope): void {
    const key = `${finding.rule}\n${finding.words}`;
    if (scope === "once") this.#once.delete(key);
    else if (scope === "conversation") this.#conversations.delete(`${this.reading.buyer}\n${key}`);
    else {
      this.#always.delete(key);
      void this.transport.request("ignore.remove", { rule: finding.rule, text: finding.words });
    }
    this.#recheck();
  }

  /** Stops everything: the extension behind this script is gone. */
  retire(): void {
    if (this.retired) return;
    this.retired = true;
    this.#publish(null);
    this.onSettings.emit(this.settings);
  }

  /** The adapter's selectors while they still find something; a changed page falls back to the generic search. */
  #composerSelectors(): readonly string[] {
    const selectors = this.site?.composer ?? [];
    return first(document, selectors) ? selectors : [];
  }

  #ignored(rule: string, words: string): boolean {
    const key = `${rule}\n${words}`;
    return this.#once.has(key) || this.#conversations.has(`${this.reading.buyer}\n${key}`) || this.#always.has(key);
  }

  #publish(report: Report | null): Report | null {
    const had = this.report !== null;
    this.report = report;
    if (report || had) this.onReport.emit(report);
    return report;
  }

  /** Rules, settings or the conversation changed: the same text may be judged differently. */
  #recheck(): void {
    if (this.composer) this.check(true);
    else this.onReport.emit(null);
  }

  #follow(shared: Shared): void {
    this.settings = shared.settings;
    this.#always = new Set(this.settings.ignored.map(({ rule, text }) => `${rule}\n${text}`));
    this.#chooseSite();
    this.onSettings.emit(this.settings);
    const id = shared.active?.id ?? "";
    if (id && id !== this.#now?.release.id && id !== this.#loading && id !== this.#broken) {
      void this.#load(id);
      return;
    }
    // The enrolment was left, and no rules came with the extension.
    if (!id) this.engine = this.#now = null;
    this.#recheck();
  }

  async #load(id: string): Promise<void> {
    this.#loading = id;
    let next = this.#next?.release.id === id ? this.#next : null;
    if (!next) {
      const release = await this.transport.request("release.get", { id });
      // A newer one may have overtaken this one on the way.
      if (!release || this.#loading !== id || this.signal.aborted) return;
      next = load(release, this.#now);
    }
    this.#loading = "";
    this.#next = null;
    if (!next) {
      // The engine that is running goes on; the background falls back to what it kept.
      this.#broken = id;
      await this.transport.request("release.broken", { id });
      return;
    }
    this.#now = next;
    this.engine = next.engine;
    this.#chooseSite();
    this.onRelease.emit(next.engine);
    this.readConversation();
    this.#recheck();
  }

  #prepare({ id, base, ...parts }: Coming): void {
    const before = this.#now?.release;
    // What is of another release than ours is asked for when it is active.
    if (base && base !== before?.id) return;
    const made = (part: "bundle" | "automaton") => assemble(before?.[part] as ArrayBuffer, parts[part]);
    this.#next = load({ id, bundle: made("bundle"), automaton: made("automaton") }, this.#now);
  }

  #chooseSite(): void {
    const candidates = [...this.settings.sites, ...(this.engine?.sites ?? [])];
    this.#sites = candidates.map(readSite).filter((site) => site !== null);
    const address = pageAddress();
    const site = siteFor(this.#sites, address);
    this.#elsewhere = site === null && coversHost(this.#sites, address);
    if (JSON.stringify(site) === JSON.stringify(this.site)) return;
    this.site = site;
    this.#reader = site?.enabled ? new ConversationReader(site) : null;
    this.reading = NOTHING_READ;
    if (this.composer && site && !composerAt(this.composer.element, site.composer)) {
      this.composer.release();
      this.composer = null;
    }
  }
}

function load(release: Release, before: Loaded | null): Loaded | null {
  try {
    return { release, engine: loadEngine(release.bundle, release.automaton, before?.engine) };
  } catch {
    return null;
  }
}
