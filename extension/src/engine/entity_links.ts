/** Links and e-mail addresses, also with the dot or the @ written around. Mirrors `compiler/matcher/entity_links.py`. */

import * as tables from "./entity_tables";
import { addHit, among, type EntityHit, isAlnum, isAsciiDigit, isHan, isLetter, unitAt } from "./entity_text";
import { endsAt } from "./entity_words";

const MOST_PARTS = 4;
const LONGEST_HOST = 253;
const LONGEST_QQ = 11;
const PATH_ENDS = "\"'<>,`{}|^ ";
const TRAILING = ".:;!?)[(]'*~";
const WRITTEN_AT = ["(at)", "[at]", "艾特", "@", "#"];
const DOT_BEGINS = `${tables.HIDDEN_DOTS} ([【`;
const WRITTEN_DOT = [" dot ", "(dot)", "[dot]", "(点)", "[点]", "【点】"];

/** Whether `host` is one of the domains `suffixes`, or inside one: `hostMatches("m.tb.cn", ["tb.cn"])`. */
export function hostMatches(host: string, suffixes: readonly string[]): boolean {
  return suffixes.some((suffix) => host === suffix || host.endsWith(`.${suffix}`));
}

/** Labels joined by dots, up to `end`. */
interface Chain {
  readonly end: number;
  readonly labels: readonly string[];
}

function readChain(text: string, start: number): Chain {
  const labels: string[] = [];
  let at = start;
  for (;;) {
    let end = at;
    while (isAlnum(unitAt(text, end)) || text[end] === "-") end++;
    labels.push(text.slice(at, end));
    if (!(text[end] === "." && isAlnum(unitAt(text, end + 1)))) return { end, labels };
    at = end + 1;
  }
}

function isNumber(label: string): boolean {
  if (label === "") return false;
  for (let at = 0; at < label.length; at++) if (!isAsciiDigit(unitAt(label, at))) return false;
  return true;
}

function hasLetter(label: string): boolean {
  for (let at = 0; at < label.length; at++) if (isLetter(unitAt(label, at))) return true;
  return false;
}

function lengthOf(labels: readonly string[]): number {
  return labels.reduce((sum, label) => sum + label.length, 0);
}

/** How many of `labels` are a domain name: all, fewer when numbers trail it (a.com.3天), 0 = it is none. */
function domainLabels(labels: readonly string[], hasPath: boolean): number {
  let count = labels.length;
  while (count > 1 && isNumber(labels[count - 1]!)) count--;
  if (count < 2 || lengthOf(labels.slice(0, count)) + count > LONGEST_HOST) return 0;
  if (labels[0] === "www") return count;
  const last = labels[count - 1]!;
  const name = labels[count - 2]!;
  if (!tables.TLDS.has(last) && !(hasPath && tables.TLDS_WITH_PATH.has(last))) {
    // a.com.foo goes nowhere, but it must not pass as a.com either.
    return labels.slice(1, count).some((label) => tables.TLDS_HIDDEN.has(label)) ? count : 0;
  }
  if (isNumber(name) && !hasPath && !tables.TLDS_OF_NUMBERS.has(last)) return 0;
  return count;
}

/** Where the next label begins when a written-around dot stands at `at` (点, 。, " . ", (dot)), else 0. */
function hiddenDot(text: string, at: number): number {
  if (!among(text, at, DOT_BEGINS)) return 0;
  const word = WRITTEN_DOT.find((dot) => text.startsWith(dot, at));
  if (word !== undefined) return at + word.length;
  let end = text[at] === " " ? at + 1 : at;
  if (!among(text, end, tables.HIDDEN_DOTS)) return 0;
  end++;
  if (text[end] === " ") end++;
  return isAlnum(unitAt(text, end)) ? end : 0;
}

