/**
 * A small window of ours over the page: top layer, closed shadow root, outside of the page's own tree. It never takes the
 * focus, and what happens inside stays inside.
 */
import { whenEnded } from "../ended";
import { put } from "./put";
import { STYLE } from "./style";

/** Distance between the composer and a window of ours, and to the edge of the viewport, in pixels. */
const GAP = 8;

/** The width of a window, pixels, as style.ts has it. */
const WIDTH = 372;

/**
 * The rectangle to stay clear of: the whole composer, so that nothing that is being typed is ever covered.
 *
 * @param words left edge of the words that are meant, viewport pixels; asked only where it matters
 */
export function beside(composer: DOMRect, words: () => number | undefined): DOMRect {
  // Over a wide composer to the right, where the buyer's messages are not.
  const left =
    composer.width > 1.5 * WIDTH ? composer.right - WIDTH : Math.max(composer.left, (words() ?? composer.left) - 24);
  return new DOMRect(left, composer.top, composer.width, composer.height);
}

export class Overlay {
  readonly root: ShadowRoot;
  readonly body: HTMLElement;
  readonly #host: HTMLElement;
  #anchor: (() => DOMRect | null) | null = null;
  #frame = 0;
  #open: AbortController | null = null;
  readonly #signal: AbortSignal;
  readonly #corner: boolean;

  /** @param corner stay at the top right instead of at an anchor: replies are mostly typed at the bottom */
  constructor(signal: AbortSignal, label: string, corner = false) {
    this.#signal = signal;
    this.#corner = corner;
    this.#host = document.createElement("replyguard-overlay");
    this.#host.popover = "manual";
    this.#host.style.cssText =
      "all:initial;position:fixed;inset:auto;margin:0;padding:0;border:0;background:none;overflow:visible;width:max-content;height:max-content;color-scheme:light dark";
    this.root = this.#host.attachShadow({ mode: "closed" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(STYLE);
    this.root.adoptedStyleSheets = [sheet];
    this.body = document.createElement("div");
    this.body.setAttribute("role", "region");
    this.body.setAttribute("aria-label", label);
    this.root.append(this.body);
    // A press must not move the focus out of the composer; a control that was reached by keyboard keeps it.
    this.root.addEventListener("mousedown", (event) => {
      if (!(event.target instanceof HTMLInputElement)) event.preventDefault();
    });
    // The page's bubbling listeners learn nothing of what happens in here.
    for (const kind of "pointerdown mousedown mouseup pointerup click keydown keyup keypress input focusin focusout".split(
      " ",
    )) {
      this.root.addEventListener(kind, (event) => event.stopPropagation());
    }
    whenEnded(signal, () => this.hide());
  }

  get open(): boolean {
    return this.#open !== null;
  }

  /** Is this event ours? A closed root shows its host only. */
  owns(event: Event): boolean {
    return event.target === this.#host;
  }

  /** @param anchor the rectangle to stay clear of, asked again at every scroll; @param inside what it belongs to */
  show(anchor: () => DOMRect | null, inside: Element | null = null): void {
    this.#anchor = anchor;
    if (!this.#open && !this.#signal.aborted) {
      const open = new AbortController();
      this.#open = open;
      const again = () => this.follow();
      window.addEventListener("scroll", again, { signal: open.signal, passive: true, capture: true });
      window.addEventListener("resize", again, { signal: open.signal });
      window.visualViewport?.addEventListener("resize", again, { signal: open.signal });
    }
    // Outside of a modal dialog everything is inert, the top layer too.
    const home = inside?.closest("dialog:modal") ?? document.documentElement;
    if (this.#host.parentElement !== home) home.append(this.#host);
    if (!this.#host.matches(":popover-open")) this.#host.showPopover();
    this.place();
  }

  hide(): void {
    this.#open?.abort();
    this.#open = null;
    cancelAnimationFrame(this.#frame);
    this.#host.remove();
  }

  /** Places it anew in the next frame, when it is open. */
  follow(): void {
    if (!this.#open) return;
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.place());
  }

  /** Above the anchor when there is room, else below, never over it; inside the viewport always. */
  place(): void {
    if (this.#corner) {
      put(this.#host, { right: "16px", top: "16px" });
      return;
    }
    const anchor = this.#anchor?.();
    if (!anchor) {
      this.hide();
      return;
    }
    const { innerWidth, innerHeight } = window;
    const above = anchor.top - 2 * GAP;
    const below = innerHeight - anchor.bottom - 2 * GAP;
    const wanted = this.body.scrollHeight;
    const up = above >= wanted || above >= below;
    const width = this.body.offsetWidth;
    put(this.body, { "max-height": `${Math.max(up ? above : below, 120)}px` });
    put(this.#host, {
      left: `${Math.max(GAP, Math.min(anchor.left, innerWidth - width - GAP))}px`,
      top: up ? "auto" : `${Math.min(anchor.bottom + GAP, innerHeight - 120)}px`,
      bottom: up ? `${innerHeight - anchor.top + GAP}px` : "auto",
    });
  }
}
