/** Numbers of the day. Rule ids and integers, never text. */
import type { Counts } from "../messages";
import { type Area, Turnstile } from "./area";

export interface CountStep {
  readonly sent?: number;
  readonly held?: number;
  readonly overridden?: number;
  readonly applied?: number;
  readonly shown?: readonly string[];
  /** Not among the person's numbers, which would tell of them. */
  readonly drafts?: readonly string[];
}

export function today(now = new Date()): string {
  const two = (n: number) => String(n).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

export class Counter {
  readonly #area: Area;
  readonly #turnstile = new Turnstile();

  constructor(area: Area) {
    this.#area = area;
  }

  async read(): Promise<Counts> {
    const stored = (await this.#area.get("counts")) as Counts | undefined;
    return stored?.day === today() ? stored : { day: today(), sent: 0, held: 0, overridden: 0, applied: 0, shown: {} };
  }

  add(step: CountStep): Promise<void> {
    return this.#turnstile.run(async () => {
      const counts = await this.read();
      const shown: Record<string, number> = { ...counts.shown };
      const unreported = { ...((await this.#area.get("unreported")) as Record<string, number> | undefined) };
      for (const rule of step.shown ?? []) shown[rule] = (shown[rule] ?? 0) + 1;
      for (const rule of [...(step.shown ?? []), ...(step.drafts ?? [])])
        unreported[rule] = (unreported[rule] ?? 0) + 1;
      const next: Counts = {
        day: counts.day,
        sent: counts.sent + (step.sent ?? 0),
        held: counts.held + (step.held ?? 0),
        overridden: counts.overridden + (step.overridden ?? 0),
        applied: counts.applied + (step.applied ?? 0),
        shown,
      };
      await this.#area.set({ counts: next, unreported });
    });
  }

  /** Times each rule was shown since the last call. */
  takeUnreported(): Promise<Record<string, number>> {
    return this.#turnstile.run(async () => {
      const taken = { ...((await this.#area.get("unreported")) as Record<string, number> | undefined) };
      await this.#area.set({ unreported: {} });
      return taken;
    });
  }
}
