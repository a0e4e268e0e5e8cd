/** How a release is named, and how it is handed on to pages before it is active. */
import type { Coming } from "../messages";
import type { Piece } from "../pieces";
import type { Got } from "./download";
import type { Kept } from "./store";
import type { Pair } from "./verify";

export const releaseId = (bundle: string, automaton: string) => `${bundle.slice(0, 16)}-${automaton.slice(0, 16)}`;

/** What pages need that run what is kept; those that run something else ask for it when it is active. */
export function comingFrom(kept: Kept | null, pair: Pair, bundle: Got, automaton: Got): Coming {
  const id = releaseId(pair.bundle.sha256, pair.automaton.sha256);
  const base = kept ? releaseId(kept.bundle, kept.automaton) : "";
  const pieces = (before: string | undefined, now: string, { bytes, step }: Got): readonly Piece[] | null =>
    before === now ? [[0, bytes.byteLength]] : step && step.from === before ? step.pieces : null;
  const [some, others] = [
    pieces(kept?.bundle, pair.bundle.sha256, bundle),
    pieces(kept?.automaton, pair.automaton.sha256, automaton),
  ];
  if (some && others) return { id, base, bundle: some, automaton: others };
  return { id, base: "", bundle: [new Uint8Array(bundle.bytes)], automaton: [new Uint8Array(automaton.bytes)] };
}
