/** Where the reply is typed, or will be. */
import type { Guard } from "./guard";
import { first } from "./roots";

/** The attended composer, or the adapter's where nobody has typed yet or the page has made it anew. */
export function composerOf({ composer, site }: Guard): HTMLElement | null {
  return composer?.element.isConnected ? composer.element : first(document, site?.composer ?? []);
}
