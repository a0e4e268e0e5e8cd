/**
 * Stable selectors from an example element: ids, data attributes and meaningful classes; never hashes, never positions.
 * What stands in shadow roots is named by the way to it, host by host: `chat-app >>> reply-box >>> textarea`.
 */
import { all, INTO, shadowOf } from "./roots";

/** Attributes that sites keep for their own tests and styles. */
export const NAMED = [
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
export const STATE = /active|hover|focus|selected|current|open|checked|disabled|read|unread/i;
const MAX_DEPTH = 4;
/** Tried for what is in a shadow root, of each host around it. */
const MAX_WAYS = 6;

export function quote(value: string): string {
  return value.replace(/["\\]/g, "\\$&");
}

function generated(name: string): boolean {
  // A word like `composer` is no hash, although it is all lower case.
  return MADE.test(name) || (GENERATED.test(name) && !/^[a-z]+([-_]{1,2}[a-z]+)*$/i.test(name));
}

/** Classes that somebody has named. After its own `sc-…` styled-components puts a hash that looks like a word. */
export function named(element: Element): string[] {
  const all = [...element.classList];
  const made = all.findIndex((name) => name.startsWith("sc-"));
  return (made < 0 ? all : all.slice(0, made)).filter((name) => !generated(name));
}

/** The name that a page's author has given to a kind of element; "" for those of HTML, and for what a tool has made. */
export function component(element: Element): string {
  const tag = element.localName;
  return tag.includes("-") && !generated(tag) ? tag : "";
}

/** How one element can be named, best first. */
export function names(element: Element, state = false): string[] {
  // A host's tag may have a hash as a class may.
  const tag = shadowOf(element) && generated(element.localName) ? "*" : element.localName;
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
  const root = element.getRootNode();
  if (root instanceof ShadowRoot) return inShadow(element, root.host, state);
  return buildSteady(element, (selector) => findsOnly(document, selector, element), state);
}

export function findsOnly(root: ParentNode, selector: string, element: Element): boolean {
  const found = all(root, selector);
  return found.length === 1 && found[0] === element;
}

function inShadow(element: Element, host: Element, state: boolean): string | null {
  for (const way of ways(host, state)) {
    const holds = (selector: string) => findsOnly(document, `${way} ${INTO} ${selector}`, element);
    const own = buildSteady(element, holds, state);
    if (own) return `${way} ${INTO} ${own}`;
  }
  return null;
}

/** Ways to a shadow host: those that find nothing else, then those where what is looked for inside tells it apart. */
function ways(host: Element, state: boolean): string[] {
  const root = host.getRootNode();
  const before = root instanceof ShadowRoot ? ways(root.host, state).map((way) => `${way} ${INTO} `) : [""];
  // What a component is called lasts longer than where it stands.
  const own = [component(host), ...names(host, state)].filter(Boolean);
  const some = before.flatMap((way) => own.map((name) => way + name));
  const alone = some.find((way) => findsOnly(document, way, host)) ?? uniqueSelector(host, state);
  return [...new Set([...(alone ? [alone] : []), ...some])].slice(0, MAX_WAYS);
}

/** Names of states only where nothing steadier holds. */
function buildSteady(element: Element, holds: (selector: string) => boolean, state: boolean): string | null {
  return build(element, holds) ?? (state ? build(element, holds, true) : null);
}

export function build(element: Element, holds: (selector: string) => boolean, state = false): string | null {
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
