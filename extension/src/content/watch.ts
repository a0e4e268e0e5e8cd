/** Notices typing and focus, in whatever document this frame shows. */
import type { Guard } from "./guard";
import { listen, onReopened } from "./listen";
import { deepFocus, eventTarget } from "./roots";

export function watch(guard: Guard): void {
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
  const look = () => {
    const element = deepFocus(document);
    if (element && guard.attend(element)) guard.check();
  };
  // Chromium fires no input event after the end of a composition.
  listen(["input", "compositionend"], edited, guard.signal, true);
  listen(["focusin"], focused, guard.signal, true);
  look();
  onReopened(look, guard.signal);
  guard.onRelease.on(look, guard.signal);
}
