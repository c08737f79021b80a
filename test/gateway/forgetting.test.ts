/* A person who did everything there is to do is forgotten. Then nothing is left of them: in no column of any table of the database, the catalogue and the
   planner's statistics included; in no event; and what gateway and worker logged never named them. Numbers, limits, the ledger and the audit hold, also
   when the same person returns. */
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../db/freePort.ts";
import { Verifier } from "../../verifier/index.ts";
import { startWorker, type Worker } from "../../worker/worker.ts";
import { TestCredentials } from "../credentials.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { makeEdition } from "../race/sessions.ts";
import { auditFindings } from "../raffles.ts";
import { everyTestRequires } from "../requirements.ts";
import { makeKey, makeLedger, makeLog, until } from "../worker/support.ts";
import { EventReader } from "./eventReader.ts";

everyTestRequires("superuser");

const SECRET = randomBytes(32).toString("hex");
/** Names that nothing else has. */
const PERSON = `wilhelmina-${randomBytes(6).toString("hex")}@example.org`;
const ACCOUNT = `mina-${randomBytes(6).toString("hex")}`;
const REASON = `Mina ${randomBytes(6).toString("hex")} asked for it`;
const CREDENTIAL_REASON = `Mina ${randomBytes(6).toString("hex")} sold it`;
/** Of a ticket that was revoked before there was a ledger: nobody but the press has it. */
const TICKET_REASON = `Mina ${randomBytes(6).toString("hex")} lost it`;

let database: TestDatabase;
let worker: Worker;
let credentials: TestCredentials;
let gateway: ChildProcess;
let url: string;
let output = "";
let holderId: string;
let envelopes: { envelope: string; proof: string }[];
let leavesBefore: string[];
let guesses: string[];
const key = makeKey();
const log = makeLog();

function tokenOf(subject: string, claims: Record<string, unknown> = {}): Promise<string> {
  return new SignJWT({ sub: subject, aud: "golden-press", ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(Buffer.from(SECRET));
}

async function ask<Data>(token: string, query: string, variables: Record<string, unknown> = {}): Promise<Data> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as { data: Data; errors?: { extensions: { code: string } }[] };
  if (errors !== undefined) throw new Error(errors.map(({ extensions }) => extensions.code).join());
  return data;
}

const issue = (token: string, requestKey = randomUUID()) =>
  ask<{ issueTicket: { ticket: { ticketNumber: number } } }>(
    token,
    'mutation ($key: UUID!) { issueTicket(input: { editionSlug: "fair", requestKey: $key }) { ticket { ticketNumber } } }',
    { key: requestKey },
  ).then(({ issueTicket }) => issueTicket.ticket.ticketNumber);

const redeem = (token: string, ticket: { envelope: string; proof: string } | undefined) =>
  ask(
    token,
    "mutation ($envelope: String!, $proof: String!) { redeemTicket(input: { envelope: $envelope, timechainProof: $proof }) { ticket { status } } }",
    { ...ticket },
  );

async function startGatewayProcess(): Promise<void> {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  gateway = spawn(process.execPath, [join(import.meta.dirname, "../../press.ts"), "gateway"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      GATEWAY_DATABASE_URL: database.url("press_gateway"),
      PORT: String(port),
      JWT_SECRET: SECRET,
      LOG_LEVEL: "trace",
    },
  });
  for (const stream of [gateway.stdout, gateway.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      output += chunk;
    });
  }
  await until(() => {
    expect(gateway.exitCode, output).toBeNull();
    return fetch(`${url}/healthz`).then(
      (response) => response.ok,
      () => false,
    );
  });
}

const rows = async <Row extends object>(text: string, values: unknown[] = []) =>
  (await database.pool("owner").query<Row>(text, values)).rows;

async function untilRecorded(): Promise<void> {
  await until(
    async () =>
      (
        await rows(`select from press.tickets where status = 'pending' union all select from press_private.ledger_inbox
                    union all select from press.ledger_entries e having max(e.place) + 1 > (select max(c.tree_size) from press.checkpoints c)`)
      ).length === 0,
  );
}

