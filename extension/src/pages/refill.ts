/** Puts new rows in place of old ones without taking the keyboard away from who is in the middle of them. */

const FOCUSABLE = "button, input, select, textarea, a";

export function refill(container: HTMLElement, rows: readonly Node[]): void {
  const before = [...container.querySelectorAll<HTMLElement>(FOCUSABLE)];
  const at = before.indexOf(document.activeElement as HTMLElement);
  container.replaceChildren(...rows);
  if (at < 0) return;
  const after = [...container.querySelectorAll<HTMLElement>(FOCUSABLE)];
  // A row that went away hands the focus on to the one that took its place.
  after[Math.min(at, after.length - 1)]?.focus({ preventScroll: true });
}
