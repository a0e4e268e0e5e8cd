/** Content scripts' way to the background: storage changes tell, messages fetch. */
import { whenEnded } from "../ended";
import { type Texts, useTexts } from "../i18n";
import { type Active, type Coming, isEnvelope, type Transport } from "../messages";
import { DEFAULTS, type Settings } from "../settings";

/** The background has brought them into shape; what the version before it did not know has its default. */
const settingsIn = (effective: unknown): Settings => ({ ...DEFAULTS, ...(effective as Partial<Settings> | undefined) });

export function chromeTransport(): Transport {
  let port: chrome.runtime.Port | null = null;
  let coming: (release: Coming) => void = () => undefined;
  // Every key asks; `chrome.runtime` itself is an accessor, and a slow one.
  const { runtime } = chrome;
  const alive = () => {
    try {
      return runtime.id !== undefined;
    } catch {
      return false;
    }
  };
  return {
    alive,

    async request(kind, body) {
      if (!alive()) return null as never;
      try {
        return await chrome.runtime.sendMessage({ replyguard: kind, body });
      } catch {
        // The worker is being replaced or the extension is gone; the rules in this page go on working.
        return null as never;
      }
    },

    follow(listener, signal) {
      let active: Active | null = null;
      let settings = DEFAULTS;
      const tell = () => listener({ active, settings });
      const changed = (changes: Record<string, chrome.storage.StorageChange>, area: string) => {
        if (area !== "local" || !("active" in changes || "effective" in changes || "texts" in changes)) return;
        if (changes.active) active = (changes.active.newValue as Active | undefined) ?? null;
        if (changes.effective) settings = settingsIn(changes.effective.newValue);
        if (changes.texts) useTexts((changes.texts.newValue as Texts | undefined) ?? null);
        tell();
      };
      chrome.storage.onChanged.addListener(changed);
      whenEnded(signal, () => alive() && chrome.storage.onChanged.removeListener(changed));
      void chrome.storage.local.get(["active", "effective", "texts"]).then((stored) => {
        active = (stored.active as Active | undefined) ?? null;
        settings = settingsIn(stored.effective);
        useTexts((stored.texts as Texts | undefined) ?? null);
        tell();
      });
    },

    commands(listener, signal) {
      const heard = (message: unknown, sender: chrome.runtime.MessageSender, reply: (value: unknown) => void) => {
        // Only the extension's own pages give orders.
        if (sender.id !== chrome.runtime.id || sender.tab?.url?.startsWith("http") || !isEnvelope(message)) return;
        const answer = listener(message.replyguard as never, message.body as never);
        if (answer === undefined) return;
        if (!(answer instanceof Promise)) {
          reply(answer);
          return;
        }
        void answer.then(reply);
        return true;
      };
      chrome.runtime.onMessage.addListener(heard);
      whenEnded(signal, () => alive() && chrome.runtime.onMessage.removeListener(heard));
    },

    coming(listener) {
      coming = listener;
    },

    present() {
      if (port || !alive()) return;
      try {
        port = chrome.runtime.connect({ name: "workbench" });
        port.onMessage.addListener((release) => coming(release as Coming));
        // The worker may sleep; the next focus of the composer knocks again. No timer keeps it up.
        port.onDisconnect.addListener(() => {
          port = null;
        });
      } catch {
        port = null;
      }
    },
  };
}
