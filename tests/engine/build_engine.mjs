// Bundles harness_entry.ts into one script that sets globalThis.RG: extension/build/engine-test.js.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../", import.meta.url));
const { build } = createRequire(`${root}extension/package.json`)("esbuild");

await build({
  entryPoints: [`${here}harness_entry.ts`],
  outfile: process.argv[2] ?? `${root}extension/build/engine-test.js`,
  bundle: true,
  format: "iife",
  globalName: "RG",
  footer: { js: "globalThis.RG = RG;" },
  target: "es2022",
  charset: "utf8",
  logLevel: "warning",
});
