/** The mark on the toolbar button: nothing when all is well. */
import { t } from "../i18n";
import type { Health } from "../messages";

const AMBER = "#d97706";
const GREY = "#6b7280";

export async function showBadge(health: Health, enabled: boolean): Promise<void> {
  const text = !enabled
    ? "–"
    : health.state === "ok" || health.state === "seed"
      ? ""
      : health.state === "none"
        ? "?"
        : "!";
  await chrome.action.setBadgeText({ text });
  await chrome.action.setBadgeBackgroundColor({ color: enabled && health.state !== "none" ? AMBER : GREY });
  await chrome.action.setTitle({ title: `${t("name")} · ${t(enabled ? `state_${health.state}` : "switched_off")}` });
}
