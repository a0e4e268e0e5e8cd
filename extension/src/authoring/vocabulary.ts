/** What may be written where: keys and values from the compiler's own schema. */

import { language } from "./texts";
import { KEYS_EN } from "./texts/keys-en";

interface Schema {
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly $ref?: string;
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
}

export interface KeyInfo {
  readonly name: string;
  readonly about: string;
  readonly values: readonly string[];
}

export class Vocabulary {
  private readonly root: Readonly<Record<string, Schema>>;

  constructor(
    schema: unknown,
    readonly entities: readonly string[],
  ) {
    this.root = (schema as { $defs: Record<string, Schema> }).$defs;
  }

  /** The keys of the mapping at `path` of a file; lists are stepped into by "[]". */
  keys(kind: string, path: readonly string[]): KeyInfo[] {
    const at = this.at(kind, path);
    if (!at?.properties) return [];
    return Object.entries(at.properties).map(([name, schema]) => ({
      name,
      about: language === "zh" ? this.about(schema) : (KEYS_EN[name] ?? ""),
      values: this.values(schema),
    }));
  }

  key(kind: string, path: readonly string[], name: string): KeyInfo | undefined {
    return this.keys(kind, path).find((key) => key.name === name);
  }

  private at(kind: string, path: readonly string[]): Schema | undefined {
    const start = { rulebook: "RulebookFile", shop: "OverlayFile" }[kind] ?? "RuleFile";
    let node: Schema | undefined = kind === "site" ? undefined : this.root[start];
    for (const step of path) {
      const options: readonly (Schema | undefined)[] = this.options(node);
      node = options
        .map((option) => {
          if (step === "[]") return option?.items;
          const rest = option?.additionalProperties;
          return option?.properties?.[step] ?? (typeof rest === "object" ? rest : undefined);
        })
        .find((found) => found !== undefined);
    }
    return this.options(node).find((option) => option.properties !== undefined) ?? this.options(node)[0];
  }

  private options(node: Schema | undefined): Schema[] {
    if (!node) return [];
    if (node.$ref) return this.options(this.root[node.$ref.split("/").at(-1)!]);
    return node.anyOf ? node.anyOf.flatMap((option) => this.options(option)) : [node];
  }

  private about(schema: Schema): string {
    return schema.description ?? schema.anyOf?.find((option) => option.description)?.description ?? "";
  }

  private values(schema: Schema): string[] {
    return this.options(schema).flatMap((option) => [
      ...(option.enum ?? []).filter((said) => typeof said === "string"),
      ...((option as { type?: string }).type === "boolean" ? ["true", "false"] : []),
      ...(option.items ? this.values(option.items) : []),
    ]);
  }
}

/** Where a line of a rule file stands, from the indentation alone, so that it works while the text is broken. */
export interface Position {
  /** Keys above, "[]" for a list. */
  readonly path: readonly string[];
  /** The key of this line, or of the list that it is an item of; "" for none. */
  readonly key: string;
  /** Before the key has its colon. */
  readonly inKey: boolean;
}

export function positionAt(text: string, offset: number): Position {
  const before = text.slice(0, offset).split("\n");
  const line = before.pop() ?? "";
  const own = line.match(/^(\s*)((?:-\s+)*)(.*)$/)!;
  const [, indent, dashes, rest] = own as unknown as [string, string, string, string];
  const keyed = rest.match(/^([\w-]+)\s*:(?:\s|$)/);
  const path: string[] = [];
  let column = indent.length + dashes.length;
  if (dashes !== "") path.unshift("[]");
  // A line that is only a dash hangs under the key above it.
  let edge = dashes !== "" ? indent.length + 1 : column;
  for (let n = before.length - 1; n >= 0 && edge > 0; n--) {
    const above = before[n]!;
    if (/^\s*(#|$)/.test(above)) continue;
    const [, lead, marks, said] = above.match(/^(\s*)((?:-\s+)*)(.*)$/)! as unknown as [string, string, string, string];
    const key = said.match(/^([\w-]+)\s*:/)?.[1];
    const at = lead.length + marks.length;
    if (marks !== "" && lead.length < edge && at <= edge) {
      if (at < edge && key) path.unshift(key);
      path.unshift("[]");
      edge = lead.length + 1;
    } else if (key && at < edge) {
      path.unshift(key);
      edge = at;
    }
    column = edge;
  }
  const inKey = !keyed && (/^[\w-]*$/.test(rest) || rest === "");
  if (keyed) return { path, key: keyed[1]!, inKey: false };
  const list = path.at(-1) === "[]" ? (path.at(-2) ?? "") : (path.at(-1) ?? "");
  return { path, key: list, inKey };
}
