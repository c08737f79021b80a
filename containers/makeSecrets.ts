/* Makes the secrets of docker-compose.yml in a folder, each in a file of its own that only the user of its container may read (mode 0600).
   What is there already stays as it is, so it may be run again at any time. */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { chown } from "node:fs/promises";
import { join } from "node:path";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { readSecretFile, writeSecretFile } from "../secretFile.ts";
import { writePem } from "../worker/keys.ts";

/** The user of the image, see Dockerfile. */
const CONTAINER_USER = 1000;
/** NATS runs as root without its rights, which may read no file but its own. */
const NATS_USER = 0;

async function makeSecrets(folder: string): Promise<void> {
  await make(folder, "postgres-password", makePassword());
  await make(folder, "database-url", urlOf("golden_press", await readSecretFile(join(folder, "postgres-password"))));
  await make(folder, "gateway-database-url", urlOf("press_gateway", makePassword()));
  await make(folder, "worker-database-url", urlOf("press_worker", makePassword()));
  await make(folder, "jwt-secret", randomBytes(32).toString("hex"));
  await make(folder, "oidc-client-secret", ""); // The provider's, for whoever has one to write into it.
  await make(folder, "signing-key.pem", makeKey());
  await make(folder, "checkpoint-key.pem", makeKey());
  await make(folder, "credential-key.pem", makeKey());
  await make(folder, "repository-api-token", ""); // The hosting service's, for whoever has one to write into it.
  await make(folder, "wallet-key", Buffer.from(secp256k1.utils.randomSecretKey()).toString("hex"));
  await make(folder, "chain-node-url", ""); // The node's, with its password, for whoever has one to write into it.
  await make(folder, "arc-token", ""); // The endpoint's, for whoever has one to write into it.
  await make(folder, "nats-url", `nats://press:${makePassword()}@nats:4222`);
  await make(folder, "nats-consumer-password", makePassword());
  await make(folder, "nats-passwords.conf", await natsPasswords(folder), NATS_USER);
}

async function make(folder: string, name: string, text: string, user: number = CONTAINER_USER): Promise<void> {
  const file = join(folder, name);
  const isNew = await writeSecretFile(file, `${text}\n`);
  if (process.getuid?.() === 0) await chown(file, user, user);
  console.log(`${isNew ? "made" : "kept"}  ${name}`);
}

/** What containers/nats.conf includes. */
async function natsPasswords(folder: string): Promise<string> {
  const { password } = new URL(await readSecretFile(join(folder, "nats-url")));
  const consumers = await readSecretFile(join(folder, "nats-consumer-password"));
  return `PRESS_PASSWORD: "${decodeURIComponent(password)}"\nCONSUMER_PASSWORD: "${consumers}"`;
}

function makeKey(): string {
  return writePem(generateKeyPairSync("ed25519").privateKey).trimEnd();
}

function makePassword(): string {
  return randomBytes(24).toString("base64url");
}

function urlOf(login: string, password: string): string {
  return `postgres://${login}:${password}@postgres:5432/golden_press`;
}

await makeSecrets(process.argv[2] ?? "secrets");
