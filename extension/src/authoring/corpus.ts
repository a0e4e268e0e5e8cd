/** Chats from a file that the supervisor picks: CSV, XLSX or JSONL, read in this page and never sent anywhere. */

import { strFromU8, unzipSync } from "fflate";
import type { Conversation, Role, Turn } from "../engine/types";
import { T } from "./texts";

export interface Corpus {
  readonly name: string;
  readonly chats: readonly Conversation[];
  /** Lines that could not be read. */
  readonly skipped: number;
}

const MAX_FILE = 200 * 1024 * 1024;
const COLUMNS: Readonly<Record<string, RegExp>> = {
  reply: /^(reply|回复|客服回复|答|回答|agent_reply)$/i,
  text: /^(text|message|content|内容|消息|消息内容|聊天内容|正文)$/i,
  role: /^(role|sender|角色|发送方|发送者|身份|方向|说话人|发言人)$/i,
  chat: /^(id|chat|conversation|session|会话|会话id|会话编号|对话id|买家|买家昵称|buyer|买家id)$/i,
  buyer: /^(question|ask|买家消息|买家问题|问|问题|提问|顾客)$/i,
  platform: /^(platform|平台)$/i,
  category: /^(category|类目)$/i,
};
const AGENT = /客服|商家|卖家|店铺|店员|agent|seller|service|assistant/i;

/** Throws Error with what is wrong, in Chinese. */
export async function readCorpus(file: File): Promise<Corpus> {
  if (file.size > MAX_FILE) throw new Error(T.corpus.large);
  const data = new Uint8Array(await file.arrayBuffer());
  const name = file.name;
  if (data[0] === 0x50 && data[1] === 0x4b) return { name, ...fromRows(readXlsx(data)) };
  if (data[0] === 0xd0 && data[1] === 0xcf) throw new Error(T.corpus.xls);
  const text = decode(data);
  if (/\.(jsonl|ndjson|json)$/i.test(name) || text.trimStart().startsWith("{")) return { name, ...fromJsonl(text) };
  return { name, ...fromRows(readCsv(text)) };
}

/** UTF-8, else what Chinese office software writes. */
function decode(data: Uint8Array): string {
  if (data[0] === 0xff && data[1] === 0xfe) return new TextDecoder("utf-16le").decode(data);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(data);
  } catch {
    return new TextDecoder("gb18030").decode(data);
  }
}

export function fromJsonl(text: string): Omit<Corpus, "name"> {
  const chats: Conversation[] = [];
  let skipped = 0;
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    try {
      const one = JSON.parse(line) as Record<string, unknown>;
      if (typeof one.reply !== "string") throw new Error();
      const turns = Array.isArray(one.turns) ? one.turns.filter(isTurn) : [];
      chats.push({ ...place(one.platform, one.category), facts: plainFacts(one.facts), turns, reply: one.reply });
    } catch {
      skipped++;
    }
  }
  return { chats, skipped };
}

function plainFacts(facts: unknown): Conversation["facts"] {
  return facts && typeof facts === "object" ? (facts as Conversation["facts"]) : {};
}

function isTurn(turn: unknown): turn is Turn {
  const { role, text } = (turn ?? {}) as Partial<Turn>;
  return typeof text === "string" && typeof role === "string";
}

function place(platform: unknown, category: unknown): { platform: string; category: string } {
  return {
    platform: typeof platform === "string" ? platform : "",
    category: typeof category === "string" ? category : "",
  };
}

/** A table with a column of replies, or one message a row with who said it; the first row names the columns. */
export function fromRows(rows: readonly (readonly string[])[]): Omit<Corpus, "name"> {
  const head = (rows[0] ?? []).map((cell) => cell.trim());
  const column = (key: string): number => head.findIndex((cell) => COLUMNS[key]!.test(cell));
  const [reply, text, role, chat, buyer, platform, category] = [
    "reply",
    "text",
    "role",
    "chat",
    "buyer",
    "platform",
    "category",
  ].map(column) as [number, number, number, number, number, number, number];
  const cell = (row: readonly string[], n: number): string => (n < 0 ? "" : (row[n] ?? "").trim());
  const chats: Conversation[] = [];
  let skipped = 0;
  if (reply >= 0) {
    for (const row of rows.slice(1)) {
      const said = cell(row, reply);
      if (!said) skipped++;
      else {
        const asked = cell(row, buyer);
        chats.push({
          ...place(cell(row, platform), cell(row, category)),
          facts: {},
          turns: asked ? [{ role: "buyer", text: asked }] : [],
          reply: said,
        });
      }
    }
  } else if (text >= 0 && role >= 0) {
    let current = "";
    let turns: Turn[] = [];
    for (const row of rows.slice(1)) {
      const said = cell(row, text);
      if (!said) {
        skipped++;
        continue;
      }
      if (cell(row, chat) !== current) {
        current = cell(row, chat);
        turns = [];
      }
      const who: Role = AGENT.test(cell(row, role)) ? "agent" : "buyer";
      if (who === "agent")
        chats.push({
          ...place(cell(row, platform), cell(row, category)),
          facts: {},
          turns: turns.slice(-12),
          reply: said,
        });
      turns.push({ role: who, text: said });
    }
  } else {
    throw new Error(T.corpus.columns(head.slice(0, 12).join(T.comma) || "—"));
  }
  return { chats, skipped };
}

