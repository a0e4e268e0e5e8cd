import { detect, ENTITY_KINDS, hostMatches } from "../../extension/src/engine/entities";
import * as places from "../../extension/src/engine/entity_place_tables";
import * as tables from "../../extension/src/engine/entity_tables";

type Row = [kind: string, start: number, end: number, value: string];

/** Hits of each (text, kinds). */
export function detectEntities(batch: readonly (readonly [string, readonly string[]])[]): Row[][] {
  return batch.map(([text, kinds]) => detect(text, kinds).map((hit) => [hit.kind, hit.start, hit.end, hit.value]));
}

export function entityKinds(): readonly string[] {
  return ENTITY_KINDS;
}

export { hostMatches as hostMatchesSuffixes };

/** All tables with sets sorted and maps as objects, so that Python can compare them with its own. */
export function entityTables(): Record<string, unknown> {
  const plain = (value: unknown): unknown => {
    if (value instanceof Set) return [...value].sort();
    if (value instanceof Map) return Object.fromEntries(value);
    return value;
  };
  const all = Object.entries({ ...tables, ...places }).filter(([name]) => name === name.toUpperCase());
  return Object.fromEntries(all.map(([name, value]) => [name, plain(value)]));
}
