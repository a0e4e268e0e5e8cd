/**
 * Holds the send of a reply with a `block` finding. It never sends by itself: an override lets the very action through that
 * was held, for that very text.
 */
import { Topic } from "../topic";
import { composerOf } from "./field";
import type { Guard, Shown } from "./guard";
import { listen } from "./listen";
import { all, closest, eventTarget, matches } from "./roots";
import type { SendKey } from "./site";

/** What is being held: shown by the card. */
export interface Held {
  readonly text: string;
  readonly blocking: readonly Shown[];
  /** Lets it through, once, for this text; `reason` stays on this device. */
  pass(reason: string): void;
}

export interface Gate {
  readonly onHeld: Topic<Held | null>;
  /** A send that was let go: nothing blocked it, or it was overridden. */
  readonly onSending: Topic<string>;
  held: Held | null;
}

/** Text of a send control where no adapter names one. */
const SEND_TEXT = /^(发\s*送|發\s*送|send|回复|回覆)(\s*[(（].*[)）])?$/i;
const POINTER = ["pointerdown", "mousedown", "pointerup", "mouseup", "touchstart", "touchend", "click"] as const;

export function gate(guard: Guard): Gate {
  const onHeld = new Topic<Held | null>();
  const onSending = new Topic<string>();
  const state: Gate = { onHeld, onSending, held: null };
  /** The text that may go out although it is blocked. */
  let passed: string | null = null;
  /** Keys whose keydown was held: their keyup must not reach the page either. */
  const heldKeys = new Set<string>();

  const hold = (event: Event, text: string, blocking: readonly Shown[], replay: () => void) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    const first = state.held?.text !== text;
    state.held = {
      text,
      blocking,
      pass: (reason) => {
        passed = text;
        state.held = null;
        onHeld.emit(null);
        const rules = [...new Set(blocking.map(({ rule }) => rule))];
        void guard.transport.request("override.add", { rules, reason });
        replay();
      },
    };
    onHeld.emit(state.held);
    if (first) void guard.transport.request("count.add", { held: 1 });
  };

  /** The composer read afresh: a page may have set its value without any event. */
  const verdict = (): { text: string; blocking: readonly Shown[] } | null => {
    const report = guard.check();
    if (!report || report.text.trim() === "") return null;
    return { text: report.text, blocking: report.text === passed ? [] : report.blocking };
  };

  const keydown = (event: KeyboardEvent): boolean => {
    if (heldKeys.size) heldKeys.delete(event.code);
    // The first keydown of a composition has isComposing false and keyCode 229.
    if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return false;
    const target = eventTarget(event);
    if (!target || !guard.attend(target)) return false;
    const key = sendKey(event);
    if (!key || !sendKeys(guard).includes(key)) return false;
    const now = verdict();
    if (!now) return false;
    if (!now.blocking.length) {
      onSending.emit(now.text);
      return false;
    }
    heldKeys.add(event.code);
    hold(event, now.text, now.blocking, () => replayKey(target, event));
    return true;
  };

  const swallow = (event: KeyboardEvent) => {
    if (!heldKeys.size || !heldKeys.has(event.code)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    heldKeys.delete(event.code);
  };

  const pointed = (event: Event) => {
    const target = eventTarget(event);
    const control = target && sendControl(guard, target);
    if (!control) return;
    const phrase = quickPhrase(guard, control);
    if (phrase !== null) {
      const blocking = phrase === passed ? [] : guard.judge(phrase).blocking.filter(() => guard.working);
      if (blocking.length) hold(event, phrase, blocking, () => replayPress(control));
      else if (event.type === "click") onSending.emit(phrase);
      return;
    }
    // A page's own quick reply may have filled a composer that never had the focus.
    const field = composerOf(guard);
    if (!field || !guard.attend(field)) return;
    const now = verdict();
    if (!now) return;
    if (now.blocking.length) hold(event, now.text, now.blocking, () => replayPress(control));
    else if (event.type === "click") onSending.emit(now.text);
  };

  const submitted = (event: SubmitEvent) => {
    const form = event.target;
    const field = composerOf(guard);
    if (!(form instanceof HTMLFormElement) || !field || !form.contains(field) || !guard.attend(field)) return;
    const now = verdict();
    if (!now) return;
    if (now.blocking.length) hold(event, now.text, now.blocking, () => form.requestSubmit());
    else onSending.emit(now.text);
  };

  // At the window, capturing, at document_start: before any listener that the page can add.
  guard.keys.on(keydown);
  // A keydown that is prevented has no keypress.
  listen(["keyup"], swallow, guard.signal);
  listen(POINTER, pointed, guard.signal);
  listen(["submit"], submitted, guard.signal);

  guard.onReport.on((report) => {
    if (report?.text !== passed) passed = null;
    if (state.held && (report?.text !== state.held.text || !report.blocking.length)) {
      state.held = null;
      onHeld.emit(null);
    }
  }, guard.signal);
  return state;
}

