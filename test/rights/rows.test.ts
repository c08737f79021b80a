/* Which rows everybody sees, in a press in which everything has happened that can: by SQL over their own login, and by GraphQL over HTTP, where every field of every
   type is asked for in every way that there is. What is declared is in test/sql/laws/rights.test.sql. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { fillPress } from "../audit/richPress.ts";
import { makeOperatorToken, makeToken, startTestGateway, type TestGateway } from "../gateway/testGateway.ts";
import { random, rounds, seed } from "../random.ts";
import { everyTestRequires, missingRequirement, testRequiring } from "../requirements.ts";
import { Crawler } from "./crawler.ts";
import {
  createProbedDatabase,
  type Declared,
  IDENTITIES,
  type Identity,
  type ProbedDatabase,
  readDeclared,
} from "./identities.ts";
import { type Reader, secretsFrom, tablesWithRows, visibleRows, visibleWhere } from "./rows.ts";

const overGateway = (
  name: string,
  role: "press_anonymous" | "press_holder" | "press_operator",
  subject: string | null,
): Reader & Identity => ({
  name,
  role,
  login: "press_gateway",
  becomes: role,
  subject: subject ?? "",
});
const ANONYMOUS = overGateway("nobody signed in", "press_anonymous", null);
const ALICE = overGateway("alice", "press_holder", "alice");
const BOB = overGateway("bob", "press_holder", "bob");
const OPERATOR = overGateway("an operator over the gateway", "press_operator", "olga");
const READERS: readonly (Reader & Identity)[] = [
  ANONYMOUS,
  ALICE,
  BOB,
  overGateway("carol", "press_holder", "carol"),
  overGateway("a holder whom nobody knows", "press_holder", "somebody else"),
  overGateway("a holder of no name", "press_holder", ""),
  OPERATOR,
  { name: "an operator at a prompt", role: "press_operator", login: "operator", subject: "alice" },
  { name: "the auditor", role: "press_auditor", login: "press_auditor", subject: "alice" },
];

everyTestRequires("superuser");
let probed: ProbedDatabase;
let declared: Declared;
let gateway: TestGateway;
let heard: readonly string[];
beforeAll(async () => {
  if (missingRequirement("superuser") !== undefined) return;
  probed = await createProbedDatabase();
  declared = await readDeclared(probed.database);
  const listening = await listenEverywhere();
  await fillPress(probed.database);
  heard = await listening.end();
  gateway = await startTestGateway(probed.database);
});
afterAll(async () => {
  await gateway?.close();
  await probed?.drop();
});

describe("by SQL, everybody sees the rows that are declared, and no other", () => {
  test.each(READERS)("$name", async (reader) => {
    expect(await undeclaredRows(reader)).toEqual([]);
  });

  test("and there are rows to be seen, and rows to be hidden", async () => {
    const superuser = probed.database.pool("superuser");
    for (const { object, condition, role } of declared.rows.filter((right) => right.condition !== "true")) {
      const readers = READERS.filter((reader) => reader.role === role);
      const counts = await Promise.all(
        readers.map(
          async (reader) =>
            (await visibleRows(superuser, object, await visibleWhere(probed.database, declared, reader, object)))
              .length,
        ),
      );
      const all = (await visibleRows(superuser, object)).length;
      expect(
        Math.max(...counts),
        `${role} sees some ${object} where ${condition}: have test/audit/richPress.ts make some`,
      ).toBeGreaterThan(0);
      expect(
        Math.min(...counts),
        `${role} does not see all ${object} where ${condition}: have test/audit/richPress.ts make others`,
      ).toBeLessThan(all);
    }
  });

  test("nor by taking row-level security away from a statement", async () => {
    const session = await probed.open(BOB);
    await session.query("set row_security = off");
    await expect(session.query("select * from press.tickets")).rejects.toMatchObject({ code: "42501" });
    await session.end();
  });

  test("nor by what a login says of itself: only the gateway is believed", async () => {
    const session = await probed.open({
      name: "the auditor",
      role: "press_auditor",
      login: "press_auditor",
      subject: "",
    });
    await session.query("select set_config('press.subject', 'alice', false)");
    expect((await session.query("select press_hidden.current_holder_id() as id")).rows).toEqual([{ id: null }]);
    await session.end();
  });
});

/** What a login without any right hears meanwhile: PostgreSQL lets everybody listen, to whatever is notified. */
async function listenEverywhere(): Promise<{ end(): Promise<string[]> }> {
  const channels = await probed.database.pool("superuser").query<{ channel: string }>(
    String.raw`select distinct m[1] as channel from pg_proc p join pg_namespace n on n.oid = p.pronamespace,
       regexp_matches(coalesce(p.prosrc, '') || coalesce(pg_get_function_sqlbody(p.oid), ''), 'pg_notify\s*\(\s*''([^'']+)''', 'g') m
     where n.nspname ~ '^(press|graphile_)' order by 1`,
  );
  expect(channels.rows.map(({ channel }) => channel)).toEqual(
    expect.arrayContaining(["press_signed", "press_ledger", "press_publications"]),
  );
  const session = await probed.open(IDENTITIES.find(({ login }) => login === "stranger") as Identity);
  const payloads: string[] = [];
  session.on("notification", ({ channel, payload }) => payloads.push(`${channel}: ${payload}`));
  for (const { channel } of channels.rows) await session.query(`listen "${channel}"`);
  return {
    async end() {
      await session.query("select"); // Whatever was notified before has come with the answer.
      await session.end();
      return payloads;
    },
  };
}

