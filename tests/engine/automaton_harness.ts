/** Lets a test load automata and scan with them in batches, over JSON. */

import { type Automaton, HitBuffer, loadAutomaton, scan } from "../../extension/src/engine/automaton";
import { ReleaseError } from "../../extension/src/engine/errors";

type Hit = [id: number, start: number, end: number];

export function bytesOf(base64: string): ArrayBuffer {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)).buffer;
}

export function scanToArray(tables: Automaton, text: string, out = new HitBuffer()): Hit[] {
  const count = scan(tables, text, out);
  return Array.from({ length: count }, (_, i) => Array.from(out.data.subarray(3 * i, 3 * i + 3)) as Hit);
}

/** For each case, the hits of its texts. One buffer serves them all, as it does in the product. */
export function scanBatch(cases: { automaton: string; texts: string[] }[]): Hit[][][] {
  const out = new HitBuffer();
  return cases.map(({ automaton, texts }) => {
    const tables = loadAutomaton(bytesOf(automaton));
    return texts.map((text) => scanToArray(tables, text, out));
  });
}

/** Loads each file; if it is accepted, scans the text with it. Says what came of it: the hits, or the refusal. */
export function tryBatch(files: string[], text: string): ({ refused: string } | { hits: Hit[] })[] {
  return files.map((file) => {
    let tables: Automaton;
    try {
      tables = loadAutomaton(bytesOf(file));
    } catch (error) {
      if (error instanceof ReleaseError) return { refused: error.message };
      throw error;
    }
    return { hits: scanToArray(tables, text) };
  });
}