async function readLeaves(): Promise<string[]> {
  return (await rows<{ leaf: string }>("select leaf from press.ledger_entries order by place")).map(({ leaf }) => leaf);
}

let submissions = 0;
/** Evidence about the person, submitted for them, of an account that has their name in it. */
async function submit(kind: "oidc" | "repository", account = PERSON): Promise<string> {
  const operator = database.pool("operator");
  await operator.query("select press.begin_attestation($1, $2)", [kind, PERSON]);
  const token = ["header", `{"sub":"${account}"}`, "signature"].map((part) => Buffer.from(part).toString("base64url"));
  const { rows: submitted } = await operator.query<{ id: string }>(
    "select id from press.submit_attestation($1, $2, null, $3, $4)",
    [kind, kind === "oidc" ? token.join(".") : `${ACCOUNT}/press`, PERSON, `2001:db8:${++submissions}::1`],
  );
  return String(submitted[0]?.id);
}

beforeAll(async () => {
  database = await createTestDatabase();
  await makeEdition(database, "fair", 20, 5);
  worker = await startWorker({
    databaseUrl: database.url("press_worker"),
    signingKey: key,
    ledger: makeLedger(),
    log,
  });
  credentials = await TestCredentials.start(database);
  await startGatewayProcess();
}, 120_000);
afterAll(async () => {
  if (gateway !== undefined && gateway.exitCode === null && gateway.signalCode === null) {
    const ended = once(gateway, "exit");
    gateway.kill();
    await ended;
  }
  await worker?.stop();
  await database.drop();
});

/** Has ticket 2 be as one that was revoked under the first version, whose reason came into no ledger. */
async function revokeBeforeTheLedger(): Promise<void> {
  await database.pool("superuser").query(`
    insert into press.revocations (edition_id, ticket_number, reason, revoked_by, is_reason_published)
    select t.edition_id, t.ticket_number, '${TICKET_REASON}', 'login:postgres', false from press.tickets t where t.ticket_number = 2;
    update press.tickets set status = 'revoked' where ticket_number = 2;
    select press_private.append_entry('ticket.revoked', t.edition_id, t.ticket_number,
      press_private.ticket_revoked_leaf(t, 'fair', v.revoked_by, null, v.revoked_at))
    from press.tickets t join press.revocations v using (edition_id, ticket_number)`);
}

/** Everything that a person can do, over the gateway where it has a door. */
async function live(): Promise<void> {
  const [person, operator] = [await tokenOf(PERSON), database.pool("operator")];
  for (let number = 1; number <= 3; number++) await issue(person);
  await untilRecorded();
  envelopes = await rows<{ envelope: string; proof: string }>(
    "select t.envelope, press.timechain_proof(t.id) as proof from press.tickets t order by t.ticket_number",
  );
  await redeem(person, envelopes[0]);
  await revokeBeforeTheLedger();
  const verify =
    "select press_worker.verify_attestation($1, $2, (select nonce from press_private.attestation_nonces n where n.kind = 'oidc'), '{}')";
  for (const account of [PERSON, `${PERSON}/2`]) {
    const proof = `{"issuer":"https://id.test","kind":"oidc","subject":"${account}"}`;
    await database.pool("superuser").query(verify, [await submit("oidc", account), proof]);
  }
  await database
    .pool("press_worker")
    .query("select press_worker.verify_attestation($1, null, null, $2, 'evidence_invalid')", [
      await submit("repository"),
      { problem: `There is no golden-press.txt in ${ACCOUNT}/press.` },
    ]);
  await credentials.signPending();
  const latest = "select press.revoke_credential(id, $1) from press.credentials order by valid_from desc limit 1";
  await operator.query(latest, [CREDENTIAL_REASON]);
  await submit("repository");
  holderId = (await rows<{ id: string }>("select id from press.holders where subject = $1", [PERSON]))[0]?.id ?? "";
  // A record that names them, and has not gone out.
  await database.pool("superuser").query("select tests.register_key($1)", [PERSON]);
  await operator.query(
    "select press.submit_record(tests.record('n-1', value => $1), tests.record_signature(), tests.record_key())",
    [`About ${PERSON}`],
  );
  await operator.query("select press.deactivate_holder($1, $2)", [holderId, REASON]);
  await operator.query("select press.reactivate_holder($1)", [holderId]);
  await operator.query("select press.deactivate_holder($1, $2)", [holderId, REASON]);
  await untilRecorded();
  // What the planner knows of the rows is in the database too.
  await database.pool("superuser").query("analyze");
}

