/** The extension's updater and stream over memory, driven from Python: what the server says is given, what becomes of it is told. */
import { MemoryArea } from "../../../extension/src/background/area";
import { MemoryStore } from "../../../extension/src/background/store";
import { sha256 } from "../../../extension/src/background/encoding";
import { PatchError, patched, readPatches } from "../../../extension/src/background/patch";
import { Stream } from "../../../extension/src/background/stream";
import { Updater } from "../../../extension/src/background/update";
import { rolledOut } from "../../../extension/src/background/verify";
import type { Active, Coming, Enrolment, Health } from "../../../extension/src/messages";
import { assemble } from "../../../extension/src/pieces";

/** What the server answers to a path or address: status, headers, body in base64, times the body is repeated (0 = for ever). */
type Answer = readonly [status: number, headers: Record<string, string>, body: string, times?: number];

interface Outcome {
  readonly good: boolean;
  readonly health: Health;
  readonly active: Active | null;
  readonly requests: readonly [url: string, headers: Record<string, string>][];
  readonly chunks: number;
}

const bytes = (base64: string) => Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
// Kept across builds in one process.
const own = globalThis as unknown as { dateNow?: () => number };
own.dateNow ??= Date.now;
const { dateNow } = own;

/** As chrome.storage: an answer takes a turn of the event loop. */
class TurningArea extends MemoryArea {
  override async get(key: string): Promise<unknown> {
    await new Promise((done) => setTimeout(done));
    return super.get(key);
  }

  override async set(values: Readonly<Record<string, unknown>>): Promise<void> {
    await new Promise((done) => setTimeout(done));
    return super.set(values);
  }
}

class Client {
  readonly area = new TurningArea(() => {});
  readonly store = new MemoryStore();
  readonly reports: [state: string, refused: string, latency: number][] = [];
  answers: Record<string, Answer> = {};
  requests: [string, Record<string, string>][] = [];
  coming: Coming[] = [];
  chunks = 0;

  readonly updater = new Updater({
    area: this.area,
    store: this.store,
    fetch: (input, init) => this.#answer(String(input), (init?.headers ?? {}) as Record<string, string>),
    seed: async () => this.seed,
    install: async () => this.install,
    coming: (release) => this.coming.push(release),
    reported: (health, latency) => this.reports.push([health.state, health.refused, latency]),
  });

  constructor(
    readonly install: string,
    readonly seed: { bundle: ArrayBuffer; automaton: ArrayBuffer } | null,
  ) {}

  async #answer(url: string, headers: Record<string, string>): Promise<Response> {
    this.requests.push([url, headers]);
    const found = this.answers[url] ?? this.answers[new URL(url).pathname];
    if (!found) throw new TypeError("Failed to fetch");
    const [status, answered, body, times = 1] = found;
    let left = times || Number.POSITIVE_INFINITY;
    const stream = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (left-- <= 0) return controller.close();
        this.chunks++;
        controller.enqueue(bytes(body));
      },
    });
    return new Response(status === 304 ? null : stream, { status, headers: answered });
  }
}

const clients = new Map<string, Client>();

export async function enrol(
  name: string,
  enrolment: Enrolment,
  install: string,
  seed: [bundle: string, automaton: string] | null,
): Promise<void> {
  const client = new Client(
    install,
    seed && { bundle: bytes(seed[0]).buffer as ArrayBuffer, automaton: bytes(seed[1]).buffer as ArrayBuffer },
  );
  await client.area.set({ enrolment });
  clients.set(name, client);
  clock(null);
  await client.updater.restore();
}

async function outcome(client: Client, good: boolean): Promise<Outcome> {
  const { requests, chunks } = client;
  client.requests = [];
  client.chunks = 0;
  const active = ((await client.area.get("active")) as Active | undefined) ?? null;
  return { good, health: await client.updater.health(), active, requests, chunks };
}

