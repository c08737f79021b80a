import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import type { Pool } from "pg";

/** A worker in a few lines: signs what is pending, with a key of its own, through the functions that a worker has. */
export class TestSigner {
  readonly #pool: Pool;
  readonly #privateKey: KeyObject;
  /** 64 hex characters. */
  readonly publicKey: string;
  #keyId: string | undefined;

  constructor(pool: Pool) {
    const { privateKey, publicKey } = generateKeyPairSync("ed25519");
    this.#pool = pool;
    this.#privateKey = privateKey;
    this.publicKey = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url").toString("hex");
  }

  async register(): Promise<string> {
    const { rows } = await this.#pool.query("select (press_worker.register_signing_key($1, 'ticket')).key_id", [
      this.publicKey,
    ]);
    this.#keyId = rows[0].key_id as string;
    return this.#keyId;
  }

  /** Signs everything that is pending, and tells how many tickets that were. */
  async signPending(): Promise<number> {
    const { rows } = await this.#pool.query<{ ticket_id: string; payload: string }>(
      "select ticket_id, payload from press_worker.tickets_to_sign($1, 1000, 60)",
      [this.#keyId],
    );
    const signatures = rows.map(({ payload }) => sign(null, Buffer.from(payload), this.#privateKey).toString("hex"));
    await this.#pool.query("select press_worker.attach_signatures($1, $2, $3)", [
      this.#keyId,
      rows.map(({ ticket_id }) => ticket_id),
      signatures,
    ]);
    return rows.length;
  }
}
