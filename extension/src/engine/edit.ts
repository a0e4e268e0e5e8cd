/** What of a text that is being typed is as it was. */

import { alike, alikeBehind } from "./text";

interface Version {
  readonly text: string;
  /** The passages in which it is heard: start and end, alternating. */
  readonly passages: readonly number[];
}

export interface Edit {
  /** Before this unit all is as it was. */
  readonly from: number;
  /** And from this one on, where it stands `shift` units further. */
  readonly to: number;
  readonly shift: number;
  /** How many passages, at the start and at the end, are as they were. */
  readonly same: number;
  readonly rest: number;
}

export function editOf({ text: was, passages: heard }: Version, { text, passages }: Version): Edit {
  const shift = text.length - was.length;
  const from = alike(was, text);
  const to = text.length - alikeBehind(was, text, from);
  const fewer = Math.min(heard.length, passages.length);
  let same = 0;
  while (same < fewer && heard[same] === passages[same] && passages[same]! <= from) same++;
  same >>= 1;
  let rest = 1;
  while (
    rest <= fewer - 2 * same &&
    heard[heard.length - rest]! + shift === passages[passages.length - rest] &&
    passages[passages.length - rest]! >= to
  ) {
    rest++;
  }
  rest = (rest - 1) >> 1;
  return { from, to, shift, same, rest };
}
