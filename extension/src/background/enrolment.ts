/** Reads what a person or a policy gives to enrol with: a code, a link, or a bare address. */
import type { Enrolment, Proposal } from "../messages";
import { fromBase64, fromBase64Url, sha256, utf8 } from "./encoding";
import { keyId } from "./verify";

const CHANNEL = /^[a-z0-9][a-z0-9-]{0,31}$/;
const CODE = /(?:^|#)(rg1\.[A-Za-z0-9_-]+\.[0-9a-f]{8})$/;
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
const PRIVATE = /^(10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.)/;

/** Texts of these go to the person: keys of `_locales`. */
export class EnrolmentError extends Error {}

/** Scheme and host as allowed, without a trailing slash. */
export function baseUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new EnrolmentError("enrol_bad_address");
  }
  const plainAllowed = LOOPBACK.has(url.hostname) || PRIVATE.test(url.hostname);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && plainAllowed))
    throw new EnrolmentError("enrol_not_https");
  if (url.username || url.password) throw new EnrolmentError("enrol_bad_address");
  return (url.origin + url.pathname).replace(/\/+$/, "");
}

export async function readCode(code: string): Promise<Enrolment> {
  const [, body = "", check] = code.split(".");
  if ((await sha256(utf8(body))).slice(0, 8) !== check) throw new EnrolmentError("enrol_checksum");
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(fromBase64Url(body))) as Record<
      string,
      unknown
    >;
  } catch {
    throw new EnrolmentError("enrol_bad_code");
  }
  if (value.v !== 1) throw new EnrolmentError("enrol_bad_code");
  const trust = (value.trust ?? {}) as Record<string, unknown>;
  return check_({
    url: baseUrl(String(value.url)),
    channel: String(value.channel),
    server: String(value.server),
    trust: { version: Number(trust.version), threshold: Number(trust.threshold), keys: (trust.keys ?? []) as string[] },
    token: typeof value.token === "string" ? value.token : "",
    managed: false,
  });
}

function check_(enrolment: Enrolment): Enrolment {
  const { trust, channel } = enrolment;
  const whole = (n: number) => Number.isSafeInteger(n) && n >= 1;
  const keys = Array.isArray(trust.keys) && trust.keys.length > 0 && trust.keys.length <= 8;
  const sized =
    keys && trust.keys.every((key) => typeof key === "string" && key.length === 44 && fromBase64(key).length === 32);
  if (!CHANNEL.test(channel) || !whole(trust.version) || !whole(trust.threshold) || !sized)
    throw new EnrolmentError("enrol_bad_code");
  return enrolment;
}

export async function fingerprint(key: string): Promise<string> {
  return ((await sha256(fromBase64(key))).match(/.{4}/g) ?? []).join(" ");
}

async function propose(enrolment: Enrolment, channels: Proposal["channels"]): Promise<Proposal> {
  return { enrolment, channels, fingerprints: await Promise.all(enrolment.trust.keys.map(fingerprint)) };
}

/** @throws EnrolmentError with a text key */
export async function readEnrolment(text: string, request: typeof fetch): Promise<Proposal> {
  const trimmed = text.trim();
  const code = CODE.exec(trimmed)?.[1];
  if (code) {
    const enrolment = await readCode(code);
    return propose(enrolment, [{ id: enrolment.channel, title: enrolment.channel }]);
  }
  const url = baseUrl(trimmed.split("#")[0]!.replace(/\/install\/?$/, ""));
  let value: Record<string, unknown>;
  try {
    const response = await request(`${url}/v1/enrol`, { cache: "no-store", credentials: "omit", redirect: "error" });
    if (!response.ok) throw new Error(String(response.status));
    value = (await response.json()) as Record<string, unknown>;
  } catch {
    throw new EnrolmentError("enrol_unreachable");
  }
  if (value.schema !== 1) throw new EnrolmentError("enrol_bad_code");
  const trust = value.trust as { version: number; threshold: number; keys: { keyid: string; public: string }[] };
  for (const key of trust.keys) if ((await keyId(key.public)) !== key.keyid) throw new EnrolmentError("enrol_bad_code");
  const enrolment = check_({
    url,
    channel: String(value.default_channel),
    server: String(value.server),
    trust: { version: trust.version, threshold: trust.threshold, keys: trust.keys.map((key) => key.public) },
    token: "",
    managed: false,
  });
  return propose(enrolment, value.channels as Proposal["channels"]);
}
