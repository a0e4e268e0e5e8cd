/** The side panel: knowledge base, promise ledger, the day's numbers, the rules. */
import { pointsText } from "../content/card-view";
import { el } from "../dom";
import { loadEngine } from "../engine/engine";
import { isTrap } from "../engine/trap";
import type { Engine, Reply } from "../engine/types";
import { t } from "../i18n";
import type { Active, Counts, Overridden, PageState, Promised } from "../messages";
import { ago, ask, command, loadTexts, localise, uiLanguage } from "../pages/ask";
import { refill } from "../pages/refill";
import { searchReplies } from "./search";

const $ = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
/** More rows than this are not read; the search narrows them. */
const MAX_ROWS = 60;
let engine: Engine | null = null;
let loaded = "";
let page: PageState | null = null;

function show(tab: string): void {
  for (const button of document.querySelectorAll<HTMLElement>("[data-tab]"))
    button.setAttribute("aria-selected", String(button.dataset.tab === tab));
  for (const panel of document.querySelectorAll<HTMLElement>("[data-panel]"))
    panel.hidden = panel.dataset.panel !== tab;
  void draw();
}

async function refreshEngine(): Promise<void> {
  const active = (await chrome.storage.local.get("active")).active as Active | null | undefined;
  if (!active || active.id === loaded) return;
  const release = await ask("release.get", { id: active.id });
  if (!release) return;
  engine = loadEngine(release.bundle, release.automaton);
  loaded = active.id;
}

async function insert(text: string): Promise<void> {
  const done = await command("reply.insert", { text });
  if (!done) await navigator.clipboard.writeText(text);
  $("result").textContent = t(done ? "inserted" : "copied_instead");
}

function replyRows(title: string, say: readonly string[]): HTMLElement[] {
  return say.map((text) =>
    el(
      "li",
      {},
      el(
        "button",
        { class: "item", onclick: () => void insert(text) },
        el("span", { class: "grow" }, el("b", {}, title), el("br"), text),
      ),
    ),
  );
}

function drawReplies(): void {
  const query = $<HTMLInputElement>("search").value;
  const fitting = query ? [] : (page?.suggestions ?? []);
  // Of a trap only what is safe: the everyday answer to 有发票吗 agrees to a false one.
  const traps = fitting.filter(isTrap);
  const suggested = traps.length ? traps.slice(0, 1) : fitting;
  const found: readonly Pick<Reply, "title" | "say">[] = searchReplies(engine?.replies ?? [], query);
  const rows = [...suggested, ...found].flatMap(({ title, say }) => replyRows(title, say)).slice(0, MAX_ROWS);
  refill($("replies"), rows.length ? rows : [el("li", { class: "soft" }, t("no_replies"))]);
}

function promiseRow(promise: Promised): HTMLElement {
  const { id, todo, buyer, site, text, due, done, orders } = promise;
  const box = el("input", { type: "checkbox", checked: done, "aria-label": t("done") });
  box.addEventListener("change", () => void ask("ledger.done", { id, done: box.checked }));
  const when = new Date(due).toLocaleString(uiLanguage(), {
    month: "numeric",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
  });
  const note = t("order_note", todo, when, text);
  const copy = el(
    "button",
    { class: "plain", onclick: () => void navigator.clipboard.writeText(note) },
    t("copy_note"),
  );
  const drop = el("button", { class: "plain", onclick: () => void ask("ledger.drop", { id }) }, t("remove"));
  return el(
    "li",
    { class: `item ${done ? "done" : due < Date.now() ? "late" : ""}` },
    box,
    el(
      "span",
      { class: "grow" },
      el("b", {}, todo),
      el("br"),
      el(
        "span",
        { class: "soft" },
        `${buyer || t("unknown_buyer")} · ${site}${orders.length ? ` · ${orders.join("、")}` : ""}`,
      ),
      el("br"),
      `「${text}」`,
      el("br"),
      el("span", { class: "soft" }, `${t("due")} ${when}（${ago(due, "")}）`),
      el("br"),
      copy,
      drop,
    ),
  );
}

