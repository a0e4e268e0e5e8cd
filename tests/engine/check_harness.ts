/** Loads a release and checks batches of conversations; offsets go back to code points, as Python has them. */

import { loadTracingEngine, type TracingEngine } from "../../extension/src/engine/tracing";
import { ReleaseError } from "../../extension/src/engine/errors";
import { assemble, type Piece } from "../../extension/src/pieces";
import type { Conversation } from "../../extension/src/engine/types";

const engines = new Map<string, TracingEngine>();
/** What they were loaded from. */
const files = new Map<string, readonly [bundle: ArrayBuffer, automaton: ArrayBuffer]>();

function bytes(base64: string): ArrayBuffer {
  const text = atob(base64);
  return Uint8Array.from(text, (char) => char.charCodeAt(0)).buffer;
}

/** Loads a release under a name. Throws `ReleaseError`. */
export function loadRelease(name: string, bundle: string, automaton: string): string[] {
  const read = [bytes(bundle), bytes(automaton)] as const;
  const engine = loadTracingEngine(...read);
  engines.set(name, engine);
  files.set(name, read);
  return engine.rules.map((rule) => rule.id);
}

type Told = readonly (string | readonly [number, number])[];

/**
 * Loads under `name` what these pieces make of the release `before`, whose engine it goes on from. Says what it took over from
 * that. Throws `ReleaseError`.
 */
export function loadNext(name: string, before: string, bundle: Told, automaton: Told): string[] {
  const piecesOf = (told: Told): Piece[] =>
    told.map((piece) => (typeof piece === "string" ? new Uint8Array(bytes(piece)) : piece));
  const [old, older] = files.get(before)!;
  const read = [assemble(old, piecesOf(bundle)), assemble(older, piecesOf(automaton))] as const;
  const known = engines.get(before)!;
  const engine = loadTracingEngine(...read, known);
  engines.set(name, engine);
  files.set(name, read);
  const parts = ["automaton", "classifier", "folder", "sets"] as const;
  return parts.filter((part) => engine.parts[part] === known.parts[part]);
}

type Answer = [rule: string, level: string, start: number | null, end: number | null, silent: boolean];

function codePoints(text: string, at: number | null): number | null {
  return at === null ? null : [...text.slice(0, at)].length;
}

export function checkAll(name: string, conversations: Conversation[]): Answer[][] {
  const engine = engines.get(name)!;
  return conversations.map((conversation) =>
    engine
      .check(conversation)
      .map((f): Answer => [
        f.rule,
        f.level,
        codePoints(conversation.reply, f.start),
        codePoints(conversation.reply, f.end),
        f.silent,
      ]),
  );
}

/** Traces with spans in code points: [rule, step, span or null, what decided: a span, a percentage or null]. */
export function traceAll(name: string, conversations: Conversation[]): unknown[][] {
  const engine = engines.get(name)!;
  return conversations.map((conversation) => {
    const points = (span: readonly [number, number] | null): unknown =>
      span && [codePoints(conversation.reply, span[0]), codePoints(conversation.reply, span[1])];
    return engine
      .trace(conversation)
      .map(([rule, step, span, by]) => [rule, step, points(span), typeof by === "number" ? by : points(by)]);
  });
}

/** [traps as (rule, turn), ids of suggested replies] of each conversation. */
export function hintsAll(name: string, conversations: Conversation[]): [[string, number][], string[]][] {
  const engine = engines.get(name)!;
  return conversations.map((conversation) => [
    engine.traps(conversation).map((trap): [string, number] => [trap.rule, trap.turn]),
    engine.suggestions(conversation).map((reply) => reply.id),
  ]);
}

/** One check, for benchmarks: nothing is converted. */
export function checkOne(name: string, conversation: Conversation): number {
  return engines.get(name)!.check(conversation).length;
}

/** "refused" for a `ReleaseError`, "works" when the engine loaded and checked; anything else is thrown. */
export function tryReleases(releases: [bundle: string, automaton: string][], conversations: Conversation[]): string[] {
  return releases.map(([bundle, automaton]) => {
    let engine: TracingEngine;
    try {
      engine = loadTracingEngine(bytes(bundle), bytes(automaton));
    } catch (error) {
      if (error instanceof ReleaseError) return "refused";
      throw error;
    }
    for (const conversation of conversations) {
      const length = conversation.reply.length;
      for (const { start, end } of engine.check(conversation)) {
        if (start !== null && (end === null || !(0 <= start && start < end && end <= length))) throw new Error("span");
      }
      engine.traps(conversation);
      engine.suggestions(conversation);
      engine.trace(conversation);
    }
    return "works";
  });
}

/**
 * What the engine `name` finds in each conversation, one after the other, as while somebody types; and what `other` finds when
 * it is to tell why: that is a check from nothing, which asks every rule everything.
 */
export function typeAll(name: string, other: string, conversations: Conversation[]): [typed: Answer[][], told: unknown[][]] {
  const engine = engines.get(other)!;
  const told = conversations.map((conversation) =>
    engine
      .trace(conversation)
      .filter(([, step]) => step === "found")
      .map(([rule, , span]) => [rule, ...(span ?? [null, null]).map((at) => codePoints(conversation.reply, at))]),
  );
  return [checkAll(name, conversations), told];
}

/** The engine `name` is from now on `other`. */
export function renamed(name: string, other: string): void {
  engines.set(other, engines.get(name)!);
  files.set(other, files.get(name)!);
}
