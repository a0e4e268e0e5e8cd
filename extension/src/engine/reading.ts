/** fold → scan → entities → sets: one text, read once, as everything that rules may ask about it. */

import type { Automaton } from "./automaton";
import type { Bundle, Entity, Rule } from "./bundle";
import { Cuts } from "./cuts";
import { Edges } from "./edges";
import { type Detector, detectorOf, Entities, type EntityHit, hostMatches } from "./entities";
import type { Folded, Folder } from "./fold";
import { asksForMore, commonest } from "./harmless";
import { HitTable } from "./hit-table";
import type { HitStore } from "./hits";
import type { Surroundings } from "./occurrence";
import { Plan } from "./plan";
import { LiteralScanner, LiteralTables, selfTest } from "./scan";
import type { SetTable } from "./sets";
import { unspace } from "./spacing";
import { breaksBefore } from "./text";

/** A text as the rules see it; all but `folded` and `text` is valid until the reader reads the next text. */
export interface Reading extends Surroundings {
  readonly folded: Folded;
  readonly part: Part;
  readonly hits: HitTable;
  /** All entities of the kinds that any rule speaks of. */
  entities(): readonly EntityHit[];
}

/** What is known of a part of a longer text: whether it begins and ends the message, and the entities in it. */
export interface Part {
  readonly first: boolean;
  readonly last: boolean;
  readonly entities: readonly EntityHit[];
}
const WHOLE: Part = { first: true, last: true, entities: [] };

/** What of a release and of its reader a reading needs. */
interface Tables {
  readonly entityBase: number;
  readonly entities: readonly Entity[];
  /** Of each entity. */
  readonly detectors: readonly Detector[];
  /** Each once. */
  readonly kinds: readonly Detector[];
  readonly hits: HitTable;
  readonly edges: Edges;
}

/** What a text is read for. */
interface Purpose {
  readonly plan: Plan;
  readonly scanner: LiteralScanner | null;
}

export class Reader {
  /** Percent: replies that are less likely a violation are harmless. 0: none are. */
  readonly limit: number;
  /** Rule → whether it finds nothing in a harmless reply. */
  readonly dropped: readonly boolean[];
  readonly #folder: Folder;
  readonly #tables: Tables;
  readonly #forReply: Purpose;
  /** Made for the first harmless reply: a page that has just opened has enough to do. */
  #forHarmless: Purpose | null = null;
  readonly #makeForHarmless: () => Purpose;
  readonly #forMessage: Purpose;
  readonly #makeCuts: () => Cuts;
  #cuts: Cuts | null = null;
  #breaks = new Uint32Array(1024);

  /** Folder and sets are those of the bundle. */
  constructor(bundle: Bundle, automaton: Automaton | null, folder: Folder, sets: SetTable) {
    this.#folder = folder;
    selfTest(bundle.atoms.literals, automaton);
    const hits = new HitTable(sets);
    const fillers = sets.literalsIn([bundle.fillers]);
    const { entities } = bundle.atoms;
    const detectors = entities.map((entity) => detectorOf(entity.kind));
    this.#tables = {
      entityBase: sets.entityBase,
      entities,
      detectors,
      kinds: [...new Set(detectors)],
      hits,
      edges: new Edges((spans) => hits.leaves.spans(fillers, spans)),
    };
    this.#makeCuts = () => new Cuts(bundle.atoms, sets);
    const { rules, replies } = bundle;
    const tables = automaton && new LiteralTables(bundle.atoms, automaton);
    const scanner = tables && new LiteralScanner(tables, null);
    this.#forReply = { plan: new Plan(sets, finds(rules)), scanner };
    const asked = rules.flatMap((rule) => [rule.asked, rule.unless_asked]);
    this.#forMessage = { plan: new Plan(sets, [...asked, ...replies.map((reply) => reply.ask)]), scanner };
    const limit = bundle.classifier ? commonest(rules) : 0;
    this.limit = limit;
    this.dropped = rules.map((rule) => asksForMore(rule, limit));
    this.#makeForHarmless = () => {
      const others = rules.filter((_, n) => !this.dropped[n]);
      const atoms = [
        bundle.fillers,
        bundle.allow,
        ...bundle.negations.flatMap(({ reach, ...cues }) => Object.values(cues)),
        ...others.flatMap((rule) => [rule.find, rule.near, rule.not_near, rule.except, rule.unless]),
      ];
      return {
        plan: new Plan(sets, finds(others)),
        scanner: tables && new LiteralScanner(tables, sets.literalsIn(atoms)),
      };
    };
  }

  /** Where long texts may be cut. */
  get cuts(): Cuts {
    this.#cuts ??= this.#makeCuts();
    return this.#cuts;
  }

  fold(text: string): Folded {
    return unspace(this.#folder.fold(text));
  }

  /** A buyer's message, read for what rules have `asked`. */
  readMessage(text: string): Reading {
    return this.#read(this.open(this.fold(text)), this.#forMessage);
  }

  /** A text, or a part of one, of which nothing is known yet but its clauses. */
  open(folded: Folded, part = WHOLE): Reading {
    const { length } = folded.text;
    if (this.#breaks.length <= length) this.#breaks = new Uint32Array(2 * length);
    breaksBefore(folded.text, this.#breaks);
    return new TextReading(folded, this.#breaks, this.#tables, part);
  }

  /** Reads an open reply for all rules; a harmless one, for those that may find something in it. */
  readReply(reading: Reading, harmless: boolean): void {
    if (harmless) this.#forHarmless ??= this.#makeForHarmless();
    this.#read(reading, (harmless && this.#forHarmless) || this.#forReply);
  }

  #read(reading: Reading, { plan, scanner }: Purpose): Reading {
    const { text, breaks, part } = reading;
    const { hits, edges } = this.#tables;
    hits.reset(breaks);
    scanner?.scan(text, hits.leaves);
    edges.reset(text, breaks, part.first, part.last);
    hits.wake(plan, reading);
    return reading;
  }
}

class TextReading implements Reading {
  readonly hits: HitTable;
  readonly edges: Edges;
  readonly #found: Pick<Entities, "of">;
  #entities: readonly EntityHit[] | null = null;
  readonly #tables: Tables;

  readonly text: string;

  constructor(
    readonly folded: Folded,
    readonly breaks: Uint32Array,
    tables: Tables,
    readonly part: Part,
  ) {
    this.text = folded.text;
    this.#tables = tables;
    this.hits = tables.hits;
    this.edges = tables.edges;
    this.#found =
      part === WHOLE
        ? new Entities(folded.text)
        : { of: (detector) => part.entities.filter(({ kind }) => detectorOf(kind) === detector) };
  }

  entities(): readonly EntityHit[] {
    if (this.#entities) return this.#entities;
    const entities: EntityHit[] = [];
    for (const kind of this.#tables.kinds) for (const hit of this.#found.of(kind)) entities.push(hit);
    this.#entities = entities;
    return entities;
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

/** What is looked for in a reply: what a rule finds once the buyer has asked is worked out only then. */
function finds(rules: readonly Rule[]): number[] {
  return rules.flatMap(({ asked, find }) => (asked < 0 ? [find] : []));
}

function admits({ only, allow }: Entity, value: string): boolean {
  if (only.length > 0) return hostMatches(value, only);
  return !(allow.length > 0 && hostMatches(value, allow));
}
