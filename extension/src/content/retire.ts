/** After an update of the extension this script is an orphan: it lets go of everything and says so. */

import { t } from "../i18n";
import type { Guard } from "./guard";
import { listen } from "./listen";
import { notice } from "./notice";

/** Letters typed this soon after the last look, ms, are not looked at. */
const LETTERS = 1000;

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
    // In the middle of a word nothing is decided, and asking costs more than the rest of a key.
    const letter = event instanceof KeyboardEvent && event.key.length === 1;
    if (guard.retired || (letter && event.timeStamp - looked < LETTERS)) return;
    looked = event.timeStamp;
    if (guard.transport.alive()) return;
    guard.retire();
    line.show(texts.notice, texts.reload, () => location.reload());
  };
  // At the moments that matter, before the gate decides; no timer.
  listen(["keydown", "pointerdown", "focusin"], look, guard.signal, true);
}
