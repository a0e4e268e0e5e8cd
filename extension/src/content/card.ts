/** The card: what is wrong, why, and what to write instead. */

import { t } from "../i18n";
import type { Override } from "../settings";
import { announcer } from "./announce";
import { about, findingView, heldView, noteView } from "./card-view";
import { inNextFrame } from "./frame";
import type { Gate, Held } from "./gate";
import { findingKey, type Guard, type IgnoreScope, type Report, type Shown } from "./guard";
import { beside, Overlay } from "./overlay";
import { rested } from "./rested";
import { severity } from "./severity";

const keyIn = (report: Report | null) => report?.key ?? "";

export interface Card {
  readonly open: boolean;
}

export function card(guard: Guard, gate: Gate): Card {
  const overlay = new Overlay(guard.signal, t("card_label"));
  const say = announcer(guard.signal);
  const told = rested(guard, gate);
  let current = 0;
  /** The set of findings that the person closed the card on. */
  let dismissed = "";
  let drawn = "";
  let note: { text: string; action: string; act: () => void } | null = null;
  /** Where the keyboard came from when it went into the card. */
  let cameFrom: HTMLElement | null = null;

  const anchor = (): DOMRect | null => {
    const { report } = told;
    const composer = report?.composer ?? guard.composer;
    if (!composer?.element.isConnected) return null;
    const box = composer.element.getBoundingClientRect();
    const finding = report?.findings[current];
    return beside(box, () =>
      finding && finding.start !== null && finding.end !== null
        ? composer.rect(finding.start, finding.end)?.left
        : undefined,
    );
  };

  const close = () => {
    dismissed = keyIn(told.report);
    note = null;
    leave();
    overlay.hide();
    drawn = "";
  };

  const leave = () => {
    if (cameFrom?.isConnected && overlay.root.activeElement) cameFrom.focus({ preventScroll: true });
    cameFrom = null;
  };

  const apply = (text: string) => {
    const { report } = told;
    if (!report) return;
    const done = report.composer.replace(0, report.text.length, text, report.text);
    say(done ? t("applied") : t("not_applied"));
    if (!done)
      note = { text: t("not_applied"), action: t("copy"), act: () => void navigator.clipboard.writeText(text) };
    else void guard.transport.request("count.add", { applied: 1 });
    leave();
    guard.check();
    schedule();
  };

  const ignore = (finding: Shown, scope: IgnoreScope) => {
    note = {
      text: t(`ignored_${scope}`, finding.words || finding.text.title),
      action: t("undo"),
      act: () => {
        note = null;
        guard.unignore(finding, scope);
        dismissed = "";
        schedule();
      },
    };
    say(note.text);
    leave();
    guard.ignore(finding, scope);
    schedule();
  };

  const go = (step: number) => {
    const count = told.report?.findings.length ?? 0;
    if (!count) return;
    current = (current + step + count) % count;
    schedule();
  };

  const pass = (reason: string) => {
    const { held } = gate;
    const override: Override = guard.settings.override;
    if (!held || override === "forbid") return;
    if (override === "reason" && !reason.trim()) {
      // The person asked to send and owes a reason: the one time that the keyboard goes into the card unasked.
      cameFrom ??= guard.composer?.element ?? null;
      reasonField()?.focus();
      return;
    }
    leave();
    held.pass(reason.trim());
  };

  const reasonField = () => overlay.root.querySelector<HTMLInputElement>("input");

  const draw = () => {
    const { report } = told;
    const findings = report?.findings ?? [];
    const held = gate.held;
    if (!guard.composer || (!findings.length && !note && !held)) {
      overlay.hide();
      drawn = "";
      return;
    }
    if (!held && !note && keyIn(report) === dismissed) return;
    current = Math.min(current, Math.max(findings.length - 1, 0));
    const finding = findings[current] ?? held?.blocking[0];
    const state = `${keyIn(report)}|${current}|${held?.text ?? ""}|${note?.text ?? ""}|${guard.settings.override}`;
    if (state !== drawn) {
      drawn = state;
      const parts: Node[] = [];
      if (held) parts.push(heldView(held, guard.settings.override, pass));
      if (finding) {
        parts.push(
          ...findingView(finding, {
            index: current,
            count: findings.length,
            platform: guard.platform,
            apply,
            ignore: (scope) => ignore(finding, scope),
            go,
            close,
          }),
        );
      }
      if (note) parts.push(noteView(note.text, note.action, note.act, close));
      overlay.body.className = finding?.level ?? "hint";
      overlay.body.replaceChildren(...parts);
    }
    overlay.show(anchor, guard.composer.element);
  };

  const schedule = inNextFrame(draw, guard.signal);

  let announced = "";
  told.onReport.on((report) => {
    const key = keyIn(report);
    if (key !== announced) {
      // A new mistake beats whatever the card said before.
      note = note && key.length < announced.length ? note : null;
      const known = new Set(announced.split("\n\n"));
      const fresh = report?.findings.findIndex((finding) => !known.has(findingKey(finding))) ?? -1;
      if (report && fresh >= 0) {
        const finding = report.findings[fresh]!;
        // A lesser finding does not push a graver one off the card.
        const before = report.findings[current];
        if (!before || severity(finding) >= severity(before)) current = fresh;
        say(`${t(`level_${finding.level}`)}：${about(finding)} ${finding.text.title}`);
      }
      announced = key;
      if (key !== dismissed) dismissed = "";
    } else if (report && (key === dismissed || overlay.open)) {
      // The same card: it is only to stay beside a composer that grows as one types.
      overlay.follow();
      return;
    }
    schedule();
  }, guard.signal);

  // The same finding may read differently now.
  const redraw = () => {
    drawn = "";
    schedule();
  };
  guard.onRelease.on(redraw, guard.signal);
  guard.onSettings.on(redraw, guard.signal);

  gate.onHeld.on((held: Held | null) => {
    if (held) {
      dismissed = "";
      current = Math.max(told.report?.findings.findIndex((finding) => finding.level === "block") ?? 0, 0);
      say(t("held"));
    }
    schedule();
  }, guard.signal);

  const keydown = (event: KeyboardEvent): boolean => {
    // Nearly every key; what else is read of an event costs as much again.
    if ((!overlay.open && !event.altKey) || event.isComposing || event.keyCode === 229) return false;
    const inside = overlay.owns(event);
    if (event.code === "KeyG" && event.altKey && !event.ctrlKey && !event.metaKey && told.report?.findings.length) {
      dismissed = "";
      draw();
      cameFrom = guard.composer?.element ?? null;
      (overlay.root.querySelector<HTMLElement>(".reply") ?? overlay.root.querySelector<HTMLElement>("button"))?.focus();
    } else if (!overlay.open) return false;
    else if (event.key === "Escape") close();
    else if (
      event.key === "Enter" &&
      gate.held &&
      (event.altKey || (inside && overlay.root.activeElement === reasonField()))
    )
      pass(reasonField()?.value ?? "");
    else if (!event.altKey || event.ctrlKey || event.metaKey) return false;
    else if (/^Digit[1-9]$/.test(event.code)) {
      const reply = overlay.root.querySelectorAll<HTMLElement>(".reply")[Number(event.code.slice(5)) - 1];
      if (!reply) return false;
      reply.click();
    } else if (event.code === "ArrowDown" || event.code === "ArrowUp") go(event.code === "ArrowDown" ? 1 : -1);
    else return false;
    event.preventDefault();
    event.stopImmediatePropagation();
    return true;
  };
  guard.keys.on(keydown);
  return {
    get open() {
      return overlay.open;
    },
  };
}
