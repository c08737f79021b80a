/* The worker's part of a draw: what it commits to, what it chooses by, what it fetches and from whom; and that whoever has the ledger recomputes it. */
import { createHash, randomInt } from "node:crypto";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import type pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { recomputeDraws } from "../../verifier/index.ts";
import { fetchRound } from "../../worker/beacon.ts";
import { Draws } from "../../worker/draws.ts";
import type { Queryable } from "../../worker/guardedPool.ts";
import type { SigningKey } from "../../worker/keys.ts";
import { startWorker, type Worker, type WorkerOptions } from "../../worker/worker.ts";
import { type BeaconServer, startBeacon } from "../beacon.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { auditFindings, drawsOf, drawWhenReady, leavesOf, makeRaffle } from "../raffles.ts";
import { makeKey, makeLedger, makeLog, until } from "./support.ts";

vi.mock("node:crypto", async (importOriginal) => {
  const crypto = await importOriginal<typeof import("node:crypto")>();
  return { ...crypto, randomInt: vi.fn(crypto.randomInt) };
});

let database: TestDatabase;
let beacon: BeaconServer;
const ledger = makeLedger();
const key = makeKey();
const running: Worker[] = [];
beforeAll(async () => {
  database = await createTestDatabase();
  beacon = await startBeacon();
  await beacon.addTo(database);
});
afterEach(async () => {
  vi.mocked(randomInt).mockClear();
  beacon.isWithheld = false;
  beacon.timeHeaders = () => ({});
  await Promise.all(running.splice(0).map((worker) => worker.stop()));
});
afterAll(async () => {
  await beacon.close();
  await database.drop();
});

async function start(options: Partial<WorkerOptions> & { readonly signingKey?: SigningKey } = {}) {
  const log = makeLog();
  const databaseUrl = database.url("press_worker");
  const worker = await startWorker({
    databaseUrl,
    signingKey: key,
    ledger,
    beaconUrls: [beacon.url],
    log,
    ...options,
  });
  running.push(worker);
  return { worker, log };
}

const isDrawn = (slug: string) => async () => (await drawsOf(database, slug)).at(-1)?.status === "drawn";

/** Waits until the ledger has as many draws of the edition, and makes them again by SDK and SQL. */
async function recomputations(slug: string, count: number) {
  const read = () => leavesOf(database, slug);
  await until(
    async () => (await read()).filter((leaf) => /"(edition.drawn|winner.replaced)"/.test(leaf)).length === count,
  );
  const answer = recomputeDraws(await read());
  if (!answer.isValid) throw new Error(answer.message);
  const { rows } = await database
    .pool("operator")
    .query("select recorded_number, recomputed_number, agrees from press.recompute_draw($1)", [slug]);
  const bySdk = answer.draws.map(({ recorded, recomputed, agrees }) => ({
    recorded_number: recorded,
    recomputed_number: recomputed,
    agrees,
  }));
  return { bySdk, bySql: rows };
}

describe("random_int", () => {
  test("asks crypto.randomInt for one of the entries, and for nothing else", async () => {
    vi.mocked(randomInt).mockImplementationOnce(() => 6);
    await start();
    await makeRaffle(database, "random", { mode: "random_int", tickets: 9 });
    await drawWhenReady(database, "random");
    await until(isDrawn("random"));
    expect(vi.mocked(randomInt).mock.calls).toEqual([[9]]);
    expect(await drawsOf(database, "random")).toMatchObject([{ ticket_number: 7, entropy: null, entries_count: 9 }]);
    const { bySdk, bySql } = await recomputations("random", 1);
    expect(bySdk).toEqual([{ recorded_number: 7, recomputed_number: null, agrees: true }]);
    expect(bySql).toEqual(bySdk);
  });

  test("asks for nothing where there is no ticket", async () => {
    await start();
    await makeRaffle(database, "empty", { mode: "random_int", tickets: 0 });
    await drawWhenReady(database, "empty");
    await until(isDrawn("empty"));
    expect(randomInt).not.toHaveBeenCalled();
    expect(await drawsOf(database, "empty")).toMatchObject([{ ticket_number: null, entries_count: 0 }]);
  });

  test("chooses again for a replacement, among those that are left", async () => {
    vi.mocked(randomInt)
      .mockImplementationOnce(() => 0)
      .mockImplementationOnce(() => 0);
    await start();
    await makeRaffle(database, "replaced", { mode: "random_int", tickets: 3 });
    await drawWhenReady(database, "replaced");
    await until(isDrawn("replaced"));
    await database.pool("operator").query("select press.replace_winner('replaced', 'Lost')");
    await until(isDrawn("replaced"));
    expect(vi.mocked(randomInt).mock.calls).toEqual([[3], [2]]);
    expect((await drawsOf(database, "replaced")).map((draw) => draw.ticket_number)).toEqual([1, 2]);
  });
});

