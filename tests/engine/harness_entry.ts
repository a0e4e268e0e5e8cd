/**
 * What the tests of the engine see: everything exported here is on `globalThis.RG`, in Chromium and in node.
 *
 * To test a module, add one line `export * from "../../extension/src/engine/<module>";`. Helpers that only tests
 * need (decoding a batch, running it, encoding what came out) go to `tests/engine/<module>_harness.ts` and are
 * exported here the same way. `conftest.py` bundles this file and gives tests the fixtures `browser_engine` and
 * `node_engine`; both have `call(name, *arguments)`, which returns `RG[name](...arguments)` through JSON.
 */

export * from "../../extension/src/engine/automaton";
export * from "../../extension/src/engine/errors";
export * from "../../extension/src/engine/fold";
export * from "./automaton_harness";
export * from "./entities_harness";
export * from "./check_harness";
export * from "./fold_harness";
