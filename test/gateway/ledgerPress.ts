import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { until } from "../worker/support.ts";
import { startTestGateway, type TestGateway } from "./testGateway.ts";

/** A press with a ledger and everything that a test does to it. */
export interface LedgerPress {
  readonly database: TestDatabase;
  readonly gateway: TestGateway;
  readonly worker: TestWorker;
  /** Where the ledger is served. */
  readonly ledgerUrl: string;
  /** The checkpoints that were served, in their order. */
  readonly notes: readonly string[];
  get(path: string): Promise<Response>;
  getText(path: string): Promise<string>;
  getBytes(path: string): Promise<Uint8Array>;
  /** Signs what is pending, gives places to what waits for them, publishes a checkpoint, and waits until the gateway serves it. */
  publish(): Promise<void>;
  /** Issues to the recipient, as an operator. */
  issue(slug: string, quantity: number, recipient: string): Promise<string[]>;
  close(): Promise<void>;
}

/** How many entries a checkpoint covers. */
export function sizeOf(note: string | undefined): number {
  return Number(note?.split("\n")[1]);
}

export async function startLedgerPress(): Promise<LedgerPress> {
  const database = await createTestDatabase();
  const gateway = await startTestGateway(database);
  const worker = await TestWorker.start(database);
  const ledgerUrl = `${gateway.url}/ledger`;
  const notes: string[] = [];
  const get = (path: string) => fetch(`${ledgerUrl}/${path}`);
  const getText = async (path: string) => (await get(path)).text();
  return {
    database,
    gateway,
    worker,
    ledgerUrl,
    notes,
    get,
    getText,
    getBytes: async (path) => new Uint8Array(await (await get(path)).arrayBuffer()),
    async publish() {
      await worker.signPending();
      await worker.integrate();
      const note = (await worker.publish()) ?? "";
      await until(async () => (await getText("checkpoint")) === note);
      notes.push(note);
    },
    async issue(slug, quantity, recipient) {
      const text = "select id from press.issue_tickets($1, $2, recipient => $3) order by ticket_number";
      const { rows } = await database.pool("operator").query<{ id: string }>(text, [slug, quantity, recipient]);
      return rows.map(({ id }) => id);
    },
    async close() {
      await gateway.close();
      await database.drop();
    },
  };
}
