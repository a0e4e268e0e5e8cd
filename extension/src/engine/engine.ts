/** The engine: a release, loaded, that checks conversations. One entry, `loadEngine`. */

import { type Automaton, loadAutomaton } from "./automaton";
import { type Bundle, type BundleReply, parseBundle, type Rule, sameFrom } from "./bundle";
import { Classifier } from "./classifier";
import { off } from "./errors";
import * as evaluate from "./evaluate";
import { createFolder, Folded, type Folder } from "./fold";
import { Hearing } from "./hearing";
import type { HitTable } from "./hit-table";
import { type Found, LongReply, WHOLE } from "./long-reply";
import { Reader, type Reading } from "./reading";
import { SetTable } from "./sets";
import type { Conversation, Engine, Finding, Reply, RuleText } from "./types";

/** Units of the agent's previous message and of the reply that are read together for rules `across` messages. */
const ACROSS = 24;
/** Units of a folded reply from which it is checked in pieces. */
const LONG = 120;
/** Buyer messages that are kept read. */
const KEPT_MESSAGES = 500;

/** Throws `ReleaseError` on anything malformed; an engine that loaded does not throw later. */
export function loadEngine(
  bundle: ArrayBuffer,
  automaton: ArrayBuffer,
  before: LoadedEngine | null = null,
  keptMessages = KEPT_MESSAGES,
  long = LONG,
): LoadedEngine {
  return new LoadedEngine(readRelease(bundle, automaton, before), keptMessages, long);
}

/** What an engine is made of. */
export interface Parts {
  readonly bundle: Bundle;
  readonly folder: Folder;
  readonly sets: SetTable;
  readonly classifier: Classifier | null;
  readonly automaton: Automaton | null;
  /** Of the automaton. */
  readonly file: ArrayBuffer;
}

/**
 * Reads a release. What is written as in the one before is taken over from it: automaton, sets, folding, classifier. They are
 * checked already, and what they are made of never changes.
 */
export function readRelease(bundle: ArrayBuffer, file: ArrayBuffer, before: LoadedEngine | null = null): Parts {
  const known = before?.parts;
  const parsed = parseBundle(bundle, known?.bundle);
  const automaton =
    known && sameFrom(file, 0, known.file, 0) ? known.automaton : file.byteLength === 0 ? null : loadAutomaton(file);
  const folder = parsed.folding === known?.bundle.folding ? known.folder : createFolder(parsed.folding);
  const sets = parsed.atoms === known?.bundle.atoms ? known.sets : new SetTable(parsed.atoms);
  const model = parsed.classifier;
  const classifier = model === known?.bundle.classifier ? known.classifier : model && new Classifier(model);
  return { bundle: parsed, folder, sets, classifier, automaton, file };
}

export class LoadedEngine implements Engine {
  readonly rules: readonly RuleText[];
  readonly replies: readonly Reply[];
  readonly platform: string;
  readonly sites: readonly unknown[];
  readonly #byId = new Map<string, RuleText>();
  readonly #byFind = new Map<number, number[]>();
  readonly #byAsked = new Map<number, number[]>();
  readonly #across: number[] = [];
  /** Rules that nothing wakes but the sound of the whole reply. */
  readonly #presumed: number[] = [];
  readonly #messages = new Map<string, evaluate.BuyerMessage>();
  readonly #classifier: Classifier | null;
  /** Topic → its place in the classifier, 0 for none. */
  readonly #heardTopics: readonly number[];

  readonly #bundle: Bundle;
  readonly #reader: Reader;
  readonly #keptMessages: number;
  readonly #long: LongReply;
  readonly #leastLong: number;

