import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CompactTree, formatVkey, LedgerVerifier, leafHash, parseEntryBundle, tilePath } from "../../verifier/index.ts";
import type { TestDatabase } from "../database.ts";
import { testRequiring } from "../requirements.ts";
import { makeKey } from "../worker/support.ts";
import { type LedgerPress, sizeOf, startLedgerPress } from "./ledgerPress.ts";
import { readWithGo, readWithPython } from "./ledgerReaders.ts";
import { closeEdition, openEdition } from "./testGateway.ts";

/* What readers who know nothing of us find at /ledger, over HTTP and a real database. */

const readers = [
  ["Python", readWithPython, "python3"],
  ["Go", readWithGo, "golang"],
] as const;

let press: LedgerPress;
let latest: string;
let size: number;
let older: string;

beforeAll(async () => {
  press = await startLedgerPress();
});

afterAll(() => press?.close());

test("before the first checkpoint there is nothing, whatever has a place already", async () => {
  await press.worker.integrate();
  for (const path of ["vkey", "checkpoint", "tile/0/000.p/1", "tile/entries/000.p/1", "proof/0"]) {
    expect((await press.get(path)).status, path).toBe(404);
  }
});

describe("with a few hundred entries", () => {
  beforeAll(async () => {
    await fillLedger(press);
    older = press.notes[0] ?? "";
    latest = press.notes[1] ?? "";
    size = sizeOf(latest);
  });

  test("the checkpoint is signed with the key that is served", async () => {
    const vkey = await press.getText("vkey");
    expect(vkey).toBe(`${press.worker.vkey}\n`);
    expect(new LedgerVerifier(vkey.trimEnd()).verifyCheckpoint(await press.getText("checkpoint"))).toMatchObject({
      isValid: true,
      checkpoint: { size, origin: "press.test/ledger" },
    });
  });

  test("it can be read from pages of any origin, and is no page itself", async () => {
    for (const path of ["checkpoint", "vkey", tilePath(0, 0), tilePath("entries", 0), "proof/0", "tile/none"]) {
      const { headers } = await press.get(path);
      expect(headers.get("access-control-allow-origin"), path).toBe("*");
      expect(headers.get("cross-origin-resource-policy"), path).toBe("cross-origin");
      expect(headers.get("x-content-type-options"), path).toBe("nosniff");
      expect(headers.get("content-security-policy"), path).toContain("default-src 'none'");
    }
  });

  test("the entries have the hashes of the tiles, and these the root of the checkpoint", async () => {
    expect(size).toBeGreaterThan(256);
    const tree = new CompactTree();
    for (const [index, width] of [
      [0, 256],
      [1, size - 256],
    ] as const) {
      const entries = parseEntryBundle(await press.getBytes(tilePath("entries", index, width)));
      const hashes = entries?.map(leafHash) ?? [];
      expect(hashes).toHaveLength(width);
      expect(await press.getBytes(tilePath(0, index, width))).toEqual(new Uint8Array(Buffer.concat(hashes)));
      for (const hash of hashes) tree.append(hash);
    }
    expect(Buffer.from(tree.root()).toString("base64")).toBe(latest.split("\n")[2]);
  });

  test("every width up to the checkpoint is served, and nothing beyond it", async () => {
    const rest = await press.getBytes(tilePath(0, 1, size - 256));
    for (const width of [1, 7, size - 257]) {
      expect(await press.getBytes(tilePath(0, 1, width))).toEqual(rest.slice(0, 32 * width));
      expect(parseEntryBundle(await press.getBytes(tilePath("entries", 1, width)))).toHaveLength(width);
    }
    expect((await press.getBytes(tilePath(1, 0, 1))).length).toBe(32);

    await openEdition(press.gateway, { slug: "unpublished", cap: 1 });
    await press.worker.integrate();
    const { rows } = await press.database
      .pool("operator")
      .query("select count(*)::int as places from press.ledger_entries");
    expect(rows[0].places).toBeGreaterThan(size);
    const beyond = [
      ...[tilePath(0, 1, size - 255), tilePath("entries", 1, size - 255), tilePath(0, 1), tilePath("entries", 1)],
      ...[tilePath(0, 2, 1), tilePath(1, 0, 2), tilePath(1, 0), tilePath(2, 0, 1), tilePath(6, 0, 1)],
      ...[
        tilePath(0, Number.MAX_SAFE_INTEGER),
        `proof/${size}`,
        `proof/0?size=${size + 1}`,
        `proof/${Number.MAX_SAFE_INTEGER}`,
      ],
    ];
    for (const path of beyond) expect((await press.get(path)).status, path).toBe(404);
  });

  test("every place has a proof, under the latest checkpoint and under an older one", async () => {
    const ledger = new LedgerVerifier(press.worker.vkey);
    for (const [places, query, note] of [
      [[0, 1, 255, 256, size - 1], "", latest],
      [[0, sizeOf(older) - 1], `?size=${sizeOf(older)}`, older],
    ] as const) {
      for (const place of places) {
        const proof = await press.getText(`proof/${place}${query}`);
        expect(proof.endsWith(`\n\n${note}`)).toBe(true);
        expect(ledger.verifyEntry(proof)).toMatchObject({ isValid: true, place });
      }
    }
    expect((await press.get(`proof/${sizeOf(older)}?size=${sizeOf(older)}`)).status).toBe(404);
  });

  test("a checkpoint can be compared with an older one by the proof that GraphQL gives", async () => {
    const { data, errors } = await press.gateway.ask<{ ledgerConsistencyProof: string[] }>(
      `{ ledgerConsistencyProof(oldSize: "${sizeOf(older)}", newSize: "${size}") }`,
    );
    expect(errors).toEqual([]);
    const ledger = new LedgerVerifier(press.worker.vkey);
    expect(ledger.verifyConsistency(older, latest, data.ledgerConsistencyProof)).toMatchObject({ isValid: true });
  });

  testRequiring("python3")("Python checks all of it, and its replay gives what the database has", async () => {
    const { isGood, output } = await readWithPython(press.ledgerUrl, press.worker.vkey, press.notes);
    expect(isGood, output).toBe(true);
    const root = Buffer.from(latest.split("\n")[2] ?? "", "base64").toString("hex");
    expect(JSON.parse(output)).toEqual({ size, root, editions: await editionsOf(press.database) });
  });

  testRequiring("golang")("Go's own packages check all of it", async () => {
    const { isGood, output } = await readWithGo(press.ledgerUrl, press.worker.vkey, press.notes);
    expect(isGood, output).toBe(true);
    expect(output).toBe(`${size} entries, root ${latest.split("\n")[2]}, 2 older checkpoints\n`);
  });

  for (const [reader, read, requirement] of readers) {
    testRequiring(requirement)(
      `${reader} sees that an older checkpoint is of another history, or of another key`,
      async () => {
        const { worker, ledgerUrl } = press;
        const fork = worker.note(sizeOf(older), Buffer.alloc(32, 1));
        expect(await read(ledgerUrl, worker.vkey, [older, fork])).toMatchObject({ isGood: false });
        const stranger = formatVkey(worker.origin, Buffer.from(makeKey().publicKey, "hex"));
        expect(await read(ledgerUrl, stranger)).toMatchObject({ isGood: false });
      },
    );
  }
});

