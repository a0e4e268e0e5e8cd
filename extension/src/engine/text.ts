/** What the evaluator asks of folded text: symbols and clauses. */

/** Between two characters of a spaced literal, and beside a spaced group. */
export const MAX_SYMBOLS = 3;

const SYMBOL = 1;
export const BREAK = 2;
/** A break only where it does not stand between ASCII letters or digits: 3.5, 12:30, a.com. */
const INSIDE = 4;
const LETTER = 8;
const DIGIT = 16;
/** A unit's boundary class is `(flags & BOUNDARY) >> BOUNDARY_SHIFT`. */
export const BOUNDARY = LETTER | DIGIT;
export const BOUNDARY_SHIFT = 3;

/** Unit → its flags. */
export const CLASSES = classes();

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
  return (CLASSES[unit]! & BOUNDARY) >> BOUNDARY_SHIFT;
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

/** Units that two texts have in common at their beginning. */
export function alike(a: string, b: string): number {
  const limit = Math.min(a.length, b.length);
  let n = 0;
  while (n < limit && a.charCodeAt(n) === b.charCodeAt(n)) n++;
  return n;
}

/** Units that two texts have in common at their end, behind the first `head` of both. */
export function alikeBehind(a: string, b: string, head: number): number {
  const limit = Math.min(a.length, b.length) - head;
  let n = 0;
  while (n < limit && a.charCodeAt(a.length - 1 - n) === b.charCodeAt(b.length - 1 - n)) n++;
  return n;
}
