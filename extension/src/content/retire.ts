/** After an update of the extension this script is an orphan: it lets go of everything and says so. */

import { t } from "../i18n";
import type { Guard } from "./guard";
import { listen } from "./listen";
import { notice } from "./notice";

/** Of the keys that the gate does not decide about every so many is looked at. */
const KEYS = 16;

export function retire(guard: Guard): void {
  // Read while the extension still answers; afterwards its texts are gone as well.
  const read = () => ({ label: t("card_label"), notice: t("retired"), reload: t("reload") });
  let texts = read();
  guard.onSettings.on(() => {
    if (guard.transport.alive()) texts = read();
  }, guard.signal);
  const line = notice(guard.signal, texts.label);
  let keys = 0;
  const look = () => {
    if (guard.retired || guard.transport.alive()) return;
    guard.retire();
    line.show(texts.notice, texts.reload, () => location.reload());
  };
  // At the moments that matter, before the gate decides; no timer.
  listen(["pointerdown", "focusin"], look, guard.signal, true);
  guard.keys.on((event) => {
    // In the middle of a word nothing is decided, and asking costs more than the rest of a key.
    if (event.key === "Enter" || keys++ % KEYS === 0) look();
    return false;
  });
}
