/** A workbench adapter: data from the release (or from this device's picker), validated before use. */

import { INTO } from "./roots";

export type SendKey = "enter" | "ctrl+enter";

export interface Site {
  readonly id: string;
  readonly name: string;
  readonly platform: string;
  readonly match: readonly string[];
  /** The kill switch: false leaves pages of this adapter alone. */
  readonly enabled: boolean;
  readonly composer: readonly string[];
  readonly send: {
    readonly selectors: readonly string[];
    /** The control's text must be this, where the selector alone is too wide. */
    readonly text: string;
    readonly keys: readonly SendKey[];
    /** Where the page shows the person's own choice of key; its text decides when it names Ctrl. */
    readonly setting: string;
  };
  /** Controls that send a prepared phrase at once. */
  readonly quick: readonly string[];
  readonly messages: {
    readonly root: readonly string[];
    readonly item: string;
    readonly buyer: string;
    readonly agent: string;
    readonly system: readonly string[];
    readonly robot: readonly string[];
    readonly text: readonly string[];
    /** Sender name inside an item; with it a message is the buyer's when the name equals the buyer's. */
    readonly sender: string;
    /** A message's row, where no name tells the sides apart: laid out in reverse it is the agent's. */
    readonly row: string;
  };
  readonly buyer: { readonly name: readonly string[]; readonly id: readonly string[]; readonly attribute: string };
  readonly order: readonly string[];
}

const KEYS: ReadonlySet<string> = new Set(["enter", "ctrl+enter"]);

/** `true` / `false` may arrive as text: the rulebook's reader keeps scalars as strings. */
const off = (value: unknown) => value === false || value === "false" || value === "off";

function texts(value: unknown): string[] {
  if (typeof value === "string") return value ? [value] : [];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string" && item !== "") : [];
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** A selector the browser cannot parse would throw at every keystroke. */
function validSelectors(selectors: readonly string[]): string[] {
  return selectors.filter((selector) => {
    try {
      // In a list as on the way: each part has to be a selector.
      document.createDocumentFragment().querySelector(selector.replaceAll(INTO, ","));
      return true;
    } catch {
      return false;
    }
  });
}
const validSelector = (value: unknown) => validSelectors(texts(value).slice(0, 1))[0] ?? "";

/** Brings an adapter into shape; null when it names no page or no composer. */
export function readSite(value: unknown): Site | null {
  const from = record(value);
  const id = text(from.id);
  const match = texts(from.match).filter((pattern) => matcher(pattern) !== null);
  // biome-ignore lint/complexity/useLiteralKeys: the content script's own properties of that name are shortened (build.mjs)
  const composer = validSelectors(texts(record(from["composer"]).selectors));
  if (!id || !match.length || (!composer.length && !off(from.enabled))) return null;
  const send = record(from.send);
  const messages = record(from.messages);
  const buyer = record(from.buyer);
  const keys = texts(send.keys).filter((key): key is SendKey => KEYS.has(key));
  return {
    id,
    name: text(from.name) || id,
    platform: text(from.platform),
    match,
    enabled: !off(from.enabled),
    composer,
    send: {
      selectors: validSelectors(texts(send.selectors)),
      text: text(send.text),
      keys: keys.length ? keys : ["enter", "ctrl+enter"],
      setting: validSelector(send.setting),
    },
    quick: validSelectors(texts(from.quick)),
    messages: {
      root: validSelectors(texts(messages.root)),
      item: validSelector(messages.item),
      buyer: validSelector(messages.buyer),
      agent: validSelector(messages.agent),
      system: validSelectors(texts(messages.system)),
      robot: validSelectors(texts(messages.robot)),
      text: validSelectors(texts(messages.text)),
      sender: validSelector(messages.sender),
      row: validSelector(messages.row),
    },
    buyer: {
      name: validSelectors(texts(buyer.name)),
      id: validSelectors(texts(buyer.id)),
      attribute: text(buyer.attribute) || "",
    },
    order: validSelectors(texts(record(from.order).id)),
  };
}

/** A match pattern as Chrome writes them: scheme, host with an optional leading `*.`, path with `*`. */
function matcher(pattern: string): RegExp | null {
  const parts = /^(\*|https?):\/\/(\*|(?:\*\.)?[^/*]+)(\/.*)$/.exec(pattern);
  if (!parts) return null;
  const quote = (part: string) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&");
  const scheme = parts[1] === "*" ? "https?" : parts[1];
  const host = parts[2] === "*" ? "[^/]+" : quote(parts[2]!).replace(/^\*\\\./, "(?:[^/]+\\.)?");
  const path = quote(parts[3]!).replaceAll("*", ".*");
  return new RegExp(`^${scheme}://${host}${path}$`);
}

/** The adapter for an address; adapters earlier in the list win. */
export function siteFor(sites: readonly Site[], address: URL): Site | null {
  const plain = `${address.protocol}//${address.host}${address.pathname}${address.search}`;
  const portless = `${address.protocol}//${address.hostname}${address.pathname}${address.search}`;
  return sites.find((site) => site.match.some((p) => matcher(p)!.test(plain) || matcher(p)!.test(portless))) ?? null;
}

/** The address that decides the adapter: a frame without one of its own (about:blank, srcdoc, blob:) is its parent's page. */
export function pageAddress(): URL {
  let frame: Window = window;
  try {
    while (!/^https?:$/.test(frame.location.protocol) && frame.parent !== frame) frame = frame.parent;
    return new URL(frame.location.href);
  } catch {
    // A sandboxed frame may not look at its parent.
    return new URL(location.href);
  }
}

/** Is some page of this host served by an adapter? */
export function coversHost(sites: readonly Site[], address: URL): boolean {
  const origin = `${address.protocol}//${address.hostname}/`;
  return sites.some((site) =>
    site.match.some((pattern) => matcher(pattern.replace(/^((?:\*|https?):\/\/[^/]+)\/.*$/, "$1/*"))!.test(origin)),
  );
}
