/** What the evaluator asks of folded text: symbols, clauses, edges, and the text without its symbols. */

const SYMBOL = 1;
const BREAK = 2;
/** A break only where it does not stand between ASCII letters or digits: 3.5, 12:30, a.com. */
const INSIDE = 4;
const LETTER = 8;
const DIGIT = 16;

const SPACE = 0x20;

const CLASSES = classes();

function classes(): Uint8Array {
  const table = new Uint8Array(0x10000);
  const mark = (first: number, last: number, flag: number): void => {
    for (let unit = first; unit <= last; unit++) table[unit]! |= flag;
  };
  const ranges = [
    [0x00, 0x2f], [0x3a, 0x60], [0x7b, 0xbf], [0xd7, 0xd7], [0xf7, 0xf7], [0x2000, 0x2bff], [0x3000, 0x3004],
    [0x3008, 0x303f], [0xfe30, 0xfe4f], [0xff00, 0xffef], [0xe000, 0xe000], [0xe010, 0xf8ff],
  ] as const; // biome-ignore format: a table
  for (const [first, last] of ranges) mark(first, last, SYMBOL);
  for (const char of ",.\u3002!?;:~\u2026\n") mark(char.charCodeAt(0), char.charCodeAt(0), BREAK);
  for (const char of ",.:") mark(char.charCodeAt(0), char.charCodeAt(0), INSIDE);
  mark(0x61, 0x7a, LETTER);
  mark(0x30, 0x39, DIGIT);
  return table;
}

/** Whether a folded unit is neither letter, digit nor Han: space, punctuation, emoji. */
export function isSymbol(unit: number): boolean {
  return (CLASSES[unit]! & SYMBOL) !== 0;
}

/** 1 for an ASCII letter, 2 for a digit, 0 for anything else: a literal's ends never split a run of one class. */
export function boundaryClass(unit: number): number {
  const found = CLASSES[unit]!;
  return found & LETTER ? 1 : found & DIGIT ? 2 : 0;
}

/** Fills `counts[i]`, i in 0 … text.length, with the clause breaks before i. */
export function breaksBefore(text: string, counts: Uint32Array): void {
  const length = text.length;
  let count = 0;
  counts[0] = 0;
  for (let i = 0; i < length; i++) {
    const found = CLASSES[text.charCodeAt(i)]!;
    if (found & BREAK) {
      const joined =
        found & INSIDE &&
        i > 0 &&
        i < length - 1 &&
        CLASSES[text.charCodeAt(i - 1)]! & (LETTER | DIGIT) &&
        CLASSES[text.charCodeAt(i + 1)]! & (LETTER | DIGIT);
      if (!joined) count++;
    }
    counts[i + 1] = count;
  }
}

/** The text without its symbols and where each unit stood; null when there is no symbol between two others. */
export function squeeze(text: string): { readonly text: string; readonly at: readonly number[] } | null {
  const length = text.length;
  let first = 0;
  while (first < length && isSymbol(text.charCodeAt(first))) first++;
  let last = length - 1;
  while (last > first && isSymbol(text.charCodeAt(last))) last--;
  let inside = first;
  while (inside <= last && !isSymbol(text.charCodeAt(inside))) inside++;
  if (inside > last) return null;
  const at: number[] = [];
  let kept = "";
  for (let i = first; i <= last; i++) {
    if (isSymbol(text.charCodeAt(i))) continue;
    at.push(i);
    kept += text[i];
  }
  return { text: kept, at };
}

/**
 * Whether a position is the start or end of its clause or message, ignoring fillers and symbols. Tables are made at
 * the first question, since few phrases have edges.
 */
export class Edges {
  /** Of clauses and of the message. */
  private readonly before: [Uint8Array | null, Uint8Array | null] = [null, null];
  private readonly after: [Uint8Array | null, Uint8Array | null] = [null, null];

  /** `fillers`: gives the spans of filler words, start and end alternating. */
  constructor(
    private readonly text: string,
    private readonly breaks: Uint32Array,
    private readonly fillers: () => readonly number[],
  ) {}

  starts(at: number, message: boolean): boolean {
    const which = message ? 1 : 0;
    let clear = this.before[which];
    if (clear === null) clear = this.before[which] = this.forward(message);
    return clear[at] === 1;
  }

  ends(at: number, message: boolean): boolean {
    const which = message ? 1 : 0;
    let clear = this.after[which];
    if (clear === null) clear = this.after[which] = this.backward(message);
    return clear[at] === 1;
  }

  /** `clear[i]` = 1: i follows an edge, with only fillers and symbols between. */
  private forward(message: boolean): Uint8Array {
    const { text, breaks } = this;
    const length = text.length;
    const clear = new Uint8Array(length + 1);
    const spans = this.fillers();
    const [head, next] = index(spans, 0, length);
    clear[0] = 1;
    for (let i = 0; i <= length; i++) {
      // A space opens a clause too: people type it where a comma belongs.
      if (!message && i > 0 && (breaks[i] !== breaks[i - 1] || text.charCodeAt(i - 1) === SPACE)) clear[i] = 1;
      if (clear[i] === 0) continue;
      if (i < length && isSymbol(text.charCodeAt(i))) clear[i + 1] = 1;
      for (let link = head[i]!; link > 0; link = next[link]!) clear[spans[2 * link - 1]!] = 1;
    }
    return clear;
  }

  private backward(message: boolean): Uint8Array {
    const { text, breaks } = this;
    const length = text.length;
    const clear = new Uint8Array(length + 1);
    const spans = this.fillers();
    const [head, next] = index(spans, 1, length);
    clear[length] = 1;
    for (let i = length; i >= 0; i--) {
      if (!message && i < length && (breaks[i] !== breaks[i + 1] || text.charCodeAt(i) === SPACE)) clear[i] = 1;
      if (clear[i] === 0) continue;
      if (i > 0 && isSymbol(text.charCodeAt(i - 1))) clear[i - 1] = 1;
      for (let link = head[i]!; link > 0; link = next[link]!) clear[spans[2 * link - 2]!] = 1;
    }
    return clear;
  }
}

/** Span k (from 1) stands in the list of its start (`by` 0) or end (1): `head[position]`, then `next[k]`; 0 ends it. */
function index(spans: readonly number[], by: 0 | 1, length: number): [head: Int32Array, next: Int32Array] {
  const head = new Int32Array(length + 1);
  const next = new Int32Array(spans.length / 2 + 1);
  for (let k = 1; k < next.length; k++) {
    const position = spans[2 * k - 2 + by]!;
    next[k] = head[position]!;
    head[position] = k;
  }
  return [head, next];
}