/** What says who the person is, and the forms in which a table could have it. */
const TRACES = [PERSON, ACCOUNT, REASON, CREDENTIAL_REASON, TICKET_REASON].flatMap((text) => [
  text,
  Buffer.from(text).toString("hex"),
  Buffer.from(text).toString("base64").slice(0, -4),
  Buffer.from(text).toString("base64url").slice(0, -4),
  createHash("sha256").update(text).digest("hex"),
]);

/** Every column of every table in which a trace of the person is, and how often. */
async function columnsWithTraces(): Promise<string[]> {
  const superuser = database.pool("superuser");
  const { rows: columns } = await superuser.query<{ relation: string; column: string }>(
    `select c.oid::regclass::text as relation, quote_ident(a.attname) as column
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relkind in ('r', 'p', 'm') and c.relpersistence = 'p' order by 1, 2`,
  );
  expect(columns.length).toBeGreaterThan(700);
  const found: string[] = [];
  for (const { relation, column } of columns) {
    const text = `select count(*)::integer as count from only ${relation} r where exists (select from unnest($1::text[]) t where position(t in r.${column}::text) > 0)`;
    const { rows: counts } = await superuser.query<{ count: number }>(text, [TRACES]);
    if (counts[0]?.count !== 0) found.push(`${relation}.${column}`);
  }
  return found;
}

/** What is sealed of the person by its keyed hash alone: the table, the purpose and column, and the rows that have it. */
const KEYED = [
  ["press.attestations", "facts", "facts::text"],
  ["press.credentials", "reason", "reason"],
  ["press.revocations", "reason", "reason"],
] as const;

/** Seals of the person's rows, as somebody makes them who has found out the facts and the reasons, and has not the key of the press. */
async function guessedSeals(): Promise<string[]> {
  const client = await database.pool("superuser").connect();
  try {
    await client.query("set timezone = 'UTC'; set datestyle = 'ISO'; set bytea_output = 'hex'");
    const guessed: string[] = [];
    for (const [relation, column, text] of KEYED) {
      const sealed = await client.query<{ columns: string }>(
        "select columns from press_private.sealed_columns() where relation = $1",
        [relation],
      );
      const columns = sealed.rows[0]?.columns.replace(`press_private.keyed_hash('${column}', ${text})`, column);
      expect(columns).toMatch(new RegExp(`(^|, )${column}(,|$)`));
      const { rows: seals } = await client.query<{ seal: string }>(
        `select encode(press_private.row_seal($1, row(${columns})::text), 'hex') as seal from ${relation} where ${column} is not null`,
        [relation],
      );
      expect(seals.length, relation).toBeGreaterThan(0);
      guessed.push(...seals.map(({ seal }) => seal));
    }
    return guessed;
  } finally {
    client.release(true);
  }
}