/** An envelope arrives. */
export async function offer(
  name: string,
  envelope: string,
  answers: Record<string, Answer>,
  patches = "",
): Promise<Outcome> {
  const client = clients.get(name)!;
  client.answers = answers;
  return outcome(client, await client.updater.accept(envelope, "", Date.now(), patches));
}

/** What pages were last told: the release it is made of, and of how many new bytes; and the bundle that comes out. */
export async function coming(name: string, before: string): Promise<[base: string, fresh: number, bundle: string]> {
  const { base, bundle } = clients.get(name)!.coming.at(-1)!;
  const fresh = bundle.reduce((sum, piece) => sum + (piece instanceof Uint8Array ? piece.length : 0), 0);
  return [base, fresh, await sha256(assemble(bytes(before).buffer as ArrayBuffer, bundle))];
}

/** What becomes of an artifact by the first of the patches in each text: its size, or why they were refused. */
export function tryPatches(texts: string[], before: string, size: number): (number | string)[] {
  const base = bytes(before).buffer as ArrayBuffer;
  return texts.map((text) => {
    try {
      const [first] = readPatches(text);
      return first ? patched(first, base, size).byteLength : "none";
    } catch (error) {
      if (error instanceof PatchError) return error.message;
      throw error;
    }
  });
}

/** The stream comes up, and while that is noted its first envelope arrives. */
export async function comeUp(name: string, envelope: string, answers: Record<string, Answer>): Promise<Outcome> {
  const client = clients.get(name)!;
  client.answers = answers;
  const noted = client.updater.connected(true);
  const good = await client.updater.accept(envelope, "", Date.now());
  await noted;
  return outcome(client, good);
}

/** Many envelopes, one after another: the refusal of each. */
export async function offerAll(name: string, envelopes: string[]): Promise<string[]> {
  const client = clients.get(name)!;
  const refusals: string[] = [];
  for (const envelope of envelopes) {
    await client.updater.accept(envelope, "", Date.now());
    refusals.push((await client.updater.health()).refused);
  }
  return refusals;
}

/** The watchdog asks. */
export async function poll(name: string, answers: Record<string, Answer>): Promise<Outcome & { again: number }> {
  const client = clients.get(name)!;
  client.answers = answers;
  const again = await client.updater.poll();
  return { ...(await outcome(client, true)), again };
}

