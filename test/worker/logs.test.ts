/* What is in the log of a worker, at its most talkative, whose services say back to it whatever it has sent them: no key, password, token or evidence, and
   nobody's name. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, onTestFailed, test } from "vitest";
import { launch, type Running, untilOf } from "../cli/support.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { issuePending, signedCount } from "./support.ts";

const secret = (of: string) => `${of}-${randomBytes(12).toString("hex")}`;
const NATS_PASSWORD = secret("nats");
const NODE_PASSWORD = secret("node");
const SERVICE_TOKEN = secret("service");
const SUBJECT = secret("somebody");
const REPOSITORY = `${secret("owner")}/press`;
const KEYS = ["signing", "checkpoint", "credential", "wallet"] as const;

let database: TestDatabase;
let folder: string;
let worker: Running;
const servers: Server[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "golden-press-logs-"));
});
afterAll(async () => {
  worker?.child.kill("SIGTERM");
  await worker?.ended;
  for (const server of servers) server.close();
  await database?.drop();
  await rm(folder, { recursive: true });
});

async function listen(server: Server): Promise<string> {
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Refuses everything with all that it was asked: provider, hosting service and node of a worker whom they dislike. */
function startEcho(): Promise<string> {
  return listen(
    createHttpServer(async (request, response) => {
      const said = JSON.stringify([request.url, request.headers, await text(request)]);
      const error = { code: -1, message: said };
      response.writeHead(500, { "content-type": "application/json", connection: "close" });
      response.end(JSON.stringify({ error, error_description: said, message: said }));
    }),
  );
}

/** The same of a NATS server. */
function startEchoOfNats(): Promise<string> {
  return listen(
    createServer((socket) => {
      socket.on("error", () => undefined);
      socket.write(`INFO {"server_id":"echo","version":"2.9.10","auth_required":true,"max_payload":1048576}\r\n`);
      socket.once("data", (line) =>
        socket.end(`-ERR 'Authorization Violation of ${line.toString("utf8").trim()}'\r\n`),
      );
    }),
  );
}

async function submit(kind: "oidc" | "repository", evidence: string): Promise<void> {
  const operator = database.pool("operator");
  await operator.query("select press.begin_attestation($1, $2)", [kind, SUBJECT]);
  await operator.query("select press.submit_attestation($1, $2, null, $3, '198.51.100.7')", [kind, evidence, SUBJECT]);
}

test("has nothing of what it must not tell", { timeout: 240_000 }, async () => {
  const [echo, nats] = [await startEcho(), await startEchoOfNats()];
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = part({ iss: `http://${echo}`, sub: SUBJECT, aud: "press" });
  await submit("oidc", `${part({ alg: "ES256", kid: "1" })}.${claims}.c2ln`);
  await submit("repository", REPOSITORY);
  await issuePending(database, "logged", 3);

  const fileOf = (key: string) => join(folder, `${key}-key`);
  worker = launch(["worker", ...KEYS.flatMap((key) => ["--create-key", key])], {
    WORKER_DATABASE_URL: database.url("press_worker"),
    ...Object.fromEntries(KEYS.map((key) => [`${key.toUpperCase()}_KEY_FILE`, fileOf(key)])),
    CHECKPOINT_STORE: join(folder, "checkpoint"),
    LEDGER_ORIGIN: "press.test/ledger",
    NATS_URL: `nats://press:${NATS_PASSWORD}@${nats}`,
    CHAIN_NODE_URL: `http://press:${NODE_PASSWORD}@${echo}`,
    CHAIN_NETWORK: "regtest",
    ATTESTATION_ISSUERS: `http://${echo}=press`,
    REPOSITORY_API_URL: `http://${echo}`,
    REPOSITORY_API_TOKEN: SERVICE_TOKEN,
    BEACON_URLS: `http://${echo}`,
    PUBLIC_URL: "https://press.test",
    LOG_LEVEL: "trace",
  });
  onTestFailed(() => console.info(worker.output)); // What was waited for in vain can be seen there.
  await untilOf(worker, async () => (await signedCount(database, "logged")) === 3);
  const complaints = () => worker.output.split("\n").filter((line) => /"level":[45]0/.test(line));
  for (const about of [/publish events/, /chain/i, /oidc|ID token|provider/i, /repositor/i])
    await untilOf(worker, () => complaints().some((line) => about.test(line)));
  // By its own login, which may end its own sessions also where the installing one may not.
  await database
    .pool("press_worker")
    .query(
      "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'press_worker' and datname = $1 and pid <> pg_backend_pid()",
      [database.name],
    );
  await untilOf(worker, () => worker.output.includes("A connection to the database was lost."));
  await issuePending(database, "afterwards", 1);
  await untilOf(worker, async () => (await signedCount(database, "afterwards")) === 1);

  const keys = await Promise.all(KEYS.map((key) => readFile(fileOf(key), "utf8")));
  const lines = keys.flatMap((key) => key.split("\n")).filter((line) => line.length > 20 && !line.startsWith("-----"));
  expect(lines.length).toBeGreaterThanOrEqual(KEYS.length);
  const password = new URL(database.url("press_worker")).password;
  const secrets = [NATS_PASSWORD, NODE_PASSWORD, SERVICE_TOKEN, SUBJECT, REPOSITORY, claims, password, ...lines];
  const encoded = Buffer.from(`press:${NODE_PASSWORD}`).toString("base64");
  for (const canary of [...secrets, encoded]) expect(worker.output).not.toContain(canary);
});
