/* The worker's part with attestations in a few lines, through the functions that a worker has: what was submitted is decided, what was minted is
   signed, and the lists of what was revoked are published, when a test says so. Made without the SDK. */
import { createHash } from "node:crypto";
import { keyIdOf } from "../verifier/index.ts";
import { SigningKey } from "../worker/keys.ts";
import type { TestDatabase } from "./database.ts";
import { bitsOf, encodeList, naiveBase58 } from "./verifier/credentialIssuer.ts";
import { canonicalText } from "./verifier/issuer.ts";
import { makePem } from "./worker/support.ts";

const CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"];
const NO_FACTS = {
  repository_created_at: "2020-01-01T00:00:00Z",
  repository_size_kb: 1_000,
  account_created_at: "2020-01-01T00:00:00Z",
};

export type Kind = "oidc" | "repository";

export class TestCredentials {
  readonly #database: TestDatabase;
  /** Where status lists are said to be. */
  readonly baseUrl: string;
  key = new SigningKey(makePem());
  #addresses = 0;

  private constructor(database: TestDatabase, baseUrl: string) {
    this.#database = database;
    this.baseUrl = baseUrl;
  }

  /** Makes a key and registers it. */
  static async start(database: TestDatabase, baseUrl = "https://press.test"): Promise<TestCredentials> {
    const credentials = new TestCredentials(database, baseUrl);
    await credentials.#call("register_signing_key($1, 'credential')", [credentials.key.publicKey]);
    return credentials;
  }

  get did(): string {
    return `did:web:${encodeURIComponent(new URL(this.baseUrl).host)}`;
  }

  /** Retires the key, and goes on with another. */
  async rotate(): Promise<void> {
    await this.#call("retire_signing_key($1)", [keyIdOf(Buffer.from(this.key.publicKey, "hex"))]);
    this.key = new SigningKey(makePem());
    await this.#call("register_signing_key($1, 'credential')", [this.key.publicKey]);
  }

  /** Submits evidence of a person, from an address of its own, as an operator; the id of the attestation. */
  async submit(subject: string, kind: Kind): Promise<string> {
    const operator = this.#database.pool("operator");
    await operator.query("select press.begin_attestation($1, $2)", [kind, subject]);
    const evidence = kind === "oidc" ? `e30.${Buffer.from(subject).toString("base64url")}.c2ln` : `${subject}/press`;
    const { rows } = await operator.query("select id from press.submit_attestation($1, $2, null, $3, $4)", [
      kind,
      evidence,
      subject,
      `198.51.100.${++this.#addresses}`,
    ]);
    return String(rows[0]?.id);
  }

  /** Decides everything that was submitted, as if the outside world had said that it is all right. */
  async decide(facts: object = NO_FACTS): Promise<void> {
    const claims = await this.#call<{ attestation_id: string; kind: Kind; evidence: string; nonce: string }>(
      "attestations_to_verify('{oidc,repository}', 1000, 60)",
    );
    for (const { attestation_id, kind, evidence, nonce } of claims) {
      const account = createHash("sha256").update(evidence).digest();
      const proof =
        kind === "oidc"
          ? { issuer: "https://id.test", kind, subject: account.toString("hex") }
          : { account_id: account.readUInt32BE() + 1, kind, service: "https://api.test" };
      const values = [attestation_id, canonicalText(proof), nonce, kind === "oidc" ? {} : facts];
      await this.#call("verify_attestation($1, $2, $3, $4)", values);
    }
  }

  /** Signs every pending credential. */
  async sign(): Promise<void> {
    const claims = await this.#call<{ credential_id: string; unsigned_document: string; proof_options: string }>(
      "credentials_to_sign($1, $2, $3, 1000, 60)",
      [this.key.keyId, this.did, this.baseUrl],
    );
    const signatures = claims.map(({ unsigned_document, proof_options }) =>
      Buffer.from(this.key.sign(hashes(proof_options, unsigned_document))).toString("hex"),
    );
    const ids = claims.map(({ credential_id }) => credential_id);
    await this.#call("attach_credential_signatures($1, $2, $3)", [this.key.keyId, ids, signatures]);
  }

  /** Makes and publishes the lists that are due. */
  async publishLists(): Promise<void> {
    for (const { list, revoked_indices: revoked } of await this.#call<{ list: number; revoked_indices: number[] }>(
      "status_lists_to_make()",
    )) {
      const values = [this.key.keyId, list, revoked.length, this.list(list, revoked)];
      await this.#call("publish_status_list($1, $2, $3, $4)", values);
    }
  }

  /** Decides, signs and publishes, in this order. */
  async work(): Promise<void> {
    await this.decide();
    await this.sign();
    await this.publishLists();
  }

  /** A person's credential, all the way: its id and its document. */
  async attest(subject: string, kind: Kind = "oidc"): Promise<{ id: string; document: string }> {
    const attestation = await this.submit(subject, kind);
    await this.work();
    const { rows } = await this.#database
      .pool("operator")
      .query("select id, document from press.credentials where attestation_id = $1", [attestation]);
    return rows[0] as { id: string; document: string };
  }

  /** The text of a list. */
  list(number: number, revoked: readonly number[]): string {
    const url = `${this.baseUrl}/credentials/status/${number}`;
    const now = Date.now();
    const document = {
      "@context": CONTEXT,
      credentialSubject: {
        encodedList: encodeList(bitsOf(revoked)),
        id: `${url}#list`,
        statusPurpose: "revocation",
        type: "BitstringStatusList",
      },
      id: url,
      issuer: this.did,
      type: ["VerifiableCredential", "BitstringStatusListCredential"],
      validFrom: new Date(now).toISOString(),
      validUntil: new Date(now + 86_400_000).toISOString(),
    };
    const options = {
      "@context": CONTEXT,
      created: new Date(now).toISOString(),
      cryptosuite: "eddsa-jcs-2022",
      proofPurpose: "assertionMethod",
      type: "DataIntegrityProof",
      verificationMethod: `${this.did}#${this.key.keyId}`,
    };
    const signature = this.key.sign(hashes(canonicalText(options), canonicalText(document)));
    return canonicalText({ ...document, proof: { ...options, proofValue: `z${naiveBase58(signature)}` } });
  }

  async #call<Row extends object>(call: string, values: readonly unknown[] = []): Promise<Row[]> {
    const { rows } = await this.#database.pool("press_worker").query(`select * from press_worker.${call}`, [...values]);
    return rows as Row[];
  }
}

/** What eddsa-jcs-2022 signs. */
function hashes(...texts: readonly string[]): Buffer {
  return Buffer.concat(texts.map((text) => createHash("sha256").update(text).digest()));
}
