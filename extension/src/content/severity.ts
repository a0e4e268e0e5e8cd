/** Levels by gravity. */
import type { Level } from "../engine/types";

export const LEVELS: readonly Level[] = ["hint", "remind", "warn", "block"];

/** Greater is graver. */
export const severity = ({ level }: { readonly level: Level }) => LEVELS.indexOf(level);
