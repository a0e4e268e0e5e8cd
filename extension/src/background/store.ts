/** What the background keeps of releases; `indexed-store.ts` keeps it on disk. */
import type { Got } from "./download";
import type { Floor, Manifest, Trust } from "./verify";

export interface Kept {
  readonly envelope: string;
  readonly manifest: Manifest;
  readonly floor: Floor;
  readonly trust: Trust;
  readonly etag: string;
  /** Hashes of the artifacts that run, which a rollout may take from `otherwise`. */
  readonly bundle: string;
  readonly automaton: string;
  readonly rules: number;
  readonly activated: number;
  /** The pair before, to fall back to when this one turns out broken. */
  readonly previous: {
    readonly bundle: string;
    readonly automaton: string;
    readonly version: number;
    readonly epoch: number;
  } | null;
}

export interface Store {
  kept(): Promise<Kept | null>;
  blob(sha256: string): Promise<ArrayBuffer | null>;
  /** Begins to write whole artifacts that are likely to be committed; what is not goes with the next commit. */
  stage(blobs: ReadonlyMap<string, Got>): Promise<void>;
  /** Stores artifacts and record in one transaction; what neither this record nor its previous pair needs goes. */
  commit(kept: Kept, blobs: ReadonlyMap<string, Got>): Promise<void>;
  /** Work that is better done when nobody waits. */
  settle(): Promise<void>;
  clear(): Promise<void>;
}

/** The artifacts that a record speaks of. */
export const named = (kept: Kept): Set<string> =>
  new Set([kept, kept.previous].flatMap((pair) => (pair ? [pair.bundle, pair.automaton] : [])));

export class MemoryStore implements Store {
  #kept: Kept | null = null;
  readonly #blobs = new Map<string, ArrayBuffer>();

  async kept(): Promise<Kept | null> {
    return this.#kept;
  }

  async blob(sha256: string): Promise<ArrayBuffer | null> {
    return this.#blobs.get(sha256) ?? null;
  }

  async stage(): Promise<void> {}
  async settle(): Promise<void> {}

  async commit(kept: Kept, blobs: ReadonlyMap<string, Got>): Promise<void> {
    for (const [key, { bytes }] of blobs) this.#blobs.set(key, bytes);
    for (const key of this.#blobs.keys()) if (!named(kept).has(key)) this.#blobs.delete(key);
    this.#kept = kept;
  }

  async clear(): Promise<void> {
    this.#kept = null;
    this.#blobs.clear();
  }
}
