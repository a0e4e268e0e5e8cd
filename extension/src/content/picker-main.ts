/** The picker's entry: loaded into the world of the content script when a page is to be taught. */
import { useTexts } from "../i18n";
import { startPicker } from "./picker";
import type { PickerWorld } from "./teach";

(globalThis as PickerWorld).replyguardPicker = (guard, texts) => {
  // This script has a copy of the texts of its own.
  useTexts(texts);
  startPicker(guard);
};
