/** Speaks to screen readers through a polite live region of its own, which stays in the tree while windows come and go. */
import { whenEnded } from "../ended";

export function announcer(signal: AbortSignal): (text: string) => void {
  const host = document.createElement("replyguard-live");
  host.style.cssText = "all:initial;position:fixed;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)";
  const live = document.createElement("div");
  live.setAttribute("role", "status");
  live.setAttribute("aria-live", "polite");
  host.attachShadow({ mode: "closed" }).append(live);
  whenEnded(signal, () => host.remove());
  return (text) => {
    if (!host.isConnected && !signal.aborted) document.documentElement.append(host);
    // A region that arrives with its text is not read out; one that changes is.
    requestAnimationFrame(() => {
      live.textContent = text;
    });
  };
}
