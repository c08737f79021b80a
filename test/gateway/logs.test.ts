/* What is in the log, at its most talkative: what happened, and nobody's name, token, row or secret. */
import { randomBytes, randomUUID } from "node:crypto";
import { Writable } from "node:stream";
import { pino } from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../db/freePort.ts";
import { makeToken } from "../../gateway/makeToken.ts";
import { loggedError } from "../../logging.ts";
import { launch, type Running, untilOf } from "../cli/support.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { makeEdition } from "../race/sessions.ts";

describe("an error", () => {
  /** As the log writes it. */
  function logged(error: unknown): Record<string, unknown> {
    let text = "";
    const stream = new Writable({
      write(chunk, _encoding, done) {
        text += chunk;
        done();
      },
    });
    pino({ serializers: { err: loggedError } }, stream).error({ err: error });
    return (JSON.parse(text) as { err: Record<string, unknown> }).err;
  }
  const ofDatabase = (code: string, members: object = {}) =>
    Object.assign(new Error("duplicate key value violates unique constraint"), {
      ...{ code, severity: "ERROR", detail: "Key (subject)=(alice) already exists.", where: "alice", table: "holders" },
      ...members,
    });

  test("of the database is told by its code and its table, and not with the row", () => {
    const told = logged(ofDatabase("23505"));
    expect(told).toMatchObject({ type: "Error", code: "23505", table: "holders", stack: expect.any(String) });
    expect(JSON.stringify(told)).not.toContain("alice");
  });

  test("that is a refusal keeps its detail, and one that lies beneath is told, too", () => {
    const refusal = ofDatabase("PRCAP", { detail: "The cap is 5." });
    expect(logged(new Error("It failed.", { cause: refusal }))).toMatchObject({ cause: { detail: "The cap is 5." } });
  });

  test("has nothing that a library hung on it", () => {
    const error = Object.assign(new Error("Bad Gateway"), { config: { headers: { authorization: "Bearer secret" } } });
    expect(JSON.stringify(logged(error))).not.toContain("secret");
    expect(logged("a text")).toEqual({ message: "a text" });
  });
});

describe("a gateway that is asked for all kinds of things", () => {
  const SECRET = randomBytes(32).toString("hex");
  const SUBJECT = `somebody-${randomUUID()}`;
  let database: TestDatabase;
  let gateway: Running;
  let url: string;
  let token: string;

  beforeAll(async () => {
    database = await createTestDatabase();
    await makeEdition(database, "logged", 5, 1);
    const terms = { secret: Buffer.from(SECRET), audience: "golden-press", roleClaim: "role" };
    token = await makeToken(terms, { subject: SUBJECT, isOperator: false, expires: "1h" });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const settings = { GATEWAY_DATABASE_URL: database.url("press_gateway"), JWT_SECRET: SECRET, PORT: String(port) };
    gateway = launch(["gateway"], { ...settings, LOG_LEVEL: "trace" });
    await untilOf(gateway, () =>
      fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  });
  afterAll(async () => {
    gateway.child.kill("SIGTERM");
    await gateway.ended;
    await database.drop();
  });

  test("writes down neither who asks, nor with what", async () => {
    const post = (body: string, headers: Record<string, string> = {}) =>
      fetch(`${url}/graphql`, { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
    const authorization = `Bearer ${token}`;
    const canaries = ["envelope", "proof", "evidence", "record"].map((name) => [
      name,
      `${name}-${randomBytes(9).toString("hex")}`,
    ]);
    const secrets: Readonly<Record<string, string>> = Object.fromEntries(canaries);
    const issue = JSON.stringify({
      query: 'mutation { issueTicket(input: { editionSlug: "logged" }) { ticket { ticketNumber } } }',
    });
    for (let turn = 0; turn < 2; turn += 1) await post(issue, { authorization });
    await post(issue, { authorization: `Bearer ${token}x` });
    await post(`{"query": "${SUBJECT}`, { authorization });
    await post(JSON.stringify({ query: `{ ${SUBJECT} }` }), { cookie: `golden_press_session=${token}` });
    const papers = {
      envelope: `{"of":"${secrets.envelope}"}`,
      proof: secrets.proof,
      key: randomUUID(),
      evidence: secrets.evidence,
    };
    for (const query of [
      "mutation ($envelope: String!, $proof: String!, $key: UUID!) { redeemTicket(input: { envelope: $envelope, timechainProof: $proof, requestKey: $key }) { ticket { rowId } } }",
      "mutation ($evidence: String!) { submitAttestation(input: { kind: REPOSITORY, evidence: $evidence }) { attestation { rowId } } }",
      "query ($envelope: String!) { verifyTicket(envelope: $envelope) { refusal } }",
      "query ($evidence: String!) { nothing(of: $evidence) }",
    ])
      await post(JSON.stringify({ query, variables: papers }), { authorization });
    await fetch(`${url}/v1/publish`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization },
      body: JSON.stringify({ record: secrets.record, signature: secrets.record }),
    });
    await fetch(`${url}/session/callback?code=${SECRET}&state=${token}`);
    await fetch(`${url}/events?access_token=${token}&after=nowhere`);
    await fetch(`${url}/nothing/here?token=${token}`, { headers: { authorization } });
    // Under a connection that is in use, so that the gateway has something to complain about.
    await database
      .pool("press_gateway")
      .query(
        "select pg_terminate_backend(pid, 5000) from pg_stat_activity where usename = 'press_gateway' and datname = current_database() and pid <> pg_backend_pid()",
      );
    await untilOf(gateway, () => gateway.output.includes("a database connection was lost"));
    await post(issue, { authorization });
    const password = new URL(database.url("press_gateway")).password;
    expect(gateway.output).toContain('"name":"gateway"');
    for (const secret of [SUBJECT, token, SECRET, password, papers.key, ...Object.values(secrets)])
      expect(gateway.output).not.toContain(secret);
  });
});
