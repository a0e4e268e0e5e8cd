/** Puts the features of one document together. The extension and the demo page both start here. */
import type { Transport } from "../messages";
import { card } from "./card";
import { commands } from "./commands";
import { counts } from "./counts";
import { gate } from "./gate";
import { Guard } from "./guard";
import { ledger } from "./ledger";
import { marks } from "./marks";
import { retire } from "./retire";
import { traps } from "./traps";
import { unrecognised } from "./unrecognised";
import { watch } from "./watch";
import { workbench } from "./workbench";

export function start(transport: Transport): AbortController {
  const stop = new AbortController();
  const guard = new Guard(transport, stop.signal);
  // First, so that an orphan lets go before its gate decides.
  retire(guard);
  const held = gate(guard);
  watch(guard);
  marks(guard);
  const shown = card(guard, held);
  traps(guard, shown);
  ledger(guard, held);
  counts(guard);
  const page = workbench(guard);
  unrecognised(guard, page);
  commands(guard, page);
  return stop;
}
