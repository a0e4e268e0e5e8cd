/**
 * Postal addresses: 浙江省杭州市西湖区文三路12号3栋501. Mirrors `compiler/matcher/entity_places.py`.
 *
 * A text is read once from left to right for *marks*: a province, or a name that ends in 市 区 镇 路 小区 …, or a number
 * with 号 栋 单元 室. Marks that touch form a cluster; a cluster is an address when it is precise enough (`precise`).
 */

import * as tables from "./entity_place_tables";
import { MEASURES } from "./entity_tables";
import {
  addHit,
  among,
  digitValue,
  type EntityHit,
  isAlnum,
  isAsciiDigit,
  isHan,
  isLetter,
  isSeparator,
  unitAt,
} from "./entity_text";

const SEPARATORS_BETWEEN = 2;
const NUMBER_REACH = 8;
const TENS = "十百";
const DIRECTIONS = "东南西北中";
/** Inside a house number: 12附3号, 8-2号. */
const JOINTS = "-附之甲乙丙丁东西南北";

interface Mark {
  /** province, city, district, town, road, estate, number (12号), floor (3栋, 501室, 2楼). */
  readonly level: string;
  readonly start: number;
  readonly end: number;
  readonly suffix: string;
}

/** 1 for every unit that a suffix or a province begins with. */
const HEAD = new Uint8Array(0x10000);
for (const head of [...tables.HEADS, ...tables.PROVINCE_HEADS]) HEAD[unitAt(head, 0)] = 1;
/** What a unit may be in the name of a place. */
const IN_NAME = 1;
const STOP = 2;
const STOP_INSIDE = 4;
const NAMES = new Uint8Array(0x10000);
for (let unit = 0; unit < NAMES.length; unit++) if (isHan(unit) || isAlnum(unit)) NAMES[unit] = IN_NAME;
for (const char of tables.NAME_STOPS) NAMES[unitAt(char, 0)]! |= STOP;
for (const char of tables.NAME_STOPS_INSIDE) NAMES[unitAt(char, 0)]! |= STOP_INSIDE;
const PROVINCES = new Map<number, string[]>();
for (const name of tables.PROVINCES) {
  const head = unitAt(name, 0);
  PROVINCES.set(head, [...(PROVINCES.get(head) ?? []), name]);
}
/** Suffixes with their level, by their first unit, in the order in which they are tried. */
const NO_SUFFIXES: readonly [level: string, suffix: string][] = [];
const SUFFIXES = new Map<number, [level: string, suffix: string][]>();
for (const [level, suffixes] of [["floor", tables.FLOORS] as const, ...tables.SUFFIXES]) {
  for (const suffix of suffixes) {
    const head = unitAt(suffix, 0);
    SUFFIXES.set(head, [...(SUFFIXES.get(head) ?? []), [level, suffix]]);
  }
}

export function addresses(text: string, hits: EntityHit[]): void {
  let cluster: Mark[] = [];
  let at = 0;
  while (at < text.length) {
    if (HEAD[unitAt(text, at)] === 0) {
      at++;
      continue;
    }
    const mark = markAt(text, at, cluster);
    if (mark === null) {
      at++;
      continue;
    }
    if (cluster.length > 0 && !touch(text, cluster[cluster.length - 1]!.end, mark.start)) {
      close(text, cluster, hits);
      cluster = [];
    }
    cluster.push(mark);
    at = mark.end;
  }
  close(text, cluster, hits);
}

function touch(text: string, end: number, start: number): boolean {
  if (start - end > SEPARATORS_BETWEEN) return false;
  for (let at = end; at < start; at++) if (!isSeparator(unitAt(text, at)) || among(text, at, "。!?;\n")) return false;
  return true;
}

function close(text: string, cluster: readonly Mark[], hits: EntityHit[]): void {
  if (cluster.length < 2 || !precise(cluster)) return;
  const end = roomEnd(text, cluster[cluster.length - 1]!);
  const start = cluster[0]!.start;
  let value = "";
  for (let at = start; at < end; at++) if (!isSeparator(unitAt(text, at))) value += text[at];
  addHit(hits, "address", start, end, value);
}

/** Whether a parcel or a visitor would get there, or close. */
function precise(cluster: readonly Mark[]): boolean {
  const levels = new Set(cluster.map((mark) => mark.level));
  let regions = ["province", "city", "district"].filter((level) => levels.has(level)).length;
  if (!levels.has("city") && cluster.some((mark) => mark.level === "district" && mark.end - mark.start >= 5)) {
    regions++; // 深圳南山区
  }
  const named = levels.has("road") || levels.has("town") || levels.has("estate");
  const exact = levels.has("number") || levels.has("floor");
  if (named && exact) return true;
  if (regions >= 2 && (levels.has("road") || levels.has("town") || levels.has("floor"))) return true;
  if (regions === 3 && levels.has("estate")) return true;
  const floors = cluster.filter((mark) => mark.level === "floor");
  return floors.length >= 2 && floors.some((mark) => tables.BUILDINGS.includes(mark.suffix));
}

// --- marks ----------------------------------------------------------------------------------------------------------

