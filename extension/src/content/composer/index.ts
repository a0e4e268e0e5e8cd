import { closest } from "../roots";
import type { Composer } from "./composer";
import { EditableComposer, editableHost } from "./editable";
import { FieldComposer, isField } from "./field";

export type { Composer } from "./composer";

/** A reply is never typed into these, whatever their form; our own card has a field too. */
const NEVER =
  "replyguard-overlay, [role=search], [role=searchbox], [role=combobox], [type=search], [type=password], [autocomplete*=cc-], [autocomplete=username]";

/**
 * The composer at an element.
 *
 * @param selectors of the workbench's adapter; empty for the generic search, which takes any text surface but search boxes
 */
export function composerAt(element: Element, selectors: readonly string[]): Composer | null {
  if (selectors.length) {
    for (const selector of selectors) {
      const found = closest(element, selector);
      if (found instanceof HTMLElement) return make(found);
    }
    return null;
  }
  if (closest(element, NEVER)) return null;
  return make(element);
}

function make(element: Element): Composer | null {
  if (isField(element)) return new FieldComposer(element);
  const host = editableHost(element);
  return host ? new EditableComposer(host) : null;
}
