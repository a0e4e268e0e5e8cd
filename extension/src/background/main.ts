/** The background worker: wires the service to the browser's events. All listeners are registered at once, or a wake-up is missed. */
import { type Texts, t, useTexts } from "../i18n";
import { FROM_CONTENT, type Health, isEnvelope, type Kind } from "../messages";
import { localArea } from "./area";
import { showBadge } from "./badge";
import { IndexedStore } from "./indexed-store";
import { readPolicy } from "./policy";
import { report } from "./report";
import { Service } from "./service";
import { Stream } from "./stream";

const MINUTE = 60_000;
/** ± 20 %, so that a fleet does not knock at once. */
const jitter = (ms: number) => ms * (0.8 + Math.random() * 0.4);

async function seed(): Promise<{ bundle: ArrayBuffer; automaton: ArrayBuffer } | null> {
  try {
    const [bundle, automaton] = await Promise.all(
      ["bundle.bin", "automaton.bin"].map(async (name) => {
        const response = await fetch(chrome.runtime.getURL(`seed/${name}`));
        if (!response.ok) throw new Error(String(response.status));
        return response.arrayBuffer();
      }),
    );
    return { bundle: bundle!, automaton: automaton! };
  } catch {
    return null;
  }
}

const browserFetch: typeof fetch = (input, init) => fetch(input, init);

const service: Service = new Service({
  area: localArea,
  store: new IndexedStore(),
  fetch: browserFetch,
  seed,
  reported: (health, latency) => void sendReport(health, latency),
  changed: () => void rearm(),
  coming: (release) => {
    for (const port of ports) port.postMessage(release);
  },
  texts: async (language) =>
    (await fetch(chrome.runtime.getURL(`_locales/${language}/messages.json`))).json() as Promise<Texts>,
});

const sendReport = (health: Health, latency: number) =>
  report(
    {
      area: localArea,
      updater: service.updater,
      counter: service.counter,
      settings: () => service.settings(),
      install: () => service.install(),
      fetch: browserFetch,
    },
    health,
    latency,
  );

/** Open workbench pages; the push stream lives while there is one. */
const ports = new Set<chrome.runtime.Port>();

const stream = new Stream({
  enrolment: () => service.updater.enrolment(),
  fetch: browserFetch,
  // The stream's envelope has no ETag; the next poll fetches one.
  envelope: (envelope, arrived, patches) => void service.updater.accept(envelope, "", arrived, patches),
  connected: (connected) => void service.updater.connected(connected),
  alive: () => void chrome.runtime.getPlatformInfo(),
});

async function rearm(): Promise<void> {
  const enrolled = (await service.updater.enrolment()) !== null;
  stream.stop();
  if (enrolled && ports.size) stream.start();
  if (enrolled) {
    await chrome.alarms.create("poll", { delayInMinutes: jitter(MINUTE) / MINUTE });
    if (!(await chrome.alarms.get("report"))) await chrome.alarms.create("report", { delayInMinutes: jitter(60) });
  }
  const due = await service.ledger.next();
  if (due === null) await chrome.alarms.clear("due");
  else await chrome.alarms.create("due", { when: Math.max(due, Date.now() + 1000) });
}

async function remind(): Promise<void> {
  const due = await service.ledger.takeDue(Date.now());
  if ((await service.settings()).reminders) {
    for (const promise of due) {
      await chrome.notifications.create(`due-${promise.id}`, {
        type: "basic",
        iconUrl: chrome.runtime.getURL("icons/128.png"),
        title: t("due_title", promise.todo),
        message: t("due_message", promise.buyer || t("unknown_buyer"), promise.site),
      });
    }
  }
  await rearm();
}

async function loadPicker({ tab, frameId = 0 }: chrome.runtime.MessageSender): Promise<null> {
  if (tab?.id !== undefined)
    await chrome.scripting.executeScript({ target: { tabId: tab.id, frameIds: [frameId] }, files: ["picker.js"] });
  return null;
}

/** Once per life of the worker: what was accepted before is verified and announced again. */
const ready = (async () => {
  useTexts(((await localArea.get("texts")) as Texts | undefined) ?? null);
  await service.applyPolicy(await readPolicy());
  await service.updater.restore();
  await rearm();
})();

chrome.runtime.onMessage.addListener((message, sender, reply) => {
  if (sender.id !== chrome.runtime.id || !isEnvelope(message)) return false;
  const kind = message.replyguard as Kind;
  const ownPage = sender.url?.startsWith(chrome.runtime.getURL("")) ?? false;
  if (!ownPage && !FROM_CONTENT.has(kind)) return false;
  if (kind === "picker.load") {
    void loadPicker(sender).then(reply, () => reply(null));
    return true;
  }
  void ready.then(() => service.handle(kind, message.body as never)).then(reply, () => reply(null));
  return true;
});

chrome.runtime.onConnect.addListener((port) => {
  if (port.sender?.id !== chrome.runtime.id || port.name !== "workbench") return;
  ports.add(port);
  port.onDisconnect.addListener(() => {
    ports.delete(port);
    if (!ports.size) stream.stop();
  });
  void ready.then(async () => {
    if (ports.size && (await service.updater.enrolment())) stream.start();
  });
});

chrome.alarms.onAlarm.addListener(({ name }) => {
  void ready.then(async () => {
    if (name === "due") await remind();
    if (name === "report") await sendReport(await service.updater.health(), -1);
    if (name === "poll") {
      await service.updater.poll();
      await chrome.alarms.create("poll", { delayInMinutes: jitter(MINUTE) / MINUTE });
    }
  });
});

chrome.storage.onChanged.addListener((changes, area) => {
  if (area === "managed") void ready.then(async () => service.applyPolicy(await readPolicy()));
  if (area === "local" && "texts" in changes) useTexts((changes.texts!.newValue as Texts | undefined) ?? null);
  if (area === "local" && ("health" in changes || "effective" in changes)) {
    void Promise.all([service.updater.health(), service.settings()]).then(([health, { enabled }]) =>
      showBadge(health, enabled),
    );
  }
});

chrome.runtime.onInstalled.addListener(() => {
  void ready.then(() => service.updater.poll());
});
chrome.runtime.onStartup.addListener(() => {
  void ready.then(() => service.updater.poll());
});

chrome.notifications?.onClicked.addListener((id) => void chrome.notifications.clear(id));