/** The mark whose suffix, or whose province, begins at `at`. */
function markAt(text: string, at: number, cluster: readonly Mark[]): Mark | null {
  const char = text[at]!;
  const last = cluster[cluster.length - 1];
  const floor = last === undefined ? 0 : last.end;
  const provinces = PROVINCES.get(unitAt(text, at));
  if (provinces !== undefined) {
    const province = provinces.find((name) => text.startsWith(name, at));
    if (province !== undefined && !beginsRoad(text, at + province.length)) {
      return provinceMark(text, at, at + province.length);
    }
  }
  for (const [level, suffix] of SUFFIXES.get(unitAt(text, at)) ?? NO_SUFFIXES) {
    if (suffix.length > 1 && !text.startsWith(suffix, at)) continue;
    const mark =
      level === "floor"
        ? floorMark(text, at, suffix, floor)
        : named(text, at, level, suffix, last === undefined ? -1 : floor);
    if (mark !== null) return mark;
  }
  return (char === "号" || char === "弄") && last !== undefined ? numberMark(text, at, last) : null;
}

/** 3栋, 2单元, 501室. 2室1厅 describes a flat, it does not say which. */
function floorMark(text: string, at: number, suffix: string, floor: number): Mark | null {
  const start = numberStart(text, at, floor);
  if (start === at || (suffix === "室" && text[at + 2] === "厅")) return null;
  return { level: "floor", start, end: at + suffix.length, suffix };
}

/** 12号, 100弄, right behind a road or the like. */
function numberMark(text: string, at: number, last: Mark): Mark | null {
  const start = numberStart(text, at, last.end);
  if (start === at || !touch(text, last.end, start)) return null;
  if (!["road", "town", "estate", "number"].includes(last.level)) return null;
  if (last.level !== "road" && among(text, at + 1, tables.DAY_AFTER)) return null;
  return { level: "number", start, end: at + 1, suffix: text[at]! };
}

/** Whether the province gives a road its name: 陕西路, 北京东路. */
function beginsRoad(text: string, behind: number): boolean {
  const at = among(text, behind, DIRECTIONS) ? behind + 1 : behind;
  return ["路", "街", "大道", "大街"].some((road) => text.startsWith(road, at)) && text[at + 1] !== "道";
}

function provinceMark(text: string, start: number, end: number): Mark {
  let suffix = tables.PROVINCE_ENDS.find((word) => text.startsWith(word, end)) ?? "";
  if (suffix === "" && text[end] === "市" && !among(text, end + 1, tables.BAD_AFTER.市!)) suffix = "市";
  return { level: "province", start, end: end + suffix.length, suffix };
}

function named(text: string, at: number, level: string, suffix: string, floor: number): Mark | null {
  let end = at + suffix.length;
  if (among(text, at - 1, tables.BAD_BEFORE[suffix] ?? "")) return null;
  if (among(text, end, tables.BAD_AFTER[suffix] ?? "")) return null;
  const start = nameStart(text, at, tables.LONGEST_NAME[level]!, floor);
  if (level === "road" && at - start === 1 && isAsciiDigit(unitAt(text, start))) return null;
  if (level === "road" && text[end + 1] === "段") {
    if (among(text, end, DIRECTIONS) || digitValue(unitAt(text, end)) >= 0) end += 2;
  }
  if (level === "estate" && start === at && at === floor) return { level, start, end, suffix }; // 金色家园小区
  const least = level === "town" || floor === start ? 1 : 2;
  return at - start >= least ? { level, start, end, suffix } : null;
}

/**
 * Where the name in front of the suffix at `at` begins.
 *
 * Right behind an earlier mark it begins there, unless a word that is in no name stands between; else at the nearest
 * character that ends a name (寄到, 地址, 在).
 */
function nameStart(text: string, at: number, longest: number, floor: number): number {
  if (0 <= floor && floor < at && at - floor <= longest) {
    let inside = floor;
    while (inside < at && inside - floor < SEPARATORS_BETWEEN && isSeparator(unitAt(text, inside))) inside++;
    let all = inside < at;
    for (let k = inside; k < at; k++) {
      if ((NAMES[unitAt(text, k)]! & (IN_NAME | STOP_INSIDE)) !== IN_NAME) all = false;
    }
    if (all) return inside;
  }
  let start = at;
  const least = Math.max(0, floor, at - longest);
  while (start > least && (NAMES[unitAt(text, start - 1)]! & (IN_NAME | STOP)) === IN_NAME) start--;
  return start;
}

/** Where the house, building or room number in front of `at` begins (12, 3-2, 二十, a, 12附3); `at` = none. */
function numberStart(text: string, at: number, floor: number): number {
  let start = at;
  while (start > floor && at - start < NUMBER_REACH) {
    const char = text[start - 1]!;
    const unit = unitAt(text, start - 1);
    const joint = JOINTS.includes(char) && start - 1 > floor && start < at && isAsciiDigit(unitAt(text, start - 2));
    if (!(isAlnum(unit) || digitValue(unit) >= 0 || TENS.includes(char) || joint)) break;
    start--;
  }
  if (floor < start && start < at && among(text, start - 1, "甲乙丙丁附")) start--;
  let letters = 0;
  for (let k = start; k < at; k++) if (isLetter(unitAt(text, k))) letters++;
  if (letters > 0 && (at - start > 5 || (at - start > 1 && letters === at - start))) return at;
  return start;
}

/** The end with a bare room number behind a building or house number: 3栋501, 12号3-501. */
function roomEnd(text: string, last: Mark): number {
  if ((last.level !== "floor" && last.level !== "number") || tables.LAST_FLOORS.includes(last.suffix)) return last.end;
  const at = among(text, last.end, " -") ? last.end + 1 : last.end;
  let end = at;
  while (end - at < 9 && (isAsciiDigit(unitAt(text, end)) || (text[end] === "-" && end > at))) end++;
  while (end > at && text[end - 1] === "-") end--;
  return end - at < 2 || among(text, end, MEASURES) || isAlnum(unitAt(text, end)) ? last.end : end;
}