describe("sealed", () => {
  test("commits to a secret before the edition opens, reveals it, and anybody makes the draw again", async () => {
    const { log } = await start();
    await makeRaffle(database, "sealed", { mode: "sealed", tickets: 20 });
    const text = "select draw_commitment from press.editions where slug = 'sealed'";
    const commitment = (await database.pool("operator").query(text)).rows[0].draw_commitment;
    await drawWhenReady(database, "sealed");
    await until(isDrawn("sealed"));
    await database.pool("operator").query("select press.replace_winner('sealed', 'Lost')");
    await until(isDrawn("sealed"));
    const draws = await drawsOf(database, "sealed");
    expect(
      draws.map(({ entropy }) =>
        createHash("sha256")
          .update(entropy ?? "", "hex")
          .digest("hex"),
      ),
    ).toEqual([commitment, commitment]);
    const { bySdk, bySql } = await recomputations("sealed", 2);
    expect(bySdk).toEqual(
      draws.map(({ ticket_number: number }) => ({ recorded_number: number, recomputed_number: number, agrees: true })),
    );
    expect(bySql).toEqual(bySdk);
    expect(randomInt).not.toHaveBeenCalled();
    expect(log.lines.join("\n")).not.toContain(draws[0]?.entropy);
  });

  test("with another key it is left to the worker that has the secret, and that is said once", async () => {
    const first = await start();
    await makeRaffle(database, "other-key", { mode: "sealed", tickets: 2 });
    await first.worker.stop();
    let looks = 0;
    const other = await start({
      signingKey: makeKey(),
      observe: (step) => {
        if (step === "drawRecorded") looks += 1;
      },
    });
    await drawWhenReady(database, "other-key");
    // Others go on meanwhile, and it comes by again and again.
    for (const slug of ["meanwhile-1", "meanwhile-2", "meanwhile-3"]) {
      await makeRaffle(database, slug, { mode: "random_int", tickets: 2 });
      await drawWhenReady(database, slug);
      await until(isDrawn(slug));
    }
    await until(() => looks >= 3);
    expect(looks).toBe(3);
    expect(await drawsOf(database, "other-key")).toMatchObject([{ status: "requested" }]);
    expect(other.log.lines.filter((line) => line.includes("another key's"))).toHaveLength(1);
    const owner = await start();
    await until(isDrawn("other-key"));
    // What was revealed is everybody's: a replacement needs the key no more.
    await owner.worker.stop();
    await database.pool("operator").query("select press.replace_winner('other-key', 'Lost')");
    await until(isDrawn("other-key"));
    expect((await drawsOf(database, "other-key")).map((draw) => draw.status)).toEqual(["drawn", "drawn"]);
  });

  test("what fails again and again is said once for a draw and a code, however its text varies", async () => {
    const log = makeLog();
    const pool = database.pool("press_worker");
    let failures = 0;
    const db: Queryable = {
      query: (config: pg.QueryConfig) => {
        if (config.name !== "commit_draw") return pool.query(config);
        failures += 1;
        return Promise.reject(
          Object.assign(new Error(`failure ${failures}`), { code: failures < 4 ? "XX001" : "XX002" }),
        );
      },
    } as Queryable;
    const draws = new Draws({ db, key, ledger, beaconUrls: [], log });
    await database.pool("operator").query("select press.create_edition('failing', 'Failing', 2, null, 'sealed')");
    for (let n = 0; n < 5; n++) await draws.commit();
    expect(failures).toBe(5);
    expect(log.lines.filter((line) => line.includes("committed to yet"))).toEqual([
      expect.stringContaining("failure 1"),
      expect.stringContaining("failure 4"),
    ]);
  });

  test("what was committed under an earlier name of the ledger is revealed under the present one", async () => {
    const db = database.pool("press_worker");
    const log = makeLog();
    const before = new Draws({
      db,
      key,
      ledger: { origin: "press.example/before", store: ledger.store },
      beaconUrls: [],
      log,
    });
    await database.pool("operator").query("select press.create_edition('renamed', 'Renamed', 2, null, 'sealed')");
    await before.commit();
    const { worker } = await start();
    await worker.stop();
    const known = await ledger.store.read();
    const former = known?.former.concat({
      ...known,
      checkpoint: { ...known.checkpoint, origin: "press.example/before" },
    });
    const store = { read: async () => known && { ...known, former: former ?? [] } };
    const after = new Draws({ db, key, ledger: { origin: "press.example/ledger", store }, beaconUrls: [], log });
    await database.pool("operator").query("select press.open_edition('renamed'), press.draw_winner('renamed')");
    await start({ signingKey: makeKey() }); // It records the closing, and has not the secret.
    await until(async () => {
      await after.make();
      return isDrawn("renamed")();
    });
  });
});