  constructor(
    readonly parts: Parts,
    keptMessages = KEPT_MESSAGES,
    long = LONG,
  ) {
    const { bundle } = parts;
    this.#keptMessages = keptMessages;
    this.#leastLong = long;
    this.#bundle = bundle;
    this.#reader = new Reader(bundle, parts.automaton, parts.folder, parts.sets);
    this.rules = bundle.rules.map((rule) => ruleText(rule, bundle));
    this.replies = bundle.replies.map((reply) => replyText(reply, bundle));
    this.platform = bundle.platform;
    this.sites = bundle.sites;
    this.#classifier = parts.classifier;
    this.#heardTopics = bundle.topics.map(({ id }) => this.#classifier?.places.get(id) ?? 0);
    const wake = ({ hits }: Reading) => this.#wokenBy(hits);
    this.#long = new LongReply(bundle, this.#reader, this.#classifier, this.#heardTopics, wake);
    bundle.rules.forEach((rule, n) => {
      this.#byId.set(rule.id, this.rules[n]!);
      // 0 is compliance, no topic.
      if (rule.likely_topic > 0 && this.#heardTopics[rule.topic] === 0) off("likely_topic");
      if (rule.asked >= 0) file(this.#byAsked, rule.asked, n);
      else if (rule.find >= 0) file(this.#byFind, rule.find, n);
      else if (rule.likely_topic > 0) this.#presumed.push(n);
      if (rule.across && rule.find >= 0) this.#across.push(n);
    });
  }

  rule(id: string): RuleText | undefined {
    return this.#byId.get(id);
  }

  suggestions(conversation: Conversation): Reply[] {
    const newest = conversation.turns.findLast((turn) => turn.role === "buyer");
    if (!newest) return [];
    const { atoms } = this.buyerMessage(newest.text);
    return this.replies.filter((_, n) => atoms.has(this.#bundle.replies[n]!.ask));
  }

  check(conversation: Conversation): Finding[] {
    const bundle = this.#bundle;
    // Buyer messages first: reading one ends the validity of the reading before it.
    const buyer: evaluate.BuyerMessage[] = [];
    for (const turn of conversation.turns) if (turn.role === "buyer") buyer.push(this.buyerMessage(turn.text));
    const found: Found[] = [];
    const before = this.#across.length > 0 ? previousMessage(conversation) : "";
    const reply = this.#reader.fold(conversation.reply);
    if (before !== "") this.#findAcross(before, reply, conversation, buyer, found);
    if (reply.text.length >= this.#leastLong && !this.explains()) {
      const called = askedFor(buyer);
      if (buyer.length > 0) called.push(...this.#presumed);
      found.push(...this.#long.find(reply.text, conversation, buyer, called));
      return this.#report(found, reply);
    }
    const reading = this.#reader.open(reply);
    const hearing = this.#classifier && new Hearing(this.#classifier, reading, buyer);
    // Unless somebody is to be told why a rule finds nothing, what is cheapest to ask goes first.
    const hasty = hearing !== null && !this.explains();
    const { limit, dropped } = this.#reader;
    const harmless = hasty && hearing.isBelow(limit, -1, -1);
    this.#reader.readReply(reading, harmless);
    const { hits } = reading;
    for (const n of this.awake(reading, buyer)) {
      if (harmless && dropped[n]) continue;
      const rule = bundle.rules[n]!;
      const topic = this.#heardTopics[rule.topic]!;
      if (hasty && hearing.heard(rule, topic, WHOLE, null).length === 0) continue;
      const failed = evaluate.applies(rule, conversation, bundle) ?? evaluate.asked(rule, buyer);
      const note = this.note(rule, reading, failed);
      if (failed) continue;
      let spans: readonly number[];
      if (rule.find >= 0) spans = evaluate.find(rule, reading, bundle, buyer, note);
      else {
        const claims = (rule.unless >= 0 || rule.likely_topic > 0) && reading.text.trim() !== "";
        spans = claims && !hits.has(rule.unless) ? WHOLE : evaluate.NOWHERE;
      }
      if (hearing && spans.length > 0) spans = hearing.heard(rule, topic, spans, note);
      if (spans.length > 0 && rule.likely_topic > 0) spans = WHOLE;
      for (let i = 0; i < spans.length; i += 2) found.push([spans[i]!, n, spans[i + 1]!]);
    }
    return this.#report(found, reply);
  }

  /** The rules, in any order, that may have something to find in a reply. */
  protected awake({ hits }: Reading, buyer: readonly evaluate.BuyerMessage[]): number[] {
    const woken = [...askedFor(buyer), ...this.#wokenBy(hits)];
    // Half of what is heard is what the reply answers.
    if (buyer.length > 0) woken.push(...this.#presumed);
    return woken;
  }

  #wokenBy({ woken }: HitTable): number[] {
    const rules: number[] = [];
    for (let i = 0; i < woken.length; i++) for (const n of this.#byFind.get(woken.data[i]!)!) rules.push(n);
    return rules;
  }

  /** Who is to be told what a rule lets go, and that it sleeps in this conversation, when it has `failed`: nobody, in a page. */
  protected note(_rule: Rule, _reading: Reading, _failed: evaluate.Step | null): evaluate.Note | null {
    return null;
  }

  /** Whether somebody is to be told why rules find nothing: nobody, in a page. */
  protected explains(): boolean {
    return false;
  }

  #report(found: Found[], folded: Folded): Finding[] {
    found.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2]);
    const findings: Finding[] = [];
    found.forEach(([start, n, end], i) => {
      const previous = found[i - 1];
      if (previous && previous[0] === start && previous[1] === n && previous[2] === end) return;
      const rule = this.#bundle.rules[n]!;
      const span = start < 0 ? null : folded.span(start, end);
      findings.push({
        rule: rule.id,
        level: rule.level,
        start: span === null ? null : span[0],
        end: span === null ? null : span[1],
        silent: rule.draft,
      });
    });
    return findings;
  }

  /** Findings that begin in the agent's previous message and end in this one; reported in this one. */
  #findAcross(
    before: string,
    reply: Folded,
    conversation: Conversation,
    buyer: readonly evaluate.BuyerMessage[],
    found: Found[],
  ): void {
    const head = this.#reader.fold(before).text.slice(-ACROSS);
    const joined = head + reply.text.slice(0, ACROSS);
    const reading = this.#reader.open(new Folded(joined, joined.length, null));
    this.#reader.readReply(reading, false);
    const cut = head.length;
    for (const n of this.#across) {
      const rule = this.#bundle.rules[n]!;
      if (!reading.hits.has(rule.find)) continue;
      if (evaluate.applies(rule, conversation, this.#bundle) || evaluate.asked(rule, buyer)) continue;
      const spans = evaluate.find(rule, reading, this.#bundle, buyer, null);
      for (let i = 0; i < spans.length; i += 2) {
        if (spans[i]! < cut && cut < spans[i + 1]!) found.push([0, n, spans[i + 1]! - cut]);
      }
    }
  }

  /** A buyer's message, read once; the oldest is forgotten when there are too many. */
  protected buyerMessage(text: string): evaluate.BuyerMessage {
    const known = this.#messages.get(text);
    if (known) return known;
    const reading = this.#reader.readMessage(text);
    const atoms = reading.hits.occurring();
    const message = {
      sound: this.#classifier?.hear(reading.text),
      atoms: new Set(atoms),
      asks: atoms.flatMap((atom) => this.#byAsked.get(atom) ?? []),
      quoted: new Set(reading.entities().map((entity) => `${entity.kind} ${entity.value}`)),
    };
    if (this.#messages.size >= this.#keptMessages) this.#messages.delete(this.#messages.keys().next().value!);
    this.#messages.set(text, message);
    return message;
  }
}

/** The rules of which `asked` occurs in any of the buyer's messages. */
export function askedFor(buyer: readonly evaluate.BuyerMessage[]): number[] {
  const found: number[] = [];
  for (const { asks } of buyer) for (const n of asks) if (!found.includes(n)) found.push(n);
  return found;
}

function file(index: Map<number, number[]>, key: number, n: number): void {
  const known = index.get(key);
  if (known) known.push(n);
  else index.set(key, [n]);
}

/** The agent's message that stands directly before this reply, "" when the buyer spoke last. */
function previousMessage(conversation: Conversation): string {
  const last = conversation.turns.at(-1);
  return last?.role === "agent" ? last.text : "";
}

function ruleText(rule: Rule, bundle: Bundle): RuleText {
  return {
    ...rule,
    topic: bundle.topics[rule.topic]!.title,
    followUp: rule.follow_up,
    heard: rule.likely_topic > 0,
  };
}

function replyText(reply: BundleReply, bundle: Bundle): Reply {
  return { ...reply, topic: bundle.topics[reply.topic]!.title };
}
