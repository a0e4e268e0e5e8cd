/** What tells the messages of two sides apart, from one example each; also where they stand in shadow roots. */
import { all, around, INTO, shadowOf } from "./roots";
import { build, component, findsOnly, NAMED, named, names, quote, STATE, uniqueSelector } from "./selector";

export interface Messages {
  readonly root: string;
  readonly item: string;
  /** "" when nothing but the sender's name tells the sides apart. */
  readonly buyer: string;
  readonly agent: string;
  readonly text: string;
  /** The two examples, a buyer's and an agent's. */
  readonly examples: readonly [Element, Element];
}

/** @param buyer an element inside (or the whole) of a buyer's message; `agent` the same of an agent's */
export function messageSelectors(buyer: Element, agent: Element): Messages | null {
  // The list is their nearest common ancestor; the items are the branches below it.
  const above = new Set(upwards(agent));
  const list = upwards(buyer).find((element) => above.has(element));
  if (!list || list === buyer || list === agent) return null;
  const chain = (from: Element) => {
    const path = upwards(from);
    return path.slice(0, path.indexOf(list)).reverse();
  };
  const [theirs, ours] = [chain(buyer), chain(agent)];
  const root = uniqueSelector(list);
  if (!root) return null;
  const examples = [theirs[0]!, ours[0]!] as const;
  const item = sharedName(...examples);
  const text = textSelector(theirs, ours);
  if (text === null) return null;
  const base = { root, item: itemSelector(list, root, item, examples), text, examples };
  // The side may be said on the item or further inside.
  for (let depth = 0; depth < Math.min(ours.length, theirs.length); depth++) {
    const [a, b] = [theirs[depth]!, ours[depth]!];
    const way = wayInto(theirs.slice(0, depth + 1), ours.slice(0, depth + 1));
    if (way === null) break;
    const buyerOnly = onlyIn(a, b);
    const agentOnly = onlyIn(b, a);
    if (!buyerOnly && !agentOnly) continue;
    const side = (name: string) => (depth === 0 ? `${item}${name}` : `${way}${name}`);
    const other = (name: string) => {
      if (depth === 0) return `${item}:not(${name})`;
      return way ? `${way}${sharedName(a, b)}:not(${name})` : `${item}:not(:has(${name}))`;
    };
    const sides = {
      buyer: buyerOnly ? side(buyerOnly) : other(agentOnly!),
      agent: agentOnly ? side(agentOnly) : other(buyerOnly!),
    };
    if (!way || tellsApart(sides, examples)) return { ...base, ...sides };
  }
  return { ...base, buyer: "", agent: "" };
}

/** Where a message names its sender, for pages that tell the sides apart by nothing else; "" when it does not. */
export function senderSelector([buyer, agent]: readonly [Element, Element], name: string): string {
  for (const [element, way] of descendants(buyer)) {
    if (element.textContent?.trim() !== name) continue;
    const own = names(element)
      .map((one) => way + one)
      .find((selector) => all(buyer, selector).length === 1 && all(agent, selector).length === 1);
    if (own) return own;
  }
  return "";
}

function upwards(element: Element): Element[] {
  const path = [];
  for (let at: Element | null = element; at; at = around(at)) path.push(at);
  return path;
}

/** All in an element, its shadow roots too, each with the way to it. */
function descendants(element: Element, way = ""): [Element, string][] {
  const shadow = shadowOf(element);
  const here: [Element, string][] = [...element.querySelectorAll("*")].map((one) => [one, way]);
  const hosts = here.filter(([one]) => shadowOf(one));
  const inside = (host: Element, before: string) => {
    const into = `${before}${component(host) || names(host)[0]} ${INTO} `;
    return [...shadowOf(host)!.children].flatMap((one): [Element, string][] => [
      [one, into],
      ...descendants(one, into),
    ]);
  };
  return [...here, ...(shadow ? inside(element, way) : []), ...hosts.flatMap(([host]) => inside(host, way))];
}

