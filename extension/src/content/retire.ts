/** After an update of the extension this script is an orphan: it lets go of everything and says so. */

import { t } from "../i18n";
import type { Guard } from "./guard";
import { listen } from "./listen";
import { notice } from "./notice";

/** Keys pressed this soon after the last look, ms, are not looked at, but for those that the gate decides about. */
const KEYS = 1000;

export function retire(guard: Guard): void {
  // Read while the extension still answers; afterwards its texts are gone as well.
  const read = () => ({ label: t("card_label"), notice: t("retired"), reload: t("reload") });
  let texts = read();
  guard.onSettings.on(() => {
    if (guard.transport.alive()) texts = read();
  }, guard.signal);
  const line = notice(guard.signal, texts.label);
  let looked = 0;
  const look = (event: Event) => {
    const { timeStamp } = event;
    // In the middle of a word nothing is decided, and asking costs more than the rest of a key.
    if (guard.retired || (timeStamp - looked < KEYS && event instanceof KeyboardEvent && event.key !== "Enter")) return;
    looked = timeStamp;
    if (guard.transport.alive()) return;
    guard.retire();
    line.show(texts.notice, texts.reload, () => location.reload());
  };
  // At the moments that matter, before the gate decides; no timer.
  listen(["keydown", "pointerdown", "focusin"], look, guard.signal, true);
}
