import type { Configuration } from "../configuration.ts";
import { createSigningKey } from "../worker/keys.ts";
import { databaseUrl } from "./connection.ts";
import { readPrivateKey } from "./keyShares.ts";
import { explaining } from "./refusal.ts";
import { formatTable } from "./table.ts";
import { withPress } from "./withPress.ts";

const COLUMNS = ["key_id", "public_key", "purpose", "activated_at", "retired_at", "revoked_at", "reason"];

/** `golden-press keys list`: the public keys that sign or signed, oldest first. */
export async function listKeys(configuration: Configuration): Promise<void> {
  const url = await databaseUrl(configuration, "owner");
  const { rows } = await withPress(url, (client) =>
    client.query<[string, string, string, string, string | null, string | null, string | null]>({
      rowMode: "array",
      text: `select key_id, public_key, purpose, activated_at::text, retired_at::text, revoked_at::text, revocation_reason
             from press.signing_keys order by activated_at, key_id`,
    }),
  );
  console.log(
    formatTable(
      COLUMNS.map((name) => ({ name })),
      rows,
    ),
  );
}

/** `golden-press keys create`: makes a signing key in a new file and prints its public half. */
export async function createKey(file: string): Promise<void> {
  const key = await createSigningKey(file);
  console.error(`Wrote the private key ${file} (mode 0600). Keep a copy where nobody else can read it.`);
  console.log(key.publicKey);
}

/** `golden-press keys public`: prints the public half of a key: of one that signs, or of a wallet's. */
export async function showPublicKey(file: string): Promise<void> {
  console.log((await readPrivateKey(file)).publicKey);
}

/** `golden-press keys retire`: from now on nothing more is signed with a key; what it signed stays valid. */
export async function retireKey(configuration: Configuration, keyId: string): Promise<void> {
  const url = await databaseUrl(configuration, "worker");
  await withPress(url, (client) => client.query("select from press_worker.retire_signing_key($1)", [keyId]));
  console.log(`The key ${keyId} is retired. What it signed stays valid; start the workers with another key.`);
}

/** `golden-press keys revoke`: says to everybody that somebody else has a key, whose signature alone is worth nothing from now on. */
export async function revokeKey(
  configuration: Configuration,
  keyId: string,
  { reason }: { reason: string },
): Promise<void> {
  const url = await databaseUrl(configuration, "operator");
  const { rows } = await withPress(url, (client) =>
    explaining(
      client.query<{ purpose: string; reason: string }>(
        "select purpose, revocation_reason as reason from press.revoke_signing_key($1, $2)",
        [keyId, reason],
      ),
    ),
  );
  console.log(`revoked: key ${keyId} of ${rows[0]?.purpose}s: ${rows[0]?.reason}`);
  console.error(
    "Nothing more is signed with it, and its signature alone is worth nothing; tickets that are in the ledger stay good. Start the workers with another key.",
  );
}
