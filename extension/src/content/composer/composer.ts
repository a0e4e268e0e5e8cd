/** A place where a reply is typed. Offsets are UTF-16 units of what `read()` returned last. */
export interface Composer {
  readonly element: HTMLElement;
  /** The text as the person sees it. */
  read(): string;
  /** A range that CSS.highlights can hold, or null when nothing is there to mark. */
  range(start: number, end: number): AbstractRange | null;
  /** Where the span is on the screen, in viewport pixels. */
  rect(start: number, end: number): DOMRect | null;
  /** The document or shadow root whose style sheet paints the marks. */
  readonly paintRoot: Document | ShadowRoot;
  /**
   * Puts `text` in place of `[start, end)` as if typed, so that frameworks see it and undo takes it back.
   * `expected` is what must still stand there; false, and nothing done, when it does not.
   */
  replace(start: number, end: number, text: string, expected: string): boolean;
  /** Where the caret is, or null. */
  caret(): number | null;
  /** Calls back when the text changes without an input event: editors that cancel it and draw their own state. */
  follow(changed: () => void): void;
  /** Lets the ranges handed out go; the browser keeps a live range up to date at every edit. */
  clear(): void;
  /** Lets go of anything drawn or observed. */
  release(): void;
}

/** The document's style rules for marks; frameworks never see them, they live in an adopted sheet. */
export function paintRootOf(element: Element): Document | ShadowRoot {
  const root = element.getRootNode();
  return root instanceof ShadowRoot ? root : element.ownerDocument;
}

/** Types `text` over the present selection. */
export function type(document: Document, text: string): void {
  // execCommand is the one way that React, Vue, the editors and the undo stack all understand.
  if (text === "") document.execCommand("delete");
  else document.execCommand("insertText", false, text);
}
