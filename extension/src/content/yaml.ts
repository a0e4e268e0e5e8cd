/** Writes an adapter as rules/sites has them. Only what an adapter holds: texts, lists of texts, one level of mappings. */

/** Single quotes keep everything as it stands, `#` and `:` too. */
const scalar = (text: string) =>
  /^[\w.\-/*:]+$/.test(text) && !/^[-*]|:$|: /.test(text) ? text : `'${text.replaceAll("'", "''")}'`;
const list = (items: readonly string[]) => `[${items.map((item) => `'${item.replaceAll("'", "''")}'`).join(", ")}]`;

function value(item: unknown): string {
  return Array.isArray(item) ? list(item as string[]) : scalar(String(item));
}

/** The file's name gives the id, so it is left out. */
export function toYaml(site: Readonly<Record<string, unknown>>): string {
  const lines: string[] = [];
  for (const [key, item] of Object.entries(site)) {
    if (key === "id") continue;
    if (typeof item === "object" && item !== null && !Array.isArray(item)) {
      lines.push(`${key}:`);
      for (const [inner, part] of Object.entries(item)) lines.push(`  ${inner}: ${value(part)}`);
    } else lines.push(`${key}: ${value(item)}`);
  }
  return `${lines.join("\n")}\n`;
}
