/** fold → scan → entities → sets: one text, read once, as everything that rules may ask about it. */

import type { Automaton } from "./automaton";
import type { Bundle, Entity } from "./bundle";
import { Edges } from "./edges";
import { type Detector, detectorOf, Entities, type EntityHit, hostMatches } from "./entities";
import { createFolder, type Folded, type Folder } from "./fold";
import { HitTable } from "./hit-table";
import type { HitStore } from "./hits";
import type { Surroundings } from "./occurrence";
import { Plan } from "./plan";
import { LiteralScanner } from "./scan";
import { SetTable } from "./sets";
import { unspace } from "./spacing";
import { breaksBefore } from "./text";

/** A text as the rules see it; all but `folded` and `text` is valid until the reader reads the next text. */
export interface Reading {
  readonly folded: Folded;
  readonly text: string;
  readonly hits: HitTable;
  readonly breaks: Uint32Array;
  /** All entities of the kinds that any rule speaks of. */
  entities(): readonly EntityHit[];
}

/** What of a release and of its reader a reading needs. */
interface Tables {
  readonly entityBase: number;
  readonly entities: readonly Entity[];
  /** Of each entity. */
  readonly detectors: readonly Detector[];
  readonly hits: HitTable;
  readonly edges: Edges;
}

export class Reader {
  readonly #folder: Folder;
  readonly #scanner: LiteralScanner;
  readonly #tables: Tables;
  readonly #forReply: Plan;
  readonly #forMessage: Plan;
  #breaks = new Uint32Array(1024);

  constructor(bundle: Bundle, automaton: Automaton | null) {
    this.#folder = createFolder(bundle.folding);
    this.#scanner = new LiteralScanner(bundle.atoms, automaton);
    const sets = new SetTable(bundle.atoms);
    const hits = new HitTable(sets);
    const fillers = sets.members(bundle.fillers);
    const { entities } = bundle.atoms;
    this.#tables = {
      entityBase: sets.entityBase,
      entities,
      detectors: entities.map((entity) => detectorOf(entity.kind)),
      hits,
      edges: new Edges((spans) => hits.leaves.spans(fillers, spans)),
    };
    const { rules, replies } = bundle;
    // What a rule finds once the buyer has asked is worked out only then.
    const unasked = rules.filter((rule) => rule.asked < 0);
    this.#forReply = new Plan(
      sets,
      unasked.map((rule) => rule.find),
    );
    const asked = rules.flatMap((rule) => [rule.asked, rule.unless_asked]);
    this.#forMessage = new Plan(sets, [...asked, ...replies.map((reply) => reply.ask)]);
  }

  fold(text: string): Folded {
    return unspace(this.#folder.fold(text));
  }

  /** A buyer's message, read for what rules have `asked`. */
  readMessage(text: string): Reading {
    const folded = this.fold(text);
    return this.readFolded(folded, folded.text, this.#forMessage);
  }

  /** A reply that is folded already; `folded` is what its spans are mapped back with. */
  readFolded(folded: Folded, text: string, plan: Plan = this.#forReply): Reading {
    const { hits, edges } = this.#tables;
    if (this.#breaks.length <= text.length) this.#breaks = new Uint32Array(2 * text.length);
    breaksBefore(text, this.#breaks);
    hits.reset(this.#breaks);
    this.#scanner.scan(text, hits.leaves);
    edges.reset(text, this.#breaks);
    const reading = new TextReading(folded, text, this.#breaks, this.#tables);
    hits.wake(plan, reading);
    return reading;
  }
}

class TextReading implements Reading, Surroundings {
  readonly hits: HitTable;
  readonly edges: Edges;
  readonly #found: Entities;
  readonly #tables: Tables;

  constructor(
    readonly folded: Folded,
    readonly text: string,
    readonly breaks: Uint32Array,
    tables: Tables,
  ) {
    this.#tables = tables;
    this.hits = tables.hits;
    this.edges = tables.edges;
    this.#found = new Entities(text);
  }

  entities(): readonly EntityHit[] {
    return [...new Set(this.#tables.detectors)].flatMap((detector) => this.#found.of(detector));
  }

  addEntityHits(atom: number, store: HitStore): void {
    const { entities, detectors, entityBase } = this.#tables;
    const found = this.#found.of(detectors[atom - entityBase]!);
    if (found.length === 0) return;
    const entity = entities[atom - entityBase]!;
    const from = store.length;
    for (const { value, start, end } of found) {
      if (admits(entity, value)) store.push(start, end);
    }
    store.unique(from);
  }
}

function admits({ only, allow }: Entity, value: string): boolean {
  if (only.length > 0) return hostMatches(value, only);
  return !(allow.length > 0 && hostMatches(value, allow));
}
