// Bundles harness.ts once for each set of changes read from stdin: {name: [[file, text, replacement], …]} → <folder>/<name>.js
// A text must stand in its file exactly once: a guard that is gone or was rewritten must not leave its test idle.
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const root = fileURLToPath(new URL("../../../", import.meta.url));
const { build } = createRequire(`${root}extension/package.json`)("esbuild");

function changed(changes) {
  return {
    name: "change",
    setup(hooks) {
      hooks.onLoad({ filter: /extension\/src\/background\/\w+\.ts$/ }, async ({ path }) => {
        let contents = await readFile(path, "utf8");
        for (const [file, old, replacement] of changes) {
          if (!path.endsWith(`/${file}.ts`)) continue;
          if (contents.split(old).length !== 2) throw new Error(`${file}.ts does not hold once: ${old}`);
          contents = contents.replace(old, () => replacement);
        }
        return { contents, loader: "ts" };
      });
    },
  };
}

const sets = JSON.parse(await text(process.stdin));
for (const [name, changes] of Object.entries(sets))
  await build({
    entryPoints: [`${here}harness.ts`],
    outfile: `${process.argv[2]}/${name}.js`,
    bundle: true,
    format: "iife",
    globalName: "RG",
    footer: { js: "globalThis.RG = RG;" },
    target: "es2022",
    charset: "utf8",
    logLevel: "error",
    plugins: [changed(changes)],
  });
