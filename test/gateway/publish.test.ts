/* Records over plain HTTP: exactly the three members, every refusal by its name, and nobody's nonce used up by whoever cannot sign for its key. */
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Client, type SignedRecord } from "../chain/client.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { putOnChain } from "../records.ts";
import { testRequiring } from "../requirements.ts";
import { badRecords, payloadOf, signedBy } from "./badRecords.ts";
import { makeOperatorToken, makeToken, startTestGateway, type TestGateway } from "./testGateway.ts";

const SUBJECT = "ann";
const PROBLEM = "application/problem+json; charset=utf-8";
const client = new Client();

let database: TestDatabase;
let gateway: TestGateway;
let token: string;

beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  await (await TestWorker.start(database)).work();
  await client.register(database.pool("operator"), SUBJECT);
  token = await makeToken(SUBJECT);
});

afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

interface Answer {
  readonly status: number;
  readonly retryAfter: string | null;
  readonly type: string | null;
  readonly location: string | null;
  readonly body: Readonly<Record<string, unknown>>;
}

const bodyOf = ({ payload, signature, publicKey }: SignedRecord) =>
  JSON.stringify({ signed_payload: payload, signature, pubkey: publicKey });

async function ask(path: string, init: RequestInit & { token?: string | undefined } = {}): Promise<Answer> {
  const { token: bearer, headers, ...rest } = init;
  const authorization = bearer === undefined ? null : { authorization: `Bearer ${bearer}` };
  const response = await fetch(`${gateway.url}${path}`, {
    ...rest,
    headers: { ...authorization, ...headers } as HeadersInit,
  });
  expect(response.headers.get("cache-control")).toBe("no-store");
  return {
    status: response.status,
    retryAfter: response.headers.get("retry-after"),
    type: response.headers.get("content-type"),
    location: response.headers.get("location"),
    body: await response.json(),
  };
}

const post = (
  body: string | Uint8Array<ArrayBuffer>,
  bearer: string | undefined = token,
  type = "application/json",
  headers: object = {},
) => ask("/v1/publish", { method: "POST", body, token: bearer, headers: { ...headers, "content-type": type } });

const publish = (record: SignedRecord, bearer?: string) => post(bodyOf(record), bearer);

/** As a client does that is told to come back: at once there may be more than there are connections for. */
const insist = async (record: SignedRecord) => {
  let answer = await publish(record);
  while (answer.retryAfter !== null) answer = await publish(record);
  return answer;
};

const countOf = async (nonce: string) => {
  const text = "select count(*)::int as count from press.publications where nonce = $1";
  return (await database.pool("operator").query(text, [nonce])).rows[0].count as number;
};