describe("a person", () => {
  test("who has done everything is all over the database", { timeout: 120_000 }, async () => {
    await live();
    const found = await columnsWithTraces();
    expect(found).toEqual(
      expect.arrayContaining([
        "press.holders.subject",
        "press.holders.deactivation_reason",
        "press.tickets.envelope",
        "press.attestations.facts",
        "press.credentials.reason",
        "press.revocations.reason",
        "press_private.attestation_work.evidence",
        "press.publications.payload",
      ]),
    );
    leavesBefore = await readLeaves();
    guesses = await guessedSeals();
  });

  test("is forgotten, by an operator: nothing is left in any column of any table", { timeout: 120_000 }, async () => {
    const answer = await ask(
      await tokenOf("olga", { role: "operator" }),
      "mutation ($id: UUID!) { eraseHolder(input: { holderId: $id }) { holder { rowId subject } } }",
      { id: holderId },
    );
    expect(answer).toEqual({ eraseHolder: { holder: { rowId: holderId, subject: null } } });
    expect(await columnsWithTraces()).toEqual([]);
    await database.pool("superuser").query("vacuum analyze");
    expect(await columnsWithTraces()).toEqual([]);
    const sealed = "select from press_private.row_seals where encode(hash, 'hex') = any ($1)";
    expect(await rows(sealed, [guesses]), "facts and reasons that somebody guesses are in no seal").toEqual([]);
  });

  test("leaves numbers, states, hashes and a ledger that hold", async () => {
    expect(
      await rows(
        "select ticket_number, status::text, holder_slot, envelope from press.tickets where holder_id = $1 order by 1",
        [holderId],
      ),
    ).toEqual([
      { ticket_number: 1, status: "redeemed", holder_slot: 1, envelope: null },
      { ticket_number: 2, status: "revoked", holder_slot: 2, envelope: null },
      { ticket_number: 3, status: "signed", holder_slot: 3, envelope: null },
    ]);
    await untilRecorded();
    const leaves = await readLeaves();
    expect(leaves.slice(0, leavesBefore.length)).toEqual(leavesBefore);
    expect(leaves.slice(leavesBefore.length).map((leaf) => JSON.parse(leaf).violations)).toEqual([["holder_erased"]]);
    expect(await auditFindings(database)).toEqual([]);
  });

  test("was named by no event, and by nothing that gateway and worker have logged", async () => {
    const leaves = await readLeaves();
    const reader = await EventReader.open(`${url}/events`);
    await until(() => reader.entries.length >= leaves.length);
    expect(reader.entries.map((entry) => JSON.parse(entry).data)).toEqual(leaves.map((leaf) => JSON.parse(leaf)));
    expect(output).toContain('"name":"gateway"');
    const told = [...reader.entries, output, ...log.lines].join("\n");
    expect(TRACES.filter((trace) => told.includes(trace))).toEqual([]);
    reader.close();
  });

  test("has envelopes that anybody can verify, offline and here", async () => {
    const verifier = new Verifier(key.publicKey);
    for (const { envelope } of envelopes) expect(verifier.verify(envelope).isValid).toBe(true);
    const verdicts = await rows<{ refusal: string | null }>(
      "select v.refusal from unnest($1::text[]) with ordinality e (envelope, index), press.verify_ticket(e.envelope) v order by e.index",
      [envelopes.map(({ envelope }) => envelope)],
    );
    expect(verdicts).toEqual([{ refusal: "ALREADY_REDEEMED" }, { refusal: "TICKET_REVOKED" }, { refusal: null }]);
  });

  test("who was inactive is so when they return, whoever asks for them", async () => {
    const person = await tokenOf(PERSON);
    await expect(issue(person)).rejects.toThrow("HOLDER_INACTIVE");
    await expect(redeem(person, envelopes[2])).rejects.toThrow("HOLDER_INACTIVE");
    const byOperator = database.pool("operator").query("select press.issue_ticket('fair', recipient => $1)", [PERSON]);
    await expect(byOperator).rejects.toMatchObject({ code: "PRINA" });
  });

  test("returns as who they were, and meets the old limits", async () => {
    await database.pool("operator").query("select press.reactivate_holder($1)", [holderId]);
    const person = await tokenOf(PERSON);
    expect(await issue(person)).toBe(4);
    expect(await issue(person)).toBe(5);
    await expect(issue(person)).rejects.toThrow("HOLDER_LIMIT_REACHED");
    expect(await ask(person, "{ currentHolder { rowId trustLevel } }")).toEqual({
      currentHolder: { rowId: holderId, trustLevel: 1 },
    });
    await redeem(person, envelopes[2]);
    await expect(redeem(person, envelopes[2])).rejects.toThrow("ALREADY_REDEEMED");
    await untilRecorded();
    expect(await auditFindings(database)).toEqual([]);
  });

  test("can be forgotten again", { timeout: 120_000 }, async () => {
    await database.pool("operator").query("select press.erase_holder($1)", [holderId]);
    await untilRecorded();
    expect(await columnsWithTraces()).toEqual([]);
    expect(await auditFindings(database)).toEqual([]);
  });
});
