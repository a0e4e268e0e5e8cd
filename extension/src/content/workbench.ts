/** Follows the page's message list, and notices when the adapter no longer fits the page. */
import { whenEnded } from "../ended";
import { Topic } from "../topic";
import type { Composer } from "./composer/index";
import { inNextFrame } from "./frame";
import type { Guard } from "./guard";
import { onReopened } from "./listen";
import { all, around, first, matches } from "./roots";

export interface Workbench {
  /** Parts of the adapter that find nothing on the loaded page: "composer", "send", "messages". */
  missing: readonly string[];
  readonly onMissing: Topic<readonly string[]>;
}

const TREE = { childList: true, subtree: true };
const WITHIN = { ...TREE, characterData: true };

export function workbench(guard: Guard): Workbench {
  const state: Workbench = { missing: [], onMissing: new Topic() };
  let root: HTMLElement | null = null;
  let watched: Node[] = [];
  /** The composer of the last report. */
  let typed: Composer | null = null;

  const later = inNextFrame(() => {
    guard.readConversation();
    follow();
  }, guard.signal);
  const list = new MutationObserver(later);
  /** Children of every ancestor only: tells at once when a re-render throws the list away, and costs nothing else. */
  const chain = new MutationObserver(later);
  /** Only while there is no list to follow. */
  const search = new MutationObserver(later);

  const leave = () => {
    list.disconnect();
    chain.disconnect();
    search.disconnect();
    root = null;
    watched = [];
  };

  const follow = () => {
    const { site, reading } = guard;
    if (!guard.working || !site?.messages.item) {
      leave();
      return;
    }
    const found = reading.root;
    const ancestors: Node[] = [];
    for (let at: Element | null = found; at; at = around(at)) if (at.parentNode) ancestors.push(at.parentNode);
    const same =
      found === root && ancestors.length === watched.length && ancestors.every((node, i) => node === watched[i]);
    const anew = !same || !root;
    if (anew) {
      leave();
      root = found;
      watched = ancestors;
      if (found) {
        list.observe(found, WITHIN);
        // An inactive pane is hidden by a class, not taken out.
        const hidden = { attributes: true, attributeFilter: ["class", "style", "hidden"] };
        chain.observe(found, hidden);
        // One call a node: a second one would replace the first one's options.
        for (const node of ancestors) {
          chain.observe(node, { childList: true, ...(node === found.parentElement ? hidden : {}) });
        }
        for (const selector of [...site.buyer.name, ...site.buyer.id]) {
          const name = all(document, selector)[0];
          if (name) chain.observe(name, { ...WITHIN, attributes: true });
        }
      } else for (const part of [document, ...reading.entered]) search.observe(part, TREE);
    }
    // Nobody outside is told of what changes in a shadow root. Those around the list are in the chain.
    for (const shadow of found ? reading.entered : []) if (!ancestors.includes(shadow)) list.observe(shadow, WITHIN);
    if (anew) fits();
  };

  /** Looks whether the adapter still finds its parts, once the page has something to show. */
  const fits = () => {
    const { site } = guard;
    if (!site?.enabled || document.readyState !== "complete") return;
    const missing: string[] = [];
    if (!first(document, site.composer)) missing.push("composer");
    if (site.send.selectors.length && !site.send.selectors.some((selector) => all(document, selector).length))
      missing.push("send");
    if (site.messages.item && !root) missing.push("messages");
    if (missing.join() === state.missing.join()) return;
    state.missing = missing;
    state.onMissing.emit(missing);
  };

  guard.onSettings.on(() => {
    leave();
    later();
  }, guard.signal);
  guard.onRelease.on(later, guard.signal);
  // Read where somebody clicked into the composer: what a component made without a change around it is there now.
  guard.onConversation.on((reading) => {
    if (reading.root !== root) follow();
  }, guard.signal);
  guard.onReport.on((report) => {
    if (!guard.working) return;
    // Asking for visibility here would force a style pass at every key; a pane that hides is seen at the next focus.
    if (root && !root.isConnected) later();
    if (!report || (report.composer === typed && !state.missing.length)) return;
    typed = report.composer;
    // Somebody types where the adapter does not look: the page has changed since it was read.
    const known = guard.site?.composer.some((selector) => matches(typed!.element, selector)) ?? true;
    if (!known || state.missing.length) fits();
  }, guard.signal);
  window.addEventListener("load", later, { signal: guard.signal });
  onReopened(() => {
    leave();
    later();
  }, guard.signal);
  whenEnded(guard.signal, leave);
  return state;
}