describe("a record", () => {
  test("is taken at once, and its job says how it stands", async () => {
    const record = client.record({ what: "the first harvest", with: 'quotes " and \\ and é😀' });
    const taken = await publish(record);
    const { job_id: id } = taken.body;
    expect(taken).toMatchObject({ status: 202, location: `/v1/publish/${id}`, body: { job_id: id, state: "queued" } });
    expect(Object.keys(taken.body)).toEqual(["job_id", "state"]);
    const { rows } = await database
      .pool("operator")
      .query("select payload from press.publications where id = $1", [id]);
    expect(rows).toEqual([{ payload: record.payload }]);

    const job = await ask(String(taken.location), { token });
    expect(job).toMatchObject({
      status: 200,
      body: { job_id: id, state: "queued", error_code: null, error_detail: null, txid: null, confirmations: null },
    });
    expect(job.body.expires_at).toBe(JSON.parse(record.payload).expires_at);
  });

  test("that is sent again is the same job; another with its nonce is NONCE_REUSED, and changes nothing", async () => {
    const record = signedBy(client, payloadOf("again"));
    const [first, second] = [await publish(record), await publish(record)];
    expect(second).toEqual(first);
    const other = await publish(signedBy(client, payloadOf("again", { other: true })));
    expect(other).toMatchObject({ status: 409, type: PROBLEM, body: { code: "NONCE_REUSED" } });
    expect((await ask(String(first.location), { token })).body).toMatchObject({ state: "queued" });
  });

  test("is answered as before when it has expired, has failed for it, and when its key was revoked", async () => {
    const other = new Client();
    await other.register(database.pool("operator"), SUBJECT);
    let record = signedBy(other, payloadOf("short", {}, 1_000));
    let taken = await publish(record);
    // On a busy machine it may have expired before it is read.
    for (let milliseconds = 2_000; taken.status === 422; milliseconds *= 2) {
      record = signedBy(other, payloadOf("short", {}, milliseconds));
      taken = await publish(record);
    }
    expect(taken).toMatchObject({ status: 202, body: { state: "queued" } });
    await expect.poll(() => Date.parse(JSON.parse(record.payload).expires_at) < Date.now()).toBe(true);
    expect(await publish(record)).toEqual(taken);
    await database.pool("operator").query("select press.revoke_public_key($1, 'a test')", [other.publicKey]);
    expect(await publish(record)).toMatchObject({ status: 202, body: { ...taken.body, state: "failed" } });
    expect(await publish(other.record())).toMatchObject({ status: 403, body: { code: "UNKNOWN_KEY" } });
  });

  test("sent 64 times at once is one job", async () => {
    const record = client.record();
    const answers = await Promise.all(Array.from({ length: 64 }, () => insist(record)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.status).toBe(202);
    expect(await countOf(JSON.parse(record.payload).nonce)).toBe(1);
  });

  test("and 31 others with its nonce at once: one of them is taken, the others are NONCE_REUSED", async () => {
    const records = Array.from({ length: 32 }, (_, place) => signedBy(client, payloadOf("race", { place })));
    const answers = await Promise.all(records.map(insist));
    expect(answers.map(({ status }) => status).sort()).toEqual([202, ...Array(31).fill(409)]);
    const taken = records[answers.findIndex(({ status }) => status === 202)] as SignedRecord;
    expect(await publish(taken)).toMatchObject({ status: 202 });
    expect(await countOf("race")).toBe(1);
  });

  test("of a key that somebody holds waits, however many there are of it, and keeps nobody else from the database", async () => {
    const held = new Client();
    await held.register(database.pool("operator"), "hanna");
    const bearer = await makeToken("hanna");
    const records = Array.from({ length: 30 }, () => held.record());
    const holder = await database.pool("owner").connect();
    let answers: Promise<Answer>[] = [];
    try {
      await holder.query("begin");
      await holder.query("select from press.publishing_keys where public_key = $1 for no key update", [held.publicKey]);
      answers = records.map((record) => publish(record, bearer));
      const waiting = `select count(distinct l.pid)::int as count from pg_locks l join pg_stat_activity a using (pid)
        where not l.granted and a.datname = $1`;
      const countWaiting = async () =>
        (await database.pool("operator").query(waiting, [database.name])).rows[0].count as number;
      await expect.poll(countWaiting).toBe(4);
      expect(await publish(client.record())).toMatchObject({ status: 202 });
    } finally {
      await holder.query("rollback");
      holder.release();
    }
    for (const { status } of await Promise.all(answers)) expect([202, 503]).toContain(status);
    for (const record of records) expect(await publish(record, bearer)).toMatchObject({ status: 202 });
  });

  test("on the chain, says its transaction and how many blocks there are", async () => {
    const { body, location } = await publish(client.record());
    const { txid } = await putOnChain(database, body.job_id, 100);
    expect((await ask(String(location), { token })).body).toMatchObject({
      state: "sent",
      txid,
      confirmations: 1,
    });
  });

  test("that failed, says why by name", async () => {
    const other = new Client();
    await other.register(database.pool("operator"), SUBJECT);
    const { location } = await publish(other.record());
    await database.pool("operator").query("select press.revoke_public_key($1, 'a test')", [other.publicKey]);
    expect((await ask(String(location), { token })).body).toMatchObject({ state: "failed", error_code: "UNKNOWN_KEY" });
  });
});

describe("is refused by name, and its nonce is not used up:", () => {
  test.each(badRecords(client).map((bad) => [bad.what, bad] as const))("%s", async (_what, bad) => {
    const refused = await publish(bad.record);
    expect(refused).toMatchObject({ status: bad.status, type: PROBLEM });
    expect(refused.body).toMatchObject({
      type: "about:blank",
      title: expect.any(String),
      status: bad.status,
      code: bad.code,
      detail: expect.stringMatching(/\.$/),
      hint: expect.stringMatching(/\.$/),
      retryable: false,
    });
    expect(await countOf(bad.nonce)).toBe(0);
    expect(await publish(signedBy(client, payloadOf(bad.nonce)))).toMatchObject({ status: 202 });
  });

  test("what an operator submits that the key has not signed: the database, which cannot verify, is not asked", async () => {
    const record = signedBy(client, payloadOf("stranger"));
    const forged = { ...record, signature: new Client().sign(record.payload) };
    expect(await publish(forged, await makeOperatorToken())).toMatchObject({
      status: 403,
      body: { code: "SIGNATURE_INVALID" },
    });
    expect(await publish(record)).toMatchObject({ status: 202 });
  });

  test("another holder's: they learn nothing of the key", async () => {
    const record = signedBy(client, payloadOf("mallory"));
    const mallory = await makeToken("mallory");
    const [own, none] = [await publish(record, mallory), await publish(new Client().record(), mallory)];
    expect(own).toMatchObject({ status: 403, body: { code: "UNKNOWN_KEY" } });
    expect(own.body).toEqual(none.body);
    expect(await publish(record)).toMatchObject({ status: 202 });
  });

  test("of the quota of the key", async () => {
    const other = new Client();
    await other.register(database.pool("operator"), SUBJECT);
    await database.pool("operator").query("select press.set_publishing_quota($1, 1)", [other.publicKey]);
    expect(await publish(other.record())).toMatchObject({ status: 202 });
    const record = other.record();
    expect(await publish(record)).toMatchObject({ status: 429, body: { code: "RATE_LIMITED" } });
    await database.pool("operator").query("select press.set_publishing_quota($1, 2)", [other.publicKey]);
    expect(await publish(record)).toMatchObject({ status: 202 });
  });
});

describe("the body", () => {
  const good = () => JSON.parse(bodyOf(client.record())) as Record<string, unknown>;

  test.each([
    ["an unknown member", () => JSON.stringify({ ...good(), note: "x" })],
    ["a member whose name the language knows", () => JSON.stringify(good()).replace("{", '{"__proto__":{},')],
    ["a member twice", () => JSON.stringify(good()).replace("{", '{"pubkey":"x",')],
    [
      "a member twice, once with another spelling of its name",
      () => JSON.stringify(good()).replace("{", '{"pubke\\u0079":"x",'),
    ],
    ["a member twice, once no text", () => JSON.stringify(good()).replace("{", '{"pubkey":null,')],
    ["a member missing", () => JSON.stringify({ ...good(), signature: undefined })],
    ["a member null", () => JSON.stringify({ ...good(), pubkey: null })],
    [
      "a payload that is an object",
      () => JSON.stringify({ ...good(), signed_payload: JSON.parse(String(good().signed_payload)) }),
    ],
    ["a member named as what every object has", () => JSON.stringify(good()).replace("{", '{"constructor":null,')],
    ["only its prototype's members", () => JSON.stringify({}).replace("{", `{"__proto__":${JSON.stringify(good())}`)],
    [
      "a payload that is a number beyond all",
      () => JSON.stringify({ ...good(), signed_payload: 0 }).replace(":0", ":1e400"),
    ],
    ["something after it", () => `${JSON.stringify(good())}{}`],
    ["a U+0000 after it", () => `${JSON.stringify(good())}\0`],
    ["a byte order mark", () => `\ufeff${JSON.stringify(good())}`],
    ["a list", () => JSON.stringify([good()])],
    ["no JSON", () => "signed_payload=x"],
    ["nothing", () => ""],
    ["half of a surrogate pair", () => JSON.stringify({ ...good(), signed_payload: "\ud800" })],
    ["U+0000", () => JSON.stringify({ ...good(), signed_payload: "\0" })],
  ])("with %s is INVALID_INPUT", async (_what, make) => {
    expect(await post(make())).toMatchObject({
      status: 400,
      type: PROBLEM,
      body: { code: "INVALID_INPUT" },
    });
  });

  test("with each character of a payload of the full size written as an escape, is taken; a longer one is not read", async () => {
    const size = 10_000 - payloadOf("escaped", { text: "" }).length;
    const record = signedBy(client, payloadOf("escaped", { text: "x".repeat(size) }));
    expect(record.payload).toHaveLength(10_000);
    const escaped = [...record.payload].map(
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    const { signature, publicKey } = record;
    expect(
      await post(`{"signed_payload":"${escaped.join("")}","signature":"${signature}","pubkey":"${publicKey}"}`),
    ).toMatchObject({ status: 202 });
    expect(await post(`${bodyOf(client.record())}${" ".repeat(65_536)}`)).toMatchObject({
      status: 413,
      type: PROBLEM,
      body: { code: "REQUEST_TOO_LARGE" },
    });
  });

  test("in other bytes than UTF-8, or compressed, is INVALID_INPUT; nothing is put in the place of a byte", async () => {
    const nonce = "not-utf-8";
    const record = signedBy(client, payloadOf(nonce, { text: "\ufffd" }));
    const body = Buffer.from(bodyOf(record));
    const at = body.indexOf(Buffer.from("\ufffd"));
    const latin1 = Buffer.concat([body.subarray(0, at), Buffer.of(0xe9), body.subarray(at + 3)]);
    const refused = { status: 400, type: PROBLEM, body: { code: "INVALID_INPUT" } };
    expect(await post(latin1)).toMatchObject(refused);
    // In pieces, so that no Content-Length gives it away.
    const inPieces = new Blob([latin1]).stream();
    const headers = { "content-type": "application/json" };
    const init = { method: "POST", body: inPieces, duplex: "half", token, headers } as RequestInit & { token: string };
    expect(await ask("/v1/publish", init)).toMatchObject(refused);
    expect(
      await post(Buffer.from(body.toString("utf8"), "utf16le"), token, "application/json; charset=utf-16le"),
    ).toMatchObject(refused);
    expect(await post(gzipSync(body), token, "application/json", { "content-encoding": "gzip" })).toMatchObject(
      refused,
    );
    expect(await post(body, token, "application/json; charset=utf-8")).toMatchObject({ status: 202 });
  });

  test("of another type is UNSUPPORTED_MEDIA_TYPE", async () => {
    expect(await post(bodyOf(client.record()), token, "text/plain")).toMatchObject({
      status: 415,
      body: { code: "UNSUPPORTED_MEDIA_TYPE" },
    });
  });
});

describe("who calls", () => {
  test("nobody, or with a token that is not good, publishes nothing and sees nothing", async () => {
    const record = client.record();
    const anonymous = await fetch(`${gateway.url}/v1/publish`, {
      method: "POST",
      body: bodyOf(record),
      headers: { "content-type": "application/json" },
    });
    expect(anonymous.status).toBe(401);
    expect(anonymous.headers.get("content-type")).toBe(PROBLEM);
    expect(await anonymous.json()).toMatchObject({ code: "NOT_SIGNED_IN" });
    for (const bearer of ["no.token.atall", await makeToken(SUBJECT, { exp: 1 })]) {
      expect(await publish(record, bearer)).toMatchObject({ status: 401, body: { code: "UNAUTHENTICATED" } });
    }
    const { location } = await publish(record);
    expect(await ask(String(location))).toMatchObject({ status: 404, type: PROBLEM });
  });

  test("another holder does not see a job, as if it were not there; its holder and operators do", async () => {
    const { location } = await publish(client.record());
    const mallory = await makeToken("mallory");
    const hidden = await ask(String(location), { token: mallory });
    expect(hidden).toMatchObject({ status: 404, body: { code: "NOT_FOUND" } });
    expect(hidden.body).toEqual((await ask(`/v1/publish/${randomUUID()}`, { token: mallory })).body);
    expect(await ask("/v1/publish/1%20or%201", { token: mallory })).toMatchObject({
      status: 404,
      body: { code: "NOT_FOUND" },
    });
    for (const bearer of [token, await makeOperatorToken()]) {
      expect(await ask(String(location), { token: bearer })).toMatchObject({ status: 200 });
    }
  });

  test("by a session's cookie, only a page of the gateway's own", async () => {
    const send = (headers: Record<string, string>) =>
      ask("/v1/publish", {
        method: "POST",
        body: bodyOf(client.record()),
        headers: { "content-type": "application/json", cookie: `golden_press_session=${token}`, ...headers },
      });
    expect(await send({ "sec-fetch-site": "cross-site" })).toMatchObject({
      status: 403,
      body: { code: "ORIGIN_NOT_ALLOWED" },
    });
    expect(await send({ "sec-fetch-site": "same-origin" })).toMatchObject({ status: 202 });
    expect(await send({ "sec-fetch-site": "same-origin", "x-press-caller": "holder:somebody-else" })).toMatchObject({
      status: 401,
      body: { code: "UNAUTHENTICATED" },
    });
  });

  test("while the press is stopped: PRESS_STOPPED, and the record may be sent again", async () => {
    const record = client.record();
    await database.pool("press_worker").query("select press_worker.stop_press('a test')");
    expect(await publish(record)).toMatchObject({ status: 503, body: { code: "PRESS_STOPPED" } });
    await database.pool("operator").query("select press.start_press('the test is over')");
    expect(await publish(record)).toMatchObject({ status: 202 });
  });
});

test("pages of an allowed origin may publish with a token of their own, and read what they are refused with", async () => {
  const origin = "https://shop.example";
  const open = await startTestGateway(database, { allowedOrigins: [origin] });
  const address = `${open.url}/v1/publish`;
  const asked = await fetch(address, {
    method: "OPTIONS",
    headers: { origin, "access-control-request-method": "POST" },
  });
  expect(asked.status).toBe(204);
  expect(asked.headers.get("access-control-allow-headers")).toBe("authorization, content-type");
  const headers = { origin, "content-type": "application/json", authorization: `Bearer ${token}` };
  for (const [body, status] of [
    [bodyOf(client.record()), 202],
    ["{}", 400],
  ] as const) {
    const answer = await fetch(address, { method: "POST", body, headers });
    expect(answer.status).toBe(status);
    expect(answer.headers.get("access-control-allow-origin")).toBe(origin);
  }
  await open.close();
});

testRequiring("superuser")(
  "without the database it is OVERLOADED, and no nonce is used up: sent again, it is taken",
  async () => {
    const superuser = database.pool("superuser");
    const record = client.record();
    await superuser.query(`alter database ${database.name} connection limit 0`);
    try {
      await superuser.query(
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity where usename = 'press_gateway' and datname = $1",
        [database.name],
      );
      expect(await publish(record)).toMatchObject({
        status: 503,
        retryAfter: "1",
        body: { status: 503, code: "OVERLOADED", retryable: true },
      });
    } finally {
      await superuser.query(`alter database ${database.name} connection limit -1`);
    }
    expect(await countOf(JSON.parse(record.payload).nonce)).toBe(0);
    await expect.poll(() => publish(record)).toMatchObject({ status: 202 });
  },
);
