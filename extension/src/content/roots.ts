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

/** `closest` that goes on outside of a shadow root. */
export function closest(element: Element | null, selector: string): Element | null {
  for (let at = element; at; ) {
    const found = at.closest(selector);
    if (found) return found;
    const root = at.getRootNode();
    at = root instanceof ShadowRoot ? root.host : null;
  }
  return null;
}

/** Is the element laid out at all (an inactive pane is not)? */
export function visible(element: Element): boolean {
  return element.checkVisibility({ visibilityProperty: true });
}

/** The first visible match of the first selector that has one. */
export function first(root: ParentNode, selectors: readonly string[]): HTMLElement | null {
  for (const selector of selectors) {
    for (const element of root.querySelectorAll<HTMLElement>(selector)) if (visible(element)) return element;
  }
  return null;
}
