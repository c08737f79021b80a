/* Random batches through the gateway's function, against the naive press: the same answer to every request, and in the end the same rows. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { attest } from "../credentials.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { random, rounds, seed } from "../random.ts";
import { type Answer, type Edition, type Kind, NaivePress, type Request } from "./naivePress.ts";

const BATCHES = rounds(10_000, 50_000, 3_000);
const BATCHES_PER_EDITION = 40;
const PEOPLE = ["alice", "bob", "carol", "dora", "eve", "frank", "idle", 'Ünï "q" 😀'];

/** Everybody else has none. */
const CREDENTIALS: readonly (readonly [holder: string, kinds: readonly Kind[]])[] = [
  ["alice", ["oidc"]],
  ["bob", ["repository"]],
  ["carol", ["oidc", "repository"]],
];

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

function someKey(): string | null {
  return random.integer(3) === 0 ? null : `00000000-0000-4000-8000-00000000000${random.integer(8)}`;
}

function someRequest(): Request {
  return {
    subject: random.integer(20) === 0 ? null : random.pick(PEOPLE),
    isOperator: random.integer(5) === 0,
    recipient: random.integer(4) === 0 ? random.pick([...PEOPLE, ""]) : null,
    quantity: random.pick([1, 1, 1, 1, 2, 2, 3, 5, 0, -1, 1001]),
    requestKey: someKey(),
  };
}

/** Of two editions one demands something. */
function someEdition(slug: string): Edition {
  const cap = 1 + random.integer(30);
  const isDemanding = random.integer(2) === 0;
  return {
    slug,
    cap,
    perHolderLimit: 1 + random.integer(cap),
    isOpen: true,
    requiredTrustLevel: isDemanding ? random.integer(3) : 0,
    requiredKind: isDemanding ? random.pick([null, "oidc", "repository"] as const) : null,
  };
}

async function openEdition({ slug, cap, perHolderLimit, requiredTrustLevel, requiredKind }: Edition): Promise<void> {
  const operator = database.pool("operator");
  const create = `select press.create_edition($1, $1, $2, $3, required_trust_level => $4, required_kind => $5)`;
  await operator.query(create, [slug, cap, perHolderLimit, requiredTrustLevel, requiredKind]);
  await operator.query("select press.open_edition($1)", [slug]);
}

/** Sends a batch as the gateway does; each answer has the ids of its tickets, which the end of the test turns into numbers. */
async function issueBatch(slug: string, batch: Request[]): Promise<{ name: string | null; ids: string[] }[]> {
  const { rows } = await database.pool("press_gateway").query<{ name: string | null; ids: string[] | null }>({
    name: "issue",
    text: `select split_part(min(refusal_message), ':', 1) as name, array_agg((ticket).id order by (ticket).ticket_number) filter (where refusal_code is null) as ids
           from press_gateway.issue_tickets($1, $2, $3, $4, $5, $6) group by request_index order by request_index`,
    values: [
      slug,
      batch.map((request) => request.subject),
      batch.map((request) => request.isOperator),
      batch.map((request) => request.recipient),
      batch.map((request) => request.quantity),
      batch.map((request) => request.requestKey),
    ],
  });
  return rows.map(({ name, ids }) => ({ name, ids: ids ?? [] }));
}

async function storedTickets(): Promise<
  Map<string, { slug: string; number: number; holder: string; actor: string; requestKey: string | null }>
> {
  const { rows } = await database.pool("superuser").query(
    `select t.id, e.slug, t.ticket_number as number, h.subject as holder, coalesce(t.issued_by, h.subject) as actor, t.request_key as "requestKey"
     from press.tickets t join press.editions e on e.id = t.edition_id join press.holders h on h.id = t.holder_id order by e.slug, t.ticket_number`,
  );
  return new Map(rows.map(({ id, ...ticket }) => [id, ticket]));
}

test(`${BATCHES} random batches equal the naive press, seed ${seed}`, { timeout: 600_000 }, async () => {
  const naive = new NaivePress();
  await database.pool("superuser").query("insert into press.holders (subject, is_active) values ('idle', false)");
  naive.inactive.add("idle");
  for (const [holder, kinds] of CREDENTIALS) {
    naive.credentials.set(holder, kinds);
    for (const kind of kinds) await attest(database, { subject: holder, kind });
  }
  const answers: { where: string; expected: Answer; name: string | null; ids: string[] }[] = [];
  const slugs: string[] = [];
  let edition: Edition | undefined;

  for (let batchNumber = 0; batchNumber < BATCHES; batchNumber++) {
    if (batchNumber % BATCHES_PER_EDITION === 0) {
      edition = someEdition(`edition-${batchNumber}`);
      await openEdition(edition);
      slugs.push(edition.slug);
    } else if (edition?.isOpen && random.integer(60) === 0) {
      await database.pool("operator").query("select press.close_edition($1)", [edition.slug]);
      edition.isOpen = false;
    }
    const target = random.integer(50) === 0 ? undefined : edition;
    const batch = Array.from({ length: 1 + random.integer(12) }, someRequest);
    const stored = await issueBatch(target?.slug ?? "no-such-edition", batch);
    expect(stored.length, "one answer for each request").toBe(batch.length);
    batch.forEach((request, n) => {
      const where = `batch ${batchNumber}, request ${n + 1}: ${JSON.stringify({ ...target, ...request })}`;
      answers.push({
        where,
        expected: naive.issue(target, request),
        name: stored[n]?.name ?? null,
        ids: stored[n]?.ids ?? [],
      });
    });
  }

  const tickets = await storedTickets();
  for (const { where, expected, name, ids } of answers) {
    const numbers = ids.map((id) => tickets.get(id)?.number);
    expect(name ? { refusal: name } : { numbers }, where).toEqual(expected);
  }
  const storedBySlug = Map.groupBy(tickets.values(), ({ slug }) => slug);
  for (const slug of slugs) {
    const rows = (storedBySlug.get(slug) ?? []).map(({ number, holder, actor, requestKey }) => ({
      number,
      holder,
      actor,
      requestKey,
    }));
    expect(rows, `the rows of ${slug}`).toEqual(naive.ticketsOf(slug));
  }
  const occurred = new Set(answers.map(({ expected }) => expected.refusal ?? "granted"));
  expect(occurred.size, "the batches are rich enough to meet every answer").toBe(11);
});
