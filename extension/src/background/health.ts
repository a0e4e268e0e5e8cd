/** The state that the badge, the pop-up and the options page show. */
import { type Active, type Health, NO_HEALTH } from "../messages";
import { type Area, Turnstile } from "./area";

/** No word from the server for this long, ms: the badge says so. */
const STALE = 24 * 60 * 60 * 1000;

export class HealthBook {
  readonly #area: Area;
  /** Of its own: the stream says that it is up while its first event is being taken in. */
  readonly #turnstile = new Turnstile();

  constructor(area: Area) {
    this.#area = area;
  }

  async read(): Promise<Health> {
    return { ...NO_HEALTH, ...((await this.#area.get("health")) as Partial<Health> | undefined) };
  }

  reset(): Promise<void> {
    return this.#turnstile.run(() => this.#area.set({ health: NO_HEALTH }));
  }

  change(part: Partial<Health>): Promise<void> {
    return this.#turnstile.run(() => this.#change(part));
  }

  /** Works out the state: worst first. */
  async #change(part: Partial<Health>): Promise<void> {
    const health = { ...(await this.read()), ...part };
    const active = (await this.#area.get("active")) as Active | null | undefined;
    const now = Date.now();
    const state = !active
      ? "none"
      : health.refused !== "none"
        ? "refused"
        : active.epoch === 0
          ? "seed"
          : health.expires && health.expires < now
            ? "expired"
            : health.checked && now - health.checked > STALE
              ? "stale"
              : "ok";
    await this.#area.set({ health: { ...health, state } });
  }
}
