/* What the tests of publishing share: a worker that publishes, and what became of it all. */
import { expect } from "vitest";
import type { ChainOptions } from "../../../worker/chain/chain.ts";
import { startWorker, type Worker, type WorkerOptions } from "../../../worker/worker.ts";
import type { RegtestNode } from "../../chain/regtestNode.ts";
import type { TestDatabase } from "../../database.ts";
import { makeKey, makeLedger, makeLog } from "../support.ts";
import { chainOptions } from "./chainOptions.ts";

/** A worker of the database that publishes with the test's wallet, with no window unless told. */
export function startPublishing(
  database: TestDatabase,
  node: Pick<RegtestNode, "url">,
  options: Partial<ChainOptions> & { readonly observe?: WorkerOptions["observe"] } = {},
  workerOptions: Partial<WorkerOptions> = {},
): Promise<Worker> {
  return startWorker({
    databaseUrl: database.url("press_worker"),
    signingKey: makeKey(),
    ledger: makeLedger(),
    log: makeLog(),
    chain: chainOptions(node.url, options),
    observe: options.observe,
    ...workerOptions,
  });
}

/** A publication as its client sees it. */
export interface PublicationRow {
  readonly id: string;
  readonly state: string;
  readonly error_code: string | null;
  readonly error_detail: string | null;
  readonly txid: string | null;
  readonly payload: string;
}

export async function publicationsOf(database: TestDatabase, ids?: readonly string[]): Promise<PublicationRow[]> {
  const { rows } = await database.pool("superuser").query<PublicationRow>(
    `select p.id, p.state, p.error_code, p.error_detail, t.txid, p.payload
     from press.publications p left join press.chain_transactions t on t.id = p.transaction_id
     where $1::uuid[] is null or p.id = any($1) order by p.submitted_at, p.id`,
    [ids ?? null],
  );
  return rows;
}

/** Whether every publication is in one of these states. */
export async function areAll(database: TestDatabase, ...states: string[]): Promise<boolean> {
  return (await publicationsOf(database)).every(({ state }) => states.includes(state));
}

/** What every read of the pool has to show: nothing is lost and nothing made, and a coin has one transaction that is alive. */
export async function expectPoolWhole(database: TestDatabase): Promise<void> {
  const { rows } = await database
    .pool("superuser")
    .query<{ finding: string }>(
      `select f::text as finding from press_private.audit_pool() f union all select f::text from press_private.audit_transactions() f union all select f::text from press_private.audit_outputs() f`,
    );
  expect(rows).toEqual([]);
}
