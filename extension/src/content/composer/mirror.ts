/**
 * A transparent copy of a field's text laid exactly over it, for browsers that cannot put a highlight inside a field.
 * Only its highlights are seen. It is never a child of the page's own subtree: frameworks tear foreign nodes out.
 */
import type { Field } from "./field";

/** Everything that moves a glyph. `white-space` and the width are set apart. */
const COPIED = [
  "font-family",
  "font-size",
  "font-weight",
  "font-style",
  "font-stretch",
  "font-variant",
  "font-kerning",
  "font-feature-settings",
  "font-variation-settings",
  "font-size-adjust",
  "font-optical-sizing",
  "letter-spacing",
  "word-spacing",
  "line-height",
  "tab-size",
  "text-indent",
  "text-transform",
  "text-rendering",
  "text-align",
  "direction",
  "unicode-bidi",
  "writing-mode",
  "word-break",
  "overflow-wrap",
  "line-break",
  "hyphens",
  "padding-top",
  "padding-right",
  "padding-bottom",
  "padding-left",
] as const;

export class Mirror {
  readonly root: ShadowRoot;
  readonly #field: Field;
  readonly #host: HTMLElement;
  readonly #clip: HTMLElement;
  readonly #text: Text;
  readonly #box: HTMLElement;
  readonly #stop = new AbortController();
  readonly #resize: ResizeObserver;

  constructor(field: Field) {
    this.#field = field;
    const document = field.ownerDocument;
    this.#host = document.createElement("replyguard-mirror");
    this.#host.setAttribute("aria-hidden", "true");
    this.#host.style.cssText =
      "all:initial;position:fixed;left:0;top:0;width:0;height:0;pointer-events:none;z-index:2147483646;display:block";
    // Closed: the page must not read our copy of the text through it.
    this.root = this.#host.attachShadow({ mode: "closed" });
    this.#clip = document.createElement("div");
    this.#box = document.createElement("div");
    this.#text = document.createTextNode("");
    this.#box.append(this.#text);
    this.#clip.append(this.#box);
    this.root.append(this.#clip);
    document.documentElement.append(this.#host);
    const { signal } = this.#stop;
    const place = () => this.place();
    field.addEventListener("scroll", place, { signal, passive: true });
    document.addEventListener("scroll", place, { signal, passive: true, capture: true });
    document.defaultView?.addEventListener("resize", place, { signal });
    this.#resize = new ResizeObserver(() => this.style());
    this.#resize.observe(field);
    this.style();
  }

  write(text: string): void {
    if (this.#text.data !== text) this.#text.data = text;
    this.place();
  }

  range(start: number, end: number): Range | null {
    if (end > this.#text.length) return null;
    const range = this.#field.ownerDocument.createRange();
    range.setStart(this.#text, start);
    range.setEnd(this.#text, end);
    return range;
  }

  rect(start: number, end: number): DOMRect | null {
    return this.range(start, end)?.getBoundingClientRect() ?? null;
  }

  /** Copies the field's style: at birth, and when the field changes size. */
  style(): void {
    const field = this.#field;
    const from = field.ownerDocument.defaultView!.getComputedStyle(field);
    const box = this.#box.style;
    box.cssText =
      "all:initial;position:absolute;display:block;box-sizing:border-box;border:0;margin:0;color:transparent";
    for (const name of COPIED) box.setProperty(name, from.getPropertyValue(name));
    box.setProperty("white-space", field instanceof HTMLInputElement ? "pre" : from.whiteSpace);
    if (field.lang || field.closest("[lang]")) {
      this.#box.lang = field.lang || (field.closest("[lang]") as HTMLElement).lang;
    }
    this.#clip.style.cssText = "all:initial;position:fixed;overflow:clip;display:block";
    this.place();
  }

  place(): void {
    const field = this.#field;
    const rect = field.getBoundingClientRect();
    // A transformed or zoomed page scales the border box; the text inside scales alike.
    const scaleX = field.offsetWidth ? rect.width / field.offsetWidth : 1;
    const scaleY = field.offsetHeight ? rect.height / field.offsetHeight : 1;
    const clip = this.#clip.style;
    clip.left = `${rect.left + field.clientLeft * scaleX}px`;
    clip.top = `${rect.top + field.clientTop * scaleY}px`;
    // clientWidth leaves the scroll bar out, and so does the field's own line breaking.
    clip.width = `${field.clientWidth}px`;
    clip.height = `${field.clientHeight}px`;
    clip.transformOrigin = "0 0";
    clip.transform = scaleX === 1 && scaleY === 1 ? "none" : `scale(${scaleX}, ${scaleY})`;
    const box = this.#box.style;
    box.left = `${-field.scrollLeft}px`;
    if (field instanceof HTMLInputElement) {
      box.width = "max-content";
      box.minWidth = `${field.clientWidth}px`;
      // A one-line field centres its text; a line as high as the box does the same.
      box.top = "0";
      box.height = `${field.clientHeight}px`;
      box.lineHeight = `${field.clientHeight - Number.parseFloat(box.paddingTop || "0") - Number.parseFloat(box.paddingBottom || "0")}px`;
    } else {
      box.width = `${field.clientWidth}px`;
      box.top = `${-field.scrollTop}px`;
    }
  }

  remove(): void {
    this.#stop.abort();
    this.#resize.disconnect();
    this.#host.remove();
  }
}
