/** The folder of the embedded press (GOLDEN_PRESS_HOME): what is kept in it between starts, besides the data of PostgreSQL. */
import { randomBytes } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { findEmbeddedServer } from "../db/embedded.ts";
import { writeSecretFile } from "../secretFile.ts";

/** The database of the embedded press. */
export const EMBEDDED_DATABASE = "golden_press";

const LOGINS = ["press_gateway", "press_worker", "press_auditor", "operator"] as const;

/** A login of the embedded press; `operator` is a DBA's own login that was granted press_operator. */
export type EmbeddedLogin = (typeof LOGINS)[number];

/** Where the secrets of the embedded press are. The signing keys are not read here: only the worker does that. */
export interface Home {
  readonly folder: string;
  readonly passwords: Readonly<Record<EmbeddedLogin, string>>;
  readonly jwtSecretFile: string;
  readonly signingKeyFile: string;
  readonly checkpointKeyFile: string;
  readonly credentialKeyFile: string;
  readonly walletKeyFile: string;
  readonly checkpointStoreFile: string;
}

/** Opens the folder and makes what is missing in it: the passwords of the logins and the secret of the tokens. */
export async function openHome(folder: string): Promise<Home> {
  await mkdir(folder, { recursive: true });
  const passwords = Object.fromEntries(LOGINS.map((login) => [login, randomBytes(24).toString("base64url")]));
  await writeSecretFile(join(folder, "press.json"), `${JSON.stringify({ passwords }, undefined, 2)}\n`);
  await writeSecretFile(join(folder, "jwt-secret"), `${randomBytes(32).toString("hex")}\n`);
  const home = await findHome(folder);
  if (home === undefined) throw new Error(`The file ${join(folder, "press.json")} disappeared a moment ago.`);
  return home;
}

/** The embedded press that was started in this folder before, or undefined when there was none. */
export async function findHome(folder: string): Promise<Home | undefined> {
  const file = join(folder, "press.json");
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  return {
    folder,
    passwords: readPasswords(text, file),
    jwtSecretFile: join(folder, "jwt-secret"),
    signingKeyFile: join(folder, "signing-key.pem"),
    checkpointKeyFile: join(folder, "checkpoint-key.pem"),
    credentialKeyFile: join(folder, "credential-key.pem"),
    walletKeyFile: join(folder, "wallet-key"),
    checkpointStoreFile: join(folder, "checkpoint"),
  };
}

/**
 * The URL of a login of the embedded press, or of its superuser, who owns everything.
 *
 * @returns undefined when its PostgreSQL is not running
 */
export async function embeddedUrl(home: Home, login: EmbeddedLogin | "superuser"): Promise<string | undefined> {
  const superuserUrl = (await findEmbeddedServer(home.folder))?.(EMBEDDED_DATABASE);
  if (superuserUrl === undefined || login === "superuser") return superuserUrl;
  return urlAs(superuserUrl, login, home.passwords[login]);
}

/** The same database as another login. */
export function urlAs(url: string, login: string, password: string): string {
  const changed = new URL(url);
  changed.username = login;
  changed.password = password;
  return changed.href;
}

function readPasswords(text: string, file: string): Home["passwords"] {
  const { passwords } = JSON.parse(text) as { passwords?: Partial<Home["passwords"]> };
  const missing = LOGINS.find((login) => typeof passwords?.[login] !== "string");
  if (missing !== undefined)
    throw new Error(`${file} has no password for ${missing}: put the file back from a backup.`);
  return passwords as Home["passwords"];
}
