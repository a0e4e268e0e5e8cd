/** The text of a rich editor as the person sees it, and the way back from an offset to the DOM. */

/** Tags that stand on lines of their own; styles are not asked, a keystroke must not cost a layout. */
const BLOCKS = new Set(
  "address article blockquote div dl dt dd figure h1 h2 h3 h4 h5 h6 hr li ol p pre section table tr ul".split(" "),
);
/** Never text of the person: placeholders and editor furniture. */
const SKIPPED = "[data-slate-placeholder], .ql-tooltip, .ql-clipboard, .ProseMirror-widget, style, script, template";

interface Piece {
  readonly node: Node;
  readonly start: number;
  readonly length: number;
}

export interface Point {
  readonly node: Node;
  readonly offset: number;
}

export class TextMap {
  readonly text: string;
  readonly #root: Element;
  readonly #pieces: Piece[] = [];

  constructor(root: Element) {
    this.#root = root;
    this.text = this.#walk(root, "");
  }

  #walk(parent: Element, before: string): string {
    let text = before;
    let separate = false;
    for (let node = parent.firstChild; node; node = node.nextSibling) {
      if (node instanceof Text) {
        if (!node.length) continue;
        if (separate) text += "\n";
        separate = false;
        this.#pieces.push({ node, start: text.length, length: node.length });
        text += node.data;
        continue;
      }
      if (!(node instanceof Element) || node.matches(SKIPPED)) continue;
      const name = node.localName;
      if (name === "br") {
        // The last br of a block only holds the line open.
        if (!node.nextSibling && parent !== this.#root) continue;
        if (!node.nextSibling && text.length === before.length) continue;
        this.#pieces.push({ node, start: text.length, length: 1 });
        text += "\n";
        separate = false;
      } else if (name === "img") {
        if (separate) text += "\n";
        separate = false;
        const alt = node.getAttribute("alt") ?? "";
        this.#pieces.push({ node, start: text.length, length: alt.length });
        text += alt;
      } else if (BLOCKS.has(name)) {
        if (separate || (node.previousSibling && text.length > before.length && !text.endsWith("\n"))) text += "\n";
        text = this.#walk(node, text);
        separate = true;
      } else {
        if (separate) text += "\n";
        separate = false;
        text = this.#walk(node, text);
      }
    }
    return text;
  }

  /** The DOM point of an offset; `end` prefers the end of the piece before to the start of the next. */
  point(offset: number, end: boolean): Point {
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      const { start } = this.#pieces[middle]!;
      if (end ? start < offset : start <= offset) low = middle;
      else high = middle - 1;
    }
    const piece = this.#pieces[low];
    if (!piece) return { node: this.#root, offset: 0 };
    const inside = Math.min(Math.max(offset - piece.start, 0), piece.length);
    if (piece.node instanceof Text) return { node: piece.node, offset: inside };
    const parent = piece.node.parentNode!;
    const index = Array.prototype.indexOf.call(parent.childNodes, piece.node);
    return { node: parent, offset: index + (inside > 0 ? 1 : 0) };
  }

  range(start: number, end: number): Range {
    const range = this.#root.ownerDocument.createRange();
    const from = this.point(start, false);
    const to = this.point(end, true);
    range.setStart(from.node, from.offset);
    range.setEnd(to.node, to.offset);
    return range;
  }

  /** The offset of a DOM point, or null outside. */
  offset(node: Node, offset: number): number | null {
    for (const piece of this.#pieces) {
      if (piece.node === node) return piece.start + Math.min(offset, piece.length);
      if (piece.node.parentNode === node && Array.prototype.indexOf.call(node.childNodes, piece.node) >= offset)
        return piece.start;
    }
    return this.#root.contains(node) ? this.text.length : null;
  }
}
