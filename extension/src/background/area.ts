/** Small values by key: storage.local in the extension, memory on the demo page. */
export interface Area {
  get(key: string): Promise<unknown>;
  set(values: Readonly<Record<string, unknown>>): Promise<void>;
}

export const localArea: Area = {
  async get(key) {
    return (await chrome.storage.local.get(key))[key];
  },
  set: (values) => chrome.storage.local.set({ ...values }),
};

export class MemoryArea implements Area {
  readonly #values = new Map<string, unknown>();
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  async get(key: string): Promise<unknown> {
    return this.#values.get(key);
  }

  async set(values: Readonly<Record<string, unknown>>): Promise<void> {
    for (const [key, value] of Object.entries(values)) this.#values.set(key, value);
    this.#changed();
  }
}

/** Runs read-change-write steps one after another: two messages at once must not lose one another's change. */
export class Turnstile {
  #last: Promise<unknown> = Promise.resolve();

  run<T>(step: () => Promise<T>): Promise<T> {
    const next = this.#last.then(step, step);
    this.#last = next.catch(() => undefined);
    return next;
  }
}
