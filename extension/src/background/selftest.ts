/** Runs the engine over a new release before anybody depends on it. */
import { loadEngine } from "../engine/engine";
import { Refused } from "./refused";
import { ENGINE } from "./verify";

const SAMPLE =
  "亲，加我微信ｖＸ: abc_12345 或 13800138000，全网最低价😀第一时间发货，不支持信用卡哦~ https://example.com/a?b=1";

/** @throws Refused engine, malformed or selftest */
export function selfTest(bundle: ArrayBuffer, automaton: ArrayBuffer): void {
  const format = readFormat(bundle);
  if (!Number.isSafeInteger(format)) throw new Refused("malformed", "format");
  if ((format as number) > ENGINE) throw new Refused("engine", String(format));
  let engine: ReturnType<typeof loadEngine>;
  try {
    engine = loadEngine(bundle, automaton);
  } catch (error) {
    throw new Refused("malformed", String(error));
  }
  try {
    for (const reply of [SAMPLE, ...engine.rules.flatMap((rule) => rule.say)]) {
      engine.check({ platform: "", category: "", facts: {}, turns: [{ role: "buyer", text: SAMPLE }], reply });
    }
  } catch (error) {
    throw new Refused("selftest", String(error));
  }
}

function readFormat(bundle: ArrayBuffer): unknown {
  try {
    return (JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bundle)) as { format?: unknown }).format;
  } catch (error) {
    throw new Refused("malformed", String(error));
  }
}
