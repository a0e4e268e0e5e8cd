/** One kind of event inside a document: listeners leave with their AbortSignal. */
export class Topic<T> {
  readonly #listeners = new Set<(value: T) => void>();

  on(listener: (value: T) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    signal.addEventListener("abort", () => this.#listeners.delete(listener), { once: true });
  }

  emit(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}