/* The example of c2sp.org/tlog-tiles: 70,000 entries are 273 full tiles and one of 112, one full tile above them and one of 17, and one of 1
   on top. */
describe("with 70,000 entries", () => {
  let large: LedgerPress;

  beforeAll(async () => {
    large = await startLedgerPress();
    await large.publish();
    const first = sizeOf(large.notes[0]) + 1;
    await large.database.pool("superuser").query(
      `set role press_owner;
       insert into press_private.ledger_inbox (type, leaf)
       select 'test.filler', format('{"n":%s,"type":"test.filler"}', n) from generate_series(${first}, 70000) n;
       reset role`,
    );
    await large.publish();
  });

  afterAll(() => large?.close());

  test("there are exactly the tiles that there should be", async () => {
    const there = [
      "0/000",
      "0/272",
      "0/273.p/112",
      "1/000",
      "1/001.p/17",
      "2/000.p/1",
      "entries/272",
      "entries/273.p/112",
    ];
    const missing = ["0/273.p/113", "0/273", "0/274.p/1", "1/001.p/18", "1/001", "2/000.p/2", "2/001.p/1", "3/000.p/1"];
    for (const path of there) expect((await large.get(`tile/${path}`)).status, path).toBe(200);
    for (const path of [...missing, "entries/273.p/113"])
      expect((await large.get(`tile/${path}`)).status, path).toBe(404);
  });

  for (const [reader, read, requirement] of readers) {
    testRequiring(requirement)(`${reader} checks them all`, async () => {
      const { isGood, output } = await read(large.ledgerUrl, large.worker.vkey, large.notes);
      expect(isGood, output).toBe(true);
      expect(output).toContain("70000");
    });
  }
});

