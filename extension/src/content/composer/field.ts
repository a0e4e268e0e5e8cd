/** textarea and input. Marks hang on an OpaqueRange where there is one, else on a mirror. */
import { type Composer, paintRootOf, type } from "./composer";
import { Mirror } from "./mirror";

export type Field = HTMLTextAreaElement | HTMLInputElement;

interface OpaqueRange extends AbstractRange {
  getBoundingClientRect(): DOMRect;
  disconnect(): void;
}
type WithValueRange = Field & { createValueRange?(start: number, end: number): OpaqueRange };

const TYPES = new Set(["text", "search", ""]);

export function isField(element: Element): element is Field {
  if (element instanceof HTMLTextAreaElement) return !element.readOnly && !element.disabled;
  return (
    element instanceof HTMLInputElement &&
    TYPES.has(element.getAttribute("type")?.toLowerCase() ?? "") &&
    !element.readOnly &&
    !element.disabled
  );
}

export class FieldComposer implements Composer {
  readonly element: Field;
  readonly #ranges: OpaqueRange[] = [];
  #mirror: Mirror | null = null;

  constructor(element: Field) {
    this.element = element;
  }

  get paintRoot(): Document | ShadowRoot {
    return this.#mirror ? this.#mirror.root : paintRootOf(this.element);
  }

  read(): string {
    const text = this.element.value;
    this.#mirror?.write(text);
    return text;
  }

  range(start: number, end: number): AbstractRange | null {
    if (end > this.element.value.length) return null;
    const field = this.element as WithValueRange;
    if (field.createValueRange) {
      const range = field.createValueRange(start, end);
      this.#ranges.push(range);
      return range;
    }
    return this.#mirrored().range(start, end);
  }

  rect(start: number, end: number): DOMRect | null {
    if (end > this.element.value.length) return null;
    const field = this.element as WithValueRange;
    if (!field.createValueRange) return this.#mirrored().rect(start, end);
    const range = field.createValueRange(start, end);
    const rect = range.getBoundingClientRect();
    range.disconnect();
    return rect;
  }

  replace(start: number, end: number, text: string, expected: string): boolean {
    const { element } = this;
    if (!element.isConnected || element.value.slice(start, end) !== expected) return false;
    element.focus({ preventScroll: true });
    element.setSelectionRange(start, end);
    type(element.ownerDocument, text);
    return element.value.startsWith(text.slice(0, 16), start);
  }

  caret(): number | null {
    return this.element.selectionEnd;
  }

  // A script that sets a field's value tells nobody; the gate reads afresh before it decides.
  follow(): void {}

  clear(): void {
    for (const range of this.#ranges) range.disconnect();
    this.#ranges.length = 0;
    this.#mirror?.clear();
  }

  release(): void {
    this.clear();
    this.#mirror?.remove();
    this.#mirror = null;
  }

  #mirrored(): Mirror {
    if (!this.#mirror) {
      this.#mirror = new Mirror(this.element);
      this.#mirror.write(this.element.value);
    }
    return this.#mirror;
  }
}
