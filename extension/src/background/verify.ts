/** Steps 1–5 of the acceptance order in docs/protocol.md: caps, signature, manifest, floor, trust, rollout. */
import { fromBase64, sha256, utf8 } from "./encoding";
import { Refused } from "./refused";

/** The highest bundle format this engine reads. */
export const ENGINE = 1;
const MAX_ENVELOPE = 64 * 1024;
const MAX_SIGNATURES = 8;
const MAX_KEYS = 8;
const MAX_ARTIFACT = 16 * 1024 * 1024;
/** A stolen key must not burn the number space in one step. */
const MAX_VERSION_STEP = 1_000_000;
const PREFIX = utf8("replyguard-manifest-v1\0");

export interface Trust {
  readonly version: number;
  readonly threshold: number;
  /** Raw Ed25519 public keys, base64. */
  readonly keys: readonly string[];
}
export interface Artifact {
  readonly sha256: string;
  readonly size: number;
  readonly url: string;
}
export interface Pair {
  readonly bundle: Artifact;
  readonly automaton: Artifact;
}
export interface Manifest extends Pair {
  readonly epoch: number;
  readonly version: number;
  readonly channel: string;
  readonly created: string;
  readonly expires: string;
  readonly rules: number;
  readonly rollout: { readonly percent: number; readonly salt: string; readonly otherwise: Pair | null };
  readonly trust: Trust;
}
export interface Floor {
  readonly epoch: number;
  readonly version: number;
}

interface Signature {
  readonly keyid: string;
  readonly alg: string;
  readonly sig: string;
}

export async function keyId(key: string): Promise<string> {
  return (await sha256(fromBase64(key))).slice(0, 16);
}

/** The keys of `trust` whose signature over the signed bytes holds. */
async function signers(trust: Trust, signatures: readonly Signature[], signed: Uint8Array): Promise<Set<string>> {
  const message = new Uint8Array(PREFIX.length + signed.length);
  message.set(PREFIX);
  message.set(signed, PREFIX.length);
  const found = new Set<string>();
  for (const key of trust.keys) {
    const id = await keyId(key);
    for (const signature of signatures) {
      if (signature.keyid !== id || signature.alg !== "ed25519") continue;
      const imported = await crypto.subtle.importKey("raw", fromBase64(key), { name: "Ed25519" }, false, ["verify"]);
      if (await crypto.subtle.verify({ name: "Ed25519" }, imported, fromBase64(signature.sig), message)) found.add(key);
    }
  }
  return found;
}

export interface Opened {
  readonly manifest: Manifest;
  /** The trust to pin from now on; the pinned one when nothing changes. */
  readonly trust: Trust;
  /** A pinned key was dropped: the floor restarts here. */
  readonly fresh: boolean;
}

/**
 * Opens an envelope: verifies first, parses afterwards.
 *
 * @throws Refused with the code of the first step that fails
 */
export async function openEnvelope(envelope: string, pinned: Trust, channel: string): Promise<Opened> {
  if (envelope.length > MAX_ENVELOPE) throw new Refused("malformed", "envelope too large");
  const { signed, signatures } = shape(envelope);
  const ours = await signers(pinned, signatures, signed);
  if (ours.size < pinned.threshold) throw new Refused("signature", `${ours.size} of ${pinned.threshold}`);
  const manifest = readManifest(new TextDecoder().decode(signed), channel);
  const { trust } = manifest;
  const same = trust.threshold === pinned.threshold && [...trust.keys].sort().join() === [...pinned.keys].sort().join();
  if (trust.version === pinned.version && !same) throw new Refused("equivocation", "trust");
  if (trust.version <= pinned.version) return { manifest, trust: pinned, fresh: false };
  // A key that is being dropped may not vouch for the change: a stolen key cannot extend itself.
  const staying = [...ours].filter((key) => trust.keys.includes(key));
  const theirs = await signers(trust, signatures, signed);
  if (staying.length < pinned.threshold || theirs.size < trust.threshold)
    throw new Refused("signature", "trust change");
  return { manifest, trust, fresh: pinned.keys.some((key) => !trust.keys.includes(key)) };
}

