/* recomputeDraw costs as much as its edition is long, and everybody may ask: two are answered at a time, and all else goes on meanwhile. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { drawWhenReady, makeRaffle } from "../raffles.ts";
import { askOver, codesOf, startTestGateway, type TestGateway } from "./testGateway.ts";

let database: TestDatabase;
let gateway: TestGateway;
beforeAll(async () => {
  database = await createTestDatabase();
  gateway = await startTestGateway(database);
  const worker = await TestWorker.start(database);
  await makeRaffle(database, "raffle", { mode: "random_int", tickets: 3 });
  await drawWhenReady(database, "raffle");
  await worker.work();
  const decide = "select press_worker.record_draw(edition_id, attempt, 1, null) from press_worker.draws_to_make()";
  await database.pool("press_worker").query(decide);
  await worker.work();
});
afterAll(async () => {
  await gateway?.close();
  await database?.drop();
});

const FIELD = 'recomputeDraw(editionSlug: "raffle") { nodes { agrees } }';
const QUERY = `{ ${FIELD} }`;
const ANSWER = { recomputeDraw: { nodes: [{ agrees: true }] } };
const OVERLOADED = [
  { extensions: { code: "OVERLOADED", retryable: true }, message: expect.stringMatching(/^OVERLOADED: /) },
];

/** Locks what it reads, until released: whoever asks meanwhile is being answered. */
async function holdEntries() {
  const client = await database.pool("owner").connect();
  await client.query("begin; lock table press.ledger_entries in access exclusive mode");
  const waiting = async () => {
    const text = `select count(*)::integer as count from pg_locks
       where relation = 'press.ledger_entries'::regclass and not granted
         and database = (select d.oid from pg_database d where d.datname = current_database())`;
    return (await client.query<{ count: number }>(text)).rows[0]?.count;
  };
  return {
    waiting,
    async release() {
      await client.query("rollback");
      client.release();
    },
  };
}

test("two at once are answered, a third is OVERLOADED on whatever way it comes, and nothing else is", async () => {
  const held = await holdEntries();
  const socket = gateway.webSocket();
  const answers = [gateway.ask(QUERY), gateway.ask(`query { ...Again } fragment Again on Query { again: ${FIELD} }`)];
  try {
    await expect.poll(held.waiting, { timeout: 8_000 }).toBe(2);
    const third = await gateway.ask(`{ ${FIELD} editionBySlug(slug: "raffle") { slug } }`);
    expect([third.status, third.data]).toEqual([200, null]);
    expect(third.errors).toMatchObject(OVERLOADED);
    expect((await askOver(socket, QUERY)).errors).toMatchObject(OVERLOADED);
    const other = await gateway.ask('{ editionBySlug(slug: "raffle") { slug } }');
    expect(other.data).toEqual({ editionBySlug: { slug: "raffle" } });
  } finally {
    await held.release();
    await socket.dispose();
  }
  const [one, two] = await Promise.all(answers);
  expect([one?.data, two?.data]).toEqual([ANSWER, { again: ANSWER.recomputeDraw }]);
  expect((await gateway.ask(QUERY)).data).toEqual(ANSWER);
});

test("those that fail make room as well", async () => {
  const failing = '{ recomputeDraw(editionSlug: "none-such") { nodes { agrees } } }';
  for (let n = 0; n < 3; n++) expect(codesOf(await gateway.ask(failing))).toEqual(["EDITION_NOT_FOUND"]);
  expect((await gateway.ask(QUERY)).data).toEqual(ANSWER);
});

test.each([
  ["under two names", `{ ${FIELD} again: ${FIELD} }`],
  ["in a fragment", `{ ...One again: ${FIELD} } fragment One on Query { ${FIELD} }`],
  [
    "in a fragment that is spread twice",
    `mutation {
     one: closeEdition(input: { editionSlug: "raffle" }) { query { ...One } }
     two: closeEdition(input: { editionSlug: "raffle" }) { query { ...One } }
   } fragment One on Query { ${FIELD} }`,
  ],
])("more than once in one operation is refused: %s", async (_, query) => {
  const answer = await gateway.ask(query);
  expect([answer.status, codesOf(answer)]).toEqual([400, ["QUERY_TOO_COMPLEX"]]);
});
