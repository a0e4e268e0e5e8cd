/** Gets what a manifest names, and nothing that is not exactly that: from the store, by a patch, or whole from the server. */
import type { Enrolment } from "../messages";
import type { Piece } from "../pieces";
import { sha256 } from "./encoding";
import { type Patch, PatchError, patched, readPatches } from "./patch";
import { Refused } from "./refused";
import type { Store } from "./store";
import type { Artifact, Pair } from "./verify";

export interface Got {
  readonly bytes: ArrayBuffer;
  /** What of it is new, when it was made of another one. */
  readonly step: Step | null;
}

export interface Step {
  readonly from: string;
  readonly pieces: readonly Piece[];
}

export class Downloads {
  constructor(
    private readonly store: Store,
    private readonly fetch: typeof globalThis.fetch,
  ) {}

  /** Both artifacts by their hashes, of the size and content that the manifest says. `told`: patches, for which nobody vouches. */
  async pair(enrolment: Enrolment, pair: Pair, told: string): Promise<Map<string, Got>> {
    const patches = told ? tolerant(() => readPatches(told)) : null;
    const found = await Promise.all(
      [pair.bundle, pair.automaton].map(async (artifact): Promise<[string, Got]> => {
        const kept = await this.store.blob(artifact.sha256);
        if (kept && (await sha256(kept)) === artifact.sha256) return [artifact.sha256, { bytes: kept, step: null }];
        const patch = patches?.find(({ to }) => to === artifact.sha256);
        const made = patch ? await this.#made(artifact, patch) : null;
        return [artifact.sha256, made ?? { bytes: await this.#fetchArtifact(enrolment, artifact), step: null }];
      }),
    );
    return new Map(found);
  }

  /** Of what is kept; null when that is another one, or what comes out is not what was signed. */
  async #made(artifact: Artifact, patch: Patch): Promise<Got | null> {
    const before = await this.store.blob(patch.from);
    const bytes = before && tolerant(() => patched(patch, before, artifact.size));
    return bytes && (await sha256(bytes)) === artifact.sha256 ? { bytes, step: patch } : null;
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

/** A patch that is refused costs nobody a release: the whole artifact is fetched instead. */
function tolerant<T>(step: () => T): T | null {
  try {
    return step();
  } catch (error) {
    if (error instanceof PatchError) return null;
    throw error;
  }
}
