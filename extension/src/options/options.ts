/** The options page: enrolment, health, behaviour, ignored items, sites, privacy. */
import { el } from "../dom";
import { t } from "../i18n";
import { type Active, type Enrolment, type Health, NO_HEALTH, type Proposal } from "../messages";
import { ago, ask, loadTexts, localise } from "../pages/ask";
import { refill } from "../pages/refill";
import { isIgnored, type Language, readSettings, type Settings } from "../settings";

const $ = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
/** In their own words, so that everybody finds theirs. */
const LANGUAGES: readonly (readonly [Language, string])[] = [
  ["auto", ""],
  ["zh_CN", "简体中文"],
  ["zh_TW", "繁體中文"],
  ["en", "English"],
];
let proposal: Proposal | null = null;
let drawnSettings = "";

/** Sixteen groups of four: a key's fingerprint. */
const FINGERPRINT = /^([0-9a-f]{4} ?){16}$/;

function facts(id: string, rows: readonly (readonly [string, string])[]): void {
  $(id).replaceChildren(
    ...rows.flatMap(([name, value]) => [
      el("dt", {}, name),
      el("dd", FINGERPRINT.test(value) ? { class: "mono" } : {}, value),
    ]),
  );
}

async function draw(): Promise<void> {
  const stored = await chrome.storage.local.get(["active", "health", "effective", "settings", "enrolment"]);
  const enrolment = stored.enrolment as Enrolment | null | undefined;
  drawHealth(
    { ...NO_HEALTH, ...(stored.health as Partial<Health> | undefined) },
    (stored.active as Active | null | undefined) ?? null,
    Boolean(enrolment),
  );
  $("update").hidden = !enrolment;
  $("enrolled").hidden = !enrolment || proposal !== null;
  $("leave").hidden = !enrolment || enrolment.managed;
  $("enrol-form").hidden = proposal !== null || (enrolment?.managed ?? false);
  $("proposal").hidden = proposal === null;
  if (enrolment) {
    const managed: (readonly [string, string])[] = enrolment.managed ? [[t("managed"), t("managed_text")]] : [];
    facts("enrolled", [[t("server"), enrolment.url], [t("channel"), enrolment.channel], ...managed]);
  }
  const now = readSettings(stored.effective);
  const own = readSettings(stored.settings);
  const state = JSON.stringify([now, own]);
  // Counts and health change all the time; a switch under somebody's hand is not replaced for that.
  if (state !== drawnSettings) drawSettings(now, own);
  drawnSettings = state;
}

function drawHealth(health: Health, active: Active | null, enrolled: boolean): void {
  $("health").dataset.state = health.state;
  $("state").textContent = t(`state_${health.state}`);
  const note = health.refused === "none" ? "" : t(`refused_${health.refused.replaceAll("-", "_")}`);
  $("health-note").textContent = note;
  $("health-note").hidden = !note;
  facts("facts", [
    [t("rule_count"), active ? String(active.rules) : "–"],
    [t("rule_version"), active?.epoch ? `${active.epoch}.${active.version}` : active ? t("built_in") : "–"],
    [t("activated"), ago(health.activated, "–")],
    [t("checked"), ago(health.checked, t("never"))],
    [t("push"), enrolled ? t(health.connected ? "push_on" : "push_off") : "–"],
    [t("extension_version"), chrome.runtime.getManifest().version],
  ]);
}

function toggle(key: string, on: boolean, locked: boolean, change: (on: boolean) => Partial<Settings>): HTMLElement {
  const box = el("input", { type: "checkbox", id: key, checked: on, disabled: locked });
  box.addEventListener("change", () => void ask("settings.set", change(box.checked)));
  return el(
    "label",
    { class: "switch" },
    box,
    el(
      "span",
      {},
      t(`set_${key}`),
      el("br"),
      el("span", { class: "soft" }, locked ? t("locked") : t(`set_${key}_text`)),
    ),
  );
}

