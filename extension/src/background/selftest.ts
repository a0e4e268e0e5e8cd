/** Runs the engine over a new release before anybody depends on it. */
import { readDocument } from "../engine/bundle";
import { type LoadedEngine, loadEngine } from "../engine/engine";
import { Refused } from "./refused";
import { ENGINE } from "./verify";

const SAMPLE =
  "亲，加我微信ｖＸ: abc_12345 或 13800138000，全网最低价😀第一时间发货，不支持信用卡哦~ https://example.com/a?b=1";

/** Longest reply tried, UTF-16 units: what the rules suggest is strung together, since each check has a price of its own. */
const LONG = 2000;

/** The engine of the last good release, from which the next one goes on. */
let passed: LoadedEngine | null = null;
/** What its rules suggest: tried again, it would cost a release of one changed rule most of its time. */
let tried: ReadonlySet<string> = new Set();

/** Whether there is one. */
export const isWarm = (): boolean => passed !== null;

/** @throws Refused engine, malformed or selftest */
export function selfTest(bundle: ArrayBuffer, automaton: ArrayBuffer): void {
  let engine: LoadedEngine;
  try {
    engine = loadEngine(bundle, automaton, passed);
  } catch (error) {
    // Read once more only to tell a later format from damage.
    const format = readFormat(bundle);
    if (Number.isSafeInteger(format) && (format as number) > ENGINE) throw new Refused("engine", String(format));
    throw new Refused("malformed", String(error));
  }
  const said = new Set(engine.rules.flatMap((rule) => rule.say));
  try {
    for (const reply of [SAMPLE, ...pieces([...said].filter((text) => !tried.has(text)).join("\n"))]) {
      engine.check({ platform: "", category: "", facts: {}, turns: [{ role: "buyer", text: SAMPLE }], reply });
    }
  } catch (error) {
    throw new Refused("selftest", String(error));
  }
  passed = engine;
  tried = said;
}

function pieces(text: string): string[] {
  return Array.from({ length: Math.ceil(text.length / LONG) }, (_, n) => text.slice(n * LONG, (n + 1) * LONG));
}

function readFormat(bundle: ArrayBuffer): unknown {
  try {
    return readDocument(bundle)[0].format;
  } catch (error) {
    throw new Refused("malformed", String(error));
  }
}
