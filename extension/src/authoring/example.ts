/** Examples as the compiler reads them: `buyer => 客服：earlier reply => reply with 〔the offending part〕`. */

import type { TracingEngine } from "../engine/tracing";
import type { Conversation, Turn } from "../engine/types";
import { items, type RuleAt, record } from "./model";

export interface Example {
  readonly turns: readonly Turn[];
  readonly reply: string;
  readonly spans: readonly (readonly [number, number])[];
}

export function readExample(text: string): Example {
  const parts = text.split("=>").map((part) => part.trim());
  const marked = parts.pop() ?? "";
  const turns = parts.map((part): Turn => {
    const agent = part.match(/^(?:客服：|客服:|agent:)(.*)$/s);
    return agent ? { role: "agent", text: agent[1]! } : { role: "buyer", text: part };
  });
  let reply = "";
  const spans: [number, number][] = [];
  let start = -1;
  for (const char of marked) {
    if (char === "〔") start = reply.length;
    else if (char === "〕") {
      if (start >= 0) spans.push([start, reply.length]);
      start = -1;
    } else reply += char;
  }
  return { turns, reply, spans };
}

export function writeExample(turns: readonly Turn[], reply: string, span: readonly [number, number] | null): string {
  const clean = (text: string): string =>
    text
      .replace(/[〔〕]/g, "")
      .replace(/=>/g, "=＞")
      .replace(/\s+/g, " ");
  const said = span
    ? `${clean(reply.slice(0, span[0]))}〔${clean(reply.slice(...span))}〕${clean(reply.slice(span[1]))}`
    : clean(reply);
  return [
    ...turns.map((turn) => `${turn.role === "agent" ? "客服：" : ""}${clean(turn.text).trim()}`),
    said.trim(),
  ].join(" => ");
}

/** As the compiler runs a rule's own examples: on its first platform and category, with its facts. */
export function conversationOf(rule: RuleAt, example: Example): Conversation {
  const facts = Object.entries(record(rule.map, "given")).map(([key, said]) => [key, typed(said)] as const);
  return {
    platform: items(rule.map, "platforms")[0]?.text ?? "",
    category: items(rule.map, "categories")[0]?.text ?? "",
    facts: Object.fromEntries(facts),
    turns: example.turns,
    reply: example.reply,
  };
}

function typed(said: string): string | number | boolean {
  if (said === "true" || said === "false") return said === "true";
  return /^-?\d{1,9}$/.test(said) ? Number(said) : said;
}

export interface Held {
  readonly text: string;
  readonly holds: boolean;
}

/** Whether each `bad` example of the rule still fires it in `engine`, with the marked spans. */
export function badExamples(rule: RuleAt, engine: TracingEngine): Held[] {
  return items(rule.map, "bad").map(({ text }) => {
    const example = readExample(text);
    const own = engine.check(conversationOf(rule, example)).filter((finding) => finding.rule === rule.id);
    const exact = example.spans.every((span, n) => own[n]?.start === span[0] && own[n]?.end === span[1]);
    const traps = items(rule.map, "find").length === 0 && items(rule.map, "unless").length === 0;
    return {
      text,
      holds: traps || (own.length > 0 && exact && (example.spans.length === 0 || own.length === example.spans.length)),
    };
  });
}
