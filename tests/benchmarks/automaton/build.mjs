// Bundles page.mjs with the npm engines into one script that sets globalThis.BENCH; the output path is the argument.
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const { build } = createRequire(fileURLToPath(new URL("../../../extension/package.json", import.meta.url)))("esbuild");

await build({
  entryPoints: [`${here}page.mjs`],
  outfile: process.argv[2],
  bundle: true,
  format: "iife",
  globalName: "BENCH",
  footer: { js: "globalThis.BENCH = BENCH;" },
  target: "es2022",
  minify: true, // as the product is
  charset: "utf8",
  logLevel: "warning",
});
