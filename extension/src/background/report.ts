/** The status report to the server: enumerations, integers and hex only. */
import { loadEngine } from "../engine/engine";
import type { Active, Enrolment, Health } from "../messages";
import type { Settings } from "../settings";
import type { Area } from "./area";
import type { Counter } from "./counts";
import type { Updater } from "./update";
import { ENGINE } from "./verify";

const MAX_HITS = 64;

function browserName(): string {
  const agent = navigator.userAgent;
  if (/Edg\//.test(agent)) return "edge";
  if (/Firefox\//.test(agent)) return "firefox";
  return /Chrome\//.test(agent) ? "chrome" : "other";
}

function extensionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split(".").map(Number);
  return major * 10_000 + minor * 100 + patch;
}

export interface ReportParts {
  readonly area: Area;
  readonly updater: Updater;
  readonly counter: Counter;
  readonly settings: () => Promise<Settings>;
  readonly install: () => Promise<string>;
  readonly fetch: typeof fetch;
}

export async function report(parts: ReportParts, health: Health, latency: number): Promise<void> {
  const enrolment = await parts.updater.enrolment();
  if (!enrolment) return;
  const active = (await parts.area.get("active")) as Active | null | undefined;
  const state = health.state === "none" ? "seed" : health.state;
  const hits = (await parts.settings()).counts ? await hitCounts(parts, active ?? null) : [];
  const body = {
    schema: 1,
    install: await parts.install(),
    channel: enrolment.channel,
    epoch: active?.epoch ?? 0,
    version: active?.version ?? 0,
    bundle: active && active.epoch > 0 ? active.id.slice(0, 16) : "",
    engine: ENGINE,
    extension: extensionNumber(chrome.runtime.getManifest().version),
    browser: browserName(),
    state,
    refused: health.refused,
    latency: Math.min(Math.round(latency), 600_000),
    ...(hits.length ? { hits } : {}),
  };
  await send(parts, enrolment, body);
}

async function hitCounts(parts: ReportParts, active: Active | null): Promise<[number, number][]> {
  const release = active && (await parts.updater.release(active.id));
  if (!release) return [];
  const { rules } = loadEngine(release.bundle, release.automaton);
  const taken = await parts.counter.takeUnreported();
  return rules
    .map(({ id }, index): [number, number] => [index, taken[id] ?? 0])
    .filter(([, times]) => times > 0)
    .slice(0, MAX_HITS);
}

async function send(parts: ReportParts, enrolment: Enrolment, body: unknown): Promise<void> {
  try {
    await parts.fetch(`${enrolment.url}/v1/status`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        ...(enrolment.token ? { Authorization: `Bearer ${enrolment.token}` } : {}),
      },
      body: JSON.stringify(body),
      credentials: "omit",
      redirect: "error",
    });
  } catch {
    // The server learns at the next report; nothing here depends on it.
  }
}
