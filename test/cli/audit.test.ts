import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CheckpointFile } from "../../worker/checkpointStore.ts";
import { fillPress } from "../audit/richPress.ts";
import { TestCredentials } from "../credentials.ts";
import { type CopyableDatabase, createTestDatabase, type TestDatabase, type TestLogin } from "../database.ts";
import { TestWorker } from "../ledger.ts";
import { drawWhenReady, makeRaffle } from "../raffles.ts";
import { testRequiring } from "../requirements.ts";
import { createBeacon } from "../verifier/testBeacon.ts";
import { type Answer, press } from "./support.ts";

let folder: string;
let clean: CopyableDatabase;
let worker: TestWorker;
const databases: TestDatabase[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "golden-press-audit-"));
  clean = await createTestDatabase();
  databases.push(clean);
  worker = await fillPress(clean);
  await keep("kept");
});
afterAll(async () => {
  await Promise.all(databases.map((database) => database.drop()));
  await rm(folder, { recursive: true });
});

/** Another press that is as the clean one, to be changed. */
async function newPress(): Promise<TestDatabase> {
  const database = await clean.copy();
  databases.push(database);
  return database;
}

/** Keeps a checkpoint as a worker does: the last one of the clean press, or of another size or root. */
async function keep(name: string, tree: { size?: number; root?: Buffer } = {}): Promise<string> {
  const { rows } = await clean
    .pool("operator")
    .query("select tree_size::integer as size, root_hash as root from press.checkpoints order by 1 desc limit 1");
  const { size, root } = { ...rows[0], ...tree };
  const file = join(folder, name);
  await new CheckpointFile(file).write({ vkey: worker.vkey, note: worker.note(size, root), former: [] });
  return file;
}

interface Options {
  readonly as?: TestLogin;
  readonly store?: string;
  readonly quick?: boolean;
}

function audit(database: TestDatabase, { as = "press_auditor", store, quick }: Options = {}): Promise<Answer> {
  const settings = store === undefined ? {} : { CHECKPOINT_STORE: store };
  return press(["audit", ...(quick ? ["--quick"] : [])], { DATABASE_URL: database.url(as), ...settings });
}

const SUMMARY = /^audited \d+ tickets, \d+ entries, \d+ checkpoints in \d+ s: nothing found\n$/;

describe("a press in order", () => {
  async function expectNothingFoundBy(as: TestLogin): Promise<void> {
    const { code, stdout, stderr } = await audit(clean, { as, store: join(folder, "kept") });
    expect(stdout).toMatch(SUMMARY);
    expect(stderr).not.toContain("not compared");
    expect(code).toBe(0);
  }
  test.each(["press_auditor", "operator"] as const)("nothing is found by %s", expectNothingFoundBy);
  test("an operator hears what is not read", async () => {
    const { stderr } = await audit(clean, { as: "operator" });
    expect(stderr).toContain(
      "The status lists of credentials are not read, because that needs the login of an auditor.",
    );
    expect((await audit(clean)).stderr).not.toContain("status lists");
  });
  testRequiring("superuser")("nothing is found by a superuser", () => expectNothingFoundBy("superuser"));

  test("nor while it has issued nothing", async () => {
    const empty = await createTestDatabase();
    databases.push(empty);
    const { code, stdout } = await audit(empty);
    expect([code, stdout.replace(/\d+ s/, "")]).toEqual([
      0,
      "audited 0 tickets, 0 entries, 0 checkpoints in : nothing found\n",
    ]);
  });

  test("--quick verifies no signatures, and says so", async () => {
    const { code, stdout } = await audit(clean, { quick: true });
    expect([code, stdout.includes("(no signatures)")]).toEqual([0, true]);
  });

  test("without a checkpoint store it says what is not compared", async () => {
    expect((await audit(clean)).stderr).toContain("because CHECKPOINT_STORE is not set");
    const store = join(folder, "nothing");
    expect((await audit(clean, { store })).stderr).toContain(`there is nothing in the checkpoint store ${store}`);
  });

  test.each(["press_gateway", "press_worker"] as const)("%s may not, and hears what would help", async (as) => {
    const { code, stdout, stderr } = await audit(clean, { as });
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(/permission denied|NOT_SIGNED_IN/);
  });
});

