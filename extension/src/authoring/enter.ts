/** Coming in: this machine's browser as it is, any other with an author's token. */

import { el } from "../dom";
import { ApiError, api, type Session, token } from "./api";
import { button, openDialog } from "./dialog";
import { page } from "./page";
import { T } from "./texts";

const AGAIN = 2000;

export async function enter(): Promise<Session> {
  for (;;) {
    try {
      return await api.session();
    } catch (error) {
      const reason = error instanceof ApiError ? error : null;
      if (reason?.status === 401 || reason?.status === 403) await askToken(token.get() ? reason.message : "");
      else {
        page.banner.hidden = false;
        page.banner.textContent = T.main.retry(error instanceof Error ? error.message : String(error));
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
        page.banner.hidden = true;
      }
    }
  }
}

function askToken(problem: string): Promise<void> {
  return new Promise((resolve) => {
    const dialog = openDialog(T.main.tokenTitle, false, () => {
      token.set(input.value);
      resolve();
    });
    const input = el("input", {
      type: "password",
      autocomplete: "off",
      "aria-label": T.main.token,
      placeholder: T.main.tokenLike,
    });
    input.addEventListener("keydown", (event) => event.key === "Enter" && dialog.close());
    dialog.body.append(
      el("p", {}, T.main.tokenAbout),
      input,
      problem ? el("p", { class: "error" }, problem) : el("p", { class: "soft" }, T.main.tokenHow),
    );
    dialog.actions.append(button(T.main.enter, dialog.close, "main"));
    input.focus();
  });
}
