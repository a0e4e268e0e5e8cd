/** Reads the conversation from the page by the adapter. Items already read are remembered, so a keystroke costs nothing. */
import type { Role, Turn } from "../engine/types";
import { first, visible } from "./roots";
import type { Site } from "./site";

/** Rules look at the last few messages; reading more of a year-long chat is wasted. */
const MAX_ITEMS = 40;

export interface Reading {
  readonly turns: readonly Turn[];
  /** What tells buyers apart: the id where the page has one, else the name. */
  readonly buyer: string;
  /** As the page shows it; sites mask it. */
  readonly name: string;
  readonly orders: readonly string[];
  /** The list's root element, or null when the adapter's selectors no longer find it. */
  readonly root: HTMLElement | null;
}

export const NOTHING_READ: Reading = { turns: [], buyer: "", name: "", orders: [], root: null };

export class ConversationReader {
  readonly #site: Site;
  readonly #seen = new WeakMap<Element, { readonly raw: string; readonly turn: Turn | null }>();

  constructor(site: Site) {
    this.#site = site;
  }

  /** Reads the page; the very same object when nothing has changed since `last`. */
  read(document: Document, last: Reading): Reading {
    const { messages } = this.#site;
    const root = this.#root(document);
    const name = first(document, this.#site.buyer.name)?.textContent?.trim() ?? "";
    const buyer = this.#id(document) || name;
    const turns: Turn[] = [];
    if (root && messages.item) {
      const items = [...root.querySelectorAll(messages.item)].slice(-MAX_ITEMS);
      for (const item of items) {
        const turn = this.#turn(item, buyer);
        if (turn) turns.push(turn);
      }
    }
    const orders = this.#orders(document);
    const same =
      last.root === root &&
      last.buyer === buyer &&
      last.name === name &&
      last.turns.length === turns.length &&
      last.turns.every((turn, i) => turn === turns[i]) &&
      last.orders.join() === orders.join();
    return same ? last : { root, buyer, name, turns, orders };
  }

  #root(document: Document): HTMLElement | null {
    const { root, item } = this.#site.messages;
    if (root.length) return first(document, root);
    const start = item ? first(document, [item]) : null;
    const items = item ? document.querySelectorAll(item) : [];
    // The list is what holds the first shown message and the last one.
    let list = start?.parentElement ?? null;
    while (list?.parentElement && !list.contains(items[items.length - 1]!)) list = list.parentElement;
    return list;
  }

  #id(document: Document): string {
    const { id, attribute } = this.#site.buyer;
    const holder = first(document, id);
    return (attribute ? holder?.getAttribute(attribute) : holder?.textContent)?.trim() ?? "";
  }

  #orders(document: Document): string[] {
    const found = new Set<string>();
    for (const selector of this.#site.order) {
      for (const element of document.querySelectorAll(selector)) {
        const digits = visible(element) && /\d{6,}[\d-]*/.exec(element.textContent ?? "");
        if (digits) found.add(digits[0]);
      }
    }
    return [...found];
  }

  #turn(item: Element, buyer: string): Turn | null {
    const raw = `${item.className}\n${buyer}\n${item.textContent}`;
    const seen = this.#seen.get(item);
    if (seen?.raw === raw) return seen.turn;
    const text = this.#text(item);
    const role = this.#role(item, buyer);
    const turn = text && role ? { role, text } : null;
    this.#seen.set(item, { raw, turn });
    return turn;
  }

  #text(item: Element): string {
    const { text } = this.#site.messages;
    if (!text.length) return (item.textContent ?? "").trim();
    for (const selector of text) {
      const parts = item.matches(selector) ? [item] : [...item.querySelectorAll(selector)];
      if (parts.length)
        return parts
          .map((part) => part.textContent ?? "")
          .join("")
          .trim();
    }
    return "";
  }

  #role(item: Element, buyer: string): Role | null {
    const { system, robot, sender, buyer: buyerSide, agent } = this.#site.messages;
    const is = (selector: string) => item.matches(selector) || item.querySelector(selector) !== null;
    if (system.some(is)) return "system";
    if (robot.some(is)) return "robot";
    if (sender) {
      const name = item.querySelector(sender)?.textContent?.trim();
      if (!name || !buyer) return null;
      // Some pages put the time behind the name.
      return name === buyer || name.startsWith(`${buyer} `) ? "buyer" : "agent";
    }
    if (agent && is(agent)) return "agent";
    if (buyerSide && is(buyerSide)) return "buyer";
    return null;
  }
}
