import { gql, type TypedDocumentNode } from "urql";
import type { AttestationKind } from "../press/EditionDocuments.ts";

export interface CredentialFacts {
  readonly rowId: string;
  readonly kind: AttestationKind;
  readonly trustLevel: number;
  readonly status: "pending" | "signed" | "revoked";
  readonly validFrom: string;
  readonly validUntil: string;
  /** The signed text, to the byte; null until it is signed. */
  readonly document: string | null;
  readonly revokedAt: string | null;
  readonly reason: string | null;
}

/** What the worker found out, and a decision rests on; each member only where it was found. */
export interface DecisionFacts {
  /** Why the evidence does not hold at all. */
  readonly problem?: string;
  readonly repository_created_at?: string;
  readonly repository_size_kb?: number;
  readonly account_created_at?: string;
  readonly address_checks?: number;
  readonly checked_at?: string;
}

export interface AttestationFacts {
  readonly rowId: string;
  readonly kind: AttestationKind;
  readonly status: "submitted" | "verified" | "rejected";
  readonly submittedAt: string;
  readonly submittedBy: string | null;
  readonly decidedAt: string | null;
  readonly ruleSetId: number | null;
  readonly facts: DecisionFacts | null;
  /** Every reason for which it was rejected, by name. */
  readonly violations: readonly string[] | null;
}

export const CredentialParts = gql`
  fragment CredentialParts on Credential {
    rowId kind trustLevel status validFrom validUntil document revokedAt reason
  }
`;

export const AttestationParts = gql`
  fragment AttestationParts on Attestation {
    rowId kind status submittedAt submittedBy decidedAt ruleSetId facts violations
  }
`;

/** What the caller has proved, the newest first. */
export const OwnProofs: TypedDocumentNode<
  {
    currentHolder: {
      trustLevel: number;
      isActive: boolean;
      credentials: { nodes: CredentialFacts[] };
      attestations: { nodes: AttestationFacts[] };
    } | null;
  },
  Record<string, never>
> = gql`
  query OwnProofs {
    currentHolder {
      trustLevel isActive
      credentials(first: 50, orderBy: PRIMARY_KEY_DESC) { nodes { ...CredentialParts } }
      attestations(first: 20, orderBy: PRIMARY_KEY_DESC) { nodes { ...AttestationParts } }
    }
  }
  ${CredentialParts}
  ${AttestationParts}
`;

/** The same in short: what editions may demand. */
export const OwnStanding: TypedDocumentNode<
  {
    currentHolder: {
      trustLevel: number;
      credentials: { nodes: Pick<CredentialFacts, "kind" | "status" | "validUntil">[] };
    } | null;
  },
  Record<string, never>
> = gql`
  query OwnStanding {
    currentHolder { trustLevel credentials(first: 50, orderBy: PRIMARY_KEY_DESC) { nodes { kind status validUntil } } }
  }
`;

export interface Challenge {
  readonly nonce: string;
  readonly expiresAt: string;
}

export const BeginAttestation: TypedDocumentNode<
  { beginAttestation: { challenge: Challenge } },
  { kind: AttestationKind }
> = gql`
  mutation BeginAttestation($kind: AttestationKind!) {
    beginAttestation(input: { kind: $kind }) { challenge { nonce expiresAt } }
  }
`;

export const SubmitAttestation: TypedDocumentNode<
  { submitAttestation: { attestation: AttestationFacts } },
  { kind: AttestationKind; evidence: string; requestKey: string }
> = gql`
  mutation SubmitAttestation($kind: AttestationKind!, $evidence: String!, $requestKey: UUID!) {
    submitAttestation(input: { kind: $kind, evidence: $evidence, requestKey: $requestKey }) {
      attestation { ...AttestationParts }
    }
  }
  ${AttestationParts}
`;

/** A rule that does not hold, in the press's words. */
export interface RuleViolation {
  readonly name: string;
  readonly found: string;
  readonly demanded: string;
}

/** Asks the press to judge the facts of a decision again, by the rules of then: what was found, and what is demanded. */
export const RulesBroken: TypedDocumentNode<
  { antiGamingViolations: { nodes: RuleViolation[] } },
  {
    repositoryCreatedAt: string | null;
    repositorySizeKb: string | null;
    accountCreatedAt: string | null;
    addressChecks: number | null;
    at: string | null;
    ruleSetId: number | null;
  }
> = gql`
  query RulesBroken(
    $repositoryCreatedAt: Datetime $repositorySizeKb: BigInt $accountCreatedAt: Datetime
    $addressChecks: Int $at: Datetime $ruleSetId: Int
  ) {
    antiGamingViolations(
      repositoryCreatedAt: $repositoryCreatedAt repositorySizeKb: $repositorySizeKb accountCreatedAt: $accountCreatedAt
      addressChecks: $addressChecks at: $at ruleSetId: $ruleSetId first: 10
    ) { nodes { name found demanded } }
  }
`;

/** What the latest rules demand. */
export interface Rules {
  readonly repositoryAgeDays: number;
  readonly repositorySizeKb: number;
  readonly accountAgeDays: number;
  readonly checksPerHour: number;
}

export const RulesInForce: TypedDocumentNode<{ ruleSets: { nodes: Rules[] } }, Record<string, never>> = gql`
  query RulesInForce {
    ruleSets(first: 1, orderBy: PRIMARY_KEY_DESC) {
      nodes { repositoryAgeDays repositorySizeKb accountAgeDays checksPerHour }
    }
  }
`;
