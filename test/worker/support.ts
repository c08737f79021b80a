/* What the tests of the worker share: pending tickets, what became of them, a log that can be read, and waiting for a condition. */
import { generateKeyPairSync } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { Verifier } from "../../verifier/index.ts";
import {
  type CheckpointStore,
  formatStored,
  parseStored,
  type StoredCheckpoint,
} from "../../worker/checkpointStore.ts";
import { SigningKey } from "../../worker/keys.ts";
import type { Log } from "../../worker/log.ts";
import type { LedgerOptions } from "../../worker/worker.ts";
import type { TestDatabase } from "../database.ts";

/** An open edition with pending tickets, issued by an operator in one request to one holder. */
export async function issuePending(database: TestDatabase, slug: string, quantity: number): Promise<string[]> {
  const operator = database.pool("operator");
  await operator.query("select press.create_edition($1, 'An edition', $2)", [slug, quantity]);
  await operator.query("select press.open_edition($1)", [slug]);
  return issueMore(database, slug, quantity);
}

/** Issues tickets of an open edition, and returns their ids. */
export async function issueMore(database: TestDatabase, slug: string, quantity: number): Promise<string[]> {
  const text = "select id from press.issue_tickets($1, $2, recipient => 'alice')";
  const { rows } = await database.pool("operator").query<{ id: string }>(text, [slug, quantity]);
  return rows.map((row) => row.id);
}

/** The envelopes of an edition by ticket number; null for those that are pending. */
export async function envelopesOf(database: TestDatabase, slug: string): Promise<(string | null)[]> {
  const { rows } = await database.pool("operator").query<{ envelope: string | null }>(
    `select t.envelope from press.tickets t join press.editions e on e.id = t.edition_id
     where e.slug = $1 order by t.ticket_number`,
    [slug],
  );
  return rows.map((row) => row.envelope);
}

/** How many tickets of an edition are signed. */
export async function signedCount(database: TestDatabase, slug: string): Promise<number> {
  return (await envelopesOf(database, slug)).filter((envelope) => envelope !== null).length;
}

/** The verdicts about the envelopes, as short texts: a list of `signed` when all is well. */
export function verdicts(envelopes: readonly (string | null)[], publicKey: string): Set<string> {
  const verifier = new Verifier(publicKey);
  return new Set(
    envelopes.map((envelope) => {
      const verdict = verifier.verify(envelope ?? "");
      return verdict.isValid ? verdict.verdict : verdict.reason;
    }),
  );
}

export function makePem(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ format: "pem", type: "pkcs8" }).toString();
}

export function makeKey(): SigningKey {
  return new SigningKey(makePem());
}

/** A checkpoint store in memory: what was written to it is there, and nothing else happens to it. */
export function makeStore(): CheckpointStore & { stored: StoredCheckpoint | undefined } {
  return {
    name: "checkpoint store of a test",
    stored: undefined,
    async read() {
      return this.stored && parseStored(formatStored(this.stored));
    },
    requireWritable: async () => undefined,
    async write(stored) {
      this.stored = stored;
    },
  };
}

/** What the workers of one database share of the ledger. */
export function makeLedger() {
  return { checkpointKey: makeKey(), store: makeStore(), origin: "press.example/ledger" } satisfies LedgerOptions;
}

/** A log that keeps what is written: `level message {details}`. */
export function makeLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const write =
    (level: string) =>
    (...parts: unknown[]) =>
      void lines.push(
        [level, ...parts.map((part) => (typeof part === "string" ? part : JSON.stringify(part)))].join(" "),
      );
  return { lines, debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
}

/** Waits until the condition holds; the longest wait is the test's own time limit. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(10);
}

/** Waits until all sessions of that name have ended: who is killed leaves a statement behind that the server may still carry out. */
export async function untilSessionsEnd(database: TestDatabase, application: string): Promise<void> {
  const text = "select from pg_stat_activity where datname = $1 and application_name like $2 || '%'";
  const sessions = () => database.pool("superuser").query(text, [database.name, application]);
  await until(async () => (await sessions()).rowCount === 0);
}

/** A door that stays shut until it is opened: holds a worker between two steps. */
export function makeDoor(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: resolve };
}
