/* What docs/events.md shows, held against what there is. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ledgerEvent } from "../../events/ledgerEvent.ts";
import { natsSubject } from "../../events/natsSubject.ts";
import { eventTypes } from "../../events/schemas.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { askOver, makeToken, startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { TestWorker } from "../ledger.ts";
import { makeEdition } from "../race/sessions.ts";
import { PREFIX } from "../worker/eventNames.ts";

let documentation: string;
let database: TestDatabase;
let gateway: TestGateway;
beforeAll(async () => {
  documentation = await readFile(join(import.meta.dirname, "../../docs/events.md"), "utf8");
  database = await createTestDatabase();
  await makeEdition(database, "golden-ticket", 50, 50);
  const worker = await TestWorker.start(database);
  await worker.issueHeld("golden-ticket", Array(30).fill("alice"));
  gateway = await startTestGateway(database);
});
afterAll(async () => {
  await gateway.close();
  await database.drop();
});

/** The blocks of a language. */
function blocks(language: string): string[] {
  return [...documentation.matchAll(new RegExp(`\`\`\`${language}\\n(.*?)\`\`\``, "gs"))].map(([, text]) => text ?? "");
}

test("the event is one, byte for byte but for its line breaks", () => {
  const [shown = ""] = blocks("json");
  const event = shown.replaceAll(/\n */g, "");
  const leaf = JSON.stringify(JSON.parse(event).data);
  expect(event).toBe(ledgerEvent("press.example/ledger", 17, leaf).json);
  expect(documentation).toContain(`\`${natsSubject(PREFIX, leaf)}\``);
  const { at } = JSON.parse(leaf);
  expect(documentation).toContain(`\`${natsSubject(PREFIX, JSON.stringify({ at, type: "key.activated" }))}\``);
});

test("every type of event is in the table of ledger.md, to which it points", async () => {
  const table = await readFile(join(import.meta.dirname, "../../docs/ledger.md"), "utf8");
  expect(table).toContain("## What an entry says\n");
  expect(documentation).toContain("(ledger.md#what-an-entry-says)");
  expect(eventTypes.filter((type) => !table.includes(`\`${type}\``))).toEqual([]);
});

describe("the subscriptions begin at once", () => {
  test("all of them, for a holder", async () => {
    const lines = blocks("graphql").flatMap((text) => text.trimEnd().split("\n"));
    expect(lines.length).toBe(3);
    for (const line of lines) {
      const client = gateway.webSocket({ authorization: `Bearer ${await makeToken("alice")}` });
      const { data, errors } = await askOver(client, line);
      await client.dispose();
      expect(errors, line).toEqual([]);
      const [payload] = Object.values(data);
      if (line.includes("ledgerGrew"))
        expect(payload).toMatchObject({ entries: [{ place: "18" }, ...Array(14).fill({})] });
    }
  });
});

test("the paths for curl answer", async () => {
  const paths = [...documentation.matchAll(/http:\/\/127\.0\.0\.1:5678(\/[\w/?=]*)/g)].map(([, path]) => path ?? "");
  expect(new Set(paths)).toEqual(new Set(["/events", "/events?after=17", "/ledger/checkpoint", "/ledger/vkey"]));
  for (const path of paths) {
    const answer = await fetch(`${gateway.url}${path}`);
    expect(answer.status, path).toBe(200);
    await answer.body?.cancel();
  }
  const [schema] = /`(\/ledger\/schemas\/)TYPE\.json`/.exec(documentation)?.slice(1) ?? [];
  for (const type of eventTypes) expect((await fetch(`${gateway.url}${schema}${type}.json`)).status, type).toBe(200);
});

test("the files that it points to are there", async () => {
  const links = [...documentation.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map(([, link]) => link ?? "");
  expect(links).toContain("examples/consumer.ts");
  for (const link of links) await readFile(join(import.meta.dirname, "../../docs", link), "utf8");
});
