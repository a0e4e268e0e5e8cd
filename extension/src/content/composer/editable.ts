/** contenteditable of any make: plain, plaintext-only, ProseMirror, Quill, Lexical, Slate. */
import { type Composer, paintRootOf, type } from "./composer";
import { TextMap } from "./textmap";

/** Slate reads the selection at most every 100 ms. */
const SLATE_THROTTLE = 120;

type WithSelection = (Document | ShadowRoot) & { getSelection?(): Selection | null };

/** The outermost editable element, which is the editor; null when nothing here is editable. */
export function editableHost(element: Element): HTMLElement | null {
  let host: HTMLElement | null = null;
  for (let at: Element | null = element; at instanceof HTMLElement && at.isContentEditable; at = at.parentElement)
    host = at;
  return host;
}

export class EditableComposer implements Composer {
  readonly element: HTMLElement;
  #map: TextMap;
  #observer: MutationObserver | null = null;

  constructor(element: HTMLElement) {
    this.element = element;
    this.#map = new TextMap(element);
  }

  get paintRoot(): Document | ShadowRoot {
    return paintRootOf(this.element);
  }

  follow(changed: () => void): void {
    this.#observer = new MutationObserver(changed);
    this.#observer.observe(this.element, { childList: true, characterData: true, subtree: true });
  }

  read(): string {
    // What is read now need not be told afterwards.
    this.#observer?.takeRecords();
    this.#map = new TextMap(this.element);
    return this.#map.text;
  }

  range(start: number, end: number): AbstractRange | null {
    return end > this.#map.text.length ? null : this.#map.range(start, end);
  }

  rect(start: number, end: number): DOMRect | null {
    return end > this.#map.text.length ? null : this.#map.range(start, end).getBoundingClientRect();
  }

  replace(start: number, end: number, text: string, expected: string): boolean {
    if (!this.element.isConnected || this.read().slice(start, end) !== expected) return false;
    const document = this.element.ownerDocument;
    this.element.focus({ preventScroll: true });
    const selection = this.#selection();
    if (!selection) return false;
    const range = this.#map.range(start, end);
    selection.setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
    if (!this.#takesBeforeInput()) {
      type(document, text);
      return true;
    }
    // Told of the selection in the same breath, Slate takes typing and replacement for one step of undo.
    setTimeout(() => {
      const stands = this.element.isConnected && this.read().slice(start, end) === expected;
      if (!stands) return;
      // In Firefox a page cannot look into an event of ours, and there Slate follows execCommand.
      const told =
        !("openOrClosedShadowRoot" in this.element) && this.#replaceByEvent(text, this.#map.range(start, end));
      if (!told) type(document, text);
    }, SLATE_THROTTLE);
    return true;
  }

  caret(): number | null {
    const selection = this.#selection();
    return selection?.focusNode ? this.#map.offset(selection.focusNode, selection.focusOffset) : null;
  }

  clear(): void {}

  release(): void {
    this.#observer?.disconnect();
    this.#observer = null;
  }

  #selection(): Selection | null {
    const root = this.element.getRootNode() as WithSelection;
    return root.getSelection?.() ?? this.element.ownerDocument.getSelection();
  }

  /** Slate keeps a model of its own, and in Chromium ignores what execCommand does to the DOM. */
  #takesBeforeInput(): boolean {
    return this.element.hasAttribute("data-slate-editor");
  }

  #replaceByEvent(text: string, range: Range): boolean {
    const dataTransfer = new DataTransfer();
    dataTransfer.setData("text/plain", text);
    const event = new InputEvent("beforeinput", {
      bubbles: true,
      cancelable: true,
      composed: true,
      inputType: "insertReplacementText",
      data: text,
      dataTransfer,
      targetRanges: [new StaticRange(range)],
    });
    // Cancelled means: the editor has done it itself.
    return !this.element.dispatchEvent(event);
  }
}
