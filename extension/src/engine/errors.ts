/** A release that this engine cannot run: damaged, contradictory, or of a format it does not know. */
export class ReleaseError extends Error {
  override readonly name = "ReleaseError";
}
