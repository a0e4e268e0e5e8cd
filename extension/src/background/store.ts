/**
 * Keeps what was accepted. IndexedDB: 5 MB go in in 55 ms, storage.local takes ten times as long.
 *
 * The worker is the only one that writes, so what it read or wrote once it has at hand for as long as it lives: pages ask
 * for the new release at the same moment. After a power cut the last release may be missing (the disk is not waited for);
 * the one before is there then, and the next contact brings it again.
 */
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
  /** Begins to write artifacts that are likely to be committed; what is not goes with the next commit. */
  stage(blobs: ReadonlyMap<string, ArrayBuffer>): Promise<void>;
  /** Stores artifacts and record in one transaction; what neither this record nor its previous pair names goes. */
  commit(kept: Kept, blobs: ReadonlyMap<string, ArrayBuffer>): Promise<void>;
  clear(): Promise<void>;
}

const named = (kept: Kept) => new Set([kept.bundle, kept.automaton, kept.previous?.bundle, kept.previous?.automaton]);

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

  async commit(kept: Kept, blobs: ReadonlyMap<string, ArrayBuffer>): Promise<void> {
    for (const [key, bytes] of blobs) this.#blobs.set(key, bytes);
    for (const key of this.#blobs.keys()) if (!named(kept).has(key)) this.#blobs.delete(key);
    this.#kept = kept;
  }

  async clear(): Promise<void> {
    this.#kept = null;
    this.#blobs.clear();
  }
}

export class IndexedStore implements Store {
  #open: Promise<IDBDatabase> | null = null;
  #kept: Kept | null | undefined;
  readonly #blobs = new Map<string, ArrayBuffer>();
  readonly #staged = new Set<string>();

  #database(): Promise<IDBDatabase> {
    this.#open ??= new Promise((resolve, reject) => {
      const request = indexedDB.open("replyguard", 1);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("blobs");
        request.result.createObjectStore("records");
      };
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return this.#open;
  }

  async #get(store: string, key: string): Promise<unknown> {
    const database = await this.#database();
    return new Promise((resolve, reject) => {
      const request = database.transaction(store).objectStore(store).get(key);
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  }

  async kept(): Promise<Kept | null> {
    if (this.#kept === undefined) this.#kept = ((await this.#get("records", "kept")) as Kept | undefined) ?? null;
    return this.#kept;
  }

  async blob(sha256: string): Promise<ArrayBuffer | null> {
    const known = this.#blobs.get(sha256);
    if (known) return known;
    const found = await this.#get("blobs", sha256);
    if (!(found instanceof ArrayBuffer)) return null;
    if (this.#kept && named(this.#kept).has(sha256)) this.#blobs.set(sha256, found);
    return found;
  }

  async stage(blobs: ReadonlyMap<string, ArrayBuffer>): Promise<void> {
    const database = await this.#database();
    await new Promise<void>((resolve, reject) => {
      const transaction = database.transaction("blobs", "readwrite", { durability: "relaxed" });
      for (const [key, bytes] of blobs) transaction.objectStore("blobs").put(bytes, key);
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
    for (const key of blobs.keys()) this.#staged.add(key);
  }

  async commit(kept: Kept, blobs: ReadonlyMap<string, ArrayBuffer>): Promise<void> {
    const database = await this.#database();
    await new Promise<void>((resolve, reject) => {
      const transaction = database.transaction(["blobs", "records"], "readwrite", { durability: "relaxed" });
      const store = transaction.objectStore("blobs");
      for (const [key, bytes] of blobs) if (!this.#staged.has(key)) store.put(bytes, key);
      const keys = store.getAllKeys();
      keys.onsuccess = () => {
        for (const key of keys.result) if (!named(kept).has(String(key))) store.delete(key);
      };
      transaction.objectStore("records").put(kept, "kept");
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
    });
    this.#staged.clear();
    this.#kept = kept;
    for (const [key, bytes] of blobs) this.#blobs.set(key, bytes);
    for (const key of this.#blobs.keys()) if (!named(kept).has(key)) this.#blobs.delete(key);
  }

  async clear(): Promise<void> {
    this.#kept = null;
    this.#blobs.clear();
    this.#staged.clear();
    const database = await this.#database();
    await new Promise<void>((resolve, reject) => {
      const transaction = database.transaction(["blobs", "records"], "readwrite");
      transaction.objectStore("blobs").clear();
      transaction.objectStore("records").clear();
      transaction.oncomplete = () => resolve();
      transaction.onerror = () => reject(transaction.error);
    });
  }
}