/** `first` continued over written-around dots up to a believable domain (taobao点com, t-mall。com点cn). */
function hiddenChain(text: string, first: Chain): Chain | null {
  let chain = first;
  for (let part = 0; part < MOST_PARTS; part++) {
    const at = hiddenDot(text, chain.end);
    if (at === 0) return null;
    const further = readChain(text, at);
    if (further.labels[0] === "www") return null;
    chain = { end: further.end, labels: [...chain.labels, ...further.labels] };
    if (!tables.TLDS_HIDDEN.has(chain.labels[chain.labels.length - 1]!)) continue;
    const name = chain.labels.slice(0, -1).join("");
    const again = hiddenDot(text, chain.end);
    if (again > 0 && tables.TLDS_HIDDEN.has(readChain(text, again).labels[0]!)) continue;
    return name.length >= 2 && hasLetter(name) && lengthOf(chain.labels) < LONGEST_HOST ? chain : null;
  }
  return null;
}

/** The end of a port and path that begin at `start`, without punctuation that belongs to the sentence. */
function pathEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && "!" <= text[at]! && text[at]! <= "~" && !PATH_ENDS.includes(text[at]!)) at++;
  while (at > start && TRAILING.includes(text[at - 1]!)) at--;
  return at;
}

/** The end of a link whose host ends at `hostEnd`: port, path, query. */
function linkEnd(text: string, hostEnd: number): number {
  let end = hostEnd;
  if (text[end] === ":") {
    let port = end + 1;
    while (isAsciiDigit(unitAt(text, port))) port++;
    if (port - end > 1) end = port;
  }
  return among(text, end, "/?#\\") ? pathEnd(text, end) : end;
}

/** An IPv4 address of the public network. 192.168.1.1 is the buyer's own router, 1.0.2.5 a version. */
function isAddressNumber(labels: readonly string[]): boolean {
  const good = (label: string): boolean =>
    isNumber(label) && label.length <= 3 && Number(label) <= 255 && (label.length === 1 || label[0] !== "0");
  if (labels.length !== 4 || !labels.every(good)) return false;
  const a = Number(labels[0]);
  const b = Number(labels[1]);
  const own = a === 10 || a === 127 || (a === 169 && b === 254) || (a === 172 && 16 <= b && b <= 31);
  return a >= 11 && a < 224 && !own && !(a === 192 && b === 168);
}

// --- links ----------------------------------------------------------------------------------------------------------

export function urls(text: string, hits: EntityHit[]): void {
  let at = 0;
  while (at < text.length) {
    if (isAlnum(unitAt(text, at))) at = urlAt(text, at, hits);
    else at++;
  }
}

/** Read the chain at `start`, add the link if it is one, and return where to go on. */
function urlAt(text: string, start: number, hits: EntityHit[]): number {
  let label = start;
  while (isAlnum(unitAt(text, label)) || text[label] === "-") label++;
  // Most tokens are a bare word or number: no dot, no scheme, no www.
  const plainDot = text[label] === "." && isAlnum(unitAt(text, label + 1));
  if (!plainDot && !text.startsWith("://", label) && hiddenDot(text, label) === 0 && !text.startsWith("www", start)) {
    return label;
  }
  const chain = readChain(text, start);
  const { labels } = chain;
  if (text.startsWith("://", chain.end)) return withScheme(text, start, chain.end, hits);
  if (among(text, start - 1, "@_") || among(text, chain.end, "@_")) return chain.end;
  const first = labels[0]!;
  if (labels.length === 1 && first.length >= 8 && first.startsWith("www") && /(?:com|cn|net)$/.test(first)) {
    addHit(hits, "url", start, chain.end, first);
    return chain.end;
  }
  const hasPath = text[chain.end] === "/" && isAlnum(unitAt(text, chain.end + 1));
  let count = domainLabels(labels, hasPath);
  if (count === 0 || !tables.TLDS.has(labels[count - 1]!)) {
    const hidden = hiddenChain(text, chain);
    if (hidden !== null) {
      const end = linkEnd(text, hidden.end);
      add(text, start, end, hidden.labels.join("."), hits);
      return end;
    }
  }
  if (count === 0 && isAddressNumber(labels) && !among(text, start - 1, "v.")) count = 4;
  if (count === 0) return labels.length === 1 && first === "www" ? hanDomain(text, start, chain.end, hits) : chain.end;
  const host = labels.slice(0, count).join(".");
  const end = count === labels.length ? linkEnd(text, chain.end) : start + host.length;
  add(text, start, end, host, hits);
  return Math.max(end, chain.end);
}

