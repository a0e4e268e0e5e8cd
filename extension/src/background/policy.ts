/** storage.managed: what the company has fixed. It arrives late at a first start, so only its change event is trusted to be complete. */
import type { Enrolment } from "../messages";
import { readSettings, type Settings } from "../settings";
import { baseUrl, readCode } from "./enrolment";

export type Policy = Readonly<Record<string, unknown>>;

/** Settings that a policy may fix, by the same name. */
const FIXABLE = ["enabled", "hold", "override", "counts", "levels", "sitesOff", "reminders"] as const;

export async function readPolicy(): Promise<Policy> {
  try {
    return await chrome.storage.managed.get(null);
  } catch {
    // Firefox throws when there is no managed storage at all.
    return {};
  }
}

/** The person's settings with the policy laid over them; `locked` names what the policy fixes. */
export function effectiveSettings(own: Settings, policy: Policy): Settings {
  const fixed = FIXABLE.filter((key) => policy[key] !== undefined);
  const over: Record<string, unknown> = {};
  for (const key of fixed) over[key] = policy[key];
  return { ...readSettings({ ...own, ...over }), locked: fixed };
}

/** The enrolment that a policy demands, or null. */
export async function policyEnrolment(policy: Policy): Promise<Enrolment | null> {
  try {
    if (typeof policy.enrolment === "string") {
      const code = /rg1\.[A-Za-z0-9_.-]+$/.exec(policy.enrolment.trim())?.[0];
      return code ? { ...(await readCode(code)), managed: true } : null;
    }
    if (typeof policy.server !== "string" || !Array.isArray(policy.keys)) return null;
    return {
      url: baseUrl(policy.server),
      channel: typeof policy.channel === "string" ? policy.channel : "default",
      server: "",
      trust: {
        version: 1,
        threshold: typeof policy.threshold === "number" ? policy.threshold : 1,
        keys: policy.keys as string[],
      },
      token: typeof policy.token === "string" ? policy.token : "",
      managed: true,
    };
  } catch {
    return null;
  }
}
