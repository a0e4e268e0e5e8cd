/** Finding one's way through shadow roots, closed ones too. */

type OpenOrClosed = { openOrClosedShadowRoot?: ShadowRoot | null };

/** The element's shadow root, also a closed one where the browser lets an extension see it. */
export function shadowOf(element: Element): ShadowRoot | null {
  if (element.shadowRoot) return element.shadowRoot;
  if (typeof chrome !== "undefined" && chrome.dom && element instanceof HTMLElement) {
    try {
      return chrome.dom.openOrClosedShadowRoot(element);
    } catch {
      return null;
    }
  }
  return (element as OpenOrClosed).openOrClosedShadowRoot ?? null;
}

/** The element that really has the focus, through every shadow root. */
export function deepFocus(document: Document): Element | null {
  let element = document.activeElement;
  while (element) {
    const inner: Element | null = shadowOf(element)?.activeElement ?? null;
    if (!inner) break;
    element = inner;
  }
  return element;
}

/** Where an event really happened; a closed root hides it behind its host. */
export function eventTarget(event: Event): Element | null {
  const first = event.composedPath()[0];
  let element = first instanceof Element ? first : first instanceof Node ? first.parentElement : null;
  while (element) {
    const root = shadowOf(element);
    if (!root || event.composedPath().includes(root)) break;
    const inner: Element | null =
      event instanceof MouseEvent ? root.elementFromPoint(event.clientX, event.clientY) : root.activeElement;
    if (!inner || inner === element || inner.getRootNode() !== root) break;
    element = inner;
  }
  return element;
}

/** In an adapter's selector, goes into the shadow root of what stands before it: `chat-app >>> reply-box >>> textarea`. */
export const INTO = ">>>";

/** The element around this one; around what stands in a shadow root, its host. */
export function around(element: Element): Element | null {
  return element.parentElement ?? (element.parentNode as ShadowRoot | null)?.host ?? null;
}

/** Is it what an adapter's selector means? */
export function matches(element: Element, selector: string): boolean {
  const at = selector.lastIndexOf(INTO);
  if (at < 0) return element.matches(selector);
  return element.matches(selector.slice(at + INTO.length)) && all(document, selector).includes(element as HTMLElement);
}

/** `closest` that goes on outside of a shadow root. */
export function closest(element: Element | null, selector: string): Element | null {
  let at = element;
  while (at && !matches(at, selector)) at = around(at);
  return at;
}

/**
 * All that an adapter's selector means in `root`. Before `>>>` that may be `root` itself: a message, say, that keeps its
 * words in a shadow root of its own.
 *
 * @param entered takes the shadow roots that were gone into
 */
export function all(root: ParentNode, selector: string, entered?: Set<ShadowRoot>): HTMLElement[] {
  const [own, ...inner] = selector.split(INTO) as [string, ...string[]];
  let found: Element[] =
    inner.length && root instanceof Element && root.matches(own) ? [root] : [...root.querySelectorAll(own)];
  for (const part of inner) {
    found = found.flatMap((host) => {
      const shadow = shadowOf(host);
      if (!shadow) return [];
      entered?.add(shadow);
      return [...shadow.querySelectorAll(part)];
    });
  }
  return found as HTMLElement[];
}

/** Is the element laid out at all (an inactive pane is not)? */
export function visible(element: Element): boolean {
  return element.checkVisibility({ visibilityProperty: true });
}

/** The first visible match of the first selector that has one. */
export function first(root: ParentNode, selectors: readonly string[], entered?: Set<ShadowRoot>): HTMLElement | null {
  for (const selector of selectors) {
    const found = all(root, selector, entered).find(visible);
    if (found) return found;
  }
  return null;
}