/** Add a link, unless it is the domain of an address with the @ written around (abc#qq.com). */
function add(text: string, start: number, end: number, host: string, hits: EntityHit[]): void {
  if (tables.MAIL_HOSTS.has(host) && WRITTEN_AT.some((mark) => endsAt(text, mark, 0, start))) return;
  addHit(hits, "url", start, end, host);
}

/** www.淘宝.com. A domain of Han characters is believed only behind www. */
function hanDomain(text: string, start: number, end: number, hits: EntityHit[]): number {
  let at = end + 1;
  while (at - end < 20 && isHan(unitAt(text, at))) at++;
  if (text[end] !== "." || at === end + 1 || text[at] !== "." || !isLetter(unitAt(text, at + 1))) return end;
  const chain = readChain(text, at + 1);
  const stop = linkEnd(text, chain.end);
  addHit(hits, "url", start, stop, text.slice(start, chain.end));
  return stop;
}

/** scheme://[user@]host…: the host as a browser reads it, so that http://a.com@b.cn is b.cn. */
function withScheme(text: string, start: number, schemeEnd: number, hits: EntityHit[]): number {
  const at = schemeEnd + 3;
  let end = at;
  while (end < text.length && "!" <= text[end]! && text[end]! <= "~") {
    if ("/\\?#".includes(text[end]!) || PATH_ENDS.includes(text[end]!)) break;
    end++;
  }
  const hostStart = at + text.slice(at, end).lastIndexOf("@") + 1;
  if (!isAlnum(unitAt(text, hostStart))) return Math.max(end, at);
  const chain = readChain(text, hostStart);
  const stop = linkEnd(text, chain.end);
  addHit(hits, "url", start, stop, chain.labels.join(".").slice(0, LONGEST_HOST));
  return stop;
}

// --- e-mail ---------------------------------------------------------------------------------------------------------

export function emails(text: string, hits: EntityHit[]): void {
  let at = 0;
  let done = 0;
  while (at < text.length) {
    const mark = WRITTEN_AT.find((written) => text.startsWith(written, at));
    if (mark === undefined) {
      at++;
      continue;
    }
    const hit = emailAt(text, at, mark, done);
    if (hit !== null) {
      hits.push(hit);
      done = at = hit.end;
    } else {
      at += mark.length;
    }
  }
}

function emailAt(text: string, at: number, mark: string, done: number): EntityHit | null {
  const localEnd = text[at - 1] === " " ? at - 1 : at;
  let start = localEnd;
  while (start > done && localEnd - start < 64 && (isAlnum(unitAt(text, start - 1)) || among(text, start - 1, "._%+-")))
    start--;
  while (start < localEnd && !isAlnum(unitAt(text, start))) start++;
  let host = at + mark.length;
  if (text[host] === " ") host++;
  let local = text.slice(start, localEnd);
  if (local === "") {
    while (start > done && localEnd - start < LONGEST_QQ && tables.HAN_DIGITS.has(text[start - 1]!)) start--;
    if (localEnd - start >= 5) {
      // 一二三四五六@qq.com
      local = [...text.slice(start, localEnd)].map((char) => tables.HAN_DIGITS.get(char)).join("");
    }
  }
  if (local === "" || !isAlnum(unitAt(text, host)) || text.slice(Math.max(0, start - 2), start) === "//") return null;
  let chain = readChain(text, host);
  const last = chain.labels[chain.labels.length - 1]!;
  if (chain.labels.length < 2 || !(tables.TLDS.has(last) || tables.TLDS_WITH_PATH.has(last))) {
    const hidden = hiddenChain(text, chain);
    if (hidden === null) return null;
    chain = hidden;
  }
  const domain = chain.labels.join(".");
  if (mark !== "@" && !tables.MAIL_HOSTS.has(domain)) return null;
  return { kind: "email", start, end: chain.end, value: `${local}@${domain}` };
}
