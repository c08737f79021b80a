/* Workers and the database server are killed at random while tickets are issued, signed and recorded. Afterwards nothing is missing, nothing is
   twice, every two checkpoints are consistent, and the press was never stopped for nothing. `TEST_SEED` repeats the choices. */
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type EmbeddedServer, startEmbeddedServer } from "../../db/embedded.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../../db/install.ts";
import { formatVkey } from "../../verifier/index.ts";
import { createSigningKey } from "../../worker/keys.ts";
import { random, rounds, seed } from "../random.ts";
import { checkLedger } from "../worker/ledgerChecks.ts";
import { until, verdicts } from "../worker/support.ts";
import { kill, type Launched, launchWorker, makeLedgerIn, ORIGIN } from "./launchWorker.ts";

const DATABASE = "killed";
const PASSWORD = "a-password-of-the-worker";
const KILLS = rounds(16, 50, 6);
/** One kill in so many is the server's. */
const SERVER_KILLS = 6;
const WORKERS = 2;
const KILL_MILLISECONDS_MAX = 300;
/** Seconds, on a machine that has nothing else to do; no lock that a dead worker has left lasts longer. */
const RECOVERY_MILLISECONDS_MAX = 60_000;

let folder: string;
let server: EmbeddedServer;
let publicKey: string;
let vkey: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-killed-"));
  await chmod(folder, 0o755); // Started by root, PostgreSQL runs as another user, who must be able to enter.
  publicKey = (await createSigningKey(join(folder, "signing-key.pem"))).publicKey;
  vkey = formatVkey(ORIGIN, Buffer.from((await makeLedgerIn(folder)).checkpointKey.publicKey, "hex"));
  await startServer();
  await createDatabaseIfMissing(server.superuserUrl("postgres"), DATABASE);
  await installDatabase({ url: server.superuserUrl(DATABASE), own: true, includeCurrent: true });
  await query(async (client) => {
    await setLoginPassword(client, "press_worker", PASSWORD);
    await client.query("select press.create_edition('rush', 'An edition', 1000000), press.open_edition('rush')");
  });
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function startServer(): Promise<void> {
  server = await startEmbeddedServer({ home: folder, log: () => undefined });
}

/** Acts as the superuser, in a connection of its own: the server comes and goes. */
async function query<Result>(act: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: server.superuserUrl(DATABASE) });
  client.on("error", () => undefined); // The query that was running reports it.
  await client.connect();
  try {
    return await act(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}

function launch(): Launched {
  const databaseUrl = new URL(server.superuserUrl(DATABASE));
  databaseUrl.username = "press_worker";
  databaseUrl.password = PASSWORD;
  return launchWorker({
    folder,
    databaseUrl: databaseUrl.href,
    signingKeyFile: join(folder, "signing-key.pem"),
    batchSize: 20,
    leaseSeconds: 1,
  });
}

/** Issues without a pause until told to stop, and returns how many tickets were acknowledged. */
async function issueUntil(signal: AbortSignal): Promise<number> {
  let acknowledged = 0;
  while (!signal.aborted) {
    await query(async (client) => {
      while (!signal.aborted) {
        const quantity = 1 + random.integer(30);
        await client.query("select press.issue_tickets('rush', $1, recipient => 'alice')", [quantity]);
        acknowledged += quantity;
        await sleep(random.integer(20)); // So that the workers keep up, and there are moments of rest to be killed in.
      }
    }).catch((error: unknown) => expect(isCutOff(error), String(error)).toBe(true));
  }
  return acknowledged;
}

/** What a client hears of a server that was killed, or is not there yet. */
function isCutOff(error: unknown): boolean {
  const { code, message } = error as { code?: string; message: string };
  return (
    ["ECONNREFUSED", "ECONNRESET", "EPIPE", "57P01", "57P02", "57P03"].includes(code ?? "") ||
    /terminated|not queryable/.test(message)
  );
}

async function killServer(): Promise<void> {
  const [pid] = (await readFile(join(folder, "postgres", "postmaster.pid"), "utf8")).split("\n");
  process.kill(Number(pid), "SIGKILL");
  await startServer();
}

/** A worker that has begun to work: one that was killed before would show nothing. */
async function launchWorking(): Promise<Launched> {
  const launched = launch();
  await until(() => launched.steps.length > 0 || launched.child.exitCode !== null);
  return launched.child.exitCode === null ? launched : launchWorking(); // It started while the server was away.
}

test(`killed ${KILLS} times: nothing missing, nothing twice, one history (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const stopIssuing = new AbortController();
  const issuing = issueUntil(stopIssuing.signal);
  issuing.catch(() => undefined); // It is awaited at the end.
  // There is work for all of them from here on: one alone could do what there was before, and the others would wait for ever.
  const workers = await Promise.all(Array.from({ length: WORKERS }, launchWorking));
  for (let count = 1; count <= KILLS; count += 1) {
    await sleep(random.integer(KILL_MILLISECONDS_MAX)); // The moment is the point.
    if (count % SERVER_KILLS === 0) {
      await killServer();
    } else {
      const victim = random.integer(WORKERS);
      await kill((workers[victim] as Launched).child);
      workers[victim] = await launchWorking();
    }
  }
  stopIssuing.abort();
  const acknowledged = await issuing;
  for (const { child } of workers) await kill(child);
  await killServer();

  const restarted = performance.now();
  const last = launch(); // It may have nothing left to do.
  await query((client) => until(() => isRecorded(client)));
  expect(performance.now() - restarted).toBeLessThan(RECOVERY_MILLISECONDS_MAX);
  last.child.disconnect();
  await query(async (client) => {
    const { rows } = await client.query<{ number: number; envelope: string }>(
      "select ticket_number as number, envelope from press.tickets order by 1",
    );
    expect(rows.map(({ number }) => number)).toEqual(rows.map((_, index) => index + 1));
    expect(rows.length).toBeGreaterThanOrEqual(acknowledged);
    expect(
      verdicts(
        rows.map(({ envelope }) => envelope),
        publicKey,
      ),
    ).toEqual(new Set(["signed"]));
    expect(await checkLedger(client, [vkey]), "there were checkpoints while they were killed").toBeGreaterThan(
      KILLS / 2,
    );
    expect((await client.query("select from press_private.press_state")).rowCount, "the press was never stopped").toBe(
      0,
    );
  });
});

/** Everything is signed, has its place, and is under a checkpoint. */
async function isRecorded(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ is_recorded: boolean }>(
    `select not exists (select from press.tickets where envelope is null) and not exists (select from press_private.ledger_inbox)
            and (select count(*) from press.ledger_entries) = (select max(tree_size) from press.checkpoints) as is_recorded`,
  );
  return rows[0]?.is_recorded ?? false;
}
