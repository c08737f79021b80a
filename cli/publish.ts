/** `golden-press publish`: signs a record, submits it, and says what becomes of it on the public chain. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { buffer as readAll } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import canonicalize from "canonicalize";
import pg from "pg";
import type { Configuration } from "../configuration.ts";
import { readRecordContent } from "../recordContent.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { type PublishingKey, readPublishingKey } from "./publishingKey.ts";
import { explainRefusal } from "./refusal.ts";
import { withPress } from "./withPress.ts";

export interface PublishOptions {
  /** The file of the key that signs. */
  readonly key: string;
  /** The member `nonce` of the record: a random one, unless the record has one. */
  readonly nonce?: string;
  /** The member `expires_at`: an hour from now, unless the record has one. */
  readonly expiresAt?: string;
  /** Seconds to wait until it is sent or has failed; 0 waits for nothing. */
  readonly wait: number;
  /** Whether it is only signed. */
  readonly dryRun?: boolean;
}

interface Publication {
  readonly state: "queued" | "processing" | "unknown" | "sent" | "failed";
  readonly error_code: string | null;
  readonly error_detail: string | null;
  readonly txid: string | null;
}

const LOOK_MILLISECONDS = 100;
const LIFE_MILLISECONDS = 3_600_000;

const PUBLICATION = `
  select p.state, p.error_code, p.error_detail, press.publications_txid(p) as txid from press.publications p where p.id = $1`;

/**
 * Signs and submits a record as an operator, and prints its id; or waits, says on the way how it stands, and prints the id of its transaction.
 * Or signs it and prints what `POST /v1/publish` takes; that asks nobody.
 *
 * @param file a JSON object; `-` reads the standard input
 * @returns the exit code: 0 signed, submitted or sent; 1 failed
 */
export async function publish(configuration: Configuration, file: string, options: PublishOptions): Promise<number> {
  const key = await readPublishingKey(options.key);
  const record = completeRecord(await readObject(file), options);
  const payload = canonicalize(record) ?? "";
  if (options.dryRun) {
    console.log(JSON.stringify({ signed_payload: payload, signature: key.sign(payload), pubkey: key.publicKey }));
    return EXIT.done;
  }
  const again = `the same command with --nonce ${record.nonce} --expires-at ${record.expires_at}`;
  const url = await databaseUrl(configuration, "operator");
  return withPress(url, async (client) => {
    const id = await submit(client, payload, key, again);
    console.error(`Submitted: publication ${id}.`);
    if (options.wait === 0) {
      console.log(id);
      return EXIT.done;
    }
    const { state, error_code: code, error_detail: detail, txid } = await waitForEnd(client, id, options.wait, again);
    if (state === "sent") {
      console.log(txid);
      return EXIT.done;
    }
    console.log(`failed: ${code}${detail === null ? "" : `: ${detail}`}`);
    return EXIT.failed;
  });
}

/** A record names what makes it this one, and how long it may be sent: whoever repeats the command repeats both. */
function completeRecord(
  content: Readonly<Record<string, unknown>>,
  { nonce, expiresAt }: PublishOptions,
): Readonly<Record<string, unknown>> {
  for (const [member, option, value] of [
    ["nonce", "--nonce", nonce],
    ["expires_at", "--expires-at", expiresAt],
  ] as const) {
    if (value !== undefined && content[member] !== undefined && content[member] !== value) {
      throw new CommandError(`The record has a ${member} of its own; leave ${option} out.`, EXIT.usage);
    }
  }
  const defaults = { nonce: randomUUID(), expires_at: new Date(Date.now() + LIFE_MILLISECONDS).toISOString() };
  const asked = { ...(nonce !== undefined && { nonce }), ...(expiresAt !== undefined && { expires_at: expiresAt }) };
  return { ...defaults, ...asked, ...content };
}

async function submit(client: pg.Client, payload: string, key: PublishingKey, again: string): Promise<string> {
  try {
    const text = "select id from press.submit_record($1, $2, $3)";
    const { rows } = await client.query<{ id: string }>(text, [payload, key.sign(payload), key.publicKey]);
    return String(rows[0]?.id);
  } catch (error) {
    if (error instanceof pg.DatabaseError) throw explainRefusal(error);
    throw new CommandError(
      `The connection broke (${(error as Error).message}), and it may be submitted or not: ${again} finds out.`,
    );
  }
}

/** Looks until it is sent or has failed, and says each time that it stands otherwise than before. */
async function waitForEnd(client: pg.Client, id: string, seconds: number, again: string): Promise<Publication> {
  const until = performance.now() + seconds * 1000;
  let said = "";
  for (;;) {
    const { rows } = await client.query<Publication>(PUBLICATION, [id]);
    const [publication] = rows;
    if (publication?.state === "sent" || publication?.state === "failed") return publication;
    const standing = publication === undefined ? "" : describe(publication);
    if (standing !== said) console.error(standing);
    said = standing;
    if (performance.now() > until) {
      throw new CommandError(
        `It is not sent within ${seconds} s: is a worker running that has a wallet and a way to the chain? It is submitted all the same; ${again} waits again.`,
      );
    }
    await sleep(LOOK_MILLISECONDS);
  }
}

function describe({ state, error_code: code, txid }: Publication): string {
  if (code === "POOL_EMPTY") return "queued: the pool has no coin for it; fund it with `golden-press wallet fund`";
  return txid === null ? state : `${state}: transaction ${txid}`;
}

async function readObject(file: string): Promise<Readonly<Record<string, unknown>>> {
  const reading = readRecordContent(decoded(await readBytes(file)));
  if ("fault" in reading) throw new CommandError(reading.fault, EXIT.usage);
  return { ...reading.content };
}

/** What is not UTF-8 would be signed with other characters in its place. */
function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new CommandError("A record is UTF-8 text.", EXIT.usage);
  }
}

async function readBytes(file: string): Promise<Uint8Array> {
  if (file === "-") return readAll(process.stdin);
  return readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read (${error.code}).`, EXIT.usage);
  });
}
