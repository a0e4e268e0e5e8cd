/** A quiet hint when a buyer's message sets a trap, with safe replies to start from. */

import { el } from "../dom";
import { t } from "../i18n";
import type { Card } from "./card";
import { closeButton, levelBadge, replyButtons } from "./card-view";
import { inNextFrame } from "./frame";
import type { Guard } from "./guard";
import { listen } from "./listen";
import { beside, Overlay } from "./overlay";
import { first } from "./roots";

export function traps(guard: Guard, card: Card): void {
  const overlay = new Overlay(guard.signal, t("trap_label"));
  overlay.body.className = "trap warn";
  /** Question and rule already closed by the person. */
  const closed = new Set<string>();
  let drawn = "";

  const composerElement = () => guard.composer?.element ?? (guard.site ? first(document, guard.site.composer) : null);

  const hide = () => {
    overlay.hide();
    drawn = "";
  };

  const insert = (text: string) => {
    const element = composerElement();
    if (!element || !guard.attend(element) || !guard.composer) return;
    const now = guard.composer.read();
    guard.composer.replace(0, now.length, text, now);
    guard.check();
  };

  const draw = () => {
    const { engine, reading } = guard;
    const typed = (guard.report?.text ?? guard.composer?.read() ?? "").trim();
    if (!engine || !guard.working || typed || card.open || !composerElement()) return hide();
    const conversation = guard.conversation("");
    const found = engine
      .traps(conversation)
      .filter((trap) => reading.turns[trap.turn]?.role === "buyer")
      .map((trap) => ({ rule: engine.rule(trap.rule), question: reading.turns[trap.turn]!.text }))
      .find(({ rule, question }) => rule && !closed.has(`${question}\n${rule.id}`));
    if (!found?.rule) return hide();
    const { rule, question } = found;
    const key = `${question}\n${rule.id}`;
    if (key !== drawn) {
      drawn = key;
      const close = () => {
        closed.add(key);
        hide();
      };
      overlay.body.replaceChildren(
        el(
          "header",
          {},
          levelBadge("hint"),
          el("span", { class: "words", title: question }, `${t("trap_asked")}「${question}」`),
          el("div", { class: "tools" }, closeButton(close)),
        ),
        el("h2", {}, rule.title),
        replyButtons(rule.say.slice(0, 3), insert),
      );
    }
    const anchor = () => {
      const box = composerElement()?.getBoundingClientRect();
      return box ? beside(box, () => undefined) : null;
    };
    overlay.show(anchor, composerElement());
  };

  const later = inNextFrame(draw, guard.signal);
  guard.onConversation.on(later, guard.signal);
  guard.onRelease.on(later, guard.signal);
  guard.onSettings.on(later, guard.signal);
  guard.onReport.on((report) => {
    // While one types there is nothing to offer and nothing to take back.
    if (drawn || !report?.text.trim()) later();
  }, guard.signal);
  const keydown = (event: KeyboardEvent) => {
    if (!overlay.open || event.isComposing || event.keyCode === 229 || card.open) return;
    const digit = event.altKey && /^Digit([1-9])$/.exec(event.code);
    const target = digit
      ? overlay.root.querySelectorAll<HTMLElement>(".reply")[Number(digit[1]) - 1]
      : event.key === "Escape"
        ? overlay.root.querySelector<HTMLElement>(".tools button")
        : null;
    if (!target) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    target.click();
  };
  listen(["keydown"], keydown, guard.signal);
}