describe("a ledger that was rewritten under its checkpoint", () => {
  const entryRewritten = `
    update press.ledger_entries e set leaf = r.leaf, leaf_hash = sha256('\\x00'::bytea || convert_to(r.leaf, 'UTF8'))
    from (select replace(leaf, '"at":"2', '"at":"3') as leaf from press.ledger_entries where place = 20) r where e.place = 20`;
  const rewrites = [
    ["an entry", entryRewritten, "the entries are not those of the checkpoint"],
    [
      "a hash of the tree",
      "update press_private.ledger_nodes set hash = sha256('another') where level = 8",
      "the tile 1/000.p/1",
    ],
  ] as const;

  for (const [what, rewrite, complaint] of rewrites) {
    testRequiring("superuser", "python3")(`shows: ${what}`, async () => {
      const rewritten = await startLedgerPress();
      await fillLedger(rewritten);
      await asVandal(rewritten.database, rewrite);
      const answer = await readWithPython(rewritten.ledgerUrl, rewritten.worker.vkey);
      expect(answer).toEqual({ isGood: false, output: expect.stringContaining(complaint) });
      await rewritten.close();
    });
  }

  testRequiring("superuser")("by removing an entry is not served", async () => {
    const rewritten = await startLedgerPress();
    await fillLedger(rewritten);
    await asVandal(rewritten.database, "delete from press.ledger_entries where place = 20");
    for (const path of [tilePath(0, 0), tilePath("entries", 0)]) expect((await rewritten.get(path)).status).toBe(500);
    expect((await rewritten.get(tilePath("entries", 0, 20))).status).toBe(200);
    await rewritten.close();
  });
});

/** Two checkpoints over editions that were opened and closed, tickets of several holders, and some that were withdrawn. */
async function fillLedger({ database, gateway, worker, issue, publish }: LedgerPress): Promise<void> {
  await openEdition(gateway, { slug: "raffle", cap: 400, perHolderLimit: 100 });
  await issue("raffle", 40, "alice");
  await issue("raffle", 2, "bob");
  await publish();
  await openEdition(gateway, { slug: "invitations", cap: 5 });
  for (let holder = 0; holder < 3; holder += 1) await issue("raffle", 90, `holder-${holder}`);
  const ids = await issue("invitations", 3, "alice");
  await worker.signPending();
  for (const id of ids.slice(1))
    await database.pool("operator").query("select from press.revoke_ticket($1, 'a reason')", [id]);
  await closeEdition(gateway, "invitations");
  await publish();
}

/** A superuser who knows the triggers. */
async function asVandal(database: TestDatabase, statement: string): Promise<void> {
  await database.pool("superuser").query(
    `alter table press.ledger_entries disable trigger user;
     alter table press_private.ledger_nodes disable trigger user;
     ${statement}`,
  );
}

/** What read_ledger.py learns from the entries, here from the tables. */
async function editionsOf(database: TestDatabase): Promise<Record<string, unknown>> {
  const { rows } = await database.pool("operator").query<{ slug: string; edition: unknown }>(
    `select e.slug, jsonb_build_object(
       'cap', e.cap, 'is_closed', e.status = 'closed', 'numbers', jsonb_agg(t.ticket_number order by t.ticket_number),
       'redeemed', coalesce(jsonb_agg(t.ticket_number order by t.ticket_number) filter (where t.status = 'redeemed'), '[]'),
       'revoked', coalesce(jsonb_agg(t.ticket_number order by t.ticket_number) filter (where t.status = 'revoked'), '[]'),
       'holders', (select jsonb_object_agg(h.holder_id, h.count) from (
                     select o.holder_id, count(*) from press.tickets o where o.edition_id = e.id group by 1) h)) as edition
     from press.editions e join press.tickets t on t.edition_id = e.id group by e.id`,
  );
  return Object.fromEntries(rows.map(({ slug, edition }) => [slug, edition]));
}
