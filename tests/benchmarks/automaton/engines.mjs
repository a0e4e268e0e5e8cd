/**
 * The engines that run in the page: ours, a bare loop that shows what reading a string costs, and npm's.
 *
 * An engine is `{name, weaker?, upTo?, prepare(patterns, automaton) → {run(text), hits?(text)}}`. `weaker` says what it
 * does not do that ours does; only engines without it are rivals of the same kind. Above `upTo` patterns it is left
 * out, because it would need minutes. `hits` brings the matches into one form, `[id, start, end]`, for comparison.
 * (Plain JavaScript, so that the project's type check needs none of the packages.)
 */

import { AhoCorasick as Monyone } from "@monyone/aho-corasick";
import { AhoCorasick as MonyoneFast } from "@monyone/aho-corasick/fast";
import AhoCorasickClassic from "ahocorasick";
import FastScanner from "fastscan";
import Mint from "mint-filter";
import ModernAhoCorasick from "modern-ahocorasick";
import ModernFast from "modern-ahocorasick/fast";
import { HitBuffer, loadAutomaton, scan } from "../../../extension/src/engine/automaton";

const idsOf = (patterns) => new Map(patterns.map((pattern, id) => [pattern, id]));

const monyone = (Matcher) => (patterns) => {
  const matcher = new Matcher(patterns);
  const ids = idsOf(patterns);
  return {
    run: (text) => matcher.matchInText(text),
    hits: (text) => matcher.matchInText(text).map(({ begin, end, keyword }) => [ids.get(keyword), begin, end]),
  };
};

const modern = (Matcher) => (patterns) => {
  const matcher = new Matcher(patterns);
  return {
    run: (text) => matcher.search(text),
    hits: (text) => matcher.search(text).map(({ patternIndex, start, end }) => [patternIndex, start, end]),
  };
};

export const engines = [
  {
    name: "ReplyGuard",
    prepare(_patterns, automaton) {
      const tables = loadAutomaton(automaton);
      const out = new HitBuffer();
      return {
        run: (text) => scan(tables, text, out),
        hits(text) {
          const count = scan(tables, text, out);
          return Array.from({ length: count }, (_, i) => Array.from(out.data.subarray(3 * i, 3 * i + 3)));
        },
      };
    },
  },
  {
    name: "bare charCodeAt loop",
    weaker: "matches nothing: one charCodeAt and one table look-up a unit",
    prepare() {
      const table = Uint8Array.from({ length: 0x10000 }, (_, code) => code * 7);
      return {
        run(text) {
          let sum = 0;
          for (let i = 0; i < text.length; i++) sum += table[text.charCodeAt(i)];
          return sum;
        },
      };
    },
  },
  { name: "@monyone/aho-corasick/fast", prepare: monyone(MonyoneFast) },
  { name: "@monyone/aho-corasick", prepare: monyone(Monyone) },
  { name: "modern-ahocorasick/fast", prepare: modern(ModernFast) },
  { name: "modern-ahocorasick", prepare: modern(ModernAhoCorasick) },
  {
    name: "ahocorasick",
    prepare(patterns) {
      const matcher = new AhoCorasickClassic(patterns);
      const ids = idsOf(patterns);
      return {
        run: (text) => matcher.search(text),
        hits: (text) =>
          matcher
            .search(text)
            .flatMap(([last, words]) => words.map((word) => [ids.get(word), last + 1 - word.length, last + 1])),
      };
    },
  },
  {
    name: "fastscan",
    prepare(patterns) {
      const matcher = new FastScanner(patterns);
      const ids = idsOf(patterns);
      return {
        run: (text) => matcher.search(text),
        hits: (text) => matcher.search(text).map(([start, word]) => [ids.get(word), start, start + word.length]),
      };
    },
  },
  {
    name: "mint-filter",
    weaker: "words without places, one for each end",
    prepare(patterns) {
      const matcher = new Mint(patterns);
      return { run: (text) => matcher.filter(text, { replace: false }) };
    },
  },
  {
    name: "RegExp alternation",
    weaker: "no overlaps, one match a place",
    prepare(patterns) {
      const escaped = patterns.map((pattern) => pattern.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
      const expression = new RegExp(escaped.join("|"), "g");
      return { run: (text) => Array.from(text.matchAll(expression), (match) => match.index) };
    },
  },
];
