/**
 * Keeps what was accepted. IndexedDB: 5 MB go in in 55 ms, storage.local takes ten times as long.
 *
 * An artifact is stored whole or, when it came as a patch, as what makes it of another one: of a save, some hundred bytes.
 * It is written with the record that names it in one transaction, and the transaction that drops an artifact leaves none that
 * is made of it, so nothing is ever there by half. Who reads it compares its hash with the signed one, as with a whole one.
 *
 * The worker is the only one that writes, so what it read or wrote once it has at hand for as long as it lives: pages ask
 * for the new release at the same moment. After a power cut the last release may be missing (the disk is not waited for);
 * the one before is there then, and the next contact brings it again.
 */
import { assemble } from "../pieces";
import type { Got, Step } from "./download";
import { type Kept, named, type Store } from "./store";

/** An artifact made of one that is made of one …: of more than this it is written whole, once its release is active. */
const MAX_STEPS = 8;
/** When that failed again and again. */
const MOST_STEPS = 32;

/** Artifact → the one that it is made of, of those stored as a step. */
type Bases = Readonly<Record<string, string>>;

export class IndexedStore implements Store {
  #open: Promise<IDBDatabase> | null = null;
  #kept: Kept | null | undefined;
  #bases: Bases | undefined;
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

  /** All or nothing of what `work` asks for. */
  async #write(stores: string[], work: (transaction: IDBTransaction) => void): Promise<void> {
    const database = await this.#database();
    await new Promise<void>((resolve, reject) => {
      const transaction = database.transaction(stores, "readwrite", { durability: "relaxed" });
      transaction.oncomplete = () => resolve();
      transaction.onerror = transaction.onabort = () => reject(transaction.error);
      work(transaction);
    });
  }

  async kept(): Promise<Kept | null> {
    if (this.#kept === undefined) this.#kept = ((await this.#get("records", "kept")) as Kept | undefined) ?? null;
    return this.#kept;
  }

  async #made(): Promise<Bases> {
    this.#bases ??= ((await this.#get("records", "bases")) as Bases | undefined) ?? {};
    return this.#bases;
  }

  async blob(sha256: string): Promise<ArrayBuffer | null> {
    const known = this.#blobs.get(sha256);
    if (known) return known;
    const found = await this.#read(sha256, 0);
    if (found && this.#kept && named(this.#kept).has(sha256)) this.#blobs.set(sha256, found);
    return found;
  }

  /** A database that somebody else wrote may go round in circles, and name spans that are not there. */
  async #read(sha256: string, depth: number): Promise<ArrayBuffer | null> {
    const found = (await this.#get("blobs", sha256)) as ArrayBuffer | Step | undefined;
    if (!found || found instanceof ArrayBuffer) return found ?? null;
    if (depth > MOST_STEPS) return null;
    const before = this.#blobs.get(found.from) ?? (await this.#read(found.from, depth + 1));
    try {
      return before && assemble(before, found.pieces);
    } catch {
      return null;
    }
  }

  async stage(blobs: ReadonlyMap<string, Got>): Promise<void> {
    const whole = this.#new(blobs).filter(([, { step }]) => !step);
    if (whole.length === 0) return;
    await this.#write(["blobs"], (transaction) => {
      for (const [key, { bytes }] of whole) transaction.objectStore("blobs").put(bytes, key);
    });
    for (const [key] of whole) this.#staged.add(key);
  }

  async commit(kept: Kept, blobs: ReadonlyMap<string, Got>): Promise<void> {
    const bases = { ...(await this.#made()) };
    const put: [value: ArrayBuffer | Step, key: string][] = [];
    for (const [key, { bytes, step }] of this.#new(blobs)) {
      const short = step && needed(bases, [step.from]).size < MOST_STEPS;
      if (short) bases[key] = step.from;
      else delete bases[key];
      if (!this.#staged.has(key)) put.push([short ? { from: step.from, pieces: step.pieces } : bytes, key]);
    }
    await this.#keep(kept, bases, (store) => {
      for (const [value, key] of put) store.put(value, key);
    });
    this.#staged.clear();
    for (const [key, { bytes }] of blobs) this.#blobs.set(key, bytes);
    for (const key of this.#blobs.keys()) if (!named(kept).has(key)) this.#blobs.delete(key);
  }

  /** Those that are not what is stored under their names. */
  #new(blobs: ReadonlyMap<string, Got>): [string, Got][] {
    return [...blobs].filter(([key, { bytes }]) => this.#blobs.get(key) !== bytes);
  }

  /** Writes whole what is made of too many others. */
  async settle(): Promise<void> {
    const kept = await this.kept();
    const bases = await this.#made();
    const long = kept ? [kept.bundle, kept.automaton].filter((key) => needed(bases, [key]).size > MAX_STEPS) : [];
    if (!kept || long.length === 0) return;
    const whole = new Map<string, ArrayBuffer>();
    for (const key of long) {
      const bytes = await this.blob(key);
      if (bytes) whole.set(key, bytes);
    }
    const left = Object.fromEntries(Object.entries(bases).filter(([key]) => !whole.has(key)));
    await this.#keep(kept, left, (store) => {
      for (const [key, bytes] of whole) store.put(bytes, key);
    });
  }

  /** In one transaction: the artifacts that `put` puts, the record, and what is needed of the rest. */
  async #keep(kept: Kept, bases: Record<string, string>, put: (store: IDBObjectStore) => void): Promise<void> {
    const alive = needed(bases, named(kept));
    for (const key of Object.keys(bases)) if (!alive.has(key)) delete bases[key];
    await this.#write(["blobs", "records"], (transaction) => {
      const store = transaction.objectStore("blobs");
      put(store);
      const keys = store.getAllKeys();
      keys.onsuccess = () => {
        for (const key of keys.result) if (!alive.has(String(key))) store.delete(key);
      };
      transaction.objectStore("records").put(bases, "bases");
      transaction.objectStore("records").put(kept, "kept");
    });
    this.#bases = bases;
    this.#kept = kept;
  }

  async clear(): Promise<void> {
    this.#kept = null;
    this.#bases = {};
    this.#blobs.clear();
    this.#staged.clear();
    await this.#write(["blobs", "records"], (transaction) => {
      transaction.objectStore("blobs").clear();
      transaction.objectStore("records").clear();
    });
  }
}

/** These artifacts, and those that they are made of. */
function needed(bases: Bases, artifacts: Iterable<string>): Set<string> {
  const found = new Set<string>();
  for (let key of artifacts) {
    for (; key && !found.has(key); key = bases[key] ?? "") found.add(key);
  }
  return found;
}
