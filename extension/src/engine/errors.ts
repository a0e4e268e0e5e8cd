/** A release that this engine cannot run: damaged, contradictory, or of a format it does not know. */
export class ReleaseError extends Error {
  override readonly name = "ReleaseError";
}

export function refuse(why: string): never {
  throw new ReleaseError(why);
}

/** All that is told of a bundle that is refused: which of its fields, or which table, is not what it should be. */
export function off(what: string): never {
  refuse(`bundle: ${what} is off`);
}
