/* The worker's part of attestations in a few lines: evidence is decided, credentials are signed and status lists published, when a test says so. */

import { hash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { writeCanonical } from "../verifier/canonicalJson.ts";
import type { SigningKey } from "../worker/keys.ts";
import type { TestDatabase } from "./database.ts";
import { makeKey } from "./worker/support.ts";

const CONTEXT = ["https://www.w3.org/ns/credentials/v2", "https://www.w3.org/ns/credentials/undefined-terms/v2"];
const PLACES = 131_072;

/** Signs credentials and status lists of a test's database, with a key of its own. */
export class TestCredentials {
  readonly issuer = "did:web:press.test";
  readonly baseUrl = "https://press.test";
  readonly key: SigningKey = makeKey();
  readonly #database: TestDatabase;

  private constructor(database: TestDatabase) {
    this.#database = database;
  }

  /** Makes a key and registers it. */
  static async start(database: TestDatabase): Promise<TestCredentials> {
    const credentials = new TestCredentials(database);
    const text = "select from press_worker.register_signing_key($1, 'credential')";
    await database.pool("press_worker").query(text, [credentials.key.publicKey]);
    return credentials;
  }

  /** Signs everything that is pending, and tells how many credentials that were. */
  async signPending(): Promise<number> {
    const { rows } = await this.#database.pool("press_worker").query<{
      credential_id: string;
      unsigned_document: string;
      proof_options: string;
    }>("select * from press_worker.credentials_to_sign($1, $2, $3, 1000, 60)", [
      this.key.keyId,
      this.issuer,
      this.baseUrl,
    ]);
    const signatures = rows.map((row) => this.#sign(row.unsigned_document, row.proof_options).toString("hex"));
    const ids = rows.map((row) => row.credential_id);
    const attach =
      "select outcome from press_worker.attach_credential_signatures($1, $2, $3) where outcome <> 'attached'";
    const refused = await this.#database.pool("press_worker").query(attach, [this.key.keyId, ids, signatures]);
    if (refused.rowCount !== 0) throw new Error(`A signature was ${refused.rows[0].outcome}.`);
    return rows.length;
  }

  /** Publishes every list that is due, and tells how many those were. */
  async publishStatusLists(): Promise<number> {
    const { rows } = await this.#database
      .pool("press_worker")
      .query<{ list: number; revoked_indices: number[] }>("select * from press_worker.status_lists_to_make()");
    for (const { list, revoked_indices: revoked } of rows) {
      const document = await this.statusList(list, revoked);
      const publish = "select press_worker.publish_status_list($1, $2, $3, $4)";
      await this.#database.pool("press_worker").query(publish, [this.key.keyId, list, revoked.length, document]);
    }
    return rows.length;
  }

  /** The signed list in which these places are set, as it is served. */
  async statusList(list: number, revoked: readonly number[]): Promise<string> {
    const url = `${this.baseUrl}/credentials/status/${list}`;
    const now = Date.now();
    const unsigned = writeCanonical({
      "@context": CONTEXT,
      credentialSubject: {
        encodedList: `u${gzipSync(bitsOf(revoked)).toString("base64url")}`,
        id: `${url}#list`,
        statusPurpose: "revocation",
        type: "BitstringStatusList",
      },
      id: url,
      issuer: this.issuer,
      type: ["VerifiableCredential", "BitstringStatusListCredential"],
      validFrom: new Date(now).toISOString(),
      validUntil: new Date(now + 86_400_000).toISOString(),
    });
    const options = writeCanonical({
      "@context": CONTEXT,
      created: new Date(now).toISOString(),
      cryptosuite: "eddsa-jcs-2022",
      proofPurpose: "assertionMethod",
      type: "DataIntegrityProof",
      verificationMethod: `${this.issuer}#${this.key.keyId}`,
    });
    const signature = this.#sign(unsigned, options).toString("hex");
    const { rows } = await this.#database
      .pool("owner")
      .query<{ document: string }>("select press_private.credential_document($1, $2, $3) as document", [
        unsigned,
        options,
        signature,
      ]);
    return rows[0]?.document ?? "";
  }

  #sign(document: string, options: string): Buffer {
    const digest = [options, document].map((text) => hash("sha256", text, "buffer"));
    return Buffer.from(this.key.sign(Buffer.concat(digest)));
  }
}

/** Place 0 is the left-most bit of the first byte. */
function bitsOf(places: readonly number[]): Buffer {
  const bits = Buffer.alloc(PLACES / 8);
  for (const place of places) {
    const index = Math.floor(place / 8);
    bits.writeUInt8(bits.readUInt8(index) | (0x80 >> (place % 8)), index);
  }
  return bits;
}

/** What evidence rests on, and whose it is. */
export interface Claim {
  readonly subject: string;
  readonly kind: "oidc" | "repository";
  /** Of a repository: in KB; 1000 unless told. */
  readonly size?: number;
}

let lastAccount = 0;

/** Evidence that an operator submits for somebody, from an address of its own; returns the id of the attestation, which waits to be decided. */
export async function submitEvidence(database: TestDatabase, { subject, kind }: Claim): Promise<string> {
  const operator = database.pool("operator");
  const account = ++lastAccount;
  await operator.query("select press.begin_attestation($1, $2)", [kind, subject]);
  const token = ["header", subject, `${account}`].map((part) => Buffer.from(part).toString("base64url")).join(".");
  const address = `2001:db8:1:${account.toString(16)}::1`;
  const { rows } = await operator.query<{ id: string }>(
    "select id from press.submit_attestation($1, $2, null, $3, $4)",
    [kind, kind === "oidc" ? token : `owner-${account}/press`, subject, address],
  );
  return String(rows[0]?.id);
}

/** Has evidence decided about as a worker that found what is told; the account is like no other. */
export async function decide(database: TestDatabase, id: string, { subject, kind, size = 1000 }: Claim): Promise<void> {
  const nonces = `select n.nonce from press_private.attestation_nonces n join press.holders h on h.id = n.holder_id where h.subject = $1 and n.kind = $2`;
  const { rows } = await database.pool("owner").query<{ nonce: string }>(nonces, [subject, kind]);
  const proof =
    kind === "oidc"
      ? { issuer: "https://id.test", kind, subject: id }
      : { account_id: ++lastAccount, kind, service: "https://api.test" };
  const moment = "2020-01-01T00:00:00Z";
  const facts =
    kind === "oidc" ? {} : { repository_created_at: moment, repository_size_kb: size, account_created_at: moment };
  const verify = "select press_worker.verify_attestation($1, $2, $3, $4)";
  await database.pool("press_worker").query(verify, [id, writeCanonical(proof), rows[0]?.nonce, facts]);
}

/** Both, one after the other. */
export async function attest(database: TestDatabase, claim: Claim): Promise<void> {
  await decide(database, await submitEvidence(database, claim), claim);
}
