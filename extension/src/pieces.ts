/** How an artifact is made of the one before it: few bytes of a release change, and only these travel. */

/** A span of the one before, or new bytes. */
export type Piece = readonly [from: number, length: number] | Uint8Array<ArrayBuffer>;

/** Throws RangeError for a span that is not there. */
export function assemble(before: ArrayBuffer, pieces: readonly Piece[]): ArrayBuffer {
  const parts = pieces.map((piece) => ("set" in piece ? piece : new Uint8Array(before, ...piece)));
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole.buffer;
}
