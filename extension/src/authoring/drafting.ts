/** Each pause in typing compiles the draft on the server; its release is loaded into this page's engine. */

import { loadTracingEngine, type TracingEngine } from "../engine/tracing";
import { Topic } from "../topic";
import { ApiError, api, type Compiled } from "./api";
import type { Workspace } from "./workspace";

/** Milliseconds without a key: shorter than the pause after a word, longer than between two strokes of one. */
const PAUSE = 150;

export interface DraftState {
  readonly answer: Compiled;
  /** Of the newest draft that compiles; null until there is one. */
  readonly engine: TracingEngine | null;
  /** False while the engine is of an older draft, since this one does not compile. */
  readonly current: boolean;
  readonly milliseconds: number;
}

export class Drafting {
  state: DraftState | null = null;
  busy = false;
  /** Typed, and not yet sent to be compiled. */
  waiting = false;
  problem = "";
  readonly onState = new Topic<void>();
  private timer = 0;
  private running: AbortController | null = null;
  private loaded: { id: string; engine: TracingEngine } | null = null;

  constructor(
    private readonly workspace: Workspace,
    public channel: string,
  ) {}

  /** Compile after a pause in typing. */
  later(): void {
    clearTimeout(this.timer);
    this.waiting = true;
    this.timer = setTimeout(() => void this.now(), PAUSE) as unknown as number;
  }

  async now(): Promise<void> {
    clearTimeout(this.timer);
    this.waiting = false;
    this.running?.abort();
    const run = new AbortController();
    this.running = run;
    this.busy = true;
    this.onState.emit();
    const started = performance.now();
    try {
      const body = { drafts: this.workspace.drafts(), channel: this.channel };
      // First without examples: places and hints, and the release to try, come at once.
      const quick = await api.compile({ ...body, examples: false }, run.signal);
      const elapsed = () => performance.now() - started;
      // The examples run while the release is loaded here.
      const full = quick.errors === 0 ? api.compile({ ...body, examples: true }, run.signal) : null;
      full?.catch(() => undefined);
      await this.take(this.withExamples(quick), elapsed(), run.signal);
      if (full) await this.take(await full, elapsed(), run.signal);
      this.problem = "";
    } catch (error) {
      if (run.signal.aborted) return;
      this.problem = error instanceof ApiError ? error.message : String(error);
      if (error instanceof ApiError && error.status === 429) this.later();
    } finally {
      if (this.running === run) {
        this.running = null;
        this.busy = false;
        this.onState.emit();
      }
    }
  }

  /** An engine of other texts, for trying a proposal; null when they do not compile. */
  async engineOf(drafts: Record<string, string | null>, signal: AbortSignal): Promise<TracingEngine | null> {
    const answer = await api.compile({ drafts, channel: this.channel, examples: false }, signal);
    return answer.release && answer.errors === 0 ? this.fetch(answer.release) : null;
  }

  /** What was known of examples stays until they have run again. */
  private withExamples(quick: Compiled): Compiled {
    const kept = (this.state?.answer.diagnostics ?? []).filter((d) => d.code.startsWith("RG4"));
    if (quick.errors > 0 || kept.length === 0) return quick;
    const errors = kept.filter((d) => d.severity === "error").length;
    return {
      ...quick,
      publishable: quick.publishable && errors === 0,
      diagnostics: [...quick.diagnostics, ...kept],
      errors: errors,
      warnings: quick.warnings + kept.length - errors,
      report: { ...this.state?.answer.report, ...quick.report, examples: this.state?.answer.report.examples ?? 0 },
    };
  }

  private async take(answer: Compiled, milliseconds: number, signal: AbortSignal): Promise<void> {
    if (answer.release && answer.release.id !== this.loaded?.id) {
      const { id } = answer.release;
      const engine = await this.fetch(answer.release);
      if (signal.aborted) return;
      this.loaded = { id, engine };
    }
    if (signal.aborted) return;
    this.state = { answer, engine: this.loaded?.engine ?? null, current: answer.release !== null, milliseconds };
    this.onState.emit();
  }

  private async fetch(release: NonNullable<Compiled["release"]>): Promise<TracingEngine> {
    const [bundle, automaton] = await Promise.all([api.binary(release.bundle), api.binary(release.automaton)]);
    return loadTracingEngine(bundle, automaton);
  }
}
