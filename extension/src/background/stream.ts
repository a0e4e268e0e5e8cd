/** The push stream: Server-Sent Events read by fetch, since EventSource cannot send a token. */
import type { Enrolment } from "../messages";

/** Silent for longer, ms: dead. The server's heartbeat is 20 s. */
const SILENCE = 50_000;
const MAX_BACKOFF = 60_000;
/** A stream that lived this long, ms, wipes the slate clean. */
const LIVED = 60_000;
/** An event line longer than this is no envelope of ours. */
const MAX_BUFFER = 256 * 1024;

export interface StreamParts {
  readonly enrolment: () => Promise<Enrolment | null>;
  readonly fetch: typeof fetch;
  /** `patches`: what came before it, "" for nothing. */
  readonly envelope: (envelope: string, arrived: number, patches: string) => void;
  readonly connected: (connected: boolean) => void;
  /** One extension API call per chunk keeps the worker from being put to sleep. */
  readonly alive: () => void;
}

export class Stream {
  readonly #parts: StreamParts;
  #stop: AbortController | null = null;

  constructor(parts: StreamParts) {
    this.#parts = parts;
  }

  get open(): boolean {
    return this.#stop !== null;
  }

  start(): void {
    if (this.#stop) return;
    this.#stop = new AbortController();
    void this.#run(this.#stop.signal);
  }

  stop(): void {
    this.#stop?.abort();
    this.#stop = null;
  }

  async #run(signal: AbortSignal): Promise<void> {
    let attempt = 0;
    while (!signal.aborted) {
      const began = Date.now();
      let wait = 0;
      let lease = false;
      try {
        ({ lease, wait } = await this.#read(signal));
      } catch {
        // Ended without a word: handled like any other end.
      }
      this.#parts.connected(false);
      if (signal.aborted) return;
      if (Date.now() - began > LIVED) attempt = 0;
      const pause = lease ? Math.random() * 2000 : Math.random() * Math.min(MAX_BACKOFF, 1000 * 2 ** attempt++);
      await sleep(Math.max(pause, wait), signal);
    }
  }

  async #read(outer: AbortSignal): Promise<{ lease: boolean; wait: number }> {
    const enrolment = await this.#parts.enrolment();
    if (!enrolment) return { lease: false, wait: 0 };
    const silent = new AbortController();
    const signal = AbortSignal.any([outer, silent.signal]);
    let timer = setTimeout(() => silent.abort(), SILENCE);
    try {
      const response = await this.#parts.fetch(`${enrolment.url}/v1/channels/${enrolment.channel}/events`, {
        headers: {
          Accept: "text/event-stream",
          ...(enrolment.token ? { Authorization: `Bearer ${enrolment.token}` } : {}),
        },
        cache: "no-store",
        credentials: "omit",
        redirect: "error",
        signal,
      });
      if (!response.ok || !response.body)
        return { lease: false, wait: Number(response.headers.get("Retry-After") ?? 0) * 1000 };
      this.#parts.connected(true);
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      let buffer = "";
      let patches = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return { lease: false, wait: 0 };
        clearTimeout(timer);
        timer = setTimeout(() => silent.abort(), SILENCE);
        this.#parts.alive();
        buffer += value;
        if (buffer.length > MAX_BUFFER) return { lease: false, wait: 0 };
        for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n")) {
          const event = parseEvent(buffer.slice(0, end));
          buffer = buffer.slice(end + 2);
          if (event.name === "patch") patches = event.data;
          else if (event.name === "manifest") {
            this.#parts.envelope(event.data, Date.now(), patches);
            patches = "";
          } else if (event.name === "bye") return { lease: event.data.includes('"lease"'), wait: 0 };
        }
      }
    } finally {
      clearTimeout(timer);
      silent.abort();
    }
  }
}

function parseEvent(block: string): { name: string; data: string } {
  let name = "message";
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (line.startsWith("event:")) name = value;
    else if (line.startsWith("data:")) data.push(value);
  }
  return { name, data: data.join("\n") };
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