/** What the items are called within their list, which is the host where they stand in its shadow root. */
function itemSelector(list: Element, root: string, item: string, [example]: readonly [Element, Element]): string {
  const own = root.split(INTO).at(-1)!.trim();
  if (example.parentElement === list) return `${own} > ${item}`;
  const inner = [...(shadowOf(list)?.querySelectorAll(item) ?? [])];
  // Items have no element around them; what is deeper may be called the same.
  const top = inner.some((element) => element.parentElement) ? ":not(* > *)" : "";
  return `${own} ${INTO} ${item}${top}`;
}

/** The way from an item to the last of the chain, a part for each shadow root; null where the two sides differ in it. */
function wayInto(theirs: readonly Element[], ours: readonly Element[]): string | null {
  const hosts = (chain: readonly Element[]) => chain.filter((_, n) => chain[n + 1]?.parentElement === null);
  const [a, b] = [hosts(theirs), hosts(ours)];
  if (a.length !== b.length) return null;
  return a.map((host, n) => `${sharedName(host, b[n]!)} ${INTO} `).join("");
}

/** Where in an item the words are; "" for the whole item, null when that cannot be said. */
function textSelector(theirs: readonly Element[], ours: readonly Element[]): string | null {
  const way = wayInto(theirs, ours);
  let [a, b]: (Element | null)[] = [theirs.at(-1)!, ours.at(-1)!];
  if (way === "") return textName(a!, b!);
  if (way === null) return null;
  // Perhaps the click went to something inside of the words.
  for (; a && b; a = a.parentElement, b = b.parentElement) {
    const [inTheirs, inOurs] = [a, b];
    const holds = (selector: string) =>
      findsOnly(theirs[0]!, way + selector, inTheirs) && findsOnly(ours[0]!, way + selector, inOurs);
    const own = build(a, holds);
    if (own) return way + own;
  }
  return null;
}

function tellsApart(
  { buyer, agent }: Pick<Messages, "buyer" | "agent">,
  [theirs, ours]: readonly [Element, Element],
): boolean {
  const is = (item: Element, selector: string) => all(item, selector).length > 0;
  // The agent's is asked for first.
  return is(ours, agent) && is(theirs, buyer) && !is(theirs, agent);
}

const classesOf = (element: Element) => named(element).filter((name) => !STATE.test(name));

function sharedName(a: Element, b: Element): string {
  // Components say by their name what they are.
  if (shadowOf(a) && component(a) && a.localName === b.localName) return a.localName;
  const both = classesOf(a).filter((name) => b.classList.contains(name));
  if (both[0]) return `.${CSS.escape(both[0])}`;
  for (const attribute of NAMED) {
    const value = a.getAttribute(attribute);
    if (value && b.getAttribute(attribute) === value) return `[${attribute}="${quote(value)}"]`;
  }
  return a.localName === b.localName ? a.localName : "*";
}

/** A class or attribute that only `a` has. */
function onlyIn(a: Element, b: Element): string | null {
  const name = classesOf(a).find((one) => !b.classList.contains(one));
  if (name) return `.${CSS.escape(name)}`;
  for (const { name: attribute, value } of a.attributes) {
    if (!SIDE.test(attribute) && !(shadowOf(a) && SIDE_OF_COMPONENT.test(attribute) && WORD.test(value))) continue;
    if (value.length > 20) continue;
    if (b.getAttribute(attribute) !== value) return `[${attribute}="${quote(value)}"]`;
  }
  if (shadowOf(a) && component(a) && a.localName !== b.localName) return `:is(${a.localName})`;
  return null;
}

const SIDE = /^data-(side|role|from|sender|direction|type|who|is)/;
/** Components have attributes of their own, some of them without a value: `<chat-message mine>`. */
const SIDE_OF_COMPONENT = /^(side|role|from|sender|direction|type|who|is-?|own|mine|self|position|align)/;
/** A name of a person or a number would be this one message's. */
const WORD = /^[a-z-]*$/i;

/** Where in an item the words are; "" for the whole item. */
function textName(a: Element, b: Element): string {
  const shared = sharedName(a, b);
  return shared === "*" || /^(div|li|p|span)$/.test(shared) ? "" : shared;
}