describe("the checkpoint that is kept outside", () => {
  test("of more entries than the database has: it is older", async () => {
    const store = await keep("ahead", { size: 1_000 });
    const { code, stdout } = await audit(clean, { store });
    expect(stdout).toContain(
      `checkpoint store ${store}: it does not hold that the ledger is the one that was published.`,
    );
    expect(stdout).toContain("The database does not have the 1000 entries of press.test/ledger");
    expect([code, stdout.trimEnd().split("\n").length]).toEqual([1, 2]);
  });

  test("of another root: it is another ledger", async () => {
    const { code, stdout } = await audit(clean, { store: await keep("other", { size: 5, root: Buffer.alloc(32) }) });
    expect([code, stdout]).toEqual([1, expect.stringContaining("does not begin with the 5 entries")]);
  });

  test("that is damaged is a finding, and the rest is looked at", async () => {
    const store = join(folder, "damaged");
    await writeFile(store, "no checkpoint");
    const { code, stdout } = await audit(clean, { store });
    expect([code, stdout]).toEqual([1, expect.stringMatching(/is damaged[\s\S]+\naudited .* 1 finding\n$/)]);
  });
});

describe("a superuser changed", () => {
  async function linesAfter(...statements: string[]): Promise<string[]> {
    const database = await newPress();
    for (const statement of statements) await database.pool("superuser").query(statement);
    const { code, stdout } = await audit(database);
    expect(code, stdout).toBe(1);
    return stdout.trimEnd().split("\n");
  }

  testRequiring("superuser")("a ticket: each finding is a line that names the row", async () => {
    const lines = await linesAfter(
      "alter table press.tickets disable trigger all",
      `update press.tickets set envelope = replace(envelope, '"ticket_number":2', '"ticket_number":9') where edition_id = 1 and ticket_number = 2`,
    );
    const checks = lines
      .slice(0, -1)
      .map((line) => /^press\.tickets \(1,2\): it does not hold that (.*?)\. /.exec(line)?.[1]);
    expect(checks).toEqual(
      expect.arrayContaining([
        "an envelope says what the row of its ticket says",
        "SQL, the SDK and node's crypto find its signature valid",
        "its entry is of its envelope",
      ]),
    );
    expect(lines.at(-1)).toMatch(/^audited .*: \d+ findings$/);
  });

  testRequiring("superuser")(
    "a status list, under a signature that is genuine: what it tells is held against the rows",
    async () => {
      const database = await newPress();
      const credentials = await TestCredentials.start(database);
      const { rows } = await database
        .pool("owner")
        .query(
          "select status_index as index, status from press.credentials where status in ('signed', 'revoked') order by id",
        );
      const revoked = rows.filter(({ status }) => status === "revoked").map(({ index }) => index);
      const signed = rows.find(({ status }) => status === "signed")?.index;
      const list = await credentials.statusList(1, [signed, ...revoked.slice(1)]);
      await database
        .pool("owner")
        .query("update press_private.status_lists set document = $1, made_at = made_at + interval '1 hour'", [list]);
      const { code, stdout } = await audit(database);
      const told =
        "press_private.status_lists (1): it does not hold that a status list tells what was revoked, and nothing else.";
      expect(stdout.split("\n").slice(0, 2)).toEqual([
        `${told} At ${signed} nothing was revoked.`,
        `${told} At ${revoked[0]} it does not tell of a revocation.`,
      ]);
      expect(code).toBe(1);
    },
  );

  testRequiring("superuser")("a credential, and a status list: their proofs are of other texts", async () => {
    const lines = await linesAfter(
      "alter table press.credentials disable trigger all",
      `update press.credentials set document = replace(document, '"trustLevel":1', '"trustLevel":2') where kind = 'oidc' and document is not null`,
      `update press_private.status_lists set document = replace(document, '"validFrom":"2', '"validFrom":"3')`,
    );
    const check =
      "it does not hold that SQL, the SDK and node's crypto find its signature valid. It is false in SQL, false by the SDK, false by node.";
    expect(lines.filter((line) => line.startsWith("press.credentials") && line.endsWith(check)).length).toBeGreaterThan(
      0,
    );
    expect(lines).toContain(`press_private.status_lists (1): ${check}`);
  });

  testRequiring("superuser")(
    "an entry, its node, and the functions that would tell: the tree is computed outside too",
    async () => {
      const lines = await linesAfter(
        "alter table press.ledger_entries disable trigger all",
        "alter table press.ledger_entries drop constraint ledger_entries_leaf_hash_is_the_leafs",
        `update press.ledger_entries set leaf = replace(leaf, '"cap":5', '"cap":6') where place = 0 or leaf like '%"cap":5%'`,
        "create or replace function press_private.audit_findings(part press.audit_part) returns setof press_private.audit_finding_record language sql as 'select null::text, null::text, null::text where false'",
      );
      expect(lines).toContainEqual(
        expect.stringMatching(/^press\.checkpoints \(\d+\): it does not hold that its root is that of the entries\./),
      );
    },
  );

  testRequiring("superuser")(
    "a record, its hash and its nonce, and who has a key: their signatures are of other texts",
    async () => {
      const lines = await linesAfter(
        "alter table press.publications disable trigger all",
        "alter table press.publications drop constraint publications_payload_hash_is_its_hash",
        `update press.publications set payload = replace(payload, 'what waits says', 'what waits denies') where nonce = 'waits'`,
        "update press.publications set payload_hash = encode(sha256(convert_to(payload, 'UTF8')), 'hex') where nonce = 'waits'",
        "alter table press.holders disable trigger all",
        "update press.holders set subject = 'mallory' where subject = 'alice'",
      );
      expect(lines).toContainEqual(
        expect.stringMatching(
          /^press\.publications \(\S+\): it does not hold that noble and node's crypto find that its key signed a record\. By noble and by node's crypto the key 0[23]/,
        ),
      );
      expect(lines).toContainEqual(
        expect.stringMatching(
          /^press\.publishing_keys \(\S+\): it does not hold that noble and node's crypto find that a key which was verified signed its registration\./,
        ),
      );
    },
  );

  testRequiring("superuser")("the note of a checkpoint", async () => {
    const lines = await linesAfter(
      "alter table press.checkpoints disable trigger all",
      "update press.checkpoints set note = note || note where tree_size = (select min(tree_size) from press.checkpoints)",
    );
    expect(lines).toContainEqual(
      expect.stringMatching(/^press\.checkpoints \(\d+\): it does not hold that its note says the same, signed\./),
    );
  });

  testRequiring("superuser")("a value that cannot be read: that is a finding, and the rest is looked at", async () => {
    const lines = await linesAfter(
      "alter table press.tickets disable trigger all",
      "update press.tickets set envelope = 'x' where edition_id = 1 and ticket_number = 2",
      "create or replace function press_private.audit_rows() returns setof press_private.audit_finding_record language plpgsql as $$ begin perform 1 / 0; end $$",
    );
    expect(lines).toContainEqual(
      expect.stringContaining("rows: it does not hold that all that belongs to rows can be read. division by zero"),
    );
    expect(lines).toContainEqual(
      expect.stringContaining("press.tickets (1,2): it does not hold that an envelope says"),
    );
  });
});