test("whoever listens to everything hears nothing of anybody", async () => {
  expect(heard.length).toBeGreaterThan(10);
  const secrets = await secretsFrom(probed.database, declared, ANONYMOUS);
  expect(heard.filter((payload) => /^press_/.test(payload) && !payload.endsWith(": "))).toEqual([]);
  expect(heard.filter((payload) => secrets.some((secret) => payload.includes(secret)))).toEqual([]);
});

/** What is read otherwise than declared, in words. */
async function undeclaredRows(reader: Reader & Identity, of = probed.database): Promise<string[]> {
  const session = await probed.open(reader, of);
  const found: string[] = [];
  try {
    for (const table of tablesWithRows(declared)) {
      if (!declared.rows.some((right) => right.role === reader.role && right.object === table)) continue;
      const meant = await visibleRows(of.pool("superuser"), table, await visibleWhere(of, declared, reader, table));
      const seen = await visibleRows(session, table);
      const [more, fewer] = [seen.filter((row) => !meant.includes(row)), meant.filter((row) => !seen.includes(row))];
      if (more.length > 0)
        found.push(
          `${reader.name} (${reader.role}) sees ${more.length} of press.${table} that are not declared: mend its policies in db/sql/access`,
        );
      if (fewer.length > 0)
        found.push(`${reader.name} (${reader.role}) does not see ${fewer.length} of press.${table} that are declared`);
    }
  } finally {
    await session.end();
  }
  return found;
}

describe(`by GraphQL, nobody meets what is hidden from them (TEST_SEED=${seed})`, () => {
  test.each(rounds([random.pick([ANONYMOUS, ALICE, BOB])], [ANONYMOUS, ALICE, BOB, OPERATOR]))(
    "$name",
    { timeout: 300_000 },
    async (reader) => {
      const crawler = await crawlerFor(reader);
      const found = [
        ...(await crawler.readAll(rounds(20, 100))),
        ...(await crawler.askForHidden(rounds(2, 10))),
        ...(await crawler.filterForHidden(rounds(1, 5))),
        ...(await crawler.orderByAll()),
      ];
      expect(found).toEqual([]);
      expect(crawler.unasked()).toEqual([]);
    },
  );

  test.each(rounds([random.pick([ANONYMOUS, BOB])], [ANONYMOUS, BOB]))(
    "$name does nothing that is not theirs to do",
    { timeout: 300_000 },
    async (reader) => {
      const crawler = await crawlerFor(reader);
      const before = await hiddenRows(reader);
      expect(await crawler.mutateAll(declared.callers)).toEqual([]);
      expect(await hiddenRows(reader)).toEqual(before);
    },
  );
});

async function crawlerFor(reader: Reader & Identity): Promise<Crawler> {
  const token =
    reader.subject === null || reader.subject === ""
      ? undefined
      : await (reader === OPERATOR ? makeOperatorToken() : makeToken(reader.subject));
  const secrets = await secretsFrom(probed.database, declared, reader);
  if (reader !== OPERATOR) expect(secrets.length).toBeGreaterThan(50);
  return Crawler.start({ gateway, token, reader, secrets, database: probed.database, declared });
}

/** A hash of the rows that the reader does not see, of each table. */
async function hiddenRows(reader: Reader): Promise<Record<string, string>> {
  const hashes: Record<string, string> = {};
  for (const table of tablesWithRows(declared)) {
    const where = await visibleWhere(probed.database, declared, reader, table);
    const { rows } = await probed.database
      .pool("superuser")
      .query<{ hash: string }>(
        `select count(*) || md5(string_agg(t::text, '|' order by t::text)) as hash from press.${table} t where not (${where})`,
      );
    hashes[table] = rows[0]?.hash ?? "";
  }
  return hashes;
}

/** What somebody could do wrong with policies, each with what must be named. */
const PLANTED: readonly (readonly [string, RegExp])[] = [
  ["drop policy select_own on press.tickets", /alice .* does not see \d+ of press\.tickets/],
  [
    "create policy planted on press.holders for select to press_holder using (true)",
    /bob .* sees \d+ of press\.holders/,
  ],
  ["alter table press.credentials disable row level security", /bob .* sees \d+ of press\.credentials/],
  [
    "create policy planted on press.editions for select to press_anonymous using (true)",
    /nobody signed in .* sees \d+ of press\.editions/,
  ],
  [
    "create policy planted on press.publications for select to press_anonymous using (state = 'sent')",
    /nobody signed in .* sees \d+ of press\.publications/,
  ],
  [
    "create policy planted on press.redemptions as restrictive for select to press_auditor using (false)",
    /the auditor .* does not see \d+ of press\.redemptions/,
  ],
];

test("what a gateway tells that it should not is found", { timeout: 300_000 }, async () => {
  const plant = (statement: string) => probed.database.pool("superuser").query(statement);
  await plant("create policy planted on press.tickets for select to press_holder using (true)");
  try {
    const found = await (await crawlerFor(BOB)).readAll(0);
    expect(found).toContainEqual(expect.stringMatching(/^bob .* is told ".*" by \{ tickets/));
    expect(found).toContainEqual(
      expect.stringMatching(/^bob .* is told of other tickets than the \d+ that are declared/),
    );
  } finally {
    await plant("drop policy planted on press.tickets");
  }
});

testRequiring("superuser")("a policy that somebody drops or adds is named", async () => {
  await gateway.close();
  const faulty = await probed.database.copy();
  try {
    for (const [statement] of PLANTED) await faulty.pool("superuser").query(statement);
    const named = (await Promise.all(READERS.map((reader) => undeclaredRows(reader, faulty)))).flat();
    expect(
      PLANTED.filter(([, pattern]) => !named.some((row) => pattern.test(row))).map(([statement]) => statement),
    ).toEqual([]);
  } finally {
    await faulty.drop();
  }
});
