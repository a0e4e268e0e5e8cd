import type { Refusal } from "../messages";

/** A release that is not accepted; the last good one stays. */
export class Refused extends Error {
  readonly code: Exclude<Refusal, "none">;

  constructor(code: Exclude<Refusal, "none">, detail: string) {
    super(`${code}: ${detail}`);
    this.code = code;
  }
}
