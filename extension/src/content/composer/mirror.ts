/**
 * A transparent copy of a field's text laid exactly over it, for browsers that cannot put a highlight inside a field.
 * Only its highlights are seen. It is never a child of the page's own subtree: frameworks tear foreign nodes out.
 */
import { alike, alikeBehind } from "../../engine/text";
import { put } from "../put";
import type { Field } from "./field";

/** Units of text behind the last mark that its own line break may depend on: a long word, a justified line. */
const TAIL = 400;

/** Everything that moves a glyph. `white-space` and the width are set apart. */
const COPIED = [
  ..."family size weight style stretch variant kerning feature-settings variation-settings size-adjust optical-sizing"
    .split(" ")
    .map((name) => `font-${name}`),
  ..."letter-spacing word-spacing line-height tab-size text-indent text-transform text-rendering text-align direction unicode-bidi writing-mode word-break overflow-wrap line-break hyphens padding-top padding-right padding-bottom padding-left".split(
    " ",
  ),
];

export class Mirror {
  readonly root: ShadowRoot;
  readonly #field: Field;
  readonly #host: HTMLElement;
  readonly #clip: HTMLElement;
  readonly #text: Text;
  readonly #box: HTMLElement;
  readonly #stop = new AbortController();
  readonly #resize: ResizeObserver;
  #value = "";
  /** Where the last mark ends; text far behind it is not laid out a second time. */
  #end = 0;
  #frame = 0;
  /** What the last `place` was worked out from: most keys move nothing, and reading styles back costs as much as layout. */
  #placed = "";
  /** Widths of the field's borders, pixels: top, right, bottom, left. */
  #borders: readonly number[] = [];

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

  /** The field's text now. Without a mark nothing is laid out. */
  write(text: string): void {
    if (this.#value === text) return;
    // A mark that stands moves with what is typed before it, and stays where it is otherwise.
    if (this.#end && alike(this.#value, text) < this.#end)
      this.#end = Math.max(this.#end + text.length - this.#value.length, 1);
    this.#value = text;
    // Not before the frame in which it is seen: of keys that come faster only the last is copied.
    if (this.#end) this.#soon();
  }

  /** Lets the marks go. */
  clear(): void {
    this.#end = 0;
    if (this.#text.length) this.#text.data = "";
  }

  /** Only what differs is replaced: live ranges stay, and the browser keeps the lines before it. */
  #copy(): void {
    const text = this.#value.slice(0, this.#end + TAIL);
    const old = this.#text.data;
    if (old !== text) {
      const head = alike(old, text);
      const tail = alikeBehind(old, text, head);
      this.#text.replaceData(head, old.length - head - tail, text.slice(head, text.length - tail));
    }
  }

  /** Typing may scroll the field or move it. */
  #soon(): void {
    if (!this.#frame) this.#frame = requestAnimationFrame(() => this.place());
  }

  range(start: number, end: number): Range | null {
    if (end > this.#value.length) return null;
    this.#end = Math.max(this.#end, end);
    // A range needs its text at once.
    this.#copy();
    this.#soon();
    const range = this.#field.ownerDocument.createRange();
    range.setStart(this.#text, start);
    range.setEnd(this.#text, end);
    return range;
  }

  rect(start: number, end: number): DOMRect | null {
    const range = this.range(start, end);
    if (this.#frame) this.place();
    return range?.getBoundingClientRect() ?? null;
  }

  /** Copies the field's style: at birth, and when the field changes size. */
  style(): void {
    const field = this.#field;
    const from = field.ownerDocument.defaultView!.getComputedStyle(field);
    const box = this.#box.style;
    box.cssText =
      "all:initial;position:absolute;display:block;box-sizing:border-box;border:0;margin:0;color:transparent;pointer-events:none";
    this.#borders = ["top", "right", "bottom", "left"].map((side) =>
      Number.parseFloat(from.getPropertyValue(`border-${side}-width`)),
    );
    for (const name of COPIED) box.setProperty(name, from.getPropertyValue(name));
    box.setProperty("white-space", field instanceof HTMLInputElement ? "pre" : from.whiteSpace);
    if (field.lang || field.closest("[lang]")) {
      this.#box.lang = field.lang || (field.closest("[lang]") as HTMLElement).lang;
    }
    // `all: initial` takes the host's `pointer-events` away again: without its own the mirror would swallow clicks.
    this.#clip.style.cssText = "all:initial;position:fixed;overflow:clip;display:block;pointer-events:none";
    this.#placed = "";
    this.place();
  }

  /** Brings text and place up to what the field shows. */
  place(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    if (this.#end) this.#copy();
    const field = this.#field;
    const rect = field.getBoundingClientRect();
    // A transformed or zoomed page scales the border box; the text inside scales alike.
    const scaleX = field.offsetWidth ? rect.width / field.offsetWidth : 1;
    const scaleY = field.offsetHeight ? rect.height / field.offsetHeight : 1;
    // Everything is read before anything is written.
    const { scrollLeft, scrollTop } = field;
    const { left: clientLeft, top: clientTop, width: clientWidth, height: clientHeight } = this.#inside();
    const box = [clientLeft, clientTop, clientWidth, clientHeight];
    const placed = [rect.left, rect.top, scaleX, scaleY, scrollLeft, scrollTop, ...box].join();
    if (placed === this.#placed) return;
    this.#placed = placed;
    put(this.#clip, {
      left: `${rect.left + clientLeft * scaleX}px`,
      top: `${rect.top + clientTop * scaleY}px`,
      width: `${clientWidth}px`,
      height: `${clientHeight}px`,
      "transform-origin": "0px 0px",
      transform: scaleX === 1 && scaleY === 1 ? "none" : `scale(${scaleX}, ${scaleY})`,
    });
    const { paddingTop, paddingBottom } = this.#box.style;
    const padding = Number.parseFloat(paddingTop || "0") + Number.parseFloat(paddingBottom || "0");
    put(
      this.#box,
      field instanceof HTMLInputElement
        ? {
            left: `${-scrollLeft}px`,
            width: "max-content",
            "min-width": `${clientWidth}px`,
            // A one-line field centres its text; a line as high as the box does the same.
            top: "0px",
            height: `${clientHeight}px`,
            "line-height": `${clientHeight - padding}px`,
          }
        : { left: `${-scrollLeft}px`, width: `${clientWidth}px`, top: `${-scrollTop}px` },
    );
  }

  /** The field's padding box: where it begins in the border box, and its size. */
  #inside(): { left: number; top: number; width: number; height: number } {
    const { clientLeft, clientTop, clientWidth, clientHeight, offsetWidth, offsetHeight } = this.#field;
    // clientWidth leaves the scroll bar out, and so does the field's own line breaking.
    if (!(this.#field instanceof HTMLInputElement))
      return { left: clientLeft, top: clientTop, width: clientWidth, height: clientHeight };
    // Firefox gives the content box of an input for its client area.
    const [top = 0, right = 0, bottom = 0, left = 0] = this.#borders;
    return { left, top, width: offsetWidth - left - right, height: offsetHeight - top - bottom };
  }

  remove(): void {
    cancelAnimationFrame(this.#frame);
    this.#stop.abort();
    this.#resize.disconnect();
    this.#host.remove();
  }
}
