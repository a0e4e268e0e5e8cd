/** One kind of event inside a document: listeners leave with their AbortSignal. */
import { whenEnded } from "./ended";

export class Topic<T> {
  readonly #listeners = new Set<(value: T) => void>();

  on(listener: (value: T) => void, signal: AbortSignal): void {
    if (signal.aborted) return;
    this.#listeners.add(listener);
    whenEnded(signal, () => this.#listeners.delete(listener));
  }

  emit(value: T): void {
    for (const listener of [...this.#listeners]) listener(value);
  }
}
