/**
 * Builds the extension into dist/, the scripts of the server's pages into server/pages/built/ and the engine for bulk review
 * into compiler/built/.
 *
 *     node build.mjs [--watch]
 */
import { copyFile, cp, mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";
import { minify } from "terser";
import { icon } from "./icons.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const built = join(here, "..", "server", "pages", "built");
const engine = join(here, "..", "compiler", "built", "engine.js");

const common = {
  bundle: true,
  minify: true,
  // A content script holding a literal U+FFFF or U+FDD0 silently does not run in Chromium.
  charset: "ascii",
  target: ["chrome148", "firefox142"],
  legalComments: "none",
  logLevel: "warning",
  absWorkingDir: here,
};

/** The style sheets that stand in a script as text lose their spaces and longhands, as any others do. */
const sheets = {
  name: "sheets",
  setup(build) {
    build.onLoad({ filter: /content\/style\.ts$/ }, async ({ path }) => {
      const parts = (await readFile(path, "utf8")).split("`");
      for (let n = 1; n < parts.length; n += 2) {
        const options = { loader: "css", minify: true, charset: "utf8", target: common.target };
        const { code } = await esbuild.transform(parts[n], options);
        // esbuild leaves custom properties as they are.
        parts[n] = code.trim().replaceAll(/(--[\w-]+:) /g, "$1");
      }
      return { contents: parts.join("`"), loader: "ts" };
    });
  },
};

/**
 * Properties that only our own code speaks of, and no JSON, message or browser, nor picker.js, a script of its own that is
 * given the guard: in the script that every page reads they are short.
 */
const OUR_OWN = [
  "addEntityHits|aroundBreaks|atEdge|attend|blocking|boundaries|breaks|buyerMessage|byLast|byRarity|called|check|classes",
  "clausesBetween|clausesOf|clausesOfWay|composer|conversation|count|currency|detectors|digits|edges|element|elements",
  "emit|emptied|endingAt|endsNumber|engine|entered|entityBase|estimate|explains|findings|firstFrom|firstWay|firstWord",
  "flagged|followUp|gateMask|groups|harmless|hearing|hide|hits|insideGap|isAt|isBelow|isListed|isRoot|isSafe|judge|kept",
  "labelMask|labels|leaves|linked|listed|literalsIn|longer|longest|missing|nearest|needs|notes|occurring|onConversation",
  "onHeld|onMissing|onRelease|onReport|onSending|onSettings|paintRoot|pairAt|pairs|passages|patterns|pieces|place|places",
  "present|pushJoined|reaches|readConversation|reading|readMessage|readReply|report|retire|retired|separators|singles",
  "sourceLength|spacedAtom|span|starts|startsNumber|store|suffix|tails|tailStarts|textNeeds|unignore|unique|valueShift",
  "wake|waysOf|woken|working",
];

/**
 * For the script that every page reads: all that makes it shorter. Chinese as it is, three bytes a character instead of six;
 * and the noncharacters, which Chromium does not run, as escapes.
 */
const short = {
  charset: "utf8",
  mangleProps: new RegExp(`^(${OUR_OWN.join("|")})$`),
  inject: ["globals.mjs"],
  plugins: [
    sheets,
    {
      name: "shorter",
      setup(build) {
        // Why a rule lets something go is told on the authoring page only (tracing.ts).
        build.onLoad({ filter: /engine\/(evaluate|hearing)\.ts$/ }, async ({ path }) => ({
          contents: (await readFile(path, "utf8")).replaceAll(/^ *note\?\.\(.*\);$/gm, ""),
          loader: "ts",
        }));
        build.onEnd(async ({ errors }) => {
          const { outfile } = build.initialOptions;
          if (errors.length > 0 || !(await exists(outfile))) return;
          const options = {
            ecma: 2020,
            compress: { passes: 6, hoist_funs: true, unsafe_arrows: true, unsafe_methods: true },
          };
          const { code } = await minify(await readFile(outfile, "utf8"), options);
          await writeFile(
            outfile,
            code.replace(NONCHARACTERS, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`),
          );
        });
      },
    },
  ],
};
const NONCHARACTERS = /[\uFDD0-\uFDEF\uFFFE\uFFFF]/g;

/** What is built: entry, output, module format. */
const TARGETS = [
  // One IIFE: ready before the page's first script, which a loader with import() never is.
  { entryPoints: ["src/content/main.ts"], outfile: join(dist, "content.js"), format: "iife", ...short },
  { entryPoints: ["src/content/picker-main.ts"], outfile: join(dist, "picker.js"), format: "iife" },
  { entryPoints: ["src/background/main.ts"], outfile: join(dist, "background.js"), format: "esm" },
  { entryPoints: ["src/panel/panel.ts"], outfile: join(dist, "panel.js"), format: "esm" },
  { entryPoints: ["src/options/options.ts"], outfile: join(dist, "options.js"), format: "esm" },
  { entryPoints: ["src/popup/popup.ts"], outfile: join(dist, "popup.js"), format: "esm" },
  { entryPoints: ["src/pages/demo.ts"], outfile: join(built, "demo.js"), format: "esm" },
  { entryPoints: ["src/authoring/main.ts"], outfile: join(built, "author.js"), format: "esm" },
  { entryPoints: ["src/audit/main.ts"], outfile: engine, format: "iife", globalName: "ReplyGuard" },
];

const PAGES = ["src/panel/panel.html", "src/options/options.html", "src/popup/popup.html", "src/pages/extension.css"];
const ICONS = [16, 32, 48, 128];

async function exists(path) {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function copyStatic() {
  await mkdir(join(dist, "icons"), { recursive: true });
  await copyFile(join(here, "manifest.json"), join(dist, "manifest.json"));
  await copyFile(join(here, "managed_schema.json"), join(dist, "managed_schema.json"));
  await cp(join(here, "_locales"), join(dist, "_locales"), { recursive: true });
  for (const page of PAGES) await copyFile(join(here, page), join(dist, page.split("/").at(-1)));
  for (const size of ICONS) await writeFile(join(dist, "icons", `${size}.png`), icon(size));
  const seed = join(here, "seed");
  if (await exists(seed)) {
    await mkdir(join(dist, "seed"), { recursive: true });
    for (const name of await readdir(seed)) await copyFile(join(seed, name), join(dist, "seed", name));
  }
}

/** @param {object} [overrides] esbuild options added to every target @param {boolean} [watch] */
export async function build(overrides = {}, watch = false) {
  if (!watch) await rm(dist, { recursive: true, force: true });
  await mkdir(built, { recursive: true });
  await copyStatic();
  const contexts = await Promise.all(TARGETS.map((target) => esbuild.context({ ...common, ...target, ...overrides })));
  if (watch) await Promise.all(contexts.map((context) => context.watch()));
  else {
    await Promise.all(contexts.map((context) => context.rebuild()));
    await Promise.all(contexts.map((context) => context.dispose()));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // esbuild has already printed what is wrong and where.
  await build({}, process.argv.includes("--watch")).catch(() => process.exit(1));
}
