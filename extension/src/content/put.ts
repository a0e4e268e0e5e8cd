/** Writes inline styles that differ; writing the same value anew would cost a style pass at every key. */
export function put(element: HTMLElement, styles: Readonly<Record<string, string>>): void {
  const { style } = element;
  for (const [name, value] of Object.entries(styles))
    if (style.getPropertyValue(name) !== value) style.setProperty(name, value);
}