function shape(envelope: string): { signed: Uint8Array; signatures: Signature[] } {
  try {
    const value = JSON.parse(envelope) as { signed: unknown; signatures: unknown };
    const { signed, signatures } = value;
    if (typeof signed !== "string" || !Array.isArray(signatures) || signatures.length > MAX_SIGNATURES)
      throw new Error("shape");
    for (const { keyid, alg, sig } of signatures as Record<string, unknown>[]) {
      if (typeof keyid !== "string" || typeof alg !== "string" || typeof sig !== "string") throw new Error("signature");
      fromBase64(sig);
    }
    return { signed: fromBase64(signed), signatures: signatures as Signature[] };
  } catch (error) {
    throw new Refused("malformed", String(error));
  }
}

function readManifest(text: string, channel: string): Manifest {
  const bad = (what: string): never => {
    throw new Refused("malformed", what);
  };
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch {
    return bad("manifest");
  }
  if (value.schema !== 1) throw new Refused("schema", String(value.schema));
  if (value.channel !== channel) throw new Refused("channel", String(value.channel));
  const whole = (item: unknown, what: string): number =>
    Number.isSafeInteger(item) && (item as number) >= 0 ? (item as number) : bad(what);
  const time = (item: unknown, what: string): string =>
    typeof item === "string" && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(item) ? item : bad(what);
  const artifact = (item: unknown): Artifact => {
    const { sha256: hash, size, url } = (item ?? {}) as Record<string, unknown>;
    if (typeof hash !== "string" || !/^[0-9a-f]{64}$/.test(hash)) return bad("sha256");
    if (typeof url !== "string" || !/^(\/(?!\/)|https:\/\/)/.test(url)) return bad("url");
    const bytes = whole(size, "size");
    return bytes <= MAX_ARTIFACT ? { sha256: hash, size: bytes, url } : bad("size");
  };
  const pair = (item: unknown): Pair => {
    const { bundle, automaton } = (item ?? {}) as Record<string, unknown>;
    return { bundle: artifact(bundle), automaton: artifact(automaton) };
  };
  const { percent, salt, otherwise } = (value.rollout ?? {}) as Record<string, unknown>;
  if (typeof salt !== "string" || !/^[0-9a-f]{16}$/.test(salt) || whole(percent, "percent") > 100) bad("rollout");
  const { version, threshold, keys } = (value.trust ?? {}) as Record<string, unknown>;
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > MAX_KEYS) bad("keys");
  const publics = (keys as Record<string, unknown>[]).map((key) =>
    typeof key.public === "string" ? key.public : bad("key"),
  );
  if (whole(threshold, "threshold") < 1) bad("threshold");
  const manifest: Manifest = {
    epoch: whole(value.epoch, "epoch"),
    version: whole(value.version, "version"),
    channel,
    created: time(value.created, "created"),
    expires: time(value.expires, "expires"),
    rules: whole(value.rules, "rules"),
    ...pair(value),
    rollout: {
      percent: percent as number,
      salt: salt as string,
      otherwise: otherwise == null ? null : pair(otherwise),
    },
    trust: { version: whole(version, "trust"), threshold: threshold as number, keys: publics },
  };
  if (whole(value.min_engine, "min_engine") > ENGINE) throw new Refused("engine", String(value.min_engine));
  return manifest;
}

const content = (m: Manifest) => JSON.stringify([m.bundle, m.automaton, m.rollout]);

/**
 * Compares a manifest with the highest one accepted so far.
 *
 * @returns "newer" to go on, "same" when only the dates may be refreshed
 * @throws Refused rollback, equivocation or fast-forward
 */
export function compareFloor(manifest: Manifest, floor: Floor | null, accepted: Manifest | null): "newer" | "same" {
  if (!floor) return "newer";
  const step = manifest.epoch - floor.epoch;
  const ahead = manifest.version - floor.version;
  if (step < 0 || (step === 0 && ahead < 0)) throw new Refused("rollback", `${manifest.epoch}.${manifest.version}`);
  if (step === 0 && ahead === 0) {
    if (accepted && content(accepted) !== content(manifest)) throw new Refused("equivocation", "content");
    return "same";
  }
  if (step > 1 || (step === 0 && ahead > MAX_VERSION_STEP))
    throw new Refused("fast-forward", `${manifest.epoch}.${manifest.version}`);
  return "newer";
}

/** The artifacts that this installation runs; null: keep the active release. */
export async function rolledOut(manifest: Manifest, install: string): Promise<Pair | null> {
  const { percent, salt, otherwise } = manifest.rollout;
  if (percent >= 100) return manifest;
  const place = Number(BigInt(`0x${await sha256(utf8(install + salt))}`) % 100n);
  return place < percent ? manifest : otherwise;
}
