/** Teaches an unknown page: five clicks become an adapter, tried at once on the page it was made on. */

import { el } from "../dom";
import { whenEnded } from "../ended";
import { t } from "../i18n";
import { closeButton } from "./card-view";
import { composerAt } from "./composer/index";
import { ConversationReader, NOTHING_READ, type Reading } from "./conversation";
import type { Guard } from "./guard";
import { Overlay } from "./overlay";
import { PICKER_STYLE } from "./picker-style";
import { around, eventTarget } from "./roots";
import { uniqueSelector } from "./selector";
import { type Messages, messageSelectors, senderSelector } from "./selector-messages";
import { readSite } from "./site";
import { toYaml } from "./yaml";

const STEPS = ["composer", "send", "buyer", "agent", "name"] as const;
type Step = (typeof STEPS)[number];

/** While one picks, the page must not react. */
const SWALLOWED = ["pointerdown", "mousedown", "pointerup", "mouseup", "click", "dblclick", "contextmenu"] as const;

const ALL = { childList: true, subtree: true, characterData: true };

interface Picked {
  composer?: string;
  send?: string;
  buyerElement?: Element;
  messages?: Messages;
  sender?: string;
  name?: string;
}

let running: AbortController | null = null;

export function startPicker(guard: Guard): void {
  running?.abort();
  const stop = new AbortController();
  running = stop;
  const signal = AbortSignal.any([stop.signal, guard.signal]);
  const overlay = new Overlay(signal, t("pick_title"), true);
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(PICKER_STYLE);
  overlay.root.adoptedStyleSheets.push(sheet);
  const frame = outline(signal);
  const picked: Picked = {};
  let step = 0;
  let failed = false;
  /** What a click would take now. */
  const preview = el("p", { class: "source preview" });

  const cancel = () => stop.abort();

  const ask = () => {
    const name = STEPS[step]!;
    overlay.body.className = "pick hint";
    overlay.body.replaceChildren(
      el(
        "header",
        {},
        el("span", { class: "words" }, t("pick_step", step + 1, STEPS.length)),
        el("div", { class: "tools" }, closeButton(cancel)),
      ),
      el("h2", {}, t(`pick_${name}`)),
      failed ? el("p", { class: "why", role: "alert" }, t("pick_failed")) : "",
      preview,
      el(
        "footer",
        {},
        name === "composer" ? "" : el("button", { type: "button", onclick: next }, t("pick_skip")),
        el("button", { type: "button", onclick: cancel }, t("pick_cancel")),
      ),
    );
    overlay.show(() => null);
  };

  const next = () => {
    failed = false;
    step += 1;
    if (step < STEPS.length) ask();
    else show();
  };

  const take = (element: Element): boolean => {
    switch (STEPS[step] as Step) {
      case "composer": {
        const composer = composerAt(element, []);
        const selector = composer && uniqueSelector(composer.element);
        if (selector) picked.composer = selector;
        return Boolean(selector);
      }
      case "send": {
        const selector = uniqueSelector(control(element));
        if (selector) picked.send = selector;
        return selector !== null;
      }
      case "buyer":
        picked.buyerElement = element;
        return true;
      case "agent": {
        const messages = picked.buyerElement && messageSelectors(picked.buyerElement, element);
        if (messages) picked.messages = messages;
        return Boolean(messages);
      }
      case "name": {
        const selector = uniqueSelector(element, true);
        if (!selector) return false;
        picked.name = selector;
        if (picked.messages && !picked.messages.buyer)
          picked.sender = senderSelector(picked.messages.examples, element.textContent?.trim() ?? "");
        return true;
      }
    }
  };

  /** What the adapter made so far reads, and what to do with it. */
  const show = () => {
    frame.hide();
    listening.abort();
    const site = adapter(picked, guard.site?.platform ?? "");
    const parsed = readSite(site);
    const reader = parsed && new ConversationReader(parsed);
    const list = el("dl");
    const read = () => {
      const reading: Reading = reader?.read(document, NOTHING_READ) ?? NOTHING_READ;
      for (const shadow of reading.entered) changes.observe(shadow, ALL);
      const sides = (role: string) => reading.turns.filter((turn) => turn.role === role).length;
      const row = (name: string, value: string) => [el("dt", {}, name), el("dd", {}, value || "–")];
      list.replaceChildren(
        ...row(t("composer_found"), picked.composer ?? ""),
        ...row(t("send_found"), picked.send ?? ""),
        ...row(t("buyer_name"), reading.buyer),
        ...row(t("part_messages"), t("pick_reads", reading.turns.length, sides("buyer"), sides("agent"))),
        ...row(t("pick_last"), reading.turns.at(-1)?.text ?? ""),
      );
    };
    // Live, while the window is open: a new message, another conversation.
    const changes = new MutationObserver(() => read());
    read();
    changes.observe(document.body, ALL);
    whenEnded(signal, () => changes.disconnect());
    const yaml = toYaml(site);
    const save = () => {
      void guard.transport.request("site.add", { site });
      overlay.body.replaceChildren(
        el("div", { class: "note" }, el("p", {}, t("pick_saved")), el("div", { class: "tools" }, closeButton(cancel))),
      );
    };
    const area = el("textarea", { readonly: true, spellcheck: "false" });
    area.value = yaml;
    overlay.body.replaceChildren(
      el(
        "header",
        {},
        el("span", { class: "words" }, t("pick_done")),
        el("div", { class: "tools" }, closeButton(cancel)),
      ),
      list,
      el("p", { class: "source" }, t("pick_export")),
      area,
      el(
        "footer",
        {},
        el("button", { type: "button", class: "primary", onclick: save }, t("pick_save")),
        el("button", { type: "button", onclick: () => void navigator.clipboard.writeText(yaml) }, t("pick_copy")),
        el("button", { type: "button", onclick: () => startPicker(guard) }, t("pick_again")),
      ),
    );
    overlay.show(() => null);
  };

  const listening = new AbortController();
  const options = { capture: true, signal: AbortSignal.any([signal, listening.signal]) } as const;
  for (const kind of SWALLOWED) {
    window.addEventListener(
      kind,
      (event) => {
        if (overlay.owns(event)) return;
        event.preventDefault();
        event.stopImmediatePropagation();
        const element = kind === "click" ? eventTarget(event) : null;
        if (!element) return;
        failed = !take(element);
        if (failed) ask();
        else next();
      },
      options,
    );
  }
  let under: Element | null = null;
  const moved = (event: PointerEvent) => {
    const element = overlay.owns(event) ? null : eventTarget(event);
    frame.around(element);
    if (element === under) return;
    under = element;
    const words = element?.textContent?.trim().replace(/\s+/g, " ") ?? "";
    preview.textContent = element ? `${uniqueSelector(element) ?? element.localName} · ${words.slice(0, 40)}` : "";
  };
  window.addEventListener("pointermove", moved, { ...options, passive: true });
  window.addEventListener(
    "keydown",
    (event) => {
      if (event.key === "Escape") cancel();
    },
    options,
  );
  ask();
}

