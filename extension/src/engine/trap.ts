/** Traps: entries of the knowledge base that a buyer's message brings up before it is answered. */

import type { Reply } from "./types";

export const isTrap = ({ id }: Pick<Reply, "id">): boolean => id.startsWith("trap.");
