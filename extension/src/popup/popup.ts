/** The pop-up: is it on, is it healthy, does it know this page. */
import { t } from "../i18n";
import { type Active, type Health, NO_HEALTH } from "../messages";
import { activeTab, ago, ask, command, loadTexts, localise } from "../pages/ask";
import { readSettings } from "../settings";

const $ = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;

/** What was drawn last: a click is not undone by a drawing that began before it. */
const drawn = new Map<string, boolean>();
function tick(box: HTMLInputElement, on: boolean): void {
  if (drawn.get(box.id) !== on) box.checked = on;
  drawn.set(box.id, on);
}

async function draw(): Promise<void> {
  const stored = await chrome.storage.local.get(["active", "health", "effective", "enrolment"]);
  const active = stored.active as Active | null | undefined;
  const health: Health = { ...NO_HEALTH, ...(stored.health as Partial<Health> | undefined) };
  const settings = readSettings(stored.effective);
  const enabled = $<HTMLInputElement>("enabled");
  tick(enabled, settings.enabled);
  enabled.disabled = settings.locked.includes("enabled");
  $("health").dataset.state = health.state;
  $("state").textContent = stored.enrolment || active ? t(`state_${health.state}`) : t("not_enrolled");
  // The rules that the extension is built with have no version of a server's.
  const rules = (now: Active) =>
    now.epoch
      ? t("rules_version", now.rules, now.version, ago(health.activated, t("never")))
      : t("rules_built_in", now.rules);
  $("detail").textContent = active ? rules(active) : t("not_enrolled_detail");
  $("update").hidden = !stored.enrolment;
  await drawPage(settings);
}

let turns = 0;

async function drawPage(settings: ReturnType<typeof readSettings>): Promise<void> {
  const turn = ++turns;
  const tab = await activeTab();
  const url = tab?.url ? new URL(tab.url) : null;
  $("enrol").hidden = !/^#rg1\./.test(url?.hash ?? "");
  const web = url && /^https?:$/.test(url.protocol) ? url : null;
  const page = web && (await command("page.describe", null, tab?.id));
  // Overtaken by a later one, which knows better.
  if (turn !== turns) return;
  $("site").hidden = !page;
  if (web && page) {
    $("site-name").textContent = page.siteName || web.host;
    const on = $<HTMLInputElement>("site-on");
    tick(on, !settings.sitesOff.includes(web.origin));
    on.disabled = settings.locked.includes("sitesOff");
    on.onchange = () => {
      const others = settings.sitesOff.filter((origin) => origin !== web.origin);
      void ask("settings.set", { sitesOff: on.checked ? others : [...others, web.origin] }).then(draw);
    };
    $("site-detail").textContent = page.retired
      ? t("retired")
      : page.recognised
        ? t("recognised", page.turns)
        : page.site
          ? t("partly_recognised", page.missing.map((part) => t(`part_${part}`)).join("、"))
          : t("generic_page");
  }
  const origins = web ? [`${web.protocol}//${web.hostname}/*`] : [];
  const scripts = [
    ...(chrome.runtime.getManifest().content_scripts ?? []),
    ...(await chrome.scripting.getRegisteredContentScripts()),
  ];
  // Open since before the extension was there: our script comes with the next load only.
  $("late").hidden = page !== null || !scripts.some(({ matches = [] }) => origins.some((one) => matches.includes(one)));
  $("grant").hidden = !web || page !== null || (await chrome.permissions.contains({ origins }));
  $("grant-text").textContent = t("grant_text", web?.host ?? "");
  $("reload").onclick = () => void chrome.tabs.reload(tab!.id!).then(() => window.close());
  $("grant-button").onclick = async () => {
    if (!web || !(await chrome.permissions.request({ origins }))) return;
    const id = `site-${web.hostname.replace(/[^a-z0-9]/gi, "-")}`;
    await chrome.scripting.unregisterContentScripts({ ids: [id] }).catch(() => undefined);
    await chrome.scripting.registerContentScripts([
      {
        id,
        matches: origins,
        js: ["content.js"],
        runAt: "document_start",
        allFrames: true,
        matchOriginAsFallback: true,
      },
    ]);
    await chrome.tabs.reload(tab!.id!);
    window.close();
  };
}

/** The frame that the person was in last: a chat may live in a frame of the page. */
async function frameInUse(tabId: number): Promise<number> {
  const here = () => {
    const frame = window.frameElement;
    const inUse = frame === null || frame.ownerDocument.activeElement === frame;
    return inUse && document.activeElement?.localName !== "iframe";
  };
  const frames = await chrome.scripting.executeScript({ target: { tabId, allFrames: true }, func: here });
  return frames.find(({ result }) => result)?.frameId ?? 0;
}

await loadTexts();
localise(t);
$<HTMLInputElement>("enabled").onchange = (event) =>
  void ask("settings.set", { enabled: (event.target as HTMLInputElement).checked }).then(draw);
$("update").onclick = () => void ask("update.now", null).then(draw);
$("options").onclick = () => void chrome.runtime.openOptionsPage().then(() => window.close());
$("panel").onclick = async () => {
  const tab = await activeTab();
  if (chrome.sidePanel && tab?.windowId !== undefined) await chrome.sidePanel.open({ windowId: tab.windowId });
  else await (globalThis as { browser?: { sidebarAction?: { open(): Promise<void> } } }).browser?.sidebarAction?.open();
  window.close();
};
$("teach").onclick = async () => {
  const tab = (await activeTab())?.id;
  if (tab !== undefined) await command("picker.start", null, tab, await frameInUse(tab));
  window.close();
};
$("enrol-button").onclick = async () => {
  const code = new URL((await activeTab())?.url ?? "").hash.slice(1);
  await chrome.tabs.create({ url: `${chrome.runtime.getURL("options.html")}#${code}` });
};
chrome.storage.local.onChanged.addListener(() => void draw());
void draw();
