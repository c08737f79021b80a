/** The keys that clients sign records with: made and kept by the client, and made known to the press by an operator. */
import { hash } from "node:crypto";
import { open } from "node:fs/promises";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import type { Configuration } from "../configuration.ts";
import { writeSecretFile } from "../secretFile.ts";
import { CommandError } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { explaining } from "./refusal.ts";
import { formatTable } from "./table.ts";
import { withPress } from "./withPress.ts";

export interface RegisterOptions {
  /** The subject of whose key it is. */
  readonly for: string;
  /** How many of its records are taken within an hour; 1000 unless it is told. */
  readonly recordsPerHour?: number;
}

const GROUP_AND_OTHERS = 0o077;

/** A secp256k1 key that signs records. Its private half is out of reach of logs, JSON and `util.inspect`. */
export class PublishingKey {
  readonly #privateKey: Uint8Array;
  /** Compressed: 66 lower-case hexadecimal characters. */
  readonly publicKey: string;

  /** @param text 64 hexadecimal characters; white space behind them is forgiven */
  constructor(text: string) {
    this.#privateKey = Buffer.from(/^[0-9a-f]{64}\s*$/i.test(text) ? text.trim() : "", "hex");
    if (!secp256k1.utils.isValidSecretKey(this.#privateKey)) {
      throw new CommandError(
        "The file holds no key of secp256k1 in 64 hexadecimal characters: make one with `golden-press publishing-key create FILE`.",
      );
    }
    this.publicKey = Buffer.from(secp256k1.getPublicKey(this.#privateKey, true)).toString("hex");
  }

  /** Signs the UTF-8 bytes of a text: ECDSA over SHA-256 with a low S (RFC 6979), DER in Base64. */
  sign(text: string): string {
    const digest = hash("sha256", text, "buffer");
    const signature = secp256k1.sign(digest, this.#privateKey, { prehash: false, lowS: true, format: "der" });
    return Buffer.from(signature).toString("base64");
  }
}

/**
 * Reads such a key from its file.
 *
 * @throws {CommandError} when the file is missing, can be read by others than its owner, or holds no key
 */
export async function readPublishingKey(file: string): Promise<PublishingKey> {
  const handle = await open(file, "r").catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`The key ${file} cannot be opened (${error.code}).`);
  });
  try {
    const { mode } = await handle.stat();
    if ((mode & GROUP_AND_OTHERS) !== 0) {
      throw new CommandError(`Others may read the key ${file}: run \`chmod 600 ${file}\`.`);
    }
    return new PublishingKey(await handle.readFile("utf8"));
  } finally {
    await handle.close();
  }
}

/** `golden-press publishing-key create`: makes such a key in a new file and prints its public half. */
export async function createPublishingKey(file: string): Promise<void> {
  const text = `${Buffer.from(secp256k1.utils.randomSecretKey()).toString("hex")}\n`;
  const isNew = await writeSecretFile(file, text).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`The key ${file} cannot be written (${error.code}).`);
  });
  if (!isNew) throw new CommandError(`${file} exists already, and a key is never overwritten.`);
  console.error(`Wrote the private key ${file} (mode 0600). Whoever has it signs records in its owner's name.`);
  console.log(new PublishingKey(text).publicKey);
}

/** `golden-press publishing-key register`: makes a key known as somebody's, with the proof that whoever registers it has it. */
export async function registerPublishingKey(
  configuration: Configuration,
  file: string,
  { for: subject, recordsPerHour }: RegisterOptions,
): Promise<void> {
  const key = await readPublishingKey(file);
  const url = await databaseUrl(configuration, "operator");
  await withPress(url, async (client) => {
    const { rows } = await explaining(
      client.query<{ text: string }>("select press.key_registration_text($1, $2) as text", [key.publicKey, subject]),
    );
    const values = [key.publicKey, key.sign(rows[0]?.text ?? ""), subject];
    await explaining(client.query("select from press.register_public_key($1, $2, $3)", values));
    if (recordsPerHour === undefined) return;
    await explaining(client.query("select from press.set_publishing_quota($1, $2)", [key.publicKey, recordsPerHour]));
  });
  console.log(`registered: ${key.publicKey} for ${subject}`);
}

/** `golden-press publishing-key revoke`: takes a key out of use, for good. */
export async function revokePublishingKey(
  configuration: Configuration,
  publicKey: string,
  { reason }: { reason?: string },
): Promise<void> {
  const url = await databaseUrl(configuration, "operator");
  await withPress(url, (client) =>
    explaining(client.query("select from press.revoke_public_key($1, $2)", [publicKey, reason ?? null])),
  );
  console.log(`revoked: ${publicKey}`);
}

/** `golden-press publishing-key list`: the keys that records are or were signed with, oldest first. */
export async function listPublishingKeys(configuration: Configuration): Promise<void> {
  const url = await databaseUrl(configuration, "operator");
  const { rows } = await withPress(url, (client) =>
    client.query<(string | null)[]>({
      rowMode: "array",
      text: `select k.public_key, h.subject, k.records_per_hour::text,
               to_char(k.registered_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
               to_char(k.revoked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), k.revocation_reason
             from press.publishing_keys k join press.holders h on h.id = k.holder_id order by k.registered_at, k.public_key`,
    }),
  );
  const columns = [
    { name: "public_key" },
    { name: "subject" },
    { name: "records_per_hour", isNumeric: true },
    { name: "registered_at" },
    { name: "revoked_at" },
    { name: "revocation_reason" },
  ];
  console.log(formatTable(columns, rows));
}
