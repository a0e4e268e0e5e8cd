/** Answers the side panel and the pop-up. */
import type { PageState } from "../messages";
import { composerOf } from "./field";
import type { Guard } from "./guard";
import { deepFocus } from "./roots";
import { teach } from "./teach";
import type { Workbench } from "./workbench";

export function commands(guard: Guard, page: Workbench): void {
  const describe = (): PageState => ({
    site: guard.site?.id ?? null,
    siteName: guard.site?.name ?? "",
    recognised: guard.site !== null && page.missing.length === 0,
    // biome-ignore-start lint/complexity/useLiteralKeys: these properties have short names in this script (build.mjs)
    ["missing"]: page.missing,
    enabled: guard.working,
    ["retired"]: guard.retired,
    buyer: guard.reading.buyer,
    orders: guard.reading.orders,
    turns: guard.reading.turns.length,
    ["findings"]: (guard.report?.findings ?? []).map(({ rule, level, words }) => ({ rule, level, text: words })),
    // biome-ignore-end lint/complexity/useLiteralKeys: these properties have short names in this script (build.mjs)
    suggestions: (guard.engine?.suggestions(guard.conversation("")) ?? []).map(({ id, title, say }) => ({
      id,
      title,
      say,
    })),
  });

  const insert = (text: string): boolean => {
    const element = composerOf(guard) ?? deepFocus(document);
    if (!element || !guard.attend(element) || !guard.composer) return false;
    const now = guard.composer.read();
    const done = guard.composer.replace(0, now.length, text, now);
    guard.check();
    return done;
  };

  guard.transport.commands((kind, body) => {
    // A frame without a composer leaves the answer to the frame that has one.
    const mine = composerOf(guard) !== null;
    if (kind === "page.describe") {
      if (mine) return describe();
      // The first answer counts: a frame with the composer comes before an empty top page.
      return window === window.top ? new Promise((resolve) => setTimeout(() => resolve(describe()), 200)) : undefined;
    }
    if (kind === "reply.insert") return mine ? insert((body as { text: string }).text) : undefined;
    if (kind === "picker.start") return teach(guard);
    return undefined;
  }, guard.signal);
}
