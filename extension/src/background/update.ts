/** Takes in new releases. Everything that arrives, from whatever source, goes through `accept` in the protocol's order. */

import { readDocument } from "../engine/bundle";
import type { Active, Coming, Enrolment, Health, Refusal, Release } from "../messages";
import { type Area, Turnstile } from "./area";
import { comingFrom, releaseId } from "./coming";
import { Downloads } from "./download";
import { sha256 } from "./encoding";
import { HealthBook } from "./health";
import { Refused } from "./refused";
import { isWarm, selfTest } from "./selftest";
import type { Kept, Store } from "./store";
import { compareFloor, openEnvelope, rolledOut } from "./verify";

export interface Parts {
  readonly area: Area;
  readonly store: Store;
  readonly fetch: typeof fetch;
  /** The packaged release, or null. */
  readonly seed: () => Promise<{ bundle: ArrayBuffer; automaton: ArrayBuffer } | null>;
  readonly install: () => Promise<string>;
  /** After each activation or refusal. */
  readonly reported: (health: Health, latency: number) => void;
  /** A release arrived whole, and is about to be tried: pages load it meanwhile. */
  readonly coming: (release: Coming) => void;
}

export class Updater {
  readonly #parts: Parts;
  readonly #downloads: Downloads;
  readonly #turnstile = new Turnstile();
  readonly #health: HealthBook;
  #seed: { release: Release; rules: number } | null | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#downloads = new Downloads(parts.store, parts.fetch);
    this.#health = new HealthBook(parts.area);
  }

  health(): Promise<Health> {
    return this.#health.read();
  }

  async enrolment(): Promise<Enrolment | null> {
    return ((await this.#parts.area.get("enrolment")) as Enrolment | undefined) ?? null;
  }

  /** Opens the store: what was accepted before is verified again, and a damaged store falls back to the seed. */
  restore(): Promise<void> {
    return this.#turnstile.run(async () => {
      const enrolment = await this.enrolment();
      const kept = enrolment ? await this.#parts.store.kept() : null;
      if (enrolment && kept) {
        try {
          await openEnvelope(kept.envelope, kept.trust, enrolment.channel);
          if (await this.#stored(kept)) return await this.#announce(kept);
          throw new Refused("storage", "artifact missing or changed");
        } catch (error) {
          await this.#refuse(error);
        }
      }
      await this.#announceSeed();
    });
  }

  /**
   * Takes an envelope. `arrived` is when it came, ms; `patches` what was told beside it. Returns whether the server's word
   * was good.
   */
  accept(envelope: string, etag: string, arrived: number, patches = ""): Promise<boolean> {
    return this.#turnstile.run(async () => {
      try {
        await this.#accept(envelope, etag, arrived, patches);
        return true;
      } catch (error) {
        await this.#refuse(error);
        return false;
      }
    });
  }

  /** Asks for the manifest, with the ETag of what is active. Returns when to ask again, ms; 0 = at the usual time. */
  async poll(): Promise<number> {
    const enrolment = await this.enrolment();
    if (!enrolment) return 0;
    const kept = await this.#parts.store.kept();
    const headers: Record<string, string> = kept?.etag ? { "If-None-Match": kept.etag } : {};
    try {
      const response = await this.#downloads.request(enrolment, `/v1/channels/${enrolment.channel}/manifest`, headers);
      if (response.status === 304) {
        await this.#health.change({ checked: Date.now() });
        return 0;
      }
      // A server that has just started has no release yet.
      if (!response.ok) return Number(response.headers.get("Retry-After") ?? 0) * 1000;
      await this.accept(await response.text(), response.headers.get("ETag") ?? "", Date.now());
    } catch {
      // An unreachable server refuses nothing; it only goes stale in time.
      await this.#health.change({});
    }
    return 0;
  }

  /** The artifacts of `id`, or null when they are not kept (any more). */
  async release(id: string): Promise<Release | null> {
    const kept = await this.#parts.store.kept();
    const pairs = kept ? [kept, ...(kept.previous ? [kept.previous] : [])] : [];
    for (const pair of pairs) {
      if (releaseId(pair.bundle, pair.automaton) !== id) continue;
      const [bundle, automaton] = await Promise.all([
        this.#parts.store.blob(pair.bundle),
        this.#parts.store.blob(pair.automaton),
      ]);
      if (bundle && automaton) return { id, bundle, automaton };
    }
    const seed = await this.#seedRelease();
    return seed?.release.id === id ? seed.release : null;
  }

  /** A page could not load what we gave out: the pair before it is announced, or the seed. */
  broken(id: string): Promise<void> {
    return this.#turnstile.run(async () => {
      const kept = await this.#parts.store.kept();
      if (!kept || releaseId(kept.bundle, kept.automaton) !== id) return;
      await this.#refuse(new Refused("storage", "a page could not load the release"));
      if (!kept.previous) return this.#announceSeed();
      const { bundle, automaton, epoch, version } = kept.previous;
      await this.#parts.area.set({
        active: { id: releaseId(bundle, automaton), epoch, version, rules: kept.rules } satisfies Active,
      });
    });
  }

  /** Forgets everything accepted: a new enrolment starts from nothing. */
  reset(): Promise<void> {
    return this.#turnstile.run(async () => {
      await this.#parts.store.clear();
      await this.#health.reset();
      await this.#announceSeed();
    });
  }

  /** Notes whether the push stream is up. When it is, what runs is loaded: the next release goes on from it. */
  connected(connected: boolean): Promise<void> {
    if (connected && !isWarm()) void this.#turnstile.run(() => this.#warm());
    return this.#health.change(connected ? { connected, checked: Date.now() } : { connected });
  }

  async #warm(): Promise<void> {
    const kept = await this.#parts.store.kept();
    if (!kept || isWarm()) return;
    try {
      const [bundle, automaton] = await Promise.all(
        [kept.bundle, kept.automaton].map((hash) => this.#parts.store.blob(hash)),
      );
      if (bundle && automaton) selfTest(bundle, automaton);
    } catch {
      // It passed when it was accepted; a page that cannot load it says so.
    }
  }

  async #accept(envelope: string, etag: string, arrived: number, patches: string): Promise<void> {
    const enrolment = await this.enrolment();
    if (!enrolment) return;
    const kept = await this.#parts.store.kept();
    const { manifest, trust, fresh } = await openEnvelope(envelope, kept?.trust ?? enrolment.trust, enrolment.channel);
    const place = fresh ? "newer" : compareFloor(manifest, kept?.floor ?? null, kept?.manifest ?? null);
    if (place === "same" && kept) {
      const later = manifest.created > kept.manifest.created;
      const next = later
        ? { ...kept, envelope, manifest, trust, etag: etag || kept.etag }
        : { ...kept, etag: etag || kept.etag };
      await this.#parts.store.commit(next, new Map());
      await this.#health.change({ refused: "none", checked: Date.now(), expires: Date.parse(next.manifest.expires) });
      return;
    }
    const everybody = manifest.rollout.percent >= 100;
    const pair = everybody ? manifest : await rolledOut(manifest, await this.#parts.install());
    const floor = { epoch: manifest.epoch, version: manifest.version };
    if (!pair) {
      if (kept) await this.#parts.store.commit({ ...kept, envelope, manifest, floor, trust, etag }, new Map());
      await this.#health.change({ refused: "none", checked: Date.now() });
      return;
    }
    const blobs = await this.#downloads.pair(enrolment, pair, patches);
    const [bundle, automaton] = [blobs.get(pair.bundle.sha256)!, blobs.get(pair.automaton.sha256)!];
    this.#parts.coming(comingFrom(kept, pair, bundle, automaton));
    // The database writes while the engine is tried. It may fail: the commit writes what is missing.
    const staged = this.#parts.store.stage(blobs).catch(() => undefined);
    await Promise.resolve();
    selfTest(bundle.bytes, automaton.bytes);
    const next: Kept = {
      envelope,
      manifest,
      floor,
      trust,
      etag,
      bundle: pair.bundle.sha256,
      automaton: pair.automaton.sha256,
      rules: manifest.rules,
      activated: Date.now(),
      previous: kept
        ? { bundle: kept.bundle, automaton: kept.automaton, epoch: kept.manifest.epoch, version: kept.manifest.version }
        : null,
    };
    try {
      await staged;
      await this.#parts.store.commit(next, blobs);
    } catch (error) {
      throw new Refused("storage", String(error));
    }
    await this.#announce(next, Date.now() - arrived);
    // What cannot be tidied up now is tidied up after the next release.
    await this.#parts.store.settle().catch(() => undefined);
  }

  async #stored(kept: Kept): Promise<boolean> {
    for (const hash of [kept.bundle, kept.automaton]) {
      const blob = await this.#parts.store.blob(hash);
      if (!blob || (await sha256(blob)) !== hash) return false;
    }
    return true;
  }

  async #announce(kept: Kept, latency = -1): Promise<void> {
    const id = releaseId(kept.bundle, kept.automaton);
    const { epoch, version } = kept.floor;
    await this.#parts.area.set({ active: { id, epoch, version, rules: kept.rules } satisfies Active });
    await this.#health.change({
      refused: "none",
      ...(latency >= 0 ? { checked: Date.now() } : {}),
      activated: kept.activated,
      expires: Date.parse(kept.manifest.expires),
    });
    if (latency >= 0) this.#parts.reported(await this.health(), latency);
  }

  async #announceSeed(): Promise<void> {
    const seed = await this.#seedRelease();
    const active: Active | null = seed && { id: seed.release.id, epoch: 0, version: 0, rules: seed.rules };
    await this.#parts.area.set({ active });
    await this.#health.change({});
  }

  async #seedRelease(): Promise<{ release: Release; rules: number } | null> {
    if (this.#seed === undefined) {
      const packed = await this.#parts.seed();
      this.#seed = packed && {
        release: { id: releaseId(await sha256(packed.bundle), await sha256(packed.automaton)), ...packed },
        rules: (readDocument(packed.bundle)[0].rules as unknown[]).length,
      };
    }
    return this.#seed;
  }

  async #refuse(error: unknown): Promise<void> {
    const code: Refusal = error instanceof Refused ? error.code : "storage";
    await this.#health.change({ refused: code });
    this.#parts.reported(await this.health(), -1);
  }
}
