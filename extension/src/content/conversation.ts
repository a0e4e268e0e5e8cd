/** Reads the conversation from the page by the adapter. Items already read are remembered, so a keystroke costs nothing. */
import type { Role, Turn } from "../engine/types";
import { all, first, INTO, matches, visible } from "./roots";
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
  /** Shadow roots that were looked into; one set of the reader's, filled anew at each reading. */
  readonly entered: ReadonlySet<ShadowRoot>;
}

export const NOTHING_READ: Reading = { turns: [], buyer: "", name: "", orders: [], root: null, entered: new Set() };

export class ConversationReader {
  readonly #site: Site;
  readonly #seen = new WeakMap<Element, { readonly raw: string; readonly turn: Turn | null }>();
  /** What stands in shadow roots cannot be seen from outside to be the same: it is read each time. */
  readonly #hidden: boolean;
  readonly #entered = new Set<ShadowRoot>();

  constructor(site: Site) {
    this.#site = site;
    this.#hidden = JSON.stringify(site.messages).includes(INTO);
  }

  /** Reads the page; the very same object when nothing has changed since `last`. */
  read(document: Document, last: Reading): Reading {
    const { messages } = this.#site;
    this.#entered.clear();
    const root = this.#root(document);
    const name = this.#first(document, this.#site.buyer.name)?.textContent?.trim() ?? "";
    const buyer = this.#id(document) || name;
    const turns: Turn[] = [];
    if (root && messages.item) {
      const items = this.#all(root, messages.item).slice(-MAX_ITEMS);
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
    return same ? last : { root, buyer, name, turns, orders, entered: this.#entered };
  }

  #all(root: ParentNode, selector: string): HTMLElement[] {
    return all(root, selector, this.#entered);
  }

  #first(root: ParentNode, selectors: readonly string[]): HTMLElement | null {
    return first(root, selectors, this.#entered);
  }

  /** Of a message: itself, or what is in it. */
  #within(item: Element, selector: string): readonly Element[] {
    return matches(item, selector) ? [item] : this.#all(item, selector);
  }

  #root(document: Document): HTMLElement | null {
    const { root, item } = this.#site.messages;
    if (root.length) return this.#first(document, root);
    const start = item ? this.#first(document, [item]) : null;
    const items = item ? this.#all(document, item) : [];
    // The list is what holds the first shown message and the last one.
    let list = start?.parentElement ?? null;
    while (list?.parentElement && !list.contains(items.at(-1)!)) list = list.parentElement;
    return list;
  }

  #id(document: Document): string {
    const { id, attribute } = this.#site.buyer;
    const holder = this.#first(document, id);
    return (attribute ? holder?.getAttribute(attribute) : holder?.textContent)?.trim() ?? "";
  }

  #orders(document: Document): string[] {
    const found = new Set<string>();
    for (const selector of this.#site.order) {
      for (const element of this.#all(document, selector)) {
        const digits = visible(element) && /\d{6,}[\d-]*/.exec(element.textContent ?? "");
        if (digits) found.add(digits[0]);
      }
    }
    return [...found];
  }

  #turn(item: Element, buyer: string): Turn | null {
    const raw = `${item.className}\n${buyer}\n${item.textContent}`;
    const seen = this.#seen.get(item);
    if (seen?.raw === raw && !this.#hidden) return seen.turn;
    const text = this.#text(item);
    const role = this.#role(item, buyer);
    let turn = text && role ? { role, text } : null;
    if (turn && seen?.turn?.text === text && seen.turn.role === role) turn = seen.turn;
    this.#seen.set(item, { raw, turn });
    return turn;
  }

  #text(item: Element): string {
    const { text } = this.#site.messages;
    if (!text.length) return (item.textContent ?? "").trim();
    for (const selector of text) {
      const parts = this.#within(item, selector);
      if (parts.length)
        return parts
          .map((part) => part.textContent ?? "")
          .join("")
          .trim();
    }
    return "";
  }

  #role(item: Element, buyer: string): Role | null {
    const { system, robot, sender, buyer: buyerSide, agent, row } = this.#site.messages;
    const is = (selector: string) => this.#within(item, selector).length > 0;
    if (system.some(is)) return "system";
    if (robot.some(is)) return "robot";
    if (sender) {
      const name = this.#within(item, sender)[0]?.textContent?.trim();
      if (!name || !buyer) return null;
      // Some pages put the time behind the name.
      return name === buyer || name.startsWith(`${buyer} `) ? "buyer" : "agent";
    }
    if (agent && is(agent)) return "agent";
    if (buyerSide && is(buyerSide)) return "buyer";
    const line = row && this.#within(item, row)[0];
    if (!line) return null;
    return getComputedStyle(line).flexDirection === "row-reverse" ? "agent" : "buyer";
  }
}
