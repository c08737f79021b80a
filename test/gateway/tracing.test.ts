/* Traces of a gateway and a worker, as the commands start them, at a receiver of our own. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../db/freePort.ts";
import { makeToken } from "../../gateway/makeToken.ts";
import { currentTracer, inSpan } from "../../tracing/spans.ts";
import { startTracing } from "../../tracing/tracing.ts";
import { createSigningKey } from "../../worker/keys.ts";
import { launch, type Running, untilOf } from "../cli/support.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { makeEdition } from "../race/sessions.ts";
import { makeLog, until } from "../worker/support.ts";
import { type ReceivedSpan, TraceReceiver } from "./traceReceiver.ts";

const SUBJECT = "somebody-whose-name-is-nobodys-business";
const SECRET = randomBytes(32).toString("hex");
const API_KEY = "a key, with a comma";
const ISSUE = `mutation Buy($key: UUID!) { issueTicket(input: { editionSlug: "traced", requestKey: $key }) {
  ticket { ticketNumber } envelope(waitMilliseconds: 10000) } }`;

const OF_THE_WORKER = ["sign a batch", "store a batch", "give entries their places", "sign a checkpoint"];

describe("of the commands", () => {
  let receiver: TraceReceiver;
  let database: TestDatabase;
  let folder: string;
  let port: number;
  let token: string;
  const running: Running[] = [];

  beforeAll(async () => {
    [receiver, database, port, folder] = await Promise.all([
      TraceReceiver.start(),
      createTestDatabase(),
      freePort(),
      mkdtemp(join(tmpdir(), "golden-press-traces-")),
    ]);
    await makeEdition(database, "traced", 100, 100);
    await createSigningKey(join(folder, "signing-key.pem"));
    await createSigningKey(join(folder, "checkpoint-key.pem"));
    const terms = { secret: Buffer.from(SECRET), audience: "golden-press", roleClaim: "role" };
    token = await makeToken(terms, { subject: SUBJECT, isOperator: false, expires: "1h" });
    const settings = {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: `api-key=${encodeURIComponent(API_KEY)}`,
      LOG_LEVEL: "warn",
      PORT: String(port),
    };
    const gateway = launch(["gateway"], {
      ...settings,
      GATEWAY_DATABASE_URL: database.url("press_gateway"),
      JWT_SECRET: SECRET,
    });
    const worker = launch(["worker"], {
      ...settings,
      WORKER_DATABASE_URL: database.url("press_worker"),
      SIGNING_KEY_FILE: join(folder, "signing-key.pem"),
      CHECKPOINT_KEY_FILE: join(folder, "checkpoint-key.pem"),
      CHECKPOINT_STORE: join(folder, "checkpoint"),
    });
    running.push(gateway, worker);
    // Whoever buys waits ten seconds for a signature, and not for the worker to begin.
    const registered = "select from press.signing_keys where purpose = 'ticket'";
    await untilOf(worker, async () => (await database.pool("operator").query(registered)).rowCount === 1);
    await untilOf(gateway, () =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  });
  afterAll(async () => {
    for (const { child, ended } of running) {
      child.kill("SIGTERM");
      await ended;
    }
    await receiver.stop();
    await database.drop();
    await rm(folder, { recursive: true });
  });

  const named = (name: string) => receiver.spans.filter((span) => span.name === name);
  const below = (parent: ReceivedSpan | undefined) =>
    receiver.spans.filter(
      ({ parentSpanId, traceId }) => parentSpanId === parent?.spanId && traceId === parent?.traceId,
    );

  async function buy(traceId: string, requestKey: string): Promise<void> {
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        authorization: `Bearer ${token}`,
        traceparent: `00-${traceId}-00f067aa0ba902b7-01`,
      },
      body: JSON.stringify({ query: ISSUE, variables: { key: requestKey }, operationName: "Buy" }),
    });
    expect(await response.json()).toMatchObject({ data: { issueTicket: { envelope: expect.any(String) } } });
  }

  test("a purchase is seen from the client's request to the checkpoint, and nobody's name or secret is", async () => {
    const purchases = Array.from({ length: 5 }, () => ({
      traceId: randomBytes(16).toString("hex"),
      key: randomUUID(),
    }));
    await Promise.all(purchases.map(({ traceId, key }) => buy(traceId, key)));
    await until(() => named("POST /graphql").length >= 5 && OF_THE_WORKER.every((name) => named(name).length > 0));
    await until(() => named("issue a batch").flatMap(({ links = [] }) => links).length >= 5);

    const requests = named("POST /graphql");
    expect(requests.map(({ traceId }) => traceId).toSorted()).toEqual(
      purchases.map(({ traceId }) => traceId).toSorted(),
    );
    for (const request of requests) {
      expect(request).toMatchObject({ service: "golden-press-gateway", kind: 2, parentSpanId: "00f067aa0ba902b7" });
      expect(request.attributes).toMatchObject({
        "http.request.method": "POST",
        "http.route": "/graphql",
        "http.response.status_code": 200,
        "graphql.operation.name": "Buy",
      });
    }

    const batches = named("issue a batch");
    expect(new Set(batches.flatMap(({ links = [] }) => links.map(({ spanId }) => spanId)))).toEqual(
      new Set(requests.map(({ spanId }) => spanId)),
    );
    const counted = batches.map(({ attributes }) => Number(attributes["golden_press.requests"]));
    expect(counted.reduce((sum, count) => sum + count, 0)).toBe(5);
    for (const batch of batches) {
      expect(batch.parentSpanId ?? "").toBe("");
      expect(below(batch).map(({ name }) => name)).toEqual(["SELECT press_gateway.issue_tickets"]);
    }

    for (const name of OF_THE_WORKER) {
      expect(new Set(named(name).map(({ service }) => service))).toEqual(new Set(["golden-press-worker"]));
    }
    expect(below(named("store a batch")[0]).map(({ name }) => name)).toEqual(["SELECT press_worker.attach_signatures"]);
    expect(below(named("sign a checkpoint")[0]).map(({ name }) => name)).toContain(
      "SELECT press_worker.publish_checkpoint",
    );

    const all = receiver.bodies.join("\n");
    for (const secret of [SUBJECT, token, SECRET, API_KEY, ...purchases.map(({ key }) => key)])
      expect(all).not.toContain(secret);
    expect(new Set(receiver.headers.map((headers) => headers["api-key"]))).toEqual(new Set([API_KEY]));
  });

  test("what is asked for ever is not traced", async () => {
    for (const path of ["/healthz", "/readyz", "/metrics", "/keys"]) await fetch(`http://127.0.0.1:${port}${path}`);
    await until(() => named("GET /keys").length > 0);
    expect(receiver.spans.filter(({ name }) => /healthz|readyz|metrics/.test(name))).toEqual([]);
  });
});

describe("of a process", () => {
  const options = { part: "worker", headers: {}, ratio: 1 } as const;

  test("there are none unless somebody wants them, and what is done is done all the same", async () => {
    const tracing = await startTracing({ ...options, endpoint: undefined, log: makeLog() });
    expect(currentTracer()).toBeUndefined();
    expect(await inSpan("something", {}, async () => "done")).toBe("done");
    await tracing.stop();
  });

  test("a receiver that is away is said once, and once more when it is back; a failure is a failure by its code", async () => {
    const port = await freePort();
    const log = makeLog();
    const tracing = await startTracing({ ...options, endpoint: `http://127.0.0.1:${port}`, log });
    const act = () =>
      inSpan("something", {}, () => Promise.reject(Object.assign(new Error("of alice"), { code: "PRCAP" })));
    await expect(act()).rejects.toThrow("of alice");
    await until(() => log.lines.length > 0);
    await act().catch(() => undefined);
    const receiver = await TraceReceiver.start(port);
    await until(() => receiver.spans.length > 0 && log.lines.length > 1);
    await tracing.stop();
    await receiver.stop();
    expect(log.lines).toEqual([
      expect.stringMatching(/^warn .*Traces cannot be sent, and are dropped meanwhile\.$/),
      "info Traces are sent again.",
    ]);
    expect(receiver.spans[0]).toMatchObject({ status: { code: 2 }, attributes: { "error.type": "PRCAP" } });
    expect(receiver.bodies.join("\n")).not.toContain("alice");
    expect(currentTracer()).toBeUndefined();
  });
});
