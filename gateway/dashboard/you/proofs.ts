/** What somebody has proved, in words. */
import type { AttestationKind } from "../press/EditionDocuments.ts";
import type { CredentialFacts } from "./YouDocuments.ts";

/** What an attestation rests on, to complete a sentence: "proved with …". */
export const KINDS: Readonly<Record<AttestationKind, string>> = {
  oidc: "an account of a provider",
  repository: "a repository",
};

/** What somebody has, of that which an edition may demand. */
export interface Standing {
  readonly trustLevel: number;
  /** Of credentials that are valid and were not revoked. */
  readonly kinds: readonly AttestationKind[];
}

/** Somebody whom the press does not know yet. */
export const NOTHING_PROVED: Standing = { trustLevel: 0, kinds: [] };

/** What an edition demands of whom it issues to. */
export interface Demands {
  readonly requiredTrustLevel: number;
  readonly requiredKind: AttestationKind | null;
}

/** @param now by the reader's clock; the press judges by its own */
export function standingOf(
  holder: {
    readonly trustLevel: number;
    readonly credentials: { readonly nodes: readonly Pick<CredentialFacts, "kind" | "status" | "validUntil">[] };
  } | null,
  now = Date.now(),
): Standing {
  if (holder === null) return NOTHING_PROVED;
  const valid = holder.credentials.nodes.filter(
    ({ status, validUntil }) => status !== "revoked" && Date.parse(validUntil) > now,
  );
  return { trustLevel: holder.trustLevel, kinds: [...new Set(valid.map(({ kind }) => kind))] };
}

/** Whether an edition is for everybody. */
export function demandsNothing({ requiredTrustLevel, requiredKind }: Demands): boolean {
  return requiredTrustLevel === 0 && requiredKind === null;
}

/** What an edition demands, such as: trust level 2, proved with a repository. */
export function demandsOf({ requiredTrustLevel, requiredKind }: Demands): string {
  const parts = [
    ...(requiredTrustLevel === 0 ? [] : [`trust level ${requiredTrustLevel}`]),
    ...(requiredKind === null ? [] : [`proved with ${KINDS[requiredKind]}`]),
  ];
  return parts.length === 0 ? "nothing in particular" : parts.join(", ");
}

/** What somebody has of it, in the same form. */
export function haveOf({ trustLevel, kinds }: Standing): string {
  const proved = new Intl.ListFormat("en").format(kinds.map((kind) => KINDS[kind]));
  return `trust level ${trustLevel}${kinds.length === 0 ? ", nothing proved" : `, proved with ${proved}`}`;
}
