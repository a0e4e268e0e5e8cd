/** Notices typing and focus, in whatever document this frame shows. */
import type { Guard } from "./guard";
import { deepFocus, eventTarget } from "./roots";

export function watch(guard: Guard): void {
  const { signal } = guard;
  const attend = (event: Event) => {
    // Every key of the attended composer: looking through shadow roots costs a tenth of a millisecond.
    if (guard.composer && event.target === guard.composer.element) return true;
    const element = eventTarget(event);
    return element !== null && guard.attend(element);
  };
  const edited = (event: Event) => {
    if (attend(event)) guard.check();
  };
  const focused = (event: Event) => {
    if (!attend(event)) return;
    guard.transport.present();
    guard.readConversation();
    guard.check();
  };
  let stop = new AbortController();
  const arm = () => {
    stop.abort();
    stop = new AbortController();
    const options = { signal: stop.signal, capture: true, passive: true } as const;
    window.addEventListener("input", edited, options);
    // Chromium fires no input event after the end of a composition.
    window.addEventListener("compositionend", edited, options);
    window.addEventListener("focusin", focused, options);
    const element = deepFocus(document);
    if (element && guard.attend(element)) guard.check();
  };
  arm();
  onReopened(arm, signal);
  guard.onRelease.on(() => {
    const element = deepFocus(document);
    if (element && guard.attend(element)) guard.check();
  }, signal);
  signal.addEventListener("abort", () => stop.abort(), { once: true });
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
  signal.addEventListener("abort", () => observer.disconnect(), { once: true });
}