function sendKey(event: KeyboardEvent): SendKey | null {
  if (event.shiftKey || event.altKey) return null;
  return event.ctrlKey || event.metaKey ? "ctrl+enter" : "enter";
}

/** The keys that send on this page, by the person's own setting when the page shows it. */
function sendKeys(guard: Guard): readonly SendKey[] {
  const send = guard.site?.send;
  if (!send) return ["enter", "ctrl+enter"];
  const shown = send.setting ? all(document, send.setting)[0]?.textContent : "";
  if (!shown?.trim()) return send.keys;
  return /ctrl|control|⌘/i.test(shown) ? ["ctrl+enter"] : ["enter"];
}

function sendControl(guard: Guard, target: Element): HTMLElement | null {
  const site = guard.site;
  for (const selector of site?.quick ?? []) {
    const found = closest(target, selector);
    if (found instanceof HTMLElement) return found;
  }
  for (const selector of site?.send.selectors ?? []) {
    const found = closest(target, selector);
    if (found instanceof HTMLElement && (!site?.send.text || plain(found) === site.send.text)) return found;
  }
  if (site?.send.selectors.length) return null;
  const control = closest(target, "button, [role=button], input[type=submit], input[type=button], a") ?? target;
  const label = control instanceof HTMLInputElement ? control.value : plain(control);
  return control instanceof HTMLElement && label.length < 24 && SEND_TEXT.test(label) ? control : null;
}

const plain = (element: Element) => (element.textContent ?? "").trim().replace(/\s+/g, " ");

/** The text that a quick-phrase control would send, or null when it is an ordinary send control. */
function quickPhrase(guard: Guard, control: HTMLElement): string | null {
  const quick = guard.site?.quick.some((selector) => matches(control, selector)) ?? false;
  return quick ? control.title || plain(control) : null;
}

/** The held key once more, for the page's own handler. A synthetic key has no default action, so it can do nothing else. */
function replayKey(target: Element, event: KeyboardEvent): void {
  const init: KeyboardEventInit = {
    key: event.key,
    code: event.code,
    keyCode: 13,
    which: 13,
    ctrlKey: event.ctrlKey,
    metaKey: event.metaKey,
    bubbles: true,
    cancelable: true,
    composed: true,
  };
  if (target.dispatchEvent(new KeyboardEvent("keydown", init)))
    target.dispatchEvent(new KeyboardEvent("keypress", init));
  target.dispatchEvent(new KeyboardEvent("keyup", init));
}

/** The held press once more, from its start: some pages send before the click. */
function replayPress(control: HTMLElement): void {
  const init = { bubbles: true, cancelable: true, composed: true };
  for (const part of ["down", "up"]) {
    control.dispatchEvent(new PointerEvent(`pointer${part}`, init));
    control.dispatchEvent(new MouseEvent(`mouse${part}`, init));
  }
  control.click();
}
