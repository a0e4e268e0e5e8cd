/** Notes promises that were really sent. A promise is sent when the text that held it has left the composer. */
import { whenEnded } from "../ended";
import { withoutEchoes } from "./echo";
import type { Gate } from "./gate";
import type { Guard, Shown } from "./guard";

export function ledger(guard: Guard, gate: Gate): void {
  let pending: { text: string; promises: readonly Shown[] } | null = null;
  let frame = 0;
  let tries = 0;

  const settle = () => {
    frame = 0;
    if (!pending || !guard.composer) return;
    if (guard.composer.read().trim() === "") {
      note(pending.text, pending.promises);
      pending = null;
      // A page that empties the field by script fires no event: the marks must go too.
      guard.check();
    } else if (++tries < 30) frame = requestAnimationFrame(settle);
    else pending = null;
  };

  const note = (text: string, promises: readonly Shown[]) => {
    void guard.transport.request("count.add", { sent: 1 });
    const { buyer, name, orders } = guard.reading;
    for (const { rule, text: said, words } of promises) {
      void guard.transport.request("ledger.add", {
        rule,
        title: said.title,
        todo: said.followUp!.do,
        within: said.followUp!.within,
        text,
        words,
        site: guard.site?.name ?? location.host,
        buyer: buyer === name || !name ? buyer : `${name}（${buyer}）`,
        orders,
        at: Date.now(),
      });
    }
  };

  gate.onSending.on((text) => {
    // A promise is one also when its reminder is not shown or was ignored.
    const promises = withoutEchoes(guard.found(text)).filter((finding) => finding.text.followUp !== null);
    pending = { text, promises };
    tries = 0;
    cancelAnimationFrame(frame);
    // The page's own handler runs after ours; half a second of frames is enough for its network round trip to begin.
    frame = requestAnimationFrame(settle);
  }, guard.signal);

  guard.onReport.on((report) => {
    if (pending && report?.text.trim() === "") {
      note(pending.text, pending.promises);
      pending = null;
    }
  }, guard.signal);
  whenEnded(guard.signal, () => cancelAnimationFrame(frame));
}
