/** Starts the picker, which few pages ever need: its script is loaded when somebody asks for it. */
import { type Texts, textsInUse } from "../i18n";
import type { Guard } from "./guard";

/** Where picker.js leaves its entry: scripts of one extension share the globals of their world. */
export interface PickerWorld {
  replyguardPicker?: (guard: Guard, texts: Texts | null) => void;
}

export async function teach(guard: Guard): Promise<boolean> {
  const world = globalThis as PickerWorld;
  if (!world.replyguardPicker) await guard.transport.request("picker.load", null);
  world.replyguardPicker?.(guard, textsInUse());
  return world.replyguardPicker !== undefined;
}
