/**
 * A quiet hint when a buyer's message sets a trap and nobody has answered yet, with safe replies to start from. Traps are
 * entries of the knowledge base whose ids begin so: what rules ask of the buyer's words is wide, for it only sets the scene for a reply, and
 * would speak up at every second ordinary question.
 */

import { el } from "../dom";
import { isTrap } from "../engine/trap";
import { t } from "../i18n";
import { announcer } from "./announce";
import type { Card } from "./card";
import { closeButton, levelBadge, replyButtons } from "./card-view";
import { composerOf } from "./field";
import { inNextFrame } from "./frame";
import type { Guard } from "./guard";
import { beside, Overlay } from "./overlay";

export function traps(guard: Guard, card: Card): void {
  const overlay = new Overlay(guard.signal, t("trap_label"));
  overlay.body.className = "trap warn";
  const say = announcer(guard.signal);
  /** Question and trap already closed by the person. */
  const closed = new Set<string>();
  let drawn = "";

  const hide = () => {
    overlay.hide();
    drawn = "";
  };

  const insert = (text: string) => {
    const element = composerOf(guard);
    if (!element || !guard.attend(element) || !guard.composer) return;
    const now = guard.composer.read();
    guard.composer.replace(0, now.length, text, now);
    guard.check();
  };

  const draw = () => {
    const { engine, reading } = guard;
    const typed = (guard.report?.text ?? guard.composer?.read() ?? "").trim();
    if (!engine || !guard.working || typed || card.open || !composerOf(guard)) return hide();
    const unanswered = reading.turns.slice(reading.turns.findLastIndex(({ role }) => role === "agent") + 1);
    const found = unanswered
      .filter(({ role }) => role === "buyer")
      .reverse()
      .flatMap((turn) =>
        engine
          .suggestions({ ...guard.conversation(""), turns: [turn] })
          .map((trap) => ({ ...trap, question: turn.text, key: `${turn.text}\n${trap.id}` })),
      )
      .find((trap) => isTrap(trap) && !closed.has(trap.key));
    if (!found) return hide();
    const { question, title, key } = found;
    if (key !== drawn) {
      drawn = key;
      const words = `${t("trap_asked")}「${question}」`;
      say(`${words} ${title}`);
      const close = () => {
        closed.add(key);
        hide();
      };
      overlay.body.replaceChildren(
        el(
          "header",
          {},
          levelBadge("hint"),
          el("span", { class: "words", title: question }, words),
          el("div", { class: "tools" }, closeButton(close)),
        ),
        el("h2", {}, title),
        replyButtons(found.say.slice(0, 3), insert),
      );
    }
    const anchor = () => {
      const box = composerOf(guard)?.getBoundingClientRect();
      return box ? beside(box, () => undefined) : null;
    };
    overlay.show(anchor, composerOf(guard));
  };

  const later = inNextFrame(draw, guard.signal);
  guard.onConversation.on(later, guard.signal);
  guard.onRelease.on(later, guard.signal);
  guard.onSettings.on(later, guard.signal);
  guard.onReport.on((report) => {
    // While one types there is nothing to offer and nothing to take back.
    if (drawn || !report?.text.trim()) later();
  }, guard.signal);
  const keydown = (event: KeyboardEvent): boolean => {
    if (!overlay.open || event.isComposing || event.keyCode === 229 || card.open) return false;
    const digit = event.altKey && /^Digit([1-9])$/.exec(event.code);
    const target = digit
      ? overlay.root.querySelectorAll<HTMLElement>(".reply")[Number(digit[1]) - 1]
      : event.key === "Escape"
        ? overlay.root.querySelector<HTMLElement>(".tools button")
        : null;
    if (!target) return false;
    event.preventDefault();
    event.stopImmediatePropagation();
    target.click();
    return true;
  };
  guard.keys.on(keydown);
}
