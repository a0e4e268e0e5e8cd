/**
 * The engine for bulk review: `compiler/audit_engines.py` runs this script in V8 alone, without a browser around it, and talks
 * to it in JSON. Nothing here is asynchronous, so that a call has its answer when it returns.
 */

import "./utf8";
import { loadEngine } from "../engine/engine";
import type { Conversation, Engine } from "../engine/types";
import { inCodePoints } from "./code-points";

/** An export sorted by time goes to and fro between thousands of conversations: about 1 KB each. */
const KEPT_MESSAGES = 20_000;

const files: ArrayBuffer[] = [];
let engine: Engine;

/** Room for the next file of a release, which the caller fills: the bundle first, then the automaton. */
export function room(bytes: number): ArrayBuffer {
  const file = new ArrayBuffer(bytes);
  files.push(file);
  return file;
}

/** Throws `ReleaseError` on anything malformed. */
export function load(): void {
  const [bundle, automaton] = files.splice(0);
  // Nobody types here: nothing of one reply is left in the next one, and pieces would only cost.
  engine = loadEngine(bundle!, automaton!, null, KEPT_MESSAGES, Infinity);
}

/** A list of conversations → for each a list of findings, with offsets in code points, as Python has them. */
export function check(conversations: string): string {
  const read = JSON.parse(conversations) as Conversation[];
  return JSON.stringify(read.map((one) => inCodePoints(one.reply, engine.check(one))));
}
