/** Stable selectors from an example element: ids, data attributes and meaningful classes; never hashes, never positions. */

/** Attributes that sites keep for their own tests and styles. */
const NAMED = [
  "data-qa-id",
  "data-testid",
  "data-test",
  "data-role",
  "name",
  "role",
  "aria-label",
  "placeholder",
  "type",
] as const;
/** Names that a tool has made: styled-components, emotion, JSS. */
const MADE = /^(sc-|css-|jss\d|_)/;
/** Names with something of a hash: CSS modules, long digit runs. */
const GENERATED = /[_-][A-Za-z0-9]{5,}$|\d{3,}|^[a-z0-9]{6,}$/;
/** States come and go. */
const STATE = /active|hover|focus|selected|current|open|checked|disabled|read|unread/i;
const MAX_DEPTH = 4;

function quote(value: string): string {
  return value.replace(/["\\]/g, "\\$&");
}

function generated(name: string): boolean {
  // A word like `composer` is no hash, although it is all lower case.
  return MADE.test(name) || (GENERATED.test(name) && !/^[a-z]+([-_]{1,2}[a-z]+)*$/i.test(name));
}

/** Classes that somebody has named. After its own `sc-…` styled-components puts a hash that looks like a word. */
function named(element: Element): string[] {
  const all = [...element.classList];
  const made = all.findIndex((name) => name.startsWith("sc-"));
  return (made < 0 ? all : all.slice(0, made)).filter((name) => !generated(name));
}

/** How one element can be named, best first. */
function names(element: Element, state = false): string[] {
  const tag = element.localName;
  const found: string[] = [];
  if (element.id && !generated(element.id)) found.push(`#${CSS.escape(element.id)}`);
  for (const attribute of NAMED) {
    const value = element.getAttribute(attribute);
    if (value && value.length < 60 && attribute !== "type") found.push(`${tag}[${attribute}="${quote(value)}"]`);
  }
  const classes = named(element).filter((name) => state || !STATE.test(name));
  if (classes.length) found.push(tag + classes.map((name) => `.${CSS.escape(name)}`).join(""));
  for (const name of classes) found.push(`.${CSS.escape(name)}`);
  if (element.getAttribute("contenteditable") === "true") found.push(`${tag}[contenteditable="true"]`);
  found.push(tag);
  return found;
}

/**
 * A selector that finds this element alone; null when nothing stable does.
 *
 * @param state the element is meant in its present state: the name in the row that is selected
 */
export function uniqueSelector(element: Element, state = false): string | null {
  const holds = (selector: string) => {
    const all = element.ownerDocument.querySelectorAll(selector);
    return all.length === 1 && all[0] === element;
  };
  return build(element, holds) ?? (state ? build(element, holds, true) : null);
}

function build(element: Element, holds: (selector: string) => boolean, state = false): string | null {
  for (const own of names(element, state)) if (holds(own)) return own;
  let tails = names(element, state).slice(0, 3);
  for (
    let at = element.parentElement, depth = 0;
    at && at !== document.documentElement && depth < MAX_DEPTH;
    at = at.parentElement, depth++
  ) {
    for (const outer of names(at, state))
      for (const tail of tails) if (holds(`${outer} ${tail}`)) return `${outer} ${tail}`;
    tails = names(at, state)
      .slice(0, 2)
      .flatMap((outer) => tails.map((tail) => `${outer} > ${tail}`))
      .slice(0, 6);
  }
  return null;
}

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

/**
 * What tells the messages of two sides apart, from one example each.
 *
 * @param buyer an element inside (or the whole) of a buyer's message; `agent` the same of an agent's
 */
export function messageSelectors(buyer: Element, agent: Element): Messages | null {
  // The list is their nearest common ancestor; the items are the branches below it.
  let list: Element | null = buyer;
  while (list && !list.contains(agent)) list = list.parentElement;
  if (!list || list === buyer || list === agent) return null;
  const chain = (from: Element) => {
    const path: Element[] = [];
    for (let at: Element | null = from; at && at !== list; at = at.parentElement) path.push(at);
    return path.reverse();
  };
  const [ours, theirs] = [chain(agent), chain(buyer)];
  const root = uniqueSelector(list);
  if (!root || !ours.length || !theirs.length) return null;
  const item = sharedName(theirs[0]!, ours[0]!);
  const scope = `${root} > ${item}`;
  const text = textName(theirs.at(-1)!, ours.at(-1)!);
  const examples = [theirs[0]!, ours[0]!] as const;
  // The side may be said on the item or further inside.
  for (let depth = 0; depth < Math.min(ours.length, theirs.length); depth++) {
    const buyerOnly = onlyIn(theirs[depth]!, ours[depth]!);
    const agentOnly = onlyIn(ours[depth]!, theirs[depth]!);
    if (!buyerOnly && !agentOnly) continue;
    const side = depth === 0 ? (name: string) => `${item}${name}` : (name: string) => name;
    const other = (name: string) => (depth === 0 ? `${item}:not(${name})` : `${item}:not(:has(${name}))`);
    return {
      root,
      item: scope,
      buyer: buyerOnly ? side(buyerOnly) : other(agentOnly!),
      agent: agentOnly ? side(agentOnly) : other(buyerOnly!),
      text,
      examples,
    };
  }
  return { root, item: scope, buyer: "", agent: "", text, examples };
}

/** Where a message names its sender, for pages that tell the sides apart by nothing else; "" when it does not. */
export function senderSelector([buyer, agent]: readonly [Element, Element], name: string): string {
  const alone = (item: Element, selector: string) => item.querySelectorAll(selector).length === 1;
  for (const element of buyer.querySelectorAll("*")) {
    if (element.textContent?.trim() !== name) continue;
    const own = names(element).find((selector) => alone(buyer, selector) && alone(agent, selector));
    if (own) return own;
  }
  return "";
}

const classesOf = (element: Element) => named(element).filter((name) => !STATE.test(name));

function sharedName(a: Element, b: Element): string {
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
    if (!/^data-(side|role|from|sender|direction|type|who|is)/.test(attribute) || value.length > 20) continue;
    if (b.getAttribute(attribute) !== value) return `[${attribute}="${quote(value)}"]`;
  }
  return null;
}

/** Where in an item the words are; "" for the whole item. */
function textName(a: Element, b: Element): string {
  const shared = sharedName(a, b);
  return shared === "*" || /^(div|li|p|span)$/.test(shared) ? "" : shared;
}
