/** The background's service inside a plain page of our own server: the demo runs what the extension runs, minus chrome.*. */
import { MemoryArea } from "../background/area";
import { readEnrolment } from "../background/enrolment";
import { Service } from "../background/service";
import { MemoryStore } from "../background/store";
import { Stream } from "../background/stream";
import type { Active, Transport } from "../messages";
import { readSettings } from "../settings";
import { Topic } from "../topic";

export interface PageService {
  readonly service: Service;
  readonly transport: Transport;
  /** The area's values changed. */
  readonly onChange: Topic<void>;
}

/** @param sites adapters of the page itself */
export function pageService(sites: readonly unknown[], signal: AbortSignal): PageService {
  const onChange = new Topic<void>();
  const area = new MemoryArea(() => onChange.emit());
  const plainFetch: typeof fetch = (input, init) => fetch(input, init);
  const service = new Service({
    area,
    store: new MemoryStore(),
    fetch: plainFetch,
    seed: async () => null,
    reported: () => undefined,
    changed: () => undefined,
    coming: () => undefined,
    texts: async () => null,
  });
  const stream = new Stream({
    enrolment: () => service.updater.enrolment(),
    fetch: plainFetch,
    envelope: (envelope, arrived, patches) => void service.updater.accept(envelope, "", arrived, patches),
    connected: (connected) => void service.updater.connected(connected),
    alive: () => undefined,
  });
  const begin = async () => {
    await area.set({ settings: readSettings({ sites }) });
    await service.applyPolicy({});
    // The page comes from the server itself, so its keys are as good as the page.
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        const { enrolment } = await readEnrolment(location.origin, plainFetch);
        await service.enrol(enrolment);
        break;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, Math.min(1000 * 2 ** attempt, 30_000)));
      }
    }
    if (!signal.aborted) stream.start();
  };
  void begin();
  signal.addEventListener("abort", () => stream.stop(), { once: true });
  const transport: Transport = {
    alive: () => true,
    request: (kind, body) => service.handle(kind, body),
    follow(listener, until) {
      let last = "";
      const tell = async () => {
        const active = ((await area.get("active")) as Active | null | undefined) ?? null;
        const settings = readSettings(await area.get("effective"));
        const now = JSON.stringify([active, settings]);
        if (now === last) return;
        last = now;
        listener({ active, settings });
      };
      onChange.on(() => void tell(), until);
      void tell();
    },
    commands: () => undefined,
    present: () => undefined,
    coming: () => undefined,
  };
  return { service, transport, onChange };
}
