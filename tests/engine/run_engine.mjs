// Loads the script given, then answers JSON lines {name, arguments} on stdin with {value} or {error} on stdout.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { runInThisContext } from "node:vm";

runInThisContext(readFileSync(process.argv[2], "utf8"), { filename: process.argv[2] });

for await (const line of createInterface({ input: process.stdin })) {
  const { name, args } = JSON.parse(line);
  let answer;
  try {
    answer = { value: globalThis.RG[name](...args) ?? null };
  } catch (error) {
    answer = { error: `${error.name}: ${error.message}\n${error.stack}` };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
