import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { untilWaiting } from "../race/sessions.ts";
import { testRequiring } from "../requirements.ts";
import { until } from "../worker/support.ts";
import { EventReader } from "./eventReader.ts";
import { type LedgerPress, startLedgerPress } from "./ledgerPress.ts";
import { RawSocket } from "./rawSocket.ts";
import { codesOf, issueTicket, makeToken, openEdition, startTestGateway, type TestGateway } from "./testGateway.ts";

/* A database that goes away without a word, as when a machine or a network is lost: connections that it had stay open, and nothing comes over
   them any more. */

let press: LedgerPress;
let gateway: TestGateway;
let connections: Socket[];
let path: Awaited<ReturnType<typeof startPath>>;

beforeAll(async () => {
  press = await startLedgerPress();
  connections = [];
  path = await startPath(new URL(press.database.url("press_gateway")));
  gateway = await startTestGateway({
    url(login) {
      const url = new URL(press.database.url(login));
      url.host = path.host;
      return url.href;
    },
  });
});

afterAll(async () => {
  for (const connection of connections) connection.destroy();
  await gateway?.close();
  path?.server.close();
  await press?.close();
});

/** A way to the database that can be cut without anybody hearing of it; new connections go through. */
async function startPath({ hostname, port }: URL) {
  const server = createServer((near) => {
    const far = connect(Number(port || 5432), hostname);
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      connections.push(from);
      from.on("error", () => undefined);
      from.on("close", () => to.destroy());
      from.pipe(to);
    }
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    server,
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    silence() {
      for (const connection of connections) connection.unpipe().removeAllListeners("close").pause();
    },
  };
}

test("readers and those who ask for tickets go on over other connections", async () => {
  await openEdition(gateway, { slug: "silent", cap: 100 });
  await press.publish();
  const reader = await EventReader.open(`${gateway.url}/events`);
  await until(() => reader.checkpoints.length >= 1);
  expect(codesOf(await issueTicket(gateway, await makeToken("alice"), { editionSlug: "silent" }))).toEqual([]);
  const before = reader.places.length;

  path.silence();
  await press.issue("silent", 3, "bob");
  await press.worker.work();
  await until(() => reader.places.length >= before + 4);
  const token = await makeToken("carol");
  await until(async () => codesOf(await issueTicket(gateway, token, { editionSlug: "silent" })).length === 0);
  reader.close();
});

interface TicketChanged {
  readonly ticket: { readonly rowId: string } | null;
}

testRequiring("superuser")("subscriptions whose events are being read end, and those of others go on", async () => {
  await openEdition(gateway, { slug: "subscribed", cap: 100 });
  await press.publish();
  const listen = async (subject: string, fields: string) => {
    const socket = await RawSocket.open(gateway, await makeToken(subject));
    socket.subscribe("1", `subscription { ticketChanged { ticket { rowId ${fields} } } }`);
    await until(() => socket.eventsOf("1").length >= 1);
    return socket;
  };
  // As many as are read at once.
  const hung = await Promise.all([1, 2, 3, 4].map((index) => listen(`hung ${index}`, "revocation { reason }")));
  const other = await listen("other", "");

  const holder = await press.database.pool("superuser").connect();
  try {
    await holder.query("begin");
    await holder.query("lock table press.revocations in access exclusive mode");
    for (const index of hung.keys()) await press.issue("subscribed", 1, `hung ${index + 1}`);
    await press.worker.work();
    await untilWaiting(press.database, hung.length);
    path.silence();
  } finally {
    await holder.query("rollback");
    holder.release();
  }
  const [id] = await press.issue("subscribed", 1, "other");
  await press.worker.work();

  await until(() => other.eventsOf<TicketChanged>("1").some(({ ticket }) => ticket?.rowId === id));
  for (const socket of hung) {
    await expect.poll(() => socket.codesOf("1")).toEqual(["OVERLOADED"]);
    socket.subscribe("2", "subscription { ticketChanged { ticket { rowId } } }");
    await until(() => socket.eventsOf("2").length >= 1);
  }
  for (const socket of [...hung, other]) socket.terminate();
});
