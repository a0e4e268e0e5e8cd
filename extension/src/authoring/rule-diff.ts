/** What changed between two rulebooks, rule by rule and field by field: what a supervisor reads before publishing. */

import { isMap } from "yaml";
import { type FileModel, field, fileKind, items, plain, type RuleAt, readFile, record } from "./model";
import { T } from "./texts";

export interface FieldChange {
  readonly key: string;
  readonly removed: readonly string[];
  readonly added: readonly string[];
}
export interface RuleChange {
  readonly kind: "added" | "removed" | "changed";
  readonly id: string;
  readonly title: string;
  readonly file: string;
  readonly fields: readonly FieldChange[];
}
export interface BookDiff {
  readonly rules: readonly RuleChange[];
  /** Groups and everything else that is no rule. */
  readonly rest: readonly RuleChange[];
  /** Files that differ only in comments, order or layout. */
  readonly cosmetic: readonly string[];
}

type Texts = ReadonlyMap<string, string>;

export function diffBooks(before: Texts, now: Texts): BookDiff {
  const old = read(before);
  const fresh = read(now);
  const oldRules = byId(old);
  const newRules = byId(fresh);
  const rules: RuleChange[] = [];
  for (const [id, rule] of newRules) {
    const was = oldRules.get(id);
    if (!was) rules.push(change("added", rule, compareFields({}, fieldsOf(rule))));
    else {
      const fields = compareFields(fieldsOf(was), fieldsOf(rule));
      if (fields.length > 0) rules.push(change("changed", rule, fields));
    }
  }
  for (const [id, rule] of oldRules)
    if (!newRules.has(id)) rules.push(change("removed", rule, compareFields(fieldsOf(rule), {})));
  const rest: RuleChange[] = [];
  const touched = new Set([...rules.map((one) => one.file)]);
  for (const name of new Set([...before.keys(), ...now.keys()])) {
    if (before.get(name) === now.get(name)) continue;
    const fields = compareFields(othersOf(old.get(name)), othersOf(fresh.get(name)));
    if (fields.length === 0) continue;
    const kind = !before.has(name) ? "added" : !now.has(name) ? "removed" : "changed";
    rest.push({ kind, id: name, title: fresh.get(name)?.title || old.get(name)?.title || name, file: name, fields });
    touched.add(name);
  }
  const cosmetic = [...now.keys()].filter(
    (name) => before.has(name) && before.get(name) !== now.get(name) && !touched.has(name),
  );
  return { rules, rest, cosmetic };
}

function read(texts: Texts): Map<string, FileModel> {
  return new Map([...texts].map(([name, text]) => [name, readFile(name, text)]));
}

function byId(files: ReadonlyMap<string, FileModel>): Map<string, RuleAt> {
  return new Map(
    [...files.values()].flatMap((file) =>
      file.rules.map((rule) => [rule.id || `${file.name}#${rule.index}`, rule] as const),
    ),
  );
}

function change(kind: RuleChange["kind"], rule: RuleAt, fields: readonly FieldChange[]): RuleChange {
  return { kind, id: rule.id, title: rule.title || rule.id, file: rule.file, fields };
}

type Fields = Readonly<Record<string, readonly string[]>>;

function fieldsOf(rule: RuleAt): Fields {
  return Object.fromEntries(
    rule.map.items.map((pair) => {
      const key = plain(pair.key);
      if (isMap(pair.value))
        return [key, Object.entries(record(rule.map, key)).map(([name, said]) => `${name}: ${said}`)];
      const list = items(rule.map, key).map((item) => item.text);
      return [key, list.length ? list : [field(rule.map, key)].filter(Boolean)];
    }),
  );
}

/** Of a file: groups, defaults, negation, replies, channels; flattened to lines. */
function othersOf(model: FileModel | undefined): Fields {
  if (!model?.root)
    return model ? { text: model.text.split("\n").filter((line) => line.trim() && !line.trim().startsWith("#")) } : {};
  const found: Record<string, readonly string[]> = {};
  for (const pair of model.root.items) {
    const key = plain(pair.key);
    if (key === "rules") continue;
    if (key === "groups" && isMap(pair.value)) {
      for (const group of model.groups) found[T.diff.group(group.name)] = group.any;
      continue;
    }
    const value = pair.value as { toJSON?: () => unknown } | null;
    const said = value?.toJSON ? value.toJSON() : plain(value);
    found[key] = Array.isArray(said)
      ? said.map((one) => (typeof one === "string" ? one : JSON.stringify(one)))
      : typeof said === "string"
        ? [said]
        : Object.entries(said ?? {}).map(
            ([name, one]) => `${name}: ${typeof one === "string" ? one : JSON.stringify(one)}`,
          );
  }
  return fileKind(model.name) === "site" ? { text: Object.values(found).flat() } : found;
}

function compareFields(before: Fields, now: Fields): FieldChange[] {
  const changes: FieldChange[] = [];
  for (const key of new Set([...Object.keys(now), ...Object.keys(before)])) {
    const [old, fresh] = [before[key] ?? [], now[key] ?? []];
    const removed = old.filter((said) => !fresh.includes(said));
    const added = fresh.filter((said) => !old.includes(said));
    if (removed.length + added.length > 0) changes.push({ key, removed, added });
  }
  return changes;
}
