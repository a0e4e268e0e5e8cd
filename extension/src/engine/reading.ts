/** fold → scan → entities → sets: one text, read once, as everything that rules may ask about it. */

import type { Automaton } from "./automaton";
import type { Bundle, Entity } from "./bundle";
import { detect, type EntityHit, hostMatches } from "./entities";
import { createFolder, type Folded, type Folder } from "./fold";
import { HitTable } from "./hit-table";
import { compareHits, type Hit, NO_GAPS } from "./hits";
import { LiteralScanner } from "./scan";
import { Plan, SetTable } from "./sets";
import { unspace } from "./spacing";
import { breaksBefore, Edges } from "./text";

/** A text as the rules see it; `hits` and `breaks` are valid until the reader reads the next text. */
export interface Reading {
  readonly folded: Folded;
  readonly text: string;
  readonly hits: HitTable;
  readonly entities: readonly EntityHit[];
  readonly breaks: Uint32Array;
}

const NO_ENTITIES: readonly EntityHit[] = [];

export class Reader {
  private readonly folder: Folder;
  private readonly scanner: LiteralScanner;
  private readonly sets: SetTable;
  private readonly entities: readonly Entity[];
  private readonly kinds: readonly string[];
  private readonly fillers: readonly number[];
  private readonly hits: HitTable;
  private readonly forReply: Plan;
  private readonly forMessage: Plan;
  private breaks = new Uint32Array(1024);

  constructor(bundle: Bundle, automaton: Automaton | null) {
    this.folder = createFolder(bundle.folding);
    this.scanner = new LiteralScanner(bundle.atoms, automaton);
    this.sets = new SetTable(bundle.atoms);
    this.entities = bundle.atoms.entities;
    this.kinds = [...new Set(bundle.atoms.entities.map((entity) => entity.kind))].sort();
    this.fillers = this.sets.members(bundle.fillers);
    this.hits = new HitTable(this.sets);
    const { rules, replies } = bundle;
    // What a rule finds once the buyer has asked is worked out only then.
    const unasked = rules.filter((rule) => rule.asked < 0);
    this.forReply = new Plan(
      this.sets,
      unasked.map((rule) => rule.find),
    );
    const asked = rules.flatMap((rule) => [rule.asked, rule.unless_asked]);
    this.forMessage = new Plan(this.sets, [...asked, ...replies.map((reply) => reply.ask)]);
  }

  fold(text: string): Folded {
    return unspace(this.folder.fold(text));
  }

  /** A buyer's message, read for what rules have `asked`. */
  readMessage(text: string): Reading {
    const folded = this.fold(text);
    return this.readFolded(folded, folded.text, this.forMessage);
  }

  /** A reply that is folded already; `folded` is what its spans are mapped back with. */
  readFolded(folded: Folded, text: string, plan: Plan = this.forReply): Reading {
    const hits = this.hits;
    hits.clear();
    this.scanner.scan(text, hits);
    const entities = this.kinds.length > 0 ? detect(text, this.kinds) : NO_ENTITIES;
    if (entities.length > 0) this.addEntities(entities);
    if (this.breaks.length <= text.length) this.breaks = new Uint32Array(2 * text.length);
    breaksBefore(text, this.breaks);
    hits.complete(plan, text, this.breaks, new Edges(text, this.breaks, () => this.fillerSpans()));
    return { folded, text, hits, entities, breaks: this.breaks };
  }

  private addEntities(found: readonly EntityHit[]): void {
    this.entities.forEach((entity, n) => {
      const spans: Hit[] = [];
      for (const hit of found) {
        if (!is(entity, hit) || spans.some((s) => s.start === hit.start && s.end === hit.end)) continue;
        spans.push({ start: hit.start, end: hit.end, gaps: NO_GAPS });
      }
      if (spans.length > 0) this.hits.set(this.sets.entityBase + n, spans.sort(compareHits));
    });
  }

  private fillerSpans(): number[] {
    const spans: number[] = [];
    for (const atom of this.fillers) for (const hit of this.hits.get(atom)) spans.push(hit.start, hit.end);
    return spans;
  }
}

function is(entity: Entity, hit: EntityHit): boolean {
  if (hit.kind !== entity.kind) return false;
  if (entity.only.length > 0) return hostMatches(hit.value, entity.only);
  return !(entity.allow.length > 0 && hostMatches(hit.value, entity.allow));
}