/** The worker was ended and starts again, over what it kept. `damage` is done to the store in between. */
export async function restart(name: string, damage: "" | "envelope" | "bundle" | "no-bundle"): Promise<Outcome> {
  const client = clients.get(name)!;
  const kept = await client.store.kept();
  if (damage && kept) {
    const bundle = (await client.store.blob(kept.bundle))!;
    const automaton = (await client.store.blob(kept.automaton))!;
    new Uint8Array(bundle)[0]! ^= damage === "bundle" ? 1 : 0;
    await client.store.clear();
    const envelope = damage === "envelope" ? kept.envelope.replace(/"sig":"./, '"sig":"!') : kept.envelope;
    const blobs = new Map([[kept.automaton, { bytes: automaton, step: null }]]);
    if (damage !== "no-bundle") blobs.set(kept.bundle, { bytes: bundle, step: null });
    await client.store.commit({ ...kept, envelope }, blobs);
  }
  await client.updater.restore();
  return outcome(client, true);
}

/** A page could not load the active release. */
export async function broken(name: string): Promise<Outcome> {
  const client = clients.get(name)!;
  const active = (await client.area.get("active")) as Active;
  await client.updater.broken(active.id);
  return outcome(client, true);
}

/** Bytes of the bundle that a page is handed for the active release; -1 = none. */
export async function handedOut(name: string): Promise<number> {
  const client = clients.get(name)!;
  const active = (await client.area.get("active")) as Active | null;
  return (active && (await client.updater.release(active.id)))?.bundle.byteLength ?? -1;
}

export function reports(name: string): Client["reports"] {
  return clients.get(name)!.reports;
}

/** Sets the clock, ms; null = back to the machine's. */
export function clock(ms: number | null): void {
  Date.now = ms === null ? dateNow : () => ms;
}

/** For each installation: does it run the new release? */
export function inRollout(installs: string[], percent: number, salt: string): Promise<boolean[]> {
  const artifact = { sha256: "", size: 0, url: "" };
  const manifest = {
    rollout: { percent, salt, otherwise: null },
    bundle: artifact,
    automaton: artifact,
  } as unknown as Parameters<typeof rolledOut>[0];
  return Promise.all(installs.map(async (install) => (await rolledOut(manifest, install)) !== null));
}

/** One connection as the server gives it: its status, Retry-After, and what it says at which ms; then it ends at `end`. */
interface Line {
  readonly status?: number;
  readonly retry?: string;
  readonly says: readonly [at: number, text: string][];
  /** ms; missing = it stays open without a word. */
  readonly end?: number;
  /** The connection fails instead of answering. */
  readonly fails?: boolean;
}

/**
 * Runs the push stream over made-up connections in made-up time.
 *
 * @returns when each connection was asked for (ms), which envelopes came, and how often the worker was kept awake
 */
export async function stream(
  lines: Line[],
  random: number,
  until: number,
): Promise<{
  asked: number[];
  envelopes: string[];
  patches: string[];
  alive: number;
  connected: boolean[];
  aborted: number[];
}> {
  const real = { setTimeout, clearTimeout, now: Date.now, random: Math.random };
  let now = 0;
  let number = 0;
  const due = new Map<number, [at: number, run: () => void]>();
  const asked: number[] = [];
  const aborted: number[] = [];
  const envelopes: string[] = [];
  const patches: string[] = [];
  const connected: boolean[] = [];
  let alive = 0;
  const later = (run: () => void, ms: number): number => {
    due.set(++number, [now + (ms || 0), run]);
    return number;
  };
  Object.assign(globalThis, { setTimeout: later, clearTimeout: (id: number) => due.delete(id) });
  Date.now = () => now;
  Math.random = () => random;
  const client = new Stream({
    enrolment: async () => ({ url: "http://127.0.0.1:1", channel: "default", token: "" }) as unknown as Enrolment,
    envelope: (envelope, _, patch) => {
      envelopes.push(envelope);
      patches.push(patch);
    },
    connected: (up) => connected.push(up),
    alive: () => alive++,
    fetch: async (_, init) => {
      const line = lines[asked.length] ?? { says: [] };
      asked.push(now);
      if (line.fails) throw new TypeError("Failed to fetch");
      const signal = init!.signal!;
      const body = new ReadableStream<Uint8Array>({
        start: (controller) => {
          let open = true;
          const end = () => {
            if (open) controller.close();
            open = false;
          };
          for (const [at, text] of line.says)
            later(() => open && controller.enqueue(new TextEncoder().encode(text)), at);
          if (line.end !== undefined) later(end, line.end);
          signal.addEventListener("abort", () => {
            aborted.push(now);
            if (open) controller.error(signal.reason);
            open = false;
          });
        },
      });
      return new Response(body, {
        status: line.status ?? 200,
        headers: line.retry ? { "Retry-After": line.retry } : {},
      });
    },
  });
  // Lets everything that is ready run before the clock moves on.
  const settle = () => new Promise<void>((done) => real.setTimeout(done, 0));
  try {
    client.start();
    for (;;) {
      await settle();
      const next = [...due].sort(([, [a]], [, [b]]) => a - b)[0];
      if (!next || next[1][0] > until) break;
      due.delete(next[0]);
      now = next[1][0];
      next[1][1]();
    }
    client.stop();
    await settle();
    return { asked, envelopes, patches, alive, connected, aborted };
  } finally {
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    Date.now = real.now;
    Math.random = real.random;
  }
}
