/** The demo workbench: a small chat of our own, and the extension's content script over it. */
import en from "../../_locales/en/messages.json";
import zhCN from "../../_locales/zh_CN/messages.json";
import zhTW from "../../_locales/zh_TW/messages.json";
import { start } from "../content/start";
import { useTexts } from "../i18n";
import type { Active, Health } from "../messages";
import { chat } from "./demo-chat";
import { DEMO_SITE } from "./demo-site";
import { pageService } from "./page-transport";

const language = new URLSearchParams(location.search).get("lang") ?? "zh-CN";
useTexts(language.startsWith("en") ? en : /TW|HK|Hant/i.test(language) ? zhTW : zhCN);
chat();

// With the installed extension over this page, its own copy stays out of the way.
if (!new URLSearchParams(location.search).has("extension")) {
  const stop = new AbortController();
  const { service, transport, onChange } = pageService([DEMO_SITE], stop.signal);
  start(transport);
  const status = document.querySelector<HTMLElement>("#status")!;
  onChange.on(async () => {
    const active = (await service.area.get("active")) as Active | null | undefined;
    const health = (await service.area.get("health")) as Health | undefined;
    status.dataset.state = !active ? "none" : health?.connected ? "ok" : "offline";
    status.textContent = !active
      ? "正在取规则…"
      : `规则 ${active.rules} 条 · 第 ${active.version} 版 · ${health?.connected ? "改动即时生效" : "服务器未连接，照常检查"}`;
  }, stop.signal);
}
