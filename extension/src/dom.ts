/** Elements without innerHTML: rule texts and chat texts can only ever become text. */

type Props = Readonly<Record<string, string | number | boolean | null | ((event: never) => void)>>;

/** `el("button", {class: "x", onclick: f}, "text")`; true becomes an empty attribute, null and false none. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: readonly (Node | string | null)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), value as EventListener);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** A 16-pixel line icon from an SVG path. */
export function svg(path: string, className: string): SVGElement {
  const space = "http://www.w3.org/2000/svg";
  const element = document.createElementNS(space, "svg");
  element.setAttribute("viewBox", "0 0 16 16");
  element.setAttribute("class", className);
  element.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(space, "path");
  line.setAttribute("d", path);
  element.append(line);
  return element;
}
