/* Under a gateway and a worker at work the primary becomes a standby, as when a name leads to another server after a failover. The gateway goes on showing
   and verifying, says that it is not ready, and refuses the rest by name; nothing is signed. Once the server is promoted both go on by themselves. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { withClient } from "../../db/connection.ts";
import { type EmbeddedServer, startEmbeddedServer } from "../../db/embedded.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "../../db/install.ts";
import { urlAs } from "../../start/home.ts";
import { startWorker, type Worker } from "../../worker/worker.ts";
import { codesOf, issueTicket, makeToken, startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { makeKey, makeLedger, makeLog, until } from "../worker/support.ts";

const DATABASE = "demoted";
const PASSWORD = "a-password-of-both";
const EDITION = { editionSlug: "demoted" };
let home: string;
let server: EmbeddedServer;
let worker: Worker;
let gateway: TestGateway;

const startServer = () => startEmbeddedServer({ home, log: () => undefined });
const urlOf = (login: string) => urlAs(server.superuserUrl(DATABASE), login, PASSWORD);
const query = <Row extends object>(text: string) =>
  withClient(server.superuserUrl(DATABASE), async (client) => (await client.query<Row>(text)).rows);
const get = async (path: string) => {
  const response = await fetch(`${gateway.url}${path}`);
  return { status: response.status, text: await response.text() };
};

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "golden-press-demoted-"));
  await chmod(home, 0o755); // Started by root, PostgreSQL runs as another user, who must be able to enter.
  server = await startServer();
  await createDatabaseIfMissing(server.superuserUrl("postgres"), DATABASE);
  await installDatabase({ url: server.superuserUrl(DATABASE), own: true, includeCurrent: true });
  await withClient(server.superuserUrl(DATABASE), async (client) => {
    for (const login of ["press_worker", "press_gateway"]) await setLoginPassword(client, login, PASSWORD);
  });
  await query("select press.create_edition('demoted', 'An edition', 100), press.open_edition('demoted')");
  const signing = { signingKey: makeKey(), ledger: makeLedger(), log: makeLog() };
  worker = await startWorker({ ...signing, databaseUrl: urlOf("press_worker") });
  gateway = await startTestGateway({ url: urlOf });
});
afterAll(async () => {
  await Promise.all([gateway?.close(), worker?.stop()]);
  await server?.stop();
  await rm(home, { recursive: true });
});

test("what is there is shown, what is asked for is refused, and all of it goes on after the promotion", async () => {
  const token = await makeToken("alice");
  const ticket = (await issueTicket(gateway, token, EDITION)).data.issueTicket?.ticket;
  const recorded = `{ ticket(rowId: "${ticket?.rowId}") { envelope timechainProof } }`;
  const read = () => gateway.ask<{ ticket: { envelope: string; timechainProof: string | null } }>(recorded, { token });
  await until(async () => (await read()).data.ticket.timechainProof !== null);
  const { envelope, timechainProof } = (await read()).data.ticket;
  const { text: checkpoint } = await get("/ledger/checkpoint");

  await server.stop();
  await writeFile(join(home, "postgres", "standby.signal"), "");
  server = await startServer();
  await until(async () => (await get("/readyz")).text.includes("takes no writes"));
  expect((await get("/readyz")).status).toBe(503);
  await until(async () => codesOf(await read()).length === 0);
  expect((await read()).data.ticket.envelope).toBe(envelope);
  expect(await get("/ledger/checkpoint")).toEqual({ status: 200, text: checkpoint });
  const verify = `query ($envelope: String!) { verifyTicket(envelope: $envelope) { isSignatureValid refusal } }`;
  const verdict = { verifyTicket: { isSignatureValid: true, refusal: null } };
  expect((await gateway.ask(verify, { token, variables: { envelope } })).data).toEqual(verdict);
  const redeem =
    "mutation ($envelope: String!, $proof: String!) { redeemTicket(input: { envelope: $envelope, timechainProof: $proof }) { ticket { rowId } } }";
  for (const refused of [
    await issueTicket(gateway, await makeToken("bob"), EDITION),
    await gateway.ask(redeem, { token, variables: { envelope, proof: timechainProof } }),
  ]) {
    expect(refused.errors).toMatchObject([{ extensions: { code: "OVERLOADED", retryable: true } }]);
    expect(refused.errors[0]?.message).toContain("it is a standby; nothing was done");
  }

  await query("select pg_promote()");
  await until(async () => (await get("/readyz")).status === 200);
  await until(async () => codesOf(await issueTicket(gateway, await makeToken("bob"), EDITION)).length === 0);
  await until(async () => (await query("select from press.tickets where envelope is null")).length === 0);
  expect(await query("select ticket_number from press.tickets order by 1")).toEqual([
    { ticket_number: 1 },
    { ticket_number: 2 },
  ]);
});