/** RFC 4180, with the separator that the first line uses most. */
export function readCsv(text: string): string[][] {
  const first = text.slice(0, text.indexOf("\n") + 1 || undefined);
  const separator = [",", "\t", ";"].sort((a, b) => first.split(b).length - first.split(a).length)[0]!;
  const rows: string[][] = [];
  let row: string[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  while (at < text.length) {
    let cell = "";
    if (text[at] === '"') {
      for (at++; at < text.length; ) {
        const quote = text.indexOf('"', at);
        const end = quote < 0 ? text.length : quote;
        cell += text.slice(at, end);
        at = end + 1;
        if (text[at] !== '"') break;
        cell += '"';
        at++;
      }
    }
    const start = at;
    while (at < text.length && text[at] !== separator && text[at] !== "\n" && text[at] !== "\r") at++;
    row.push(cell + text.slice(start, at));
    if (text[at] === separator) {
      at++;
      if (at >= text.length) row.push("");
      continue;
    }
    if (text[at] === "\r") at++;
    if (text[at] === "\n") at++;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  }
  if (row.length > 0) rows.push(row);
  return rows;
}

/**
 * The first sheet of a workbook. SpreadsheetML is regular enough for a scan; a DOM parser would be a Trusted Types sink.
 */
export function readXlsx(data: Uint8Array): string[][] {
  const wanted = /^xl\/(sharedStrings\.xml|workbook\.xml|_rels\/workbook\.xml\.rels|worksheets\/[^/]+\.xml)$/;
  let parts: Record<string, Uint8Array>;
  try {
    parts = unzipSync(data, { filter: (file) => wanted.test(file.name) && file.originalSize <= MAX_FILE });
  } catch {
    throw new Error(T.corpus.broken);
  }
  const read = (name: string): string => (parts[name] ? strFromU8(parts[name]) : "");
  const strings = [...read("xl/sharedStrings.xml").matchAll(/<si\b[^>]*?(?:\/>|>(.*?)<\/si>)/gs)].map((one) =>
    textIn(one[1] ?? ""),
  );
  const id = read("xl/workbook.xml").match(/<sheet\b[^>]*\br:id="([^"]+)"/)?.[1];
  const relation = [...read("xl/_rels/workbook.xml.rels").matchAll(/<Relationship\b[^>]*>/g)]
    .map((one) => one[0])
    .find((one) => id && one.includes(`Id="${id}"`));
  const target = relation?.match(/Target="\/?(?:xl\/)?([^"]+)"/)?.[1];
  const sheet =
    read(`xl/${target ?? "worksheets/sheet1.xml"}`) ||
    read(Object.keys(parts).find((name) => name.startsWith("xl/worksheets/")) ?? "");
  if (!sheet) throw new Error(T.corpus.noSheet);
  const rows: string[][] = [];
  for (const row of sheet.matchAll(/<row\b[^>]*?(?:\/>|>(.*?)<\/row>)/gs)) {
    const cells: string[] = [];
    for (const cell of (row[1] ?? "").matchAll(/<c\b([^>]*?)(?:\/>|>(.*?)<\/c>)/gs)) {
      const at = cell[1]!.match(/\br="([A-Z]+)/)?.[1];
      const column = at ? [...at].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1 : cells.length;
      while (cells.length < column) cells.push("");
      const kind = cell[1]!.match(/\bt="(\w+)"/)?.[1];
      const value = (cell[2] ?? "").match(/<v\b[^>]*>(.*?)<\/v>/s)?.[1] ?? "";
      cells[column] =
        kind === "s" ? (strings[Number(value)] ?? "") : kind === "inlineStr" ? textIn(cell[2] ?? "") : entities(value);
    }
    if (cells.some((cell) => cell !== "")) rows.push(cells);
  }
  return rows;
}

function textIn(xml: string): string {
  // Phonetic guides repeat the text.
  return [...xml.replace(/<rPh\b.*?<\/rPh>/gs, "").matchAll(/<t\b[^>]*>(.*?)<\/t>/gs)]
    .map((one) => entities(one[1]!))
    .join("");
}

const ENTITIES: Readonly<Record<string, string>> = { lt: "<", gt: ">", quot: '"', apos: "'", amp: "&" };

function entities(text: string): string {
  return text.replace(
    /&(?:#x([\da-f]+)|#(\d+)|(lt|gt|quot|apos|amp));/gi,
    (_, hex: string, decimal: string, name: string) =>
      name
        ? ENTITIES[name]!
        : String.fromCodePoint(Math.min(0x10ffff, hex ? Number.parseInt(hex, 16) : Number(decimal))),
  );
}