describe("whoever has the worker's login brought a signature that no beacon made", () => {
  let forged: TestDatabase;
  let archivedPlace: number;
  beforeAll(async () => {
    forged = await createTestDatabase();
    databases.push(forged);
    const forger = await TestWorker.start(forged);
    const [chainHash, signature] = ["c4".repeat(32), "a5".repeat(48)];
    const chain = "insert into press.beacon_chains values ($1, $2, '2020-01-01T00:00:00Z', 1)";
    await forged.pool("owner").query(chain, [chainHash, createBeacon().publicKey]);
    const beacon = { chainHash };
    await makeRaffle(forged, "raffle", { mode: "beacon", tickets: 4, beacon });
    const asWorker = forged.pool("press_worker");
    const close = "select press_worker.close_due_edition(id) from press_worker.due_editions() d (id)";
    while ((await asWorker.query(close)).rowCount === 0);
    await forger.work();
    await drawWhenReady(forged, "raffle");
    const { rows } = await forged.pool("operator").query("select beacon_round from press.draws");
    const archive = "select press_worker.archive_beacon_round($1, $2, $3)";
    await asWorker.query(archive, [chainHash, rows[0].beacon_round, signature]);
    await asWorker.query(
      "select press_worker.record_draw(edition_id, 1, null, null) from press_worker.draws_to_make()",
    );
    await forger.work();
    const archived = "select place::integer from press.ledger_entries where type = 'beacon.archived'";
    archivedPlace = (await forged.pool("operator").query(archived)).rows[0].place;
  });

  test("the round and the draw are findings, each in a line that names its row", async () => {
    const { code, stdout } = await audit(forged);
    expect([code, stdout.split("\n")]).toEqual([
      1,
      [
        expect.stringMatching(
          `^press\\.ledger_entries \\(${archivedPlace}\\): it does not hold that the beacon signed the round that is archived\\. The key of the chain did not sign round \\d+ with the signature a5`,
        ),
        expect.stringMatching(
          /^press\.draws \(1,1\): it does not hold that the SDK makes the same draw of the entries of the edition\. The beacon did not sign round \d+ with this signature\.$/,
        ),
        expect.stringMatching(/^audited 4 tickets, .*: 2 findings$/),
        "",
      ],
    ]);
  });

  test("--quick does not look at it, and says that it verifies no signatures", async () => {
    const { code, stdout } = await audit(forged, { quick: true });
    expect([code, stdout]).toEqual([0, expect.stringContaining("(no signatures)")]);
  });
});

test("--help says what the exit codes mean", async () => {
  const { stdout } = await press(["audit", "--help"]);
  expect(stdout.replaceAll(/\s+/g, " ")).toContain(
    "exit code 0 nothing found, 1 something is wrong or it failed, 2 wrong usage",
  );
});
