/** Says so, once a page, when the adapter of this workbench no longer finds its parts. */

import { el } from "../dom";
import { t } from "../i18n";
import { closeButton } from "./card-view";
import type { Guard } from "./guard";
import { listen } from "./listen";
import { Overlay } from "./overlay";
import { teach } from "./teach";
import type { Workbench } from "./workbench";

export function unrecognised(guard: Guard, page: Workbench): void {
  const overlay = new Overlay(guard.signal, t("card_label"), "bottom");
  let closed = false;
  // Said only once the person uses a text field here: a login page or a report of the same host is no workbench.
  let typing = false;
  let armed = false;

  const draw = () => {
    if (closed || !typing || !page.missing.length || !guard.working) {
      overlay.hide();
      return;
    }
    const close = () => {
      closed = true;
      overlay.hide();
    };
    const pick = () => {
      close();
      void teach(guard);
    };
    overlay.body.className = "hint";
    overlay.body.replaceChildren(
      el(
        "div",
        { class: "note" },
        el(
          "p",
          {},
          el("b", {}, t("unrecognised", guard.site?.name ?? "")),
          ` ${t("partly_recognised", page.missing.map((part) => t(`part_${part}`)).join("、"))}`,
        ),
        el("button", { type: "button", onclick: pick }, t("teach")),
        el("div", { class: "tools" }, closeButton(close)),
      ),
    );
    overlay.show(() => null);
  };
  page.onMissing.on((missing) => {
    draw();
    // The adapter's composer is not there, so the generic one has to tell that somebody is typing.
    if (!armed && missing.includes("composer")) {
      armed = true;
      listen(["input"], input, guard.signal, true);
    }
  }, guard.signal);
  guard.onReport.on((report) => {
    if (typing || !report?.text.trim()) return;
    typing = true;
    draw();
  }, guard.signal);
  const input = () => {
    if (typing || !page.missing.includes("composer")) return;
    typing = true;
    draw();
  };
}