async function drawLedger(): Promise<void> {
  const ledger = ((await chrome.storage.local.get("ledger")).ledger as Promised[] | undefined) ?? [];
  const sorted = [...ledger].sort((a, b) => Number(a.done) - Number(b.done) || a.due - b.due);
  refill($("promises"), sorted.length ? sorted.map(promiseRow) : [el("li", { class: "soft" }, t("no_promises"))]);
}

async function drawToday(): Promise<void> {
  const stored = await chrome.storage.local.get(["counts", "overrides"]);
  const counts = stored.counts as Counts | undefined;
  const two = (n: number) => String(n).padStart(2, "0");
  const now = new Date();
  const fresh = counts?.day === `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}` ? counts : null;
  const number = (key: "sent" | "held" | "overridden" | "applied") =>
    el("div", {}, el("b", { id: `count-${key}` }, String(fresh?.[key] ?? 0)), el("span", {}, t(`count_${key}`)));
  refill($("numbers"), [number("sent"), number("held"), number("overridden"), number("applied")]);
  const shown = Object.entries(fresh?.shown ?? {}).sort((a, b) => b[1] - a[1]);
  refill(
    $("shown"),
    shown.map(([rule, times]) =>
      el("li", { class: "item" }, el("span", { class: "grow" }, title(rule)), String(times)),
    ),
  );
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const reasons = ((stored.overrides as Overridden[] | undefined) ?? []).filter(({ at }) => at >= midnight);
  refill(
    $("overrides"),
    reasons.map(({ rules, reason, at }) =>
      el(
        "li",
        { class: "item" },
        el(
          "span",
          { class: "grow" },
          el("b", {}, t("reason_given", reason)),
          el("br"),
          el("span", { class: "soft" }, `${rules.map(title).join("、")} · ${ago(at, "")}`),
        ),
      ),
    ),
  );
}

const title = (rule: string) => engine?.rule(rule)?.title ?? rule;

function drawRules(): void {
  const query = $<HTMLInputElement>("rule-search").value.trim().toLowerCase();
  const hit = new Map(page?.findings.map(({ rule, text }) => [rule, text]));
  const rules = (engine?.rules ?? []).filter((rule) =>
    [rule.title, rule.topic, rule.why, rule.id].some((part) => part.toLowerCase().includes(query)),
  );
  const sorted = [...rules].sort((a, b) => Number(hit.has(b.id)) - Number(hit.has(a.id)));
  refill(
    $("rules"),
    sorted
      .slice(0, MAX_ROWS)
      .map((rule) =>
        el(
          "li",
          { class: hit.has(rule.id) ? "item hit" : "item" },
          el(
            "span",
            { class: "grow" },
            hit.has(rule.id) ? el("mark", {}, hit.get(rule.id) ? `「${hit.get(rule.id)}」` : t("whole_reply")) : null,
            el("b", {}, rule.title),
            el("br"),
            el("span", { class: "soft" }, `${t(`level_${rule.level}`)} · ${rule.topic}`),
            el("br"),
            rule.why,
            el("br"),
            ...Object.entries(rule.penalty).flatMap((one) => [
              el("span", { class: "soft" }, pointsText(one)),
              el("br"),
            ]),
            el("span", { class: "soft" }, rule.source ? `${t("source")}${rule.source}` : ""),
          ),
        ),
      ),
  );
}

let turns = 0;

async function draw(): Promise<void> {
  const turn = ++turns;
  await refreshEngine();
  const described = await command("page.describe", null);
  // Overtaken by a later one, which knows better.
  if (turn !== turns) return;
  page = described;
  drawReplies();
  drawRules();
  await drawLedger();
  await drawToday();
}

await loadTexts();
localise(t);
for (const button of document.querySelectorAll<HTMLElement>("[data-tab]"))
  button.onclick = () => show(button.dataset.tab!);
$("search").oninput = drawReplies;
$("rule-search").oninput = drawRules;
chrome.storage.local.onChanged.addListener(() => void draw());
chrome.tabs.onActivated.addListener(() => void draw());
window.addEventListener("focus", () => void draw());
show("replies");
