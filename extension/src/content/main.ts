/** The content script's entry in the extension. */
import { chromeTransport } from "./chrome-transport";
import { start } from "./start";

start(chromeTransport());
