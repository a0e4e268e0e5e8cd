/** What the background does for pages, without any chrome.* call: the demo page runs the very same. */

import type { Texts } from "../i18n";
import type { Coming, Enrolment, Health, Kind, Overridden, Requests } from "../messages";
import { isIgnored, readSettings, type Settings } from "../settings";
import { type Area, Turnstile } from "./area";
import { Counter } from "./counts";
import { EnrolmentError, readEnrolment } from "./enrolment";
import { Ledger } from "./ledger";
import { effectiveSettings, type Policy, policyEnrolment } from "./policy";
import type { Store } from "./store";
import { Updater } from "./update";

/** Ignored items kept; the oldest go. */
const MAX_IGNORED = 500;
/** Reasons kept; the oldest go. */
const MAX_OVERRIDES = 200;

export interface ServiceParts {
  readonly area: Area;
  readonly store: Store;
  readonly fetch: typeof fetch;
  readonly seed: () => Promise<{ bundle: ArrayBuffer; automaton: ArrayBuffer } | null>;
  readonly reported: (health: Health, latency: number) => void;
  readonly coming: (release: Coming) => void;
  /** The enrolment or the ledger changed: streams and alarms are to be set anew. */
  readonly changed: () => void;
  /** The interface's texts in a language that was chosen by hand. */
  readonly texts: (language: string) => Promise<Texts | null>;
}

type Handlers = { [K in Kind]: (body: Requests[K]["body"]) => Promise<Requests[K]["reply"]> };

export class Service {
  readonly area: Area;
  readonly updater: Updater;
  readonly ledger: Ledger;
  readonly counter: Counter;
  readonly #fetch: typeof fetch;
  readonly #changed: () => void;
  readonly #texts: (language: string) => Promise<Texts | null>;
  readonly #turnstile = new Turnstile();
  #policy: Policy = {};

  constructor(parts: ServiceParts) {
    this.area = parts.area;
    this.#fetch = parts.fetch;
    this.#changed = parts.changed;
    this.#texts = parts.texts;
    this.ledger = new Ledger(parts.area);
    this.counter = new Counter(parts.area);
    this.updater = new Updater({ ...parts, install: () => this.install() });
  }

  /** Random, made once, derived from nothing. */
  install(): Promise<string> {
    return this.#turnstile.run(async () => {
      const known = await this.area.get("install");
      if (typeof known === "string" && /^[0-9a-f]{32}$/.test(known)) return known;
      const made = crypto.randomUUID().replaceAll("-", "");
      await this.area.set({ install: made });
      return made;
    });
  }

  async settings(): Promise<Settings> {
    return effectiveSettings(readSettings(await this.area.get("settings")), this.#policy);
  }

  async applyPolicy(policy: Policy): Promise<void> {
    this.#policy = policy;
    await this.#publishSettings();
    const demanded = await policyEnrolment(policy);
    if (demanded) await this.enrol(demanded);
  }

  async enrol(enrolment: Enrolment): Promise<void> {
    const before = await this.updater.enrolment();
    if (before && JSON.stringify(before) === JSON.stringify(enrolment)) return;
    await this.area.set({ enrolment });
    const another =
      !before ||
      before.channel !== enrolment.channel ||
      before.server !== enrolment.server ||
      before.url !== enrolment.url;
    const trustChanged = JSON.stringify(before?.trust) !== JSON.stringify(enrolment.trust);
    if (another || trustChanged) await this.updater.reset();
    this.#changed();
    const again = await this.updater.poll();
    if (again) setTimeout(() => void this.updater.poll(), again);
  }

  handle<K extends Kind>(kind: K, body: Requests[K]["body"]): Promise<Requests[K]["reply"]> {
    return (this.#handlers[kind] as Handlers[K])(body);
  }

  readonly #handlers: Handlers = {
    "release.get": ({ id }) => this.updater.release(id),
    "release.broken": async ({ id }) => {
      await this.updater.broken(id);
      return null;
    },
    "ignore.add": ({ rule, text, title }) =>
      this.#change((s) => ({
        ...s,
        ignored: [
          ...s.ignored.filter((i) => i.rule !== rule || i.text !== text),
          { rule, text, title, at: Date.now() },
        ].slice(-MAX_IGNORED),
      })),
    "ignore.remove": ({ rule, text }) =>
      this.#change((s) => ({ ...s, ignored: s.ignored.filter((i) => i.rule !== rule || i.text !== text) })),
    "site.add": ({ site }) =>
      this.#change((s) => ({
        ...s,
        sites: [site, ...s.sites.filter((old) => (old as { id?: unknown }).id !== (site as { id?: unknown }).id)],
      })),
    // Loading scripts is for who has chrome.scripting: main.ts answers before this.
    "picker.load": async () => null,
    "settings.set": (part) =>
      this.#change((s) => readSettings({ ...s, ...part, ignored: (part.ignored ?? s.ignored).filter(isIgnored) })),
    "ledger.add": async (promise) => {
      await this.ledger.add(promise);
      this.#changed();
      return null;
    },
    "ledger.done": async ({ id, done }) => {
      await this.ledger.mark(id, done);
      return null;
    },
    "ledger.drop": async ({ id }) => {
      await this.ledger.drop(id);
      return null;
    },
    "count.add": async (step) => {
      await this.counter.add(step);
      return null;
    },
    "override.add": async ({ rules, reason }) => {
      await this.counter.add({ overridden: 1 });
      if (!reason) return null;
      return this.#turnstile.run(async () => {
        const before = ((await this.area.get("overrides")) as Overridden[] | undefined) ?? [];
        await this.area.set({ overrides: [...before, { rules, reason, at: Date.now() }].slice(-MAX_OVERRIDES) });
        return null;
      });
    },
    "enrol.read": async ({ text }) => {
      try {
        return await readEnrolment(text, this.#fetch);
      } catch (error) {
        return { error: error instanceof EnrolmentError ? error.message : "enrol_bad_code" };
      }
    },
    "enrol.confirm": async ({ enrolment }) => {
      if ((await this.updater.enrolment())?.managed) return { error: "enrol_managed" };
      await this.enrol({ ...enrolment, managed: false });
      return null;
    },
    "enrol.leave": async () => {
      if ((await this.updater.enrolment())?.managed) return null;
      await this.area.set({ enrolment: null });
      await this.updater.reset();
      this.#changed();
      return null;
    },
    "update.now": async () => {
      await this.updater.poll();
      return this.updater.health();
    },
  };

  #change(step: (settings: Settings) => Settings): Promise<null> {
    return this.#turnstile.run(async () => {
      const own = readSettings(await this.area.get("settings"));
      await this.area.set({ settings: step(own) });
      await this.#publishSettings();
      return null;
    });
  }

  async #publishSettings(): Promise<void> {
    const effective = await this.settings();
    const texts = effective.language === "auto" ? null : await this.#texts(effective.language);
    await this.area.set({ effective, texts });
  }
}
