/* What tests of attestations share: submitting evidence as an operator at a desk, and reading what became of it. */
import type { TestDatabase } from "./database.ts";

/** An attestation, as its operators see it. */
export interface SeenAttestation {
  readonly status: "submitted" | "verified" | "rejected";
  readonly violations: readonly string[] | null;
  readonly facts: Readonly<Record<string, unknown>> | null;
}

/** A credential, as its operators see it. */
export interface SeenCredential {
  readonly id: string;
  readonly status: "pending" | "signed" | "revoked";
  readonly trust_level: number;
  readonly document: string | null;
  readonly status_list: number;
  readonly status_index: number;
}

/** The nonce of a person for a kind of evidence. */
export async function nonceOf(database: TestDatabase, kind: "oidc" | "repository", person: string): Promise<string> {
  const text = "select nonce from press.begin_attestation($1, recipient => $2)";
  const { rows } = await database.pool("operator").query<{ nonce: string }>(text, [kind, person]);
  return rows[0]?.nonce ?? "";
}

let addresses = 0;

/** Submits evidence for a person, from an address of its own, and returns the id of the attestation. */
export async function submit(
  database: TestDatabase,
  kind: "oidc" | "repository",
  person: string,
  evidence: string,
): Promise<string> {
  addresses += 1;
  const address = `10.${(addresses >> 16) & 255}.${(addresses >> 8) & 255}.${addresses & 255}`;
  const text = "select id from press.submit_attestation($1, $2, recipient => $3, client_address => $4)";
  const { rows } = await database.pool("operator").query<{ id: string }>(text, [kind, evidence, person, address]);
  return rows[0]?.id ?? "";
}

export async function attestationOf(database: TestDatabase, id: string): Promise<SeenAttestation | undefined> {
  const text = "select status, violations, facts from press.attestations where id = $1";
  return (await database.pool("operator").query<SeenAttestation>(text, [id])).rows[0];
}

/** The credentials of an attestation: one, or none. */
export async function credentialsOf(database: TestDatabase, attestationId: string): Promise<SeenCredential[]> {
  const text = `select id, status, trust_level, document, status_list, status_index from press.credentials where attestation_id = $1`;
  return (await database.pool("operator").query<SeenCredential>(text, [attestationId])).rows;
}
