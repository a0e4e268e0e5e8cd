/** Texts of the interface: the browser's language through chrome.i18n, or a table when another was chosen or there is no chrome. */

export type Texts = Readonly<Record<string, { readonly message: string }>>;

let table: Texts | null = null;

/** Null goes back to the browser's own language. */
export function useTexts(texts: Texts | null): void {
  table = texts;
}

/** What `useTexts` was given, for a script of ours that is loaded later. */
export const textsInUse = () => table;

/** The text of `key` with `$1`… replaced; the key itself when it is missing, so that a gap is seen. */
export function t(key: string, ...substitutions: readonly (string | number)[]): string {
  const texts = substitutions.map(String);
  const found = table
    ? table[key]?.message.replace(/\$(\d)/g, (_, n: string) => texts[Number(n) - 1] ?? "")
    : chrome.i18n.getMessage(key, texts);
  return found || key;
}
