/** Completion: keys and values of the schema, groups and entities inside `<…>`, rule ids. */

import type { Completion, CompletionContext, CompletionResult } from "@codemirror/autocomplete";
import { CATEGORY_NAMES, PLATFORM_NAMES } from "./labels";
import { fileKind } from "./model";
import { T } from "./texts";
import { positionAt, type Vocabulary } from "./vocabulary";
import type { Workspace } from "./workspace";

const LISTS = new Set([
  "asked",
  "unless_asked",
  "find",
  "near",
  "not_near",
  "except",
  "unless",
  "bad",
  "good",
  "say",
  "replaces",
  "known_bad",
  "known_good",
  "any",
  "platforms",
  "categories",
]);
const MAPS = new Set(["follow_up", "defaults", "groups", "negation", "rules", "replies"]);

export function completion(workspace: Workspace, vocabulary: Vocabulary, current: () => string) {
  return (context: CompletionContext): CompletionResult | null => {
    const file = current();
    const kind = fileKind(file);
    const text = context.state.doc.toString();
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    if (/(^|\s)#/.test(before)) return null;

    const reference = before.match(/<([\w-]*)$/);
    if (reference) {
      const options: Completion[] = [
        ...[...workspace.groups().values()].map((group) => ({
          label: group.name,
          type: "variable",
          detail: T.complete.group(group.any.length),
          info: group.any.slice(0, 12).join(T.comma),
          apply: close(group.name),
        })),
        ...vocabulary.entities.map((entity) => ({
          label: entity,
          type: "type",
          detail: T.complete.entity,
          apply: close(entity),
        })),
      ];
      return { from: context.pos - reference[1]!.length, options, validFor: /^[\w-]*$/ };
    }

    const word = before.match(/[\w-]*$/)![0];
    const from = context.pos - word.length;
    const at = positionAt(text, context.pos);
    if (at.inKey && (word !== "" || context.explicit)) {
      const present = presentKeys(text, context.pos);
      const options = vocabulary
        .keys(kind, at.path)
        .filter((key) => !present.has(key.name))
        .map((key) => ({
          label: key.name,
          type: "property",
          detail: key.about,
          apply: key.name + (LISTS.has(key.name) || MAPS.has(key.name) ? ":" : ": "),
        }));
      if (options.length > 0) return { from, options, validFor: /^[\w-]*$/ };
    }
    const options = values(at.key, kind, at.path);
    if (options.length === 0 || (word === "" && !context.explicit && !/[:[,]\s*$/.test(before))) return null;
    return { from, options, validFor: /^[\w.-]*$/ };
  };

  function values(key: string, kind: string, path: readonly string[]): Completion[] {
    const named = (names: Readonly<Record<string, string>>): Completion[] =>
      Object.entries(names).map(([label, detail]) => ({ label, detail, type: "enum" }));
    if (key === "platforms" || key === "platform" || key === "penalty") return named(PLATFORM_NAMES);
    if (key === "categories") return named(CATEGORY_NAMES);
    if (key === "replaces" || (key === "id" && path.includes("disable"))) {
      return workspace.rules().map((rule) => ({ label: rule.id, detail: rule.title, type: "constant" }));
    }
    const parent = path.at(-1) === key ? path.slice(0, -1) : path;
    const known = vocabulary.key(kind, parent, key)?.values ?? [];
    return known.map((label) => ({ label, type: "enum" }));
  }
}

const close =
  (name: string) => (view: import("@codemirror/view").EditorView, _: Completion, from: number, to: number) => {
    const after = view.state.sliceDoc(to, to + 1) === ">" ? "" : ">";
    view.dispatch({ changes: { from, to, insert: name + after }, selection: { anchor: from + name.length + 1 } });
  };

/** Keys of the same mapping as the line at `offset`. */
function presentKeys(text: string, offset: number): Set<string> {
  const lines = text.split("\n");
  const own = text.slice(0, offset).split("\n").length - 1;
  const column = (line: string): number => line.match(/^\s*(?:-\s+)*/)![0].length;
  const depth = column(lines[own]!);
  const found = new Set<string>();
  const take = (line: string): boolean => {
    if (/^\s*(#|$)/.test(line)) return true;
    if (column(line) < depth) return false;
    const key =
      column(line) === depth &&
      line
        .trimStart()
        .replace(/^(-\s+)+/, "")
        .match(/^([\w-]+)\s*:/);
    if (key) found.add(key[1]!);
    return true;
  };
  const starts = (line: string): boolean => /^\s*-\s/.test(line) && column(line) === depth;
  if (!starts(lines[own]!)) {
    for (let n = own - 1; n >= 0 && take(lines[n]!); n--) if (starts(lines[n]!)) break;
  }
  for (let n = own + 1; n < lines.length && !starts(lines[n]!) && take(lines[n]!); n++);
  return found;
}
