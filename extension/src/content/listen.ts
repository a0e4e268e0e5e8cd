/** Listeners on the window that outlive `document.open()`, which takes them all away. */
import { whenEnded } from "../ended";

/** Always capturing; a page's own handlers come later. Call `guard.signal` as `signal`. */
export function listen<K extends keyof WindowEventMap>(
  kinds: readonly K[],
  listener: (event: WindowEventMap[K]) => void,
  signal: AbortSignal,
  passive = false,
): void {
  // Adding a listener that is still there does nothing.
  const arm = () => {
    for (const kind of kinds) window.addEventListener(kind, listener, { signal, passive, capture: true });
  };
  arm();
  onReopened(arm, signal);
}

/**
 * The keydowns of the window, for one feature after the other until one has taken the event (returns true). One listener for
 * all: to bring an event here costs more than what most of them ask of it.
 */
export class Keys {
  readonly #takers: ((event: KeyboardEvent) => boolean)[] = [];

  constructor(signal: AbortSignal) {
    listen(["keydown"], (event) => void this.#takers.some((take) => take(event)), signal);
  }

  on(take: (event: KeyboardEvent) => boolean): void {
    this.#takers.push(take);
  }
}

/** `document.open()` takes every listener off window and document; only an observer on the document node outlives it. */
export function onReopened(again: () => void, signal: AbortSignal): void {
  let root = document.documentElement;
  const observer = new MutationObserver(() => {
    if (document.documentElement === root || !document.documentElement) return;
    root = document.documentElement;
    again();
  });
  // Without subtree: it is woken only when the root element itself is replaced.
  observer.observe(document, { childList: true });
  whenEnded(signal, () => observer.disconnect());
}
