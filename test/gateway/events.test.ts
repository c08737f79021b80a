import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../../db/freePort.ts";
import { ledgerEvent } from "../../events/ledgerEvent.ts";
import { eventTypes } from "../../events/schemas.ts";
import { CompactTree, equalHashes, LedgerVerifier, leafHash } from "../../verifier/index.ts";
import { createTestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { chromiumPath, testRequiring } from "../requirements.ts";
import { until } from "../worker/support.ts";
import { EventReader, ReturningReader } from "./eventReader.ts";
import { type LedgerPress, sizeOf, startLedgerPress } from "./ledgerPress.ts";
import { issueTicket, makeToken, openEdition, startTestGateway } from "./testGateway.ts";

let press: LedgerPress;

beforeAll(async () => {
  press = await startLedgerPress();
  await openEdition(press.gateway, { slug: "events", cap: 100_000 });
});

afterAll(() => press?.close());

/** The leaves of the ledger, as the database has them. */
async function leaves(): Promise<string[]> {
  const { rows } = await press.database
    .pool("superuser")
    .query<{ leaf: string }>("select leaf from press.ledger_entries order by place");
  return rows.map(({ leaf }) => leaf);
}

const isComplete = (reader: EventReader | ReturningReader) =>
  sizeOf(reader.checkpoints.at(-1)) === sizeOf(press.notes.at(-1));

describe("a reader of events", () => {
  test("has the whole ledger, and proves it with nothing but the key", async () => {
    const reader = await EventReader.open(`${press.gateway.url}/events`);
    for (const quantity of [1, 254, 300]) {
      await press.issue("events", quantity, "alice");
      await press.publish();
    }
    await until(() => isComplete(reader));
    reader.close();
    expect(reader.entries).toEqual(
      (await leaves()).map((leaf, place) => ledgerEvent(press.worker.origin, place, leaf).json),
    );

    const tree = new CompactTree();
    const ledger = new LedgerVerifier(press.worker.vkey);
    const checked: number[] = [];
    for (const { type, data } of reader.events) {
      if (type === "message") {
        tree.append(leafHash(Buffer.from(JSON.stringify(JSON.parse(data).data))));
      } else {
        const verdict = ledger.verifyCheckpoint(data);
        expect(verdict.isValid && equalHashes(verdict.checkpoint.root, tree.root())).toBe(true);
        checked.push(tree.size);
      }
    }
    expect(checked.at(-1)).toBe(reader.entries.length);
  });

  test("is sent nothing that no checkpoint covers", async () => {
    const before = (await leaves()).length;
    const reader = await EventReader.open(`${press.gateway.url}/events?after=${before - 1}`);
    await until(() => isComplete(reader));
    await press.issue("events", 3, "alice");
    await press.worker.signPending();
    await press.worker.integrate();
    expect((await leaves()).length).toBe(before + 3);
    press.database.pool("press_worker").query("select pg_notify('press_ledger', '')");
    const size = sizeOf(await press.getText("checkpoint"));
    expect(size).toBe(before);
    expect(reader.places).toEqual([]);
    await press.publish();
    await until(() => isComplete(reader));
    expect(reader.places).toEqual([before, before + 1, before + 2]);
    reader.close();
  });

  testRequiring("superuser")("goes on when the connection that listens is cut", async () => {
    const reader = await EventReader.open(`${press.gateway.url}/events`);
    await until(() => isComplete(reader));
    for (let round = 0; round < 3; round += 1) {
      await press.database
        .pool("superuser")
        .query(
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name ~ 'listen$'",
          [press.database.name],
        );
      await press.issue("events", 1, "alice");
      await press.publish();
      await until(() => isComplete(reader));
    }
    expect(reader.places).toEqual((await leaves()).map((_, place) => place));
    reader.close();
  });

  test("that comes back to another gateway misses nothing and has nothing twice", async () => {
    const first = await startTestGateway(press.database, { port: await freePort() });
    const reader = new ReturningReader(`${first.url}/events`);
    await until(() => isComplete(reader));
    await press.issue("events", 20, "alice");
    await first.close();
    await press.publish();
    const second = await startTestGateway(press.database, { port: Number(new URL(first.url).port) });
    await until(() => isComplete(reader));
    expect(reader.connections).toBe(2);
    expect(reader.places).toEqual((await leaves()).map((_, place) => place));
    await reader.close();
    await second.close();
  });

  test("among a thousand keeps nobody waiting who issues", async () => {
    const gateway = await startTestGateway(press.database, { eventReaders: { perAddressMax: 1_000 } });
    const url = `${gateway.url}/events?after=${(await leaves()).length - 1}`;
    const readers = await Promise.all(Array.from({ length: 1_000 }, () => EventReader.open(url)));
    const token = await makeToken("bob");
    const requests = Array.from({ length: 50 }, () => issueTicket(gateway, token, { editionSlug: "events" }));
    expect((await Promise.all(requests)).flatMap(({ errors }) => errors)).toEqual([]);
    await press.publish();
    await until(() => readers.every(isComplete));
    expect(new Set(readers.map(({ places }) => places.join()))).toEqual(new Set([readers[0]?.places.join()]));
    expect(readers[0]?.places).toHaveLength(50);
    await gateway.close();
    expect(new Set(await Promise.all(readers.map(({ ended }) => ended)))).toEqual(new Set([true]));
  });

  testRequiring("chromium")("may be a browser, on a page of any origin, that comes back by itself", async () => {
    const first = await startTestGateway(press.database, { port: await freePort() });
    const elsewhere = createServer((_request, response) => response.end("a page")).listen(0, "127.0.0.1");
    await once(elsewhere, "listening");
    const browser = await chromium.launch({ executablePath: chromiumPath() ?? "", args: ["--no-sandbox"] });
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
    await page.evaluate((url) => {
      const seen = { places: [] as number[], checkpoints: [] as string[] };
      Object.assign(globalThis, { seen });
      const source = new EventSource(url);
      source.onmessage = ({ data, lastEventId }) => {
        if (JSON.parse(data).id === lastEventId) seen.places.push(Number(lastEventId));
      };
      source.addEventListener("checkpoint", ({ data }) => seen.checkpoints.push(data));
    }, `${first.url}/events`);
    const seen = () =>
      page.evaluate(() => (globalThis as unknown as { seen: { places: number[]; checkpoints: string[] } }).seen);
    const hasAll = async () => (await seen()).checkpoints.at(-1) === press.notes.at(-1);
    await until(hasAll);
    await first.close();
    await press.issue("events", 5, "alice");
    await press.publish();
    const second = await startTestGateway(press.database, { port: Number(new URL(first.url).port) });
    await until(hasAll);
    expect((await seen()).places).toEqual((await leaves()).map((_, place) => place));
    await browser.close();
    await second.close();
    elsewhere.close();
  });
});

describe("the schemas of the events", () => {
  const get = async (path: string) => {
    const response = await fetch(`${press.ledgerUrl}/schemas/${path}`);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  test("are where the events say", async () => {
    for (const leaf of await leaves()) {
      const { dataschema } = JSON.parse(ledgerEvent(press.worker.origin, 0, leaf).json);
      expect(dataschema).toMatch(`https://${press.worker.origin}/schemas/`);
    }
    for (const type of eventTypes) {
      const { status, headers, text } = await get(`${type}.json`);
      expect(status).toBe(200);
      expect(headers.get("content-type")).toBe("application/schema+json");
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(JSON.parse(text)).toMatchObject({
        $id: `https://${press.worker.origin}/schemas/${type}.json`,
        properties: { type: { const: type } },
      });
    }
  });

  test.each([
    "ticket.issued",
    "ticket.issued.JSON",
    "ticket.lost.json",
    ".json",
    "constructor.json",
    "__proto__.json",
    "%2e%2e.json",
  ])("are not where no event says (%s)", async (path) => {
    expect((await get(path)).status).toBe(404);
  });

  test("are not there before a checkpoint names the ledger", async () => {
    const database = await createTestDatabase();
    const gateway = await startTestGateway(database);
    expect((await fetch(`${gateway.url}/ledger/schemas/ticket.issued.json`)).status).toBe(404);
    await gateway.close();
    await database.drop();
  });
});

describe("when the ledger goes on under another name", () => {
  test("the streams end; what comes then has the new name, and so have the schemas", async () => {
    const database = await createTestDatabase();
    const gateway = await startTestGateway(database);
    const before = await TestWorker.start(database);
    await openEdition(gateway, { slug: "renamed", cap: 10 });
    await before.work();
    const reader = new ReturningReader(`${gateway.url}/events`);
    await until(() => reader.checkpoints.length >= 1);
    const { length } = reader.places;

    const origin = "press.test/ledger-2";
    await database.pool("press_worker").query("select press_worker.adopt_ledger($1, 'a test')", [origin]);
    const after = await TestWorker.start(database, origin);
    await after.work();
    await until(() => reader.connections >= 2 && reader.places.length > length);
    const sources = reader.entries.map((entry) => JSON.parse(entry).source);
    expect(sources.slice(0, length)).toEqual(Array(length).fill(`https://${before.origin}`));
    expect(new Set(sources.slice(length))).toEqual(new Set([`https://${origin}`]));
    expect(reader.places).toEqual(sources.map((_, place) => place));
    await until(() => new LedgerVerifier(after.vkey).verifyCheckpoint(reader.checkpoints.at(-1) ?? "").isValid);
    const schema = await fetch(`${gateway.url}/ledger/schemas/key.activated.json`);
    expect(await schema.json()).toMatchObject({ $id: `https://${origin}/schemas/key.activated.json` });
    await reader.close();
    await gateway.close();
    await database.drop();
  });
});