/** In a shadow root the click went to some part of the button, and the whole of it sends. */
function control(element: Element): Element {
  for (let at: Element | null = element; at?.getRootNode() instanceof ShadowRoot; at = around(at))
    if (at.matches("button, a, [role=button], input") || /button|btn/.test(at.localName)) return at;
  return element;
}

/** @param platform of the adapter that no longer fits this page, where there was one */
function adapter(picked: Picked, platform: string): Record<string, unknown> {
  const { hostname, pathname, protocol } = location;
  const folder = pathname.replace(/[^/]*$/, "");
  const { messages } = picked;
  return {
    // Of the folder, too: a chat in a frame is another page than the one around it.
    id: `${hostname}${folder}`.replace(/[^a-z0-9]+/gi, "-").replace(/-$/, ""),
    name: document.title.trim() || hostname,
    ...(platform ? { platform } : {}),
    match: [`${protocol}//${hostname}${folder}*`],
    composer: { selectors: [picked.composer ?? ""] },
    ...(picked.send ? { send: { selectors: [picked.send] } } : {}),
    ...(messages
      ? {
          messages: {
            root: [messages.root],
            item: messages.item,
            ...(messages.buyer ? { buyer: messages.buyer, agent: messages.agent } : {}),
            ...(picked.sender ? { sender: picked.sender } : {}),
            ...(messages.text ? { text: [messages.text] } : {}),
          },
        }
      : {}),
    ...(picked.name ? { buyer: { name: [picked.name] } } : {}),
  };
}

/** The frame around what a click would take. */
function outline(signal: AbortSignal): { around(element: Element | null): void; hide(): void } {
  const box = document.createElement("replyguard-outline");
  box.style.cssText =
    "all:initial;position:fixed;pointer-events:none;z-index:2147483647;border:2px solid #2563eb;border-radius:4px;background:rgb(37 99 235 / .1)";
  whenEnded(signal, () => box.remove());
  return {
    around(element) {
      const rect = element?.getBoundingClientRect();
      if (!rect || signal.aborted) {
        box.remove();
        return;
      }
      Object.assign(box.style, {
        left: `${rect.left}px`,
        top: `${rect.top}px`,
        width: `${rect.width}px`,
        height: `${rect.height}px`,
      });
      if (!box.isConnected) document.documentElement.append(box);
    },
    hide: () => box.remove(),
  };
}
