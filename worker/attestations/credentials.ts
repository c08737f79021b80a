/**
 * Signs credentials. What is signed the database has written down before anybody sees it, and hands out the same however often it is asked: so
 * there is one payload, and with Ed25519 one signature, whoever signs and whatever dies in between.
 */
import { proofHashData } from "../../verifier/index.ts";
import type { Queryable } from "../guardedPool.ts";
import type { SigningKey } from "../keys.ts";
import type { Log } from "../log.ts";
import { oneAtATime } from "../oneAtATime.ts";
import { retried } from "../retried.ts";
import { credentialProblem } from "./credentialProblem.ts";
import type { CredentialIssuer } from "./dataIntegrity.ts";

/** After which step the observer is called: the points at which a crash test kills the worker. */
export type CredentialStep = "credentialPrepared" | "credentialSigned" | "credentialStored";

/** What is needed to sign credentials. The observer is awaited, so that a test can hold the worker exactly between two steps. */
export interface CredentialsOptions {
  readonly db: Queryable;
  /** A key that signs credentials, and their status lists, and nothing else. */
  readonly key: SigningKey;
  readonly issuer: CredentialIssuer;
  readonly log: Log;
  readonly observe?: ((step: CredentialStep) => unknown) | undefined;
  /** For how many seconds no other worker takes what this one has claimed. */
  readonly leaseSeconds?: number | undefined;
  /** Publishes the status lists that are due: called before credentials go out that name one that may not be there yet. */
  readonly publishLists?: (() => Promise<void>) | undefined;
}

interface Claim {
  readonly credential_id: string;
  readonly unsigned_document: string;
  readonly proof_options: string;
}

interface SignedCredential {
  readonly credentialId: string;
  readonly signature: string;
  /** Where the list is that tells whether it was revoked. */
  readonly statusList: string;
}

const BATCH_SIZE = 50;
const LEASE_SECONDS = 5;

/** Signs pending credentials in batches. Any number of workers share them. */
export class Credentials {
  readonly #options: CredentialsOptions;
  readonly #observe: (step: CredentialStep) => unknown;
  /** What was said already: one that is not signed is handed out again and again. */
  readonly #said = new Set<string>();
  /** The status lists that are there. */
  readonly #published = new Set<string>();
  #isStopping = false;

  constructor(options: CredentialsOptions) {
    this.#options = options;
    this.#observe = options.observe ?? (() => undefined);
  }

  /** Signs until nothing is pending. There is one such loop at a time, and calls share it. */
  readonly drain = oneAtATime(() => this.#signPending());

  /** Takes no further batch, and returns when the one in hand is stored. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    await this.drain().catch(() => undefined); // Whoever asked for the drain hears of its failure.
  }

  async #signPending(): Promise<void> {
    while (!this.#isStopping) {
      const claims = await this.#claim();
      if (claims.length === 0) return;
      await this.#observe("credentialPrepared");
      const signed = claims.map((claim) => this.#sign(claim)).filter((credential) => credential !== undefined);
      await this.#observe("credentialSigned");
      await this.#publishLists(signed);
      if (signed.length > 0) await this.#attach(signed);
      await this.#observe("credentialStored");
    }
  }

  async #claim(): Promise<Claim[]> {
    const { db, key, issuer, leaseSeconds } = this.#options;
    const { rows } = await db.query<Claim>({
      name: "credentials_to_sign",
      text: "select credential_id, unsigned_document, proof_options from press_worker.credentials_to_sign($1, $2, $3, $4, $5)",
      values: [key.keyId, issuer.did, issuer.baseUrl, BATCH_SIZE, leaseSeconds ?? LEASE_SECONDS],
    });
    return rows;
  }

  #sign({ credential_id: credentialId, unsigned_document: document, proof_options: proofOptions }: Claim) {
    const { key, issuer } = this.#options;
    const problem = credentialProblem({ document, proofOptions }, issuer, key.keyId);
    if (problem !== undefined) return this.#say(credentialId, `Not signed: the credential ${problem}.`);
    const message = proofHashData(document, proofOptions);
    const signature = key.sign(message);
    if (!key.check(message, signature)) return this.#say(credentialId, "Not signed: its signature does not verify.");
    const statusList: string = JSON.parse(document).credentialStatus.statusListCredential;
    return { credentialId, signature: Buffer.from(signature).toString("hex"), statusList };
  }

  /** Whoever is shown a credential can look its list up from the first moment on. */
  async #publishLists(signed: readonly SignedCredential[]): Promise<void> {
    const missing = signed.map(({ statusList }) => statusList).filter((list) => !this.#published.has(list));
    if (missing.length === 0) return;
    await this.#options.publishLists?.();
    for (const list of missing) this.#published.add(list);
  }

  async #attach(signed: readonly SignedCredential[]): Promise<void> {
    const { db, key } = this.#options;
    const { rows } = await retried(() =>
      db.query<{ credential_id: string; outcome: "attached" | "repeated" | "refused" }>({
        name: "attach_credential_signatures",
        text: "select credential_id, outcome from press_worker.attach_credential_signatures($1, $2, $3)",
        values: [key.keyId, signed.map(({ credentialId }) => credentialId), signed.map(({ signature }) => signature)],
      }),
    );
    for (const { credential_id: credentialId, outcome } of rows) {
      if (outcome !== "refused") continue;
      this.#say(
        credentialId,
        "The database refused a signature: the credential was revoked meanwhile, or is another key's.",
      );
    }
  }

  #say(credentialId: string, sentence: string): undefined {
    const said = `${credentialId} ${sentence}`;
    if (this.#said.has(said)) return;
    this.#said.add(said);
    this.#options.log.error({ credentialId, keyId: this.#options.key.keyId }, sentence);
  }
}
