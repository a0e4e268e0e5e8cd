/** "This is a false alarm": proposals that let the sentence go, each tried out against every `bad` example of the rule. */

import { isMap } from "yaml";
import type { Conversation, Finding } from "../engine/types";
import type { Drafting } from "./drafting";
import { addItem, applied, setRaw } from "./edits";
import { badExamples, type Held, writeExample } from "./example";
import { cover } from "./fixes";
import { field, items, type RuleAt, readFile, value } from "./model";
import { literal } from "./phrase";
import { T } from "./texts";
import type { Workspace } from "./workspace";

export interface Proposal {
  readonly kind: "except" | "unless" | "negation";
  readonly phrase: string;
  readonly says: string;
  /** The file with the proposal in it. */
  readonly text: string;
  readonly letsGo: boolean;
  readonly held: readonly Held[];
}

const CUE =
  /(从不|从未|绝不|决不|并不|不会|不能|不可以|不得|不要|不用|无法|没法|没有|没|别|勿|严禁|禁止|切勿|请勿|杜绝|避免|拒绝|谢绝|不)/g;
const KINDS: Readonly<Record<Proposal["kind"], string>> = {
  except: T.excuse.except,
  unless: T.excuse.unless,
  negation: T.excuse.negation,
};

/** Proposals that were tried, those that work first. */
export async function propose(
  rule: RuleAt,
  chat: Conversation,
  finding: Finding,
  workspace: Workspace,
  drafting: Drafting,
  signal: AbortSignal,
): Promise<Proposal[]> {
  const text = workspace.text(rule.file);
  const span = finding.start === null ? chat.reply : chat.reply.slice(finding.start, finding.end!);
  const before = chat.reply.slice(0, finding.start ?? 0);
  const clause = before.match(/[^，。！？；：、~]*$/)![0];
  const cues = [...clause.matchAll(CUE)].map((match) => match[1]!);
  const wanted: { kind: Proposal["kind"]; phrase: string }[] = [
    ...(finding.start === null ? [] : cover(before + span + chat.reply.slice(finding.end!), span)).map((phrase) => ({
      kind: "except" as const,
      phrase,
    })),
    ...cues.slice(-1).map((cue) => ({
      kind: "except" as const,
      phrase: `${literal(cue)}…${span.length > 4 ? "8" : "6"}${literal(span)}`,
    })),
    ...[...new Set(cues)].map((cue) => ({ kind: "negation" as const, phrase: literal(cue) })),
    ...(/\d{5}/.test(span) ? [] : [{ kind: "unless" as const, phrase: literal(chat.reply.slice(0, 16)) }]),
  ];
  const tried: Proposal[] = [];
  for (const { kind, phrase } of wanted) {
    const safe = kind === "except" && !phrase.includes("…") ? literal(phrase) : phrase;
    if (tried.some((one) => one.phrase === safe) || items(rule.map, kind).some((item) => item.text === safe)) continue;
    const heed = kind === "negation" && field(rule.map, "negation") === "ignored";
    if (heed && tried.some((one) => one.kind === "negation")) continue;
    const edited = kind === "negation" ? withCue(text, rule, safe) : applied(text, addItem(text, rule.map, kind, safe));
    if (edited === null) continue;
    const engine = await drafting.engineOf({ ...workspace.drafts(), [rule.file]: edited }, signal).catch(() => null);
    if (signal.aborted) return [];
    if (!engine) continue;
    const { rules } = readFile(rule.file, edited);
    const letsGo = !engine.check(chat).some((one) => one.rule === rule.id);
    // A cue counts for the whole file: every rule of it must still catch what it caught.
    const held = (kind === "negation" && !heed ? rules : [rules[rule.index]!]).flatMap((one) =>
      badExamples(one, engine),
    );
    const [phraseShown, says] = heed ? ["negation: excuses", T.excuse.heed] : [safe, KINDS[kind]];
    tried.push({ kind, phrase: phraseShown, says, text: edited, letsGo, held });
  }
  const works = (one: Proposal): number => Number(one.letsGo) * 2 + Number(one.held.every((held) => held.holds));
  return tried.sort((a, b) => works(b) - works(a));
}

/** With the sentence as a `good` example, so that it stays let go. */
export function accepted(proposal: Proposal, rule: RuleAt, chat: Conversation): string {
  const now = readFile(rule.file, proposal.text).rules[rule.index]!;
  return applied(
    proposal.text,
    addItem(proposal.text, now.map, "good", writeExample(chat.turns.slice(-3), chat.reply, null)),
  );
}

/** The cue counts for the whole file; a rule that ignores negation looks at it again. */
function withCue(text: string, rule: RuleAt, cue: string): string | null {
  if (field(rule.map, "negation") === "ignored") return applied(text, setRaw(text, rule.map, "negation", null));
  const { root } = readFile(rule.file, text);
  if (!root) return null;
  const own = value(root, "negation");
  if (!own) return withNegation(text, cue);
  // Into a mapping on one line only where there is a list to add to.
  return isMap(own) && (!own.flow || items(own, "before").length > 0)
    ? applied(text, addItem(text, own, "before", cue))
    : null;
}

/** `negation` stands before the rules, as in the language's description. */
function withNegation(text: string, cue: string): string | null {
  const at = text.search(/^rules\s*:/m);
  return at < 0 ? null : `${text.slice(0, at)}negation: {before: [${cue}]}\n${text.slice(at)}`;
}
