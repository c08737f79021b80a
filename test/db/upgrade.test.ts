/* Data of the first version, made by its own functions, are brought to the present: nothing that people hold or were told changes, and what
   was under way goes on. A later migration adds what it promises to "after migrating"; the data of the first version stay as they are. */
import { createHash, randomBytes } from "node:crypto";
import { copyFile, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { migrate } from "graphile-migrate";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { formatCatalogue, readCatalogue } from "../../db/catalogue.ts";
import { withClient } from "../../db/connection.ts";
import { createDatabaseIfMissing, installDatabase, prepareDatabase } from "../../db/install.ts";
import { withMigrationTool } from "../../db/migrations.ts";
import { requireSchema } from "../../db/schemaVersion.ts";
import { writeCanonical } from "../../verifier/canonicalJson.ts";
import { Verifier } from "../../verifier/index.ts";
import type { SigningKey } from "../../worker/keys.ts";
import { startWorker, type Worker } from "../../worker/worker.ts";
import { press } from "../cli/support.ts";
import { createTestDatabase, openPool } from "../database.ts";
import { brokenRows } from "../invariants.ts";
import { dropDatabaseStatement, withDatabase, withLogin } from "../testServer.ts";
import { makeKey, makeLedger, makeLog, until } from "../worker/support.ts";

const COMMITTED = join(import.meta.dirname, "../../db/migrations/committed");
const KEYS = {
  alice: "00000000-0000-4000-8000-00000000000a",
  bob: "00000000-0000-4000-8000-00000000000b",
  operator: "00000000-0000-4000-8000-00000000000c",
};

/** Editions whose ticket has the millisecond in which they opened. */
const AT_ONCE = 100;

const server = inject("testServer");
const name = `${server.prefix}_${randomBytes(6).toString("hex")}`;
const url = withDatabase(server.adminUrl, name);
const retiredKey = makeKey();
const activeKey = makeKey();
const ledger = makeLedger();
const pools = new Map<string, pg.Pool>();
let before: State;
let schemaBefore: string;
let worker: Worker;

/** A pool of a login; "owner" is the one that installs. */
function as(login: "owner" | "operator" | "press_gateway" | "press_worker"): pg.Pool {
  const loginUrl = login === "owner" ? url : withLogin(url, login === "operator" ? server.operatorLogin : login);
  const pool = pools.get(login) ?? openPool(loginUrl, 2);
  pools.set(login, pool);
  return pool;
}

/** What must be the same for ever. */
interface State {
  readonly editions: readonly Record<string, unknown>[];
  readonly tickets: readonly Record<string, unknown>[];
  readonly holders: readonly Record<string, unknown>[];
  readonly revocations: readonly Record<string, unknown>[];
  readonly keys: readonly Record<string, unknown>[];
  readonly outcomes: readonly unknown[];
}

/** Of the columns that the first version had. */
async function readState(): Promise<State> {
  const rows = async (text: string) => (await as("owner").query<Record<string, unknown>>(text)).rows;
  return {
    editions: await rows(
      `select id, slug, title, cap, per_holder_limit, draw_mode, status, opens_at, closes_at, created_at, opened_at, closed_at
       from press.editions order by id`,
    ),
    tickets: await rows(
      `select id, edition_id, ticket_number, holder_id, holder_slot, cap, per_holder_limit, status, issued_at, issued_by, request_key,
              request_position, envelope
       from press.tickets order by edition_id, ticket_number`,
    ),
    // Without the operator who issued nothing and holds nothing: people of that kind became holders later.
    holders: await rows(
      "select id, subject, trust_level, is_active, created_at from press.holders where subject <> 'olga' order by subject",
    ),
    revocations: await rows(
      `select edition_id, ticket_number, reason, revoked_by, revoked_at from press.revocations order by edition_id, ticket_number`,
    ),
    keys: await rows(
      "select key_id, public_key, activated_at, retired_at from press.signing_keys order by activated_at",
    ),
    outcomes: [
      await replay("alice", false, KEYS.alice, 2),
      await replay("bob", false, KEYS.bob, 1),
      await replayOfLogin(),
    ],
  };
}

/** A request over the gateway, and its answer: the tickets' numbers and ids, or the refusal. */
async function replay(subject: string, isOperator: boolean, key: string | null, quantity: number): Promise<unknown> {
  const { rows } = await as("press_gateway").query(
    `select i.refusal_code as refusal, (i.ticket).ticket_number as number, (i.ticket).id as id
     from press_gateway.issue_tickets('golden-ticket', array[$1], array[$2::boolean], array[null::text], array[$3::integer], array[$4::uuid]) i`,
    [subject, isOperator, quantity, key],
  );
  return rows;
}

async function replayOfLogin(): Promise<unknown> {
  const { rows } = await as("operator").query(
    "select ticket_number, id from press.issue_ticket('golden-ticket', $1, recipient => 'carol')",
    [KEYS.operator],
  );
  return rows;
}

async function installFirstVersion(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "golden-press-first-version-"));
  try {
    const first = (await readdir(COMMITTED)).find((file) => file.startsWith("000001-")) ?? "";
    await mkdir(join(folder, "committed"));
    await copyFile(join(COMMITTED, first), join(folder, "committed", first));
    await createDatabaseIfMissing(server.adminUrl, name);
    await withClient(url, (client) => prepareDatabase(client, url));
    await withMigrationTool({ connectionString: url, migrationsFolder: folder }, migrate);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Editions in every state, tickets in every state, request keys of every kind of caller, a key that was retired and one in use. */
async function makeData(): Promise<void> {
  const operator = as("operator");
  await operator.query(`
    select press.create_edition('in-preparation', 'Not open yet', 3);
    select press.create_edition('golden-ticket', 'The golden ticket', 8, 3), press.open_edition('golden-ticket');
    select press.create_edition('sold-out', 'Sold out', 2), press.open_edition('sold-out');
    select press.create_edition('closed', 'Closed by hand', 5, 1, 'random_int'), press.open_edition('closed');
    select press.create_edition('windowed', 'Over in a hundred years', 5, null, 'none', now() - interval '1 day', now() + interval '100 years'),
           press.open_edition('windowed');
    select press.create_edition('closed-early', 'Closed before it was signed', 5), press.open_edition('closed-early');
    select press.issue_tickets('sold-out', 2, recipient => 'dora')`);
  await operator.query("select press.issue_ticket('closed', recipient => 'dora'), press.close_edition('closed')");
  await replay("alice", false, KEYS.alice, 2);
  await replay("bob", false, KEYS.bob, 1);
  await sign(retiredKey);
  for (let number = 1; number <= AT_ONCE; number++) {
    await operator.query(`
      select press.create_edition('at-once-${number}', 'Opened, sold and closed in one call', 1), press.open_edition('at-once-${number}'),
             press.issue_ticket('at-once-${number}', recipient => 'dora'), press.close_edition('at-once-${number}')`);
  }
  await sign(retiredKey);
  await as("press_worker").query("select press_worker.retire_signing_key($1)", [retiredKey.keyId]);
  await replayOfLogin();
  await replay("erin", true, null, 1);
  await sign(activeKey);
  const revoke = (number: number) =>
    `select press.revoke_ticket(t.id, 'Lost in the mail') from press.tickets t join press.editions e on e.id = t.edition_id
     where e.slug = 'golden-ticket' and t.ticket_number = ${number}`;
  await operator.query(revoke(1));
  await as("press_gateway").query(
    `begin; set local role press_operator; select set_config('press.subject', 'olga', true); ${revoke(4)}; commit`,
  );
  // One that a worker claimed before it died, and one that no worker has seen.
  await operator.query("select press.issue_ticket('windowed', recipient => 'alice')");
  await as("press_worker").query("select from press_worker.tickets_to_sign($1, 10, 1)", [activeKey.keyId]);
  await operator.query(
    "select press.issue_ticket('closed-early', recipient => 'dora'), press.close_edition('closed-early')",
  );
  await replay("frank", false, null, 1);
}

/** Signs all that is pending, as a worker of the first version did. */
async function sign(key: SigningKey): Promise<void> {
  const pool = as("press_worker");
  await pool.query("select from press_worker.register_signing_key($1)", [key.publicKey]);
  const { rows } = await pool.query<{ ticket_id: string; payload: string }>(
    "select ticket_id, payload from press_worker.tickets_to_sign($1, 1000, 60)",
    [key.keyId],
  );
  const signatures = rows.map(({ payload }) => Buffer.from(key.sign(Buffer.from(payload))).toString("hex"));
  const ids = rows.map((row) => row.ticket_id);
  await pool.query("select press_worker.attach_signatures($1, $2, $3)", [key.keyId, ids, signatures]);
}

/** An entry of the ledger, of any type. */
interface Entry {
  readonly at: string;
  readonly type: string;
  readonly [member: string]: unknown;
}

/** When it happened, as the rows of the first version say. */
function momentOf({ type, edition, ticket_number, key_id }: Entry): string {
  const keyOf = (id: unknown) => before.keys.find((row) => row.key_id === id) ?? {};
  const ofEdition = before.editions.find((row) => row.slug === edition) ?? {};
  const isOfTicket = (row: Record<string, unknown>) =>
    row.edition_id === ofEdition.id && row.ticket_number === ticket_number;
  const ticket = before.tickets.find(isOfTicket) ?? {};
  const signer = keyOf(ticket.envelope == null ? undefined : JSON.parse(String(ticket.envelope)).key_id);
  const moments: Record<string, unknown> = {
    "edition.opened": ofEdition.opened_at,
    "edition.closed": ofEdition.closed_at,
    "key.activated": keyOf(key_id).activated_at,
    "key.retired": keyOf(key_id).retired_at,
    "ticket.issued": new Date(
      Math.max(Number(ticket.issued_at), Number(signer.activated_at), Number(ofEdition.opened_at)),
    ),
    "ticket.revoked": before.revocations.find(isOfTicket)?.revoked_at,
  };
  return (moments[type] as Date).toISOString();
}

function startWorkerWith(signingKey: SigningKey): Promise<Worker> {
  return startWorker({ databaseUrl: withLogin(url, "press_worker"), signingKey, ledger, log: makeLog() });
}

function upgrade(): Promise<void> {
  return installDatabase({ url, own: server.isSuperuser, includeCurrent: true });
}

async function readSchema(of = url): Promise<string> {
  return await withClient(of, async (client) => {
    await client.query("begin");
    return formatCatalogue(await readCatalogue(client));
  });
}

/** Ends all sessions of this test, and waits until the server has noticed. */
async function closePools(): Promise<void> {
  await Promise.all([...pools.values()].map((pool) => pool.end()));
  pools.clear();
  const sessions = "select from pg_stat_activity where datname = $1";
  await withClient(server.adminUrl, (client) =>
    until(async () => (await client.query(sessions, [name])).rowCount === 0),
  );
}

beforeAll(async () => {
  await installFirstVersion();
  await makeData();
  before = await readState();
  schemaBefore = await readSchema();
}, 120_000);
afterAll(async () => {
  await worker?.stop();
  await closePools();
  await withClient(server.adminUrl, (client) => client.query(dropDatabaseStatement(server, name)));
});

test("the data are worth migrating: every state of the first version", () => {
  expect(new Set(before.editions.map((row) => row.status))).toEqual(new Set(["draft", "open", "closed"]));
  expect(new Set(before.tickets.map((row) => row.status))).toEqual(new Set(["pending", "signed", "revoked"]));
  expect([before.tickets.length, before.holders.length, before.keys.length, before.revocations.length]).toEqual([
    11 + AT_ONCE,
    6,
    2,
    2,
  ]);
});

describe("it refuses, in one sentence, and changes nothing", () => {
  const refusal = (login: string) =>
    `Stop the gateways and workers of this database first, and let operators wait: there are sessions of ${login}. Nothing was changed.`;

  test.each(["press_gateway", "press_worker"] as const)("while there are sessions of %s", async (login) => {
    await closePools();
    await as(login).query("select");
    await expect(upgrade()).rejects.toMatchObject({ message: refusal(login) });
    expect(await readSchema()).toBe(schemaBefore);
  });

  test("while an operator, who was there before the tables were locked, waits for one of them", async () => {
    await closePools();
    const holder = await as("operator").connect();
    await holder.query("begin; select from press.editions");
    const closer = await as("operator").connect();
    const upgrading = upgrade().then(
      () => "upgraded",
      (error) => error.message,
    );
    const waiting =
      "select from pg_locks where not granted and database = (select oid from pg_database where datname = $1)";
    await withClient(server.adminUrl, async (client) => {
      const waiters = async () => (await client.query(waiting, [name])).rowCount;
      await until(async () => (await waiters()) === 1);
      let closing: Promise<string> | undefined;
      let answer: Promise<string> | undefined;
      await until(async () => {
        // Whoever asks while the migration rests, between one try for its locks and the next, is answered at once.
        closing ??= closer
          .query("select press.close_edition('not-there')")
          .catch((error) => error.code)
          .finally(() => {
            closing = undefined;
          });
        answer = closing;
        return (await waiters()) === 2;
      });
      await holder.query("commit");
      holder.release();
      expect(await answer).toBe("PRNOE");
      closer.release();
    });
    expect(await upgrading).toBe(refusal(server.operatorLogin));
  });
});

describe("after migrating", () => {
  beforeAll(async () => {
    await closePools();
    await upgrade();
  }, 120_000);

  test("the schema is the same as one that was never older", async () => {
    const fresh = await createTestDatabase();
    expect(await readSchema()).toBe(await readSchema(fresh.url("superuser")));
    await fresh.drop();
    await requireSchema(as("press_gateway"));
    await requireSchema(as("press_worker"));
  });

  test("nothing that was there has changed, and request keys are answered as before", async () => {
    expect(await readState()).toEqual(before);
  });

  test("the ledger is told what happened, in its order, and names nobody", async () => {
    const { rows } = await as("owner").query<{ leaf: string }>(
      "select leaf from press_private.ledger_inbox order by id",
    );
    const entries = rows.map(({ leaf }) => JSON.parse(leaf) as Entry);
    expect(entries.map((entry) => writeCanonical(entry))).toEqual(rows.map(({ leaf }) => leaf));
    const [retired, active] = [retiredKey.keyId, activeKey.keyId];
    const told = entries.map(({ type, key_id, edition, ticket_number }) =>
      [type, key_id ?? edition, ticket_number].filter((part) => part !== undefined).join(" "),
    );
    const isAtOnce = (words: string) => words.includes(" at-once-");
    for (let number = 1; number <= AT_ONCE; number++) {
      const slug = `at-once-${number}`;
      const words = told.filter((line) => line.split(" ")[1] === slug);
      expect(words).toEqual([`edition.opened ${slug}`, `ticket.issued ${slug} 1`, `edition.closed ${slug}`]);
    }
    expect(told.filter((line) => !isAtOnce(line))).toEqual([
      ...["golden-ticket", "sold-out", "closed", "windowed", "closed-early"].map((slug) => `edition.opened ${slug}`),
      // Tickets that were issued before there was a key were signed when there was one.
      `key.activated ${retired}`,
      ...[1, 2, 3].map((number) => `ticket.issued golden-ticket ${number}`),
      ...["sold-out 1", "sold-out 2", "closed 1"].map((ticket) => `ticket.issued ${ticket}`),
      "edition.closed closed",
      `key.retired ${retired}`,
      `key.activated ${active}`,
      ...[4, 5].map((number) => `ticket.issued golden-ticket ${number}`),
      ...[1, 4].map((number) => `ticket.revoked golden-ticket ${number}`),
    ]);
    expect(rows.filter(({ leaf }) => /alice|bob|carol|dora|erin|frank|olga|Lost in the mail/.test(leaf))).toEqual([]);
    expect(entries.filter(({ type }) => type === "ticket.revoked").map(({ reason }) => reason)).toEqual([null, null]);
    expect(entries.map(({ at }) => at)).toEqual(entries.map((entry) => momentOf(entry)));
  });

  test("every ticket that was signed verifies, also those of a retired key and those that were revoked", () => {
    const verifiers = new Map(before.keys.map((row) => [row.key_id, new Verifier(String(row.public_key))]));
    const signed = before.tickets.filter((row) => row.envelope !== null);
    const verdicts = signed.map((row) => {
      const envelope = String(row.envelope);
      const verdict = verifiers.get(JSON.parse(envelope).key_id)?.verify(envelope);
      return verdict?.isValid ? verdict.ticket.ticket_number : verdict;
    });
    expect(verdicts).toEqual(signed.map((row) => row.ticket_number));
    expect(new Set(signed.map((row) => JSON.parse(String(row.envelope)).key_id)).size).toBe(2);
  });

  test("what was pending is signed by today's worker", async () => {
    const pending = before.tickets.filter((row) => row.status === "pending").map((row) => row.id);
    expect(pending.length).toBe(3);
    worker = await startWorkerWith(activeKey);
    const read = async () =>
      (
        await as("operator").query<{ envelope: string | null }>(
          "select envelope from press.tickets where id = any ($1)",
          [pending],
        )
      ).rows;
    await until(async () => (await read()).every(({ envelope }) => envelope !== null));
    const verifier = new Verifier(activeKey.publicKey);
    expect((await read()).map(({ envelope }) => verifier.verify(envelope ?? "").isValid)).toEqual([true, true, true]);
  });

  test("the ledger has every ticket, and the edition that closed before its last signature", async () => {
    const read = async () =>
      (
        await as("operator").query<{ leaf: string }>(
          "select leaf from press.ledger_entries where place < (select max(tree_size) from press.checkpoints) order by place",
        )
      ).rows.map(({ leaf }) => JSON.parse(leaf) as Entry);
    await until(async () =>
      (await read()).some(({ type, edition }) => `${type} ${edition}` === "edition.closed closed-early"),
    );
    const issued = (await read()).filter(({ type }) => type === "ticket.issued");
    const { rows } = await as("operator").query<{ id: string; envelope: string; holder_id: string }>(
      "select id, envelope, holder_id from press.tickets order by id",
    );
    expect(issued.map((entry) => [entry.ticket_id, entry.envelope_hash, entry.holder]).sort()).toEqual(
      rows
        .map(({ id, envelope, holder_id }) => [id, createHash("sha256").update(envelope).digest("hex"), holder_id])
        .sort(),
    );
  });

  test("the audit finds nothing, and a reason that is given today is published", async () => {
    const revoke = `select press.revoke_ticket(t.id, 'Given today') from press.tickets t join press.editions e on e.id = t.edition_id
                    where e.slug = 'golden-ticket' and t.ticket_number = 2`;
    await as("operator").query(revoke);
    const read = `select leaf::json ->> 'reason' as reason from press.ledger_entries where type = 'ticket.revoked' order by place`;
    await until(async () => (await as("operator").query(read)).rowCount === 3);
    expect((await as("operator").query(read)).rows.map(({ reason }) => reason)).toEqual([null, null, "Given today"]);
    expect((await as("operator").query("select * from press.audit() where not is_ok")).rows).toEqual([]);
    const owner = openPool(`${url}?options=-c%20role%3Dpress_owner`, 1);
    expect(await brokenRows(owner)).toEqual([]);
    await owner.end();
  });

  test("a retired key stays retired", async () => {
    await expect(startWorkerWith(retiredKey)).rejects.toThrow(/UNKNOWN_KEY/);
  });

  test("numbers go on without a gap, up to the cap, and every limit holds", async () => {
    expect(await replay("alice", false, null, 2)).toMatchObject([{ refusal: "PRLIM" }]);
    expect(await replay("alice", false, null, 1)).toMatchObject([{ refusal: null, number: 7 }]);
    expect(await replay("grace", false, null, 2)).toMatchObject([{ refusal: "PRCAP" }]);
    expect(await replay("grace", false, null, 1)).toMatchObject([{ refusal: null, number: 8 }]);
    expect(await replay("heidi", false, null, 1)).toMatchObject([{ refusal: "PRCAP" }]);
    const issue = (slug: string) => as("operator").query("select press.issue_ticket($1, recipient => 'heidi')", [slug]);
    await expect(issue("sold-out")).rejects.toMatchObject({ code: "PRCAP" });
    await expect(issue("closed")).rejects.toMatchObject({ code: "PRCLS" });
    await expect(issue("in-preparation")).rejects.toMatchObject({ code: "PRCLS" });
    await as("operator").query("select press.open_edition('in-preparation')");
    await issue("in-preparation");
    await issue("windowed");
  });

  test("commands answer", async () => {
    const { code, stdout, stderr } = await press(["keys", "list"], { DATABASE_URL: url });
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toContain(retiredKey.publicKey);
  });
});
