/**
 * entities: the detectors of `<phone>`, `<bank_card>`, `<url>` … over folded text; docs/entities.md says what counts.
 *
 * `compiler/matcher/entities.py` is the same code; `tests/engine/vectors/entities.json` and a randomised test hold the
 * two equal. A first look at every unit (`FLAGS`) lets replies without digits, dots or places go by at almost no cost.
 */

import { qqNumbers, wechatNumbers, wechatTokens } from "./entity_accounts";
import { bankCards, idCards } from "./entity_cards";
import { emails, urls } from "./entity_links";
import { money } from "./entity_money";
import { NUMERALS, numbers } from "./entity_number";
import { landlines, phones } from "./entity_phones";
import { HEADS } from "./entity_place_tables";
import { addresses } from "./entity_places";
import * as tables from "./entity_tables";
import { Digits, type EntityHit, isSeparator } from "./entity_text";

export { hostMatches } from "./entity_links";
export type { EntityHit } from "./entity_text";

/** What the units of a text make worth looking for. Conservative: a hit always holds units of its kind's flags. */
const DIGIT = 1;
const LATIN = 2;
const DOT = 4;
const AT = 8;
const QQ = 16;
const WECHAT = 32;
const PLACE = 64;
const MONEY = 128;
const NUMERAL = 512;
/** A separator: the digits in front of it and behind it may be one number. */
const BETWEEN = 256;
const FLAGS = new Uint16Array(0x10000);

function flag(bit: number, units: Iterable<string>): void {
  for (const unit of units) FLAGS[unit.charCodeAt(0)]! |= bit;
}
function lastUnits(words: readonly string[]): string[] {
  return words.map((word) => word[word.length - 1]!);
}
flag(DIGIT, "0123456789oli");
flag(DIGIT, tables.HAN_DIGITS.keys());
flag(LATIN, "abcdefghijklmnopqrstuvwxyz0123456789_");
flag(DOT, `${tables.HIDDEN_DOTS}:([【 w`);
flag(AT, "@#艾([");
flag(QQ, [...lastUnits([...tables.QQ_WORDS, ...tables.QQ_SINGLES]), ...tables.QQ_AFTER]);
flag(WECHAT, lastUnits([...tables.WECHAT_WORDS, ...tables.WECHAT_SINGLES]));
flag(PLACE, HEADS);
flag(NUMERAL, NUMERALS);
flag(MONEY, "元块圆毛角分币洋金镑bny");
for (let unit = 0; unit < FLAGS.length; unit++) if (isSeparator(unit)) FLAGS[unit]! |= BETWEEN;
flag(MONEY, Object.keys(tables.SIGN_CURRENCY));

const FEWEST_DIGITS = 5;

export interface Detector {
  /** All of these flags must occur. */
  readonly needs: number;
  readonly digits?: (digits: Digits, hits: EntityHit[]) => void;
  readonly text?: (text: string, hits: EntityHit[]) => void;
  /** More that `text` needs. */
  readonly textNeeds?: number;
}
const DETECTORS = new Map<string, Detector>([
  ["phone", { needs: DIGIT, digits: phones }],
  ["landline", { needs: DIGIT, digits: landlines }],
  ["bank_card", { needs: DIGIT, digits: bankCards }],
  ["id_card", { needs: DIGIT, digits: idCards }],
  ["qq_number", { needs: DIGIT | QQ, digits: qqNumbers }],
  ["wechat_id", { needs: WECHAT, text: wechatTokens, textNeeds: LATIN, digits: wechatNumbers }],
  ["email", { needs: LATIN | AT, text: emails }],
  ["url", { needs: LATIN | DOT, text: urls }],
  ["address", { needs: PLACE, text: addresses }],
  ["money", { needs: MONEY, text: money }],
  ["number", { needs: NUMERAL, text: numbers }],
]);
/** Every kind that `detect` knows. */
export const ENTITY_KINDS: readonly string[] = [...DETECTORS.keys()];

/** Throws RangeError for a kind that does not exist. */
export function detectorOf(kind: string): Detector {
  const detector = DETECTORS.get(kind);
  if (detector === undefined) throw new RangeError(`no such entity: ${kind}`);
  return detector;
}

/** The entities of one folded text, each kind looked for when somebody asks for it. Linear in the length of the text. */
export class Entities {
  /** -1: the text was not looked at yet; few replies are asked for their entities. */
  #seen = -1;
  #longestRun = 0;
  #digits: Digits | null = null;
  #found: Map<Detector, readonly EntityHit[]> | null = null;

  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  #look(): void {
    const text = this.#text;
    let seen = 0;
    let run = 0;
    let longestRun = 0;
    for (let i = 0; i < text.length; i++) {
      const flags = FLAGS[text.charCodeAt(i)]!;
      seen |= flags;
      if ((flags & DIGIT) !== 0) longestRun = Math.max(longestRun, ++run);
      else if ((flags & BETWEEN) === 0) run = 0;
    }
    this.#seen = seen;
    this.#longestRun = longestRun;
  }

  /** Those of one kind. They do not overlap; those of different kinds may (a WeChat id is often a phone number too). */
  of(detector: Detector): readonly EntityHit[] {
    if (this.#seen < 0) this.#look();
    if ((this.#seen & detector.needs) !== detector.needs) return NONE;
    if (detector.text === undefined && this.#longestRun < FEWEST_DIGITS) return NONE;
    const known = this.#found?.get(detector);
    if (known !== undefined) return known;
    const hits: EntityHit[] = [];
    if (detector.digits !== undefined && this.#longestRun >= FEWEST_DIGITS) {
      this.#digits ??= new Digits(this.#text);
      detector.digits(this.#digits, hits);
    }
    const textNeeds = detector.textNeeds ?? 0;
    if ((this.#seen & textNeeds) === textNeeds) detector.text?.(this.#text, hits);
    this.#found ??= new Map();
    this.#found.set(detector, hits);
    return hits;
  }
}

const NONE: readonly EntityHit[] = [];

/** All entities of `kinds` in folded `text`, sorted by (start, end, kind). */
export function detect(text: string, kinds: Iterable<string>): EntityHit[] {
  const entities = new Entities(text);
  const hits: EntityHit[] = [];
  for (const kind of kinds) for (const hit of entities.of(detectorOf(kind))) hits.push(hit);
  return hits.sort(compareHits);
}

function compareHits(a: EntityHit, b: EntityHit): number {
  return a.start - b.start || a.end - b.end || (a.kind < b.kind ? -1 : 1);
}
