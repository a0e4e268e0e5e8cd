/** Listeners on the window that outlive `document.open()`, which takes them all away. */
import { onReopened } from "./watch";

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
