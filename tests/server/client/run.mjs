// Answers JSON lines {name, args} on stdin with {value} or {error} on stdout. The first loads a script: {name: "load", args: [path]}.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { runInThisContext } from "node:vm";

const load = (path) => void runInThisContext(readFileSync(path, "utf8"), { filename: path });

for await (const line of createInterface({ input: process.stdin })) {
  const { name, args } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await (name === "load" ? load : globalThis.RG[name])(...args)) ?? null };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}\n${error.stack}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
