/** A line in the corner of the page with one thing to do about it: shown, and read out. */
import { announcer } from "./announce";
import { noteView } from "./card-view";
import { Overlay } from "./overlay";

export interface Notice {
  /** `close` instead of only hiding it. */
  show(words: string, action: string, act: () => void, close?: () => void): void;
  hide(): void;
}

export function notice(signal: AbortSignal, label: string): Notice {
  const overlay = new Overlay(signal, label, true);
  const say = announcer(signal);
  const hide = () => overlay.hide();
  return {
    hide,
    show(words, action, act, close = hide) {
      overlay.body.className = "hint";
      overlay.body.replaceChildren(noteView(words, action, act, close));
      overlay.show(() => null);
      say(words);
    },
  };
}
