/** What the card shows. Pure building of elements; texts of rules become text nodes and nothing else. */

import { el, svg } from "../dom";
import type { Level } from "../engine/types";
import { t } from "../i18n";
import type { Override } from "../settings";
import type { Held } from "./gate";
import type { IgnoreScope, Shown } from "./guard";

/** Octagon, triangle, clock, circle: a level is told apart without colour. */
export const SHAPES: Readonly<Record<Level, string>> = {
  block: "M5.2 1.5h5.6l3.7 3.7v5.6l-3.7 3.7H5.2l-3.7-3.7V5.2zM8 4.6v4M8 11.2v.1",
  warn: "M8 1.8 14.8 13.8H1.2zM8 6.2v3.6M8 11.8v.1",
  remind: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM8 4.5V8l2.4 1.6",
  hint: "M8 1.5a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM8 7.4v3.8M8 4.8v.1",
};
const UP = "M4 10l4-4 4 4";
const DOWN = "M4 6l4 4 4-4";
const CROSS = "M4 4l8 8M12 4l-8 8";

export interface Actions {
  readonly index: number;
  readonly count: number;
  readonly platform: string;
  apply(text: string): void;
  ignore(scope: IgnoreScope): void;
  go(step: number): void;
  close(): void;
}

/** A platform's name, or its id where we have no name for it. */
export function platformName(id: string): string {
  const name = t(`platform_${id}`);
  return name.startsWith("platform_") ? id : name;
}

/** 天猫 扣 6 分. */
export function pointsText([id, value]: [string, number | string]): string {
  return `${platformName(id)} ${/^\d+(\.\d+)?$/.test(String(value)) ? t("points", value) : value}`;
}

function points(finding: Shown, platform: string): HTMLElement | null {
  // On a known platform only its own points count, and the law's. 旺旺's page does not tell a 天猫 shop from a 淘宝 one.
  const shown = Object.entries(finding.text.penalty).filter(
    ([id]) => !platform || id === platform || id === "law" || (id === "tmall" && platform === "taobao"),
  );
  if (!shown.length) return null;
  return el(
    "div",
    { class: "points" },
    ...shown.map((one) => el("span", {}, pointsText(one))),
    el("small", {}, t("may_change")),
  );
}

export function levelBadge(level: Level): HTMLElement {
  return el("span", { class: "level" }, svg(SHAPES[level], "icon"), t(`level_${level}`));
}

export function square(path: string, label: string, act: () => void): HTMLElement {
  return el(
    "button",
    { class: "square", type: "button", "aria-label": label, title: label, onclick: act },
    svg(path, "icon"),
  );
}
export const closeButton = (act: () => void) => square(CROSS, t("close"), act);

export function replyButtons(say: readonly string[], apply: (text: string) => void): HTMLElement {
  const button = (text: string, i: number) =>
    el(
      "button",
      { class: "reply", type: "button", onclick: () => apply(text) },
      el("b", {}, text),
      i < 9 ? el("kbd", {}, `Alt+${i + 1}`) : null,
    );
  return el("div", { class: "replies" }, ...say.map(button));
}

/** What a finding is about: nothing is lit in the text for a whole reply, so it is said. */
export const about = ({ words }: Shown) => (words ? `「${words}」` : t("whole_reply"));

export function findingView(finding: Shown, actions: Actions): Node[] {
  const { text, level } = finding;
  const tools = el("div", { class: "tools" });
  if (actions.count > 1) {
    tools.append(
      `${actions.index + 1}/${actions.count}`,
      square(UP, `${t("previous")} (Alt+↑)`, () => actions.go(-1)),
      square(DOWN, `${t("next")} (Alt+↓)`, () => actions.go(1)),
    );
  }
  tools.append(closeButton(actions.close));
  const parts: (Node | null)[] = [
    el("header", {}, levelBadge(level), el("span", { class: "words", title: about(finding) }, about(finding)), tools),
    el("h2", {}, text.title),
    points(finding, actions.platform),
    text.why ? el("p", { class: "why" }, text.why) : null,
    text.source
      ? el(
          "p",
          // Long sources are cut on the card; the side panel and the tooltip have them whole.
          { class: "source", title: text.source },
          `${t("source")}${text.source}`,
        )
      : null,
  ];
  if (text.followUp)
    parts.push(el("p", { class: "why" }, `${t("follow_up")}${text.followUp.do}（${text.followUp.within}）`));
  if (text.say.length) {
    parts.push(
      el("p", { class: "label" }, el("span", {}, t("say_instead")), el("span", {}, t("undo_hint"))),
      replyButtons(text.say, actions.apply),
    );
  }
  const scope = (name: IgnoreScope) =>
    el(
      "button",
      { type: "button", title: t(`ignore_${name}_title`), onclick: () => actions.ignore(name) },
      t(`ignore_${name}`),
    );
  parts.push(el("footer", {}, el("span", {}, t("ignore")), scope("once"), scope("conversation"), scope("always")));
  return parts.filter((part) => part !== null);
}

export function heldView(held: Held, override: Override, pass: (reason: string) => void): HTMLElement {
  const reason =
    override === "reason" ? el("input", { type: "text", placeholder: t("reason"), "aria-label": t("reason") }) : null;
  const act = () => pass(reason?.value ?? "");
  return el(
    "div",
    {},
    el(
      "div",
      { class: "held block" },
      svg(SHAPES.block, "icon"),
      el("p", {}, t("held_count", held.blocking.length)),
      override === "forbid"
        ? null
        : el("button", { type: "button", onclick: act }, t("send_anyway"), el("kbd", {}, "Alt+Enter")),
    ),
    reason ? el("div", { class: "reason" }, reason) : null,
  );
}

export function noteView(text: string, action: string, act: () => void, close: () => void): HTMLElement {
  return el(
    "div",
    { class: "note" },
    el("p", {}, text),
    el("button", { type: "button", onclick: act }, action),
    el("div", { class: "tools" }, closeButton(close)),
  );
}