function drawSettings(now: Settings, own: Settings): void {
  const locked = (key: string) => now.locked.includes(key);
  const level = (key: "warn" | "remind" | "hint") =>
    toggle(key, now.levels[key], locked("levels"), (on) => ({ levels: { ...own.levels, [key]: on } }));
  const language = el(
    "select",
    { id: "language" },
    ...LANGUAGES.map(([value, name]) =>
      el("option", { value, selected: now.language === value }, name || t("language_auto")),
    ),
  );
  language.addEventListener(
    "change",
    () => void ask("settings.set", { language: language.value as Language }).then(() => location.reload()),
  );
  refill($("switches"), [
    el("label", { class: "row" }, el("span", { class: "grow" }, t("language")), language),
    toggle("hold", now.hold, locked("hold"), (hold) => ({ hold })),
    level("warn"),
    level("remind"),
    level("hint"),
    toggle("reminders", now.reminders, locked("reminders"), (reminders) => ({ reminders })),
    toggle("counts", now.counts, locked("counts"), (counts) => ({ counts })),
  ]);
  const line = (text: string, soft: string, action: string, act: () => void) =>
    el(
      "li",
      { class: "item" },
      el("span", { class: "grow" }, text, " ", el("span", { class: "soft" }, soft)),
      el("button", { class: "plain", onclick: act }, action),
    );
  refill($("ignored"), [
    ...own.ignored.map(({ rule, text, title, at }) =>
      line(
        text ? `「${text}」` : t("whole_reply"),
        `${title || rule} · ${ago(at, "")}`,
        t("remove"),
        () => void ask("ignore.remove", { rule, text }),
      ),
    ),
    ...(own.ignored.length ? [] : [el("li", { class: "soft" }, t("nothing_ignored"))]),
  ]);
  refill($("sites"), [
    ...now.sitesOff.map((origin) =>
      line(
        origin,
        "",
        t("switch_on"),
        () => void ask("settings.set", { sitesOff: now.sitesOff.filter((o) => o !== origin) }),
      ),
    ),
    ...(now.sitesOff.length ? [] : [el("li", { class: "soft" }, t("no_sites_off"))]),
  ]);
  refill($("taught"), [
    ...own.sites.map((site) => {
      const { name, match } = site as { name?: unknown; match?: unknown };
      const forget = () => void ask("settings.set", { sites: own.sites.filter((one) => one !== site) });
      return line(String(name ?? ""), [match].flat().join(" "), t("remove"), forget);
    }),
    ...(own.sites.length ? [] : [el("li", { class: "soft" }, t("no_taught_sites"))]),
  ]);
}

async function review(text: string): Promise<void> {
  const answer = await ask("enrol.read", { text });
  proposal = null;
  if ("error" in answer) $("enrol-error").textContent = t(answer.error);
  else {
    $("enrol-error").textContent = "";
    proposal = answer;
    const { enrolment, fingerprints } = answer;
    facts("proposed", [
      [t("server"), enrolment.url],
      [t("channel"), enrolment.channel],
      ...fingerprints.map((fingerprint, i): [string, string] => [`${t("fingerprint")} ${i + 1}`, fingerprint]),
      ...(enrolment.url.startsWith("http:") ? [[t("plain_http"), t("plain_http_text")] as const] : []),
    ]);
  }
  await draw();
}

async function confirmEnrolment(): Promise<void> {
  if (!proposal) return;
  const { enrolment } = proposal;
  const { protocol, hostname } = new URL(enrolment.url);
  // Asked for this one host, in the click that confirms it.
  const granted = await chrome.permissions.request({ origins: [`${protocol}//${hostname}/*`] });
  if (!granted) {
    $("enrol-error").textContent = t("enrol_no_permission");
    proposal = null;
    return draw();
  }
  const failed = await ask("enrol.confirm", { enrolment });
  $("enrol-error").textContent = failed ? t(failed.error) : "";
  $<HTMLTextAreaElement>("enrol-text").value = "";
  proposal = null;
  await draw();
}

function exportIgnored(): void {
  void chrome.storage.local.get("settings").then(({ settings }) => {
    const { ignored } = readSettings(settings);
    const blob = new Blob([JSON.stringify({ replyguard: "ignored", version: 1, ignored }, null, 2)], {
      type: "application/json",
    });
    const link = el("a", { href: URL.createObjectURL(blob), download: "replyguard-ignored.json" });
    link.click();
    URL.revokeObjectURL(link.href);
  });
}

async function importIgnored(file: File): Promise<void> {
  try {
    const value = JSON.parse(await file.text()) as { replyguard?: unknown; ignored?: unknown };
    if (value.replyguard !== "ignored" || !Array.isArray(value.ignored) || !value.ignored.every(isIgnored))
      throw new Error("shape");
    for (const { rule, text, title } of value.ignored) await ask("ignore.add", { rule, text, title });
    $("import-result").textContent = t("imported", value.ignored.length);
  } catch {
    $("import-result").textContent = t("import_failed");
  }
}

await loadTexts();
localise(t);
document.title = t("options_title");
$("enrol-form").addEventListener("submit", (event) => {
  event.preventDefault();
  void review($<HTMLTextAreaElement>("enrol-text").value);
});
$("confirm").onclick = () => void confirmEnrolment();
$("cancel").onclick = () => {
  proposal = null;
  void draw();
};
$("leave").onclick = () => void ask("enrol.leave", null).then(draw);
$("update").onclick = () => void ask("update.now", null).then(draw);
$("export").onclick = exportIgnored;
$("import").onclick = () => $("file").click();
$<HTMLInputElement>("file").onchange = (event) => {
  const file = (event.target as HTMLInputElement).files?.[0];
  if (file) void importIgnored(file);
};
chrome.storage.local.onChanged.addListener(() => void draw());
if (location.hash.startsWith("#rg1.")) {
  $<HTMLTextAreaElement>("enrol-text").value = location.hash.slice(1);
  void review(location.hash.slice(1));
} else void draw();
