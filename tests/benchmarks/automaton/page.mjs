/**
 * Runs in the page: prepares the engines, compares what they find, and times them in turns.
 *
 * `globalThis.input` is `{patterns, automaton (base64), log, replies}`.
 */

import { HitBuffer, loadAutomaton, scan } from "../../../extension/src/engine/automaton";
import { engines } from "./engines.mjs";

const timed = (action) => {
  const start = performance.now();
  action();
  return performance.now() - start;
};

const automatonBytes = () => Uint8Array.from(atob(input.automaton), (character) => character.charCodeAt(0)).buffer;

/** Milliseconds of `loadAutomaton`, first in a page that never ran it, then again. To be called before all else. */
export function loadTimes() {
  const buffer = automatonBytes();
  return Array.from({ length: 21 }, () => timed(() => loadAutomaton(buffer)));
}

/** `{engine, prepared, text, repeats}`: the part of the log, and the turns of the replies, that it is timed on. */
let candidates = [];

/** Builds every engine, and finds how much text it needs for a measurement of about so many milliseconds. */
export function prepare(milliseconds) {
  const buffer = automatonBytes();
  candidates = engines
    .filter((engine) => input.patterns.length <= (engine.upTo ?? Number.POSITIVE_INFINITY))
    .map((engine) => {
      const prepared = engine.prepare(input.patterns, buffer);
      return { engine, prepared, ...effort(prepared, milliseconds) };
    });
}

/** The best of three, so that a busy moment does not leave a fast engine with a short text. */
const best = (action) => Math.min(timed(action), timed(action), timed(action));

function effort(prepared, milliseconds) {
  let text = flat(input.log.slice(0, 1_000));
  while (text.length < input.log.length && best(() => prepared.run(text)) < milliseconds) {
    text = flat(input.log.slice(0, 4 * text.length));
  }
  let repeats = 1;
  const turns = () => {
    for (let i = 0; i < repeats; i++) for (const reply of input.replies) prepared.run(reply);
  };
  while (repeats < 1_000 && best(turns) < milliseconds / 2) repeats *= 2;
  return { text, repeats };
}

/** A slice of a string is a view of the whole until something copies it; be fair to whoever comes first. */
function flat(text) {
  return JSON.parse(JSON.stringify(text));
}

/** What each engine that can tell finds in the first `units` of the log, sorted as ours. */
export function found(units) {
  const text = input.log.slice(0, units);
  return candidates.flatMap(({ engine, prepared }) => {
    const hits = prepared.hits?.(text);
    if (!hits) return [];
    return [{ name: engine.name, hits: hits.sort((a, b) => a[1] - b[1] || a[2] - b[2] || a[0] - b[0]) }];
  });
}

/** One round: every engine in turn, so that a busy machine slows all of them alike. Units/µs and µs/reply. */
export function round() {
  return candidates.map(({ engine, prepared, text, repeats }) => {
    const long = timed(() => prepared.run(text));
    const short = timed(() => {
      for (let i = 0; i < repeats; i++) for (const reply of input.replies) prepared.run(reply);
    });
    return {
      name: engine.name,
      weaker: engine.weaker ?? null,
      units: text.length,
      long: [text.length / 1000 / long],
      short: [(short * 1000) / (repeats * input.replies.length)],
    };
  });
}

/** Matches a unit on the whole log. */
export function density() {
  return scan(loadAutomaton(automatonBytes()), input.log, new HitBuffer()) / input.log.length;
}
