import canonicalize from "canonicalize";
import { readEnvelope } from "../verifier/index.ts";

const NO_SIGNATURE = "0".repeat(128);

/**
 * Says why the worker must not sign this text, or nothing when it may. The worker signs tickets only: whoever gets hold of the database
 * cannot make it sign other bytes. A text is fit when it is canonical to the byte, has exactly the members of a ticket, each in its one
 * form, and names the key that is to sign it; so every signature that is made verifies.
 *
 * @returns the problem as the predicate of a sentence about the payload
 */
export function payloadProblem(payload: string, keyId: string): string | undefined {
  const value = parseObject(payload);
  if (value === undefined) return "is not a JSON object";
  if (canonicalText(value) !== payload) return "is not canonical JSON (RFC 8785)";
  if ("signature" in value) return "is signed already";
  const reading = readEnvelope(canonicalText({ ...value, signature: NO_SIGNATURE }) ?? "");
  if ("problem" in reading) return reading.problem;
  return reading.envelope.key_id === keyId ? undefined : "names another key";
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The canonical form by a library of others, so that two implementations agree on every text that is signed. */
function canonicalText(value: object): string | undefined {
  try {
    return canonicalize(value);
  } catch {
    return undefined; // It throws for a lone surrogate, which has no UTF-8 bytes to sign.
  }
}
