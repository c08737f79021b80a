import { isCanonicalObject, isSignedBy } from "../../signedRecord.ts";
import type { PublicationContent } from "./transaction.ts";

/** Why a publication must not go out: a code for machines, and a sentence for people. */
export interface PublicationProblem {
  readonly code: "NOT_CANONICAL" | "SIGNATURE_INVALID";
  readonly detail: string;
}

/**
 * Says why a record must not go out, or nothing when it may. The gateway has looked at it already; whoever got around the gateway, or into the database,
 * must not have the press publish in another's name.
 */
export function recordProblem({ payload, signature, publicKey }: PublicationContent): PublicationProblem | undefined {
  if (signature === null || publicKey === null) return undefined; // A checkpoint: what it is, its readers verify.
  if (!isCanonicalObject(payload)) {
    return { code: "NOT_CANONICAL", detail: "The payload is not canonical JSON (RFC 8785) of an object." };
  }
  if (isSignedBy(payload, signature, publicKey)) return undefined;
  return { code: "SIGNATURE_INVALID", detail: "The signature is not one of this key over this payload, with a low S." };
}
