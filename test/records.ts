/* Keys that records are signed with, and records that they have signed, for a press in which they must be genuine; and how a test sends one. */
import { secp256k1 } from "@noble/curves/secp256k1.js";
import type { TestDatabase } from "./database.ts";

/** A key of its own, compressed in hex, and what signs with it: base64 of DER. */
export class RecordKey {
  readonly #secretKey = secp256k1.utils.randomSecretKey();
  readonly publicKey = Buffer.from(secp256k1.getPublicKey(this.#secretKey, true)).toString("hex");

  sign(text: string): string {
    return Buffer.from(secp256k1.sign(Buffer.from(text), this.#secretKey, { format: "der" })).toString("base64");
  }

  /** Registers a key for the person, as an operator. The ledger has its name by then. */
  static async register(database: TestDatabase, subject: string): Promise<RecordKey> {
    const key = new RecordKey();
    const text = "select press.key_registration_text($1, $2) as text";
    const { rows } = await database.pool("operator").query<{ text: string }>(text, [key.publicKey, subject]);
    await database
      .pool("operator")
      .query("select press.register_public_key($1, $2, $3)", [key.publicKey, key.sign(String(rows[0]?.text)), subject]);
    return key;
  }

  /** A record that the key has signed. */
  record(nonce: string): { payload: string; signature: string } {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const payload = JSON.stringify({ expires_at: expiresAt, nonce, value: `what ${nonce} says` });
    return { payload, signature: this.sign(payload) };
  }

  /** Submits one, as an operator; the answer is its id. */
  async submit(database: TestDatabase, nonce: string): Promise<string> {
    const { payload, signature } = this.record(nonce);
    const text = "select id from press.submit_record($1, $2, $3)";
    const { rows } = await database.pool("operator").query<{ id: string }>(text, [payload, signature, this.publicKey]);
    return String(rows[0]?.id);
  }
}

/**
 * Sends a publication as a worker does, without a chain, as logins do that are on every server.
 *
 * @param blockHeight of the block that has it; null: the nodes have taken it
 * @returns the transaction that it is in
 */
export async function putOnChain(
  database: TestDatabase,
  publicationId: unknown,
  blockHeight: number | null = null,
): Promise<{ readonly id: string; readonly txid: string }> {
  await database.pool("operator").query("select tests.fund(1, 100000)");
  const { rows } = await database
    .pool("owner")
    .query<{ id: string; txid: string }>("select t.id, t.txid from tests.put_on_chain($1, $2) t", [
      publicationId,
      blockHeight,
    ]);
  return { id: String(rows[0]?.id), txid: String(rows[0]?.txid) };
}
