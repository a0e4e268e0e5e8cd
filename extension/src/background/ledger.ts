/** The promise ledger: what was promised to whom, due when. It lives in this browser only. */
import type { Promised, Requests } from "../messages";
import { type Area, Turnstile } from "./area";

/** Promises kept; the oldest done ones go first. */
const MAX_PROMISES = 500;
/** The end of a working day, hour, for "today" and "tomorrow". */
const END_OF_DAY = 18;
const HOUR = 60 * 60 * 1000;

const DIGITS: Readonly<Record<string, number>> = {
  一: 1,
  二: 2,
  两: 2,
  三: 3,
  四: 4,
  五: 5,
  六: 6,
  七: 7,
  八: 8,
  九: 9,
  十: 10,
  半: 0.5,
};

const WEEKDAYS = "日一二三四五六";
const DAY = 24 * HOUR;

/** When something is due that was promised at `at` in these words: 今天, 明天, 周五, 24小时, 3天, 半小时 …; null when they do not say. */
function dueAt(words: string, at: number): number | null {
  const day = (ahead: number) => {
    const date = new Date(at);
    date.setDate(date.getDate() + ahead);
    date.setHours(END_OF_DAY, 0, 0, 0);
    // Promised in the evening: the end of the day is midnight.
    if (date.getTime() <= at) date.setHours(23, 59, 0, 0);
    return date.getTime();
  };
  if (/大后天/.test(words)) return day(3);
  if (/后天/.test(words)) return day(2);
  if (/明[天日早晚]|次日|tomorrow/i.test(words)) return day(1);
  if (/今[天日早晚]|当[天日]|today/i.test(words)) return day(0);
  const weekday = /(下)?(?:周|星期|礼拜)([一二三四五六日天])/.exec(words);
  if (weekday) {
    const ahead = WEEKDAYS.indexOf(weekday[2]!.replace("天", "日")) - new Date(at).getDay();
    return day(ahead < 0 || (weekday[1] && ahead < 2) ? ahead + 7 : ahead);
  }
  const amount = /(\d+(?:\.\d+)?|[一二两三四五六七八九十半])\s*个?\s*(分钟|小时|工作日|天|日|周|min|h|d|w)/i.exec(
    words,
  );
  if (!amount) return null;
  const n = DIGITS[amount[1]!] ?? Number(amount[1]);
  if (amount[2] === "工作日") return workdays(n, at);
  const unit = { 分钟: HOUR / 60, min: HOUR / 60, 小时: HOUR, h: HOUR, 周: 168 * HOUR, w: 168 * HOUR }[
    amount[2]!.toLowerCase()
  ];
  return at + n * (unit ?? DAY);
}

/** `n` days of work later: Saturdays and Sundays are none. */
function workdays(n: number, at: number): number {
  const date = new Date(at);
  for (let left = n; left > 0; ) {
    date.setDate(date.getDate() + 1);
    if (date.getDay() % 6) left -= 1;
  }
  return date.getTime();
}

export class Ledger {
  readonly #area: Area;
  readonly #turnstile = new Turnstile();

  constructor(area: Area) {
    this.#area = area;
  }

  async all(): Promise<Promised[]> {
    return ((await this.#area.get("ledger")) as Promised[] | undefined) ?? [];
  }

  add({ words = "", ...promise }: Requests["ledger.add"]["body"]): Promise<void> {
    // What was said to the buyer counts; the rule's own term is for words that name no time.
    const due = dueAt(words, promise.at) ?? dueAt(promise.within, promise.at) ?? promise.at + DAY;
    return this.#change((all) => {
      // The same words to the same buyer within a minute are one promise seen twice.
      const twice = all.some(
        (p) =>
          p.rule === promise.rule && p.buyer === promise.buyer && p.text === promise.text && promise.at - p.at < 60_000,
      );
      if (twice) return all;
      const next = [...all, { ...promise, id: crypto.randomUUID(), due, done: false, reminded: false }];
      while (next.length > MAX_PROMISES)
        next.splice(
          Math.max(
            next.findIndex((p) => p.done),
            0,
          ),
          1,
        );
      return next;
    });
  }

  mark(id: string, done: boolean): Promise<void> {
    return this.#change((all) => all.map((p) => (p.id === id ? { ...p, done } : p)));
  }

  drop(id: string): Promise<void> {
    return this.#change((all) => all.filter((p) => p.id !== id));
  }

  /** Promises that fell due and were not yet reminded of; they count as reminded from now on. */
  async takeDue(now: number): Promise<Promised[]> {
    const due = (await this.all()).filter((p) => !p.done && !p.reminded && p.due <= now);
    if (due.length)
      await this.#change((all) => all.map((p) => (due.some((d) => d.id === p.id) ? { ...p, reminded: true } : p)));
    return due;
  }

  /** When the next reminder is due, ms, or null. */
  async next(): Promise<number | null> {
    const times = (await this.all()).filter((p) => !p.done && !p.reminded).map((p) => p.due);
    return times.length ? Math.min(...times) : null;
  }

  #change(step: (all: Promised[]) => Promised[]): Promise<void> {
    return this.#turnstile.run(async () => this.#area.set({ ledger: step(await this.all()) }));
  }
}
