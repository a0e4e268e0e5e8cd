/** Lets a test fold texts in batches. Texts come and go as lists of UTF-16 units, since JSON may lose lone surrogates. */

import type { Folding } from "../../extension/src/engine/bundle";
import { createFolder, type Folded, type Folder } from "../../extension/src/engine/fold";

interface Answer {
  text: number[];
  /** Span of each folded unit, and of all. */
  spans: [number, number][];
  whole: [number, number] | null;
  length: number;
}

let folder: Folder;

export function useFolding(folding: Folding): void {
  folder = createFolder(folding);
}

function unitsOf(text: string): number[] {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
}

function answer(folded: Folded): Answer {
  const units = unitsOf(folded.text);
  return {
    text: units,
    spans: units.map((_, i) => folded.span(i, i + 1)),
    whole: units.length > 0 ? folded.span(0, units.length) : null,
    length: folded.sourceLength,
  };
}

export function foldBatch(texts: number[][]): Answer[] {
  return texts.map((units) => answer(folder.fold(units.map((unit) => String.fromCharCode(unit)).join(""))));
}

/** Microseconds a call, median of `rounds`, for each text; `bare` reads each unit and looks it up once. */
export function foldBenchmark(texts: string[], rounds: number, calls: number): { fold: number; bare: number }[] {
  const table = new Uint16Array(0x10000).map((_, i) => i);
  const bare = (text: string) => {
    let sum = 0;
    for (let i = 0; i < text.length; i++) sum += table[text.charCodeAt(i)]!;
    return sum;
  };
  const median = (run: () => unknown) => {
    const times = Array.from({ length: rounds }, () => {
      const start = performance.now();
      for (let i = 0; i < calls; i++) run();
      return ((performance.now() - start) * 1000) / calls;
    });
    return times.sort((a, b) => a - b)[rounds >> 1]!;
  };
  return texts.map((text) => ({ fold: median(() => folder.fold(text)), bare: median(() => bare(text)) }));
}
