/** Fetches what a manifest names, and nothing that is not exactly that. */
import type { Enrolment } from "../messages";
import { sha256 } from "./encoding";
import { Refused } from "./refused";
import type { Store } from "./store";
import type { Artifact, Pair } from "./verify";

export class Downloads {
  constructor(
    private readonly store: Store,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /** Both artifacts by their hashes: from the store, or fetched, of the size and content that the manifest says. */
  async pair(enrolment: Enrolment, pair: Pair): Promise<Map<string, ArrayBuffer>> {
    const artifacts = [pair.bundle, pair.automaton];
    const found = await Promise.all(
      artifacts.map(async (artifact): Promise<[string, ArrayBuffer]> => {
        const kept = await this.store.blob(artifact.sha256);
        const whole = kept && (await sha256(kept)) === artifact.sha256;
        return [artifact.sha256, whole ? kept : await this.#fetchArtifact(enrolment, artifact)];
      }),
    );
    return new Map(found);
  }

  async #fetchArtifact(enrolment: Enrolment, artifact: Artifact): Promise<ArrayBuffer> {
    let response: Response;
    try {
      response = await this.request(enrolment, artifact.url, {});
      if (!response.ok || !response.body) throw new Error(String(response.status));
    } catch (error) {
      throw new Refused("network", String(error));
    }
    const bytes = new Uint8Array(artifact.size);
    let at = 0;
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read().catch((error: unknown) => {
        throw new Refused("network", String(error));
      });
      if (done) break;
      if (at + value.length > artifact.size) {
        await reader.cancel();
        throw new Refused("size", `more than ${artifact.size}`);
      }
      bytes.set(value, at);
      at += value.length;
    }
    if (at !== artifact.size) throw new Refused("size", `${at} of ${artifact.size}`);
    if ((await sha256(bytes)) !== artifact.sha256) throw new Refused("hash", artifact.url);
    return bytes.buffer;
  }

  request(enrolment: Enrolment, path: string, headers: Record<string, string>): Promise<Response> {
    const url = path.startsWith("/") ? enrolment.url + path : path;
    // Only our own server may see the token.
    const authorization = enrolment.token && path.startsWith("/") ? { Authorization: `Bearer ${enrolment.token}` } : {};
    return this.fetch(url, {
      headers: { ...headers, ...authorization },
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
    });
  }
}