describe("beacon", () => {
  test("is fetched when the draw is asked for, verified, archived, and anybody makes the draw again", async () => {
    await start();
    await makeRaffle(database, "beacon", { mode: "beacon", tickets: 20, beacon });
    const refused = database.pool("operator").query("select press.close_edition('beacon')");
    await expect(refused).rejects.toMatchObject({ code: "PRNDR" });
    await drawWhenReady(database, "beacon");
    await until(isDrawn("beacon"));
    await database.pool("operator").query("select press.replace_winner('beacon', 'Lost')");
    await until(isDrawn("beacon"));
    const draws = await drawsOf(database, "beacon");
    const round = Number(draws[0]?.beacon_round);
    expect(beacon.asked).toEqual([round]);
    expect(draws.map(({ entropy }) => entropy)).toEqual([beacon.sign(round), beacon.sign(round)]);
    const { bySdk, bySql } = await recomputations("beacon", 2);
    expect(bySdk).toEqual(
      draws.map(({ ticket_number: number }) => ({ recorded_number: number, recomputed_number: number, agrees: true })),
    );
    expect(bySql).toEqual(bySdk);
  });

  const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toUTCString();
  test.each<[string, () => Record<string, string>, RegExp | null]>([
    [
      "a time that is another",
      () => ({ date: ago(-60) }),
      /^warn .*is (5[6-9]|60) s slow by that of 127\.0\.0\.1:\d+: set it/,
    ],
    ["a time that is past", () => ({ date: ago(60) }), /^warn .*is 6[0-4] s fast by that of 127\.0\.0\.1:\d+: set it/],
    ["the same time", () => ({ date: ago(0) }), null],
    ["the same time, out of a cache", () => ({ date: ago(600), age: "600" }), null],
    ["a time that is none", () => ({ date: "soon" }), null],
  ])("says by how much the clocks differ, when the beacon's server says %s", async (name, timeHeaders, warning) => {
    const { log } = await start();
    const slug = name.replaceAll(/[ ,]+/g, "-");
    await makeRaffle(database, slug, { mode: "beacon", tickets: 2, beacon });
    beacon.timeHeaders = timeHeaders;
    await drawWhenReady(database, slug);
    await until(isDrawn(slug));
    const lines = log.lines.filter((line) => line.includes("clock of the database"));
    expect(lines).toEqual(warning === null ? [] : [expect.stringMatching(warning)]);
  });

  test("withheld, it keeps the draw waiting and nothing else, is said once, and then asked again", async () => {
    const { log } = await start();
    beacon.isWithheld = true;
    await makeRaffle(database, "withheld", { mode: "beacon", tickets: 3, beacon });
    await drawWhenReady(database, "withheld");
    const before = beacon.asked.length;
    await until(() => beacon.asked.length >= before + 2);
    await makeRaffle(database, "not-withheld", { mode: "random_int", tickets: 3 });
    await drawWhenReady(database, "not-withheld");
    await until(isDrawn("not-withheld"));
    expect(await drawsOf(database, "withheld")).toMatchObject([{ status: "requested", ticket_number: null }]);
    const complaints = log.lines.filter((line) => line.startsWith("error") && line.includes("answers 404"));
    expect(complaints).toHaveLength(1);
    beacon.isWithheld = false;
    await until(isDrawn("withheld"));
  });
});

describe("a round is believed because it is signed, whoever brings it", () => {
  const servers: ReturnType<typeof createServer>[] = [];
  afterAll(() => {
    for (const server of servers) server.close();
  });

  async function serve(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }
  const asked = () => ({ chainHash: beacon.chainHash, publicKey: beacon.publicKey, round: 17 });
  const answers = (answer: object) => serve((_, response) => response.end(JSON.stringify(answer)));

  test("servers that lie, fail or say nonsense are passed over", async () => {
    const urls = [
      "http://127.0.0.1:9", // Nobody listens there.
      await answers({ round: 17, signature: beacon.sign(18) }),
      await answers({ round: 18, signature: beacon.sign(18) }),
      await answers({ round: 17 }),
      await serve((_, response) => response.end("null")),
      await serve((_, response) => response.end("<html>")),
      await serve((_, response) => response.writeHead(302, { location: `${beacon.url}/` }).end()),
      await serve((_, response) => response.writeHead(500).end()),
      await serve((_, response) => response.end(`"${"x".repeat(20_000)}"`)),
    ];
    expect(await fetchRound([...urls, `${beacon.url}/`], asked())).toMatchObject({ signature: beacon.sign(17) });
    const failure = await fetchRound(urls, asked()).catch((error: Error) => error.message);
    expect(failure).toMatch(/^Round 17 of the beacon [0-9a-f]{8} could not be had \(127\.0\.0\.1:9: .*\)\.$/);
    for (const problem of ["does not verify", "something else", "answers 500", "too great a length"]) {
      expect(failure).toContain(problem);
    }
  });

  test("without a server it says so", async () => {
    await expect(fetchRound([], asked())).rejects.toThrow("BEACON_URLS names no server");
  });
});

test("after all of it the audit finds nothing", async () => {
  await start();
  await until(async () => (await auditFindings(database)).length === 0);
});
