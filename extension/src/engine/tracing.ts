/** An engine that also explains itself, for the authoring page: no workbench has to carry it. */

import type { Rule } from "./bundle";
import { askedFor, LoadedEngine, type Parts, readRelease } from "./engine";
import { applies, asked, type BuyerMessage, type Note, type Step } from "./evaluate";
import type { Span as FoldedSpan } from "./hits";
import type { Reading } from "./reading";
import type { Conversation, Trap } from "./types";

/** Of a trace: rule, step, span of the hit (null: the whole rule) and of what decided, in UTF-16 units of the reply; a percentage
 *  where the classifier did. */
export type TraceStep = readonly [rule: string, step: Step, span: Span | null, by: Span | number | null];
type Span = readonly [start: number, end: number];

/** Throws `ReleaseError` as `loadEngine` does. */
export function loadTracingEngine(
  bundle: ArrayBuffer,
  automaton: ArrayBuffer,
  before: TracingEngine | null = null,
): TracingEngine {
  return new TracingEngine(readRelease(bundle, automaton, before));
}

export class TracingEngine extends LoadedEngine {
  readonly #rules: readonly Rule[];
  /** Of the trace that is being made. */
  #steps: TraceStep[] | null = null;

  constructor(parts: Parts) {
    super(parts);
    this.#rules = parts.bundle.rules;
  }

  trace(conversation: Conversation): TraceStep[] {
    const steps: TraceStep[] = [];
    this.#steps = steps;
    const findings = this.check(conversation);
    this.#steps = null;
    for (const { rule, start, end } of findings) {
      steps.push([rule, "found", start === null || end === null ? null : [start, end], null]);
    }
    return steps;
  }

  /** Rules whose `asked` the newest buyer messages satisfy and that apply here. */
  traps(conversation: Conversation): Trap[] {
    const turns = conversation.turns.flatMap((turn, n) => (turn.role === "buyer" ? [n] : []));
    const buyer = turns.map((n) => this.buyerMessage(conversation.turns[n]!.text));
    const found: Trap[] = [];
    for (const n of askedFor(buyer).sort((a, b) => a - b)) {
      const rule = this.#rules[n]!;
      if (rule.draft || rule.likely_topic > 0) continue;
      if (applies(rule, conversation, this.parts.bundle) || asked(rule, buyer)) continue;
      let last = buyer.length - 1;
      while (!buyer[last]!.atoms.has(rule.asked)) last--;
      found.push({ rule: rule.id, turn: turns[last]! });
    }
    return found;
  }

  /** For a trace also those whose question was not asked, without those that find nothing, in the order of the rules. */
  protected override awake(reading: Reading, buyer: readonly BuyerMessage[]): number[] {
    const awake = super.awake(reading, buyer);
    if (!this.#steps) return awake;
    const woken = new Set(awake);
    const tells = ({ asked, find }: Rule, n: number) =>
      asked >= 0 || (woken.has(n) && (find < 0 || reading.hits.has(find)));
    return this.#rules.flatMap((rule, n) => (tells(rule, n) ? [n] : []));
  }

  protected override explains(): boolean {
    return this.#steps !== null;
  }

  protected override note(rule: Rule, reading: Reading, failed: Step | null): Note | null {
    const steps = this.#steps;
    if (!steps) return null;
    const spanOf = ({ start, end }: FoldedSpan): Span => reading.folded.span(start, end);
    const { hits } = reading;
    if (failed && hits.has(rule.find))
      steps.push([rule.id, failed, spanOf(hits.store.span(hits.from(rule.find))), null]);
    return (step, hit, by) =>
      steps.push([rule.id, step, hit && spanOf(hit), typeof by === "object" ? by && spanOf(by) : by]);
  }
}
