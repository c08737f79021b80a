import { afterAll, beforeAll, expect, test } from "vitest";
import { untilWaiting } from "../race/sessions.ts";
import { testRequiring } from "../requirements.ts";
import { SilentWay } from "../silentWay.ts";
import { until } from "../worker/support.ts";
import { EventReader } from "./eventReader.ts";
import { type LedgerPress, startLedgerPress } from "./ledgerPress.ts";
import { RawSocket } from "./rawSocket.ts";
import {
  codesOf,
  issueTicket,
  makeOperatorToken,
  makeToken,
  openEdition,
  startTestGateway,
  type TestGateway,
} from "./testGateway.ts";

/* A database that goes away without a word, as when a machine or a network is lost: connections that it had stay open, and nothing comes over
   them any more. */

let press: LedgerPress;
let gateway: TestGateway;
let way: SilentWay;

beforeAll(async () => {
  press = await startLedgerPress();
  way = await SilentWay.to(press.database);
  gateway = await startTestGateway(way);
});

afterAll(async () => {
  way?.close();
  await gateway?.close();
  await press?.close();
});

test("readers and those who ask for tickets go on over other connections", async () => {
  await openEdition(gateway, { slug: "silent", cap: 100 });
  await press.publish();
  const reader = await EventReader.open(`${gateway.url}/events`);
  await until(() => reader.checkpoints.length >= 1);
  expect(codesOf(await issueTicket(gateway, await makeToken("alice"), { editionSlug: "silent" }))).toEqual([]);
  const before = reader.places.length;

  way.silence();
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
    way.silence();
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

testRequiring("superuser")(
  "requests that wait for an answer are given up, and their connections with them",
  async () => {
    const holder = await press.database.pool("superuser").connect();
    const token = await makeOperatorToken();
    const ask = (query: string) => gateway.ask(query, { token });
    // As many as there are connections for requests.
    const hung = [];
    try {
      await holder.query("begin");
      await holder.query("lock table press.revocations in access exclusive mode");
      for (let index = 0; index < 10; index += 1) hung.push(ask("{ revocations { nodes { reason } } }"));
      await untilWaiting(press.database, hung.length);
      way.silence();
    } finally {
      await holder.query("rollback");
      holder.release();
    }
    for (const answer of await Promise.all(hung)) expect(codesOf(answer)).toEqual(["TIMEOUT"]);
    expect(codesOf(await ask("{ revocations { nodes { reason } } }"))).toEqual([]);
  },
);
