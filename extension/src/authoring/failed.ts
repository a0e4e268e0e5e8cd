/** What an author is told when publishing did not work; what somebody else changed meanwhile is looked at anew. */

import { ApiError } from "./api";
import { ask, notify } from "./dialog";
import { T } from "./texts";

export async function failed(error: unknown, render: () => Promise<void>): Promise<void> {
  if (error instanceof ApiError && error.status === 409) {
    await ask(T.review.movedTitle, T.review.moved, {
      ok: T.review.lookAgain,
    });
    await render();
    return;
  }
  notify(error instanceof Error ? error.message : String(error), "bad");
}
