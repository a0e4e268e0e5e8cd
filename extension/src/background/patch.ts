/**
 * Reads what the server tells beside a release: how its artifacts are made of those before them. Nobody has signed that; what
 * comes out of it counts only when it has the size and the hash of the signed manifest. So a patch can be refused, never
 * believed, and whoever sends a bad one wins the work of a few milliseconds.
 */
import { assemble, type Piece } from "../pieces";
import { fromBase64 } from "./encoding";

/** UTF-16 units: the server stops at 24 K. */
const MAX_TEXT = 64 * 1024;
const MAX_PATCHES = 2;
const MAX_PIECES = 1024;
const HASH = /^[0-9a-f]{64}$/;

export interface Patch {
  /** Hashes of the artifact that it is made of, and of the one that it makes. */
  readonly from: string;
  readonly to: string;
  readonly pieces: readonly Piece[];
}

/** The message says what is wrong. */
export class PatchError extends Error {}

/** The patches in the data of an event. @throws PatchError */
export function readPatches(text: string): Patch[] {
  if (text.length > MAX_TEXT) throw new PatchError("too long");
  let value: unknown;
  try {
    value = (JSON.parse(text) as { patches?: unknown } | null)?.patches;
  } catch {
    throw new PatchError("not JSON");
  }
  if (!Array.isArray(value) || value.length > MAX_PATCHES) throw new PatchError("not a list of patches");
  return value.map(readPatch);
}

function readPatch(value: unknown): Patch {
  const { from, to, pieces } = (value ?? {}) as Record<string, unknown>;
  if (typeof from !== "string" || typeof to !== "string" || !HASH.test(from) || !HASH.test(to))
    throw new PatchError("not the hashes of two artifacts");
  if (!Array.isArray(pieces) || pieces.length > MAX_PIECES) throw new PatchError("not a list of pieces");
  return { from, to, pieces: pieces.map(readPiece) };
}

function readPiece(piece: unknown): Piece {
  if (Array.isArray(piece) && piece.length === 2 && piece.every((n) => Number.isSafeInteger(n) && n >= 0))
    return [piece[0], piece[1]];
  try {
    if (typeof piece === "string") return fromBase64(piece);
  } catch {
    // Told below.
  }
  throw new PatchError("a piece is neither a span nor bytes");
}

/** What the patch makes of `before`, which has `size` bytes. @throws PatchError */
export function patched(patch: Patch, before: ArrayBuffer, size: number): ArrayBuffer {
  let sum = 0;
  for (const piece of patch.pieces) {
    if (piece instanceof Uint8Array) sum += piece.length;
    else if (piece[0] + piece[1] > before.byteLength) throw new PatchError("a span leaves the artifact before");
    else sum += piece[1];
  }
  // Before anything is allocated: a thousand spans of a large artifact are a large number.
  if (sum !== size) throw new PatchError(`${sum} bytes instead of ${size}`);
  return assemble(before, patch.pieces);
}
