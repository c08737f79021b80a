/* A coin is given to one transaction at a time, and a publication stands on the chain once: 64 workers claim at once, a worker sleeps and comes back, and many publish
   over a chain that loses answers, lies, and is spent on by strangers, while somebody counts every satoshi. Then the three layers, removed one at a time. */
import { once } from "node:events";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { random, rounds, seed } from "../random.ts";
import { everyTestRequires } from "../requirements.ts";
import { attempt, attemptUntilAnswered, closeSessions, openSessions, tally, untilWaiting } from "./sessions.ts";

const SESSIONS = 64;
/** Claims at most $1 transactions of a window of $2 milliseconds, and signs them as nobody can. */
const CLAIM = `
  select c.transaction_id, c.epoch, c.inputs, c.publications, tests.build(c) as raw, tests.txid(tests.build(c)) as txid
  from press_worker.publications_to_send(tests.wallet(), 100, $2, 100000, $1, 300) c`;
const STORE =
  "select outcome from press_worker.store_transactions(array[$1::bigint], array[$2::integer], array[$3], array[$4], 60)";
const RECORD = "select effect, state from press_worker.record_outcomes($1)";

everyTestRequires("superuser"); // Leases are made to end, layers are taken away.
let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(async () => {
  await closeSessions([await gate(database)]);
  await database.drop();
});

interface Claimed {
  transaction_id: string;
  epoch: number;
  inputs: { txid: string; output_index: number }[];
  publications: { id: string }[];
  raw: string;
  txid: string;
}

async function fund(coins: number, satoshis: number, on = database): Promise<void> {
  await on.pool("superuser").query("select tests.fund($1, $2)", [coins, satoshis]);
}

async function queue(subject: string, count: number, on = database): Promise<void> {
  await on
    .pool("superuser")
    .query("select count(tests.queue_record($1, $1 || '-' || n, '1 hour')) from generate_series(1, $2::integer) n", [
      subject,
      count,
    ]);
}

const store = (session: pg.Client, claimed: Claimed) =>
  attemptUntilAnswered<{ outcome: string }>(session, STORE, [
    claimed.transaction_id,
    claimed.epoch,
    claimed.txid,
    claimed.raw,
  ]);

async function findings(on = database): Promise<unknown[]> {
  return (await on.pool("superuser").query("select * from tests.pool_findings()")).rows;
}

async function letLeasesEnd(on = database): Promise<void> {
  await attemptUntilAnswered(await gate(on), "select tests.let_leases_end()");
}
const gates = new Map<TestDatabase, Promise<pg.Client>>();
/** One session of a superuser for a database, whoever asks first. */
function gate(on: TestDatabase): Promise<pg.Client> {
  const session = gates.get(on) ?? openSessions(on, "superuser", 1).then(([client]) => client as pg.Client);
  gates.set(on, session);
  return session;
}

/** All that there is of publications, transactions and coins, as one text. */
async function everything(): Promise<string> {
  const { rows } = await database.pool("superuser").query<{ all: string }>(`
    select concat((select string_agg(p::text, E'\\n' order by p.id) from press.publications p), (select string_agg(t::text, E'\\n' order by t.id) from press.chain_transactions t),
      (select string_agg(u::text, E'\\n' order by u.id) from press.utxos u), (select string_agg(i::text, E'\\n' order by i) from press_private.chain_inputs i)) as all`);
  return String(rows[0]?.all);
}

describe("a coin has one transaction", () => {
  test(`${SESSIONS} workers claim at once, until nothing is left: no coin twice, no record twice`, async () => {
    const records = 4 * SESSIONS;
    await fund(records, 1000);
    await queue("claimed", records);
    const workers = await openSessions(database, "press_worker", SESSIONS);
    const claims: Claimed[] = [];
    await Promise.all(
      workers.map(async (worker) => {
        for (;;) {
          const { rows = [], code } = await attemptUntilAnswered<Claimed>(worker, CLAIM, [2, 0]);
          expect(code).toBeUndefined();
          claims.push(...rows);
          if (rows.length === 0 && claims.length >= records) return;
        }
      }),
    );
    const coins = claims.flatMap(({ inputs }) => inputs.map(({ txid, output_index }) => `${txid}:${output_index}`));
    expect([coins.length, new Set(coins).size]).toEqual([records, records]);
    expect(new Set(claims.flatMap(({ publications }) => publications.map(({ id }) => id))).size).toBe(records);
    expect(await findings()).toEqual([]);
    await letLeasesEnd();
    expect((await workers[0]?.query("select press_worker.release_expired() as count"))?.rows).toEqual([
      { count: records },
    ]);
    expect(await findings()).toEqual([]);
    await closeSessions(workers);
  });

  test("a worker that slept past its reservation, and past another's claim, changes nothing", async () => {
    const workers = await openSessions(database, "press_worker", 2);
    const [sleeper, other] = workers as [pg.Client, pg.Client];
    const [claimed] = (await sleeper.query<Claimed>(CLAIM, [1, 0])).rows as [Claimed];
    await letLeasesEnd();
    const others = (await other.query<Claimed>(CLAIM, [1000, 0])).rows;
    expect(others.flatMap(({ inputs }) => inputs)).toContainEqual(claimed.inputs[0]);
    const before = await everything();
    expect((await store(sleeper, claimed)).rows).toEqual([{ outcome: "refused" }]);
    expect(await everything()).toBe(before);
    for (const theirs of others.slice(0, 3)) expect((await store(other, theirs)).rows).toEqual([{ outcome: "stored" }]);
    await letLeasesEnd();
    await other.query("select press_worker.release_expired()");
    await closeSessions(workers);
  });

  test("who stores while the reservation is given up finds it given up", async () => {
    const workers = await openSessions(database, "press_worker", 2);
    const [sleeper, other] = workers as [pg.Client, pg.Client];
    const [claimed] = (await sleeper.query<Claimed>(CLAIM, [1, 0])).rows as [Claimed];
    await (await gate(database)).query(
      "update press.chain_transactions set reserved_until = clock_timestamp() where id = $1",
      [claimed.transaction_id],
    );
    await other.query("begin");
    await other.query("select press_worker.release_expired()");
    const stored = store(sleeper, claimed);
    await untilWaiting(database, 1);
    await other.query("commit");
    expect((await stored).rows).toEqual([{ outcome: "refused" }]);
    await closeSessions(workers);
  });

  test("who gives up reservations passes over the one that is being stored, and finds it stored", async () => {
    const workers = await openSessions(database, "press_worker", 2);
    const [one, other] = workers as [pg.Client, pg.Client];
    const [claimed] = (await one.query<Claimed>(CLAIM, [1, 0])).rows as [Claimed];
    await one.query("begin");
    expect((await store(one, claimed)).rows).toEqual([{ outcome: "stored" }]);
    await other.query("select press_worker.release_expired()");
    await one.query("commit");
    const { rows } = await (await gate(database)).query("select state from press.chain_transactions where id = $1", [
      claimed.transaction_id,
    ]);
    expect(rows).toEqual([{ state: "sending" }]);
    expect(await findings()).toEqual([]);
    await closeSessions(workers);
  });
});

test("what came of a transaction, and where it was seen, each wakes whoever waits, and says nothing", async () => {
  await fund(1, 1000);
  await queue("heard", 1);
  const [worker] = (await openSessions(database, "press_worker", 1)) as [pg.Client];
  const [listener] = (await openSessions(database, "press_gateway", 1)) as [pg.Client];
  await listener.query("listen press_publications");
  const heard: (string | undefined)[] = [];
  listener.on("notification", ({ payload }) => heard.push(payload));
  const [claimed] = (await worker.query<Claimed>(CLAIM, [1, 0])).rows as [Claimed];
  const { transaction_id } = claimed;
  expect((await store(worker, claimed)).rows).toEqual([{ outcome: "stored" }]);
  await worker.query(RECORD, [JSON.stringify([{ transaction_id, attempt: 1, outcome: "accepted" }])]);
  await worker.query("select pg_notify('press_publications', 'recorded')");
  const sighting = { transaction_id, sighting: "mined", block_hash: "b".repeat(64), block_height: 1 };
  await worker.query("select from press_worker.record_sightings($1)", [JSON.stringify([sighting])]);
  await worker.query("select pg_notify('press_publications', 'seen')");
  while (!heard.includes("seen")) await once(listener, "notification");
  expect(heard).toEqual(["", "recorded", "", "seen"]);
  await closeSessions([worker, listener]);
});

/** A chain in memory: it takes what spends nothing that is spent, as nodes do, and is asked over a line that loses and twists answers. */
class Chain {
  /** By outpoint: who has spent it. */
  readonly spenders = new Map<string, string>();
  readonly known = new Map<string, { outpoints: string[]; publications: string[] }>();
  readonly taken = new Set<string>();
  readonly mined = new Set<string>();
  /** Strangers who have spent a coin of ours; until a block has theirs it may vanish again. */
  readonly strangers = new Set<string>();

  /** Somebody else spends this, unless it is spent. */
  outrun(outpoint: string): void {
    if (this.spenders.has(outpoint)) return;
    const stranger = random.bytes(32).toString("hex");
    this.strangers.add(stranger);
    this.spenders.set(outpoint, stranger);
  }

  /** What no block has of strangers vanishes, or a block has it. */
  forgetStrangers(): void {
    for (const [outpoint, spender] of this.spenders) {
      if (!this.strangers.has(spender) || this.mined.has(spender)) continue;
      if (random.integer(2) === 1) this.mined.add(spender);
      else this.spenders.delete(outpoint);
    }
  }

  submit(txid: string): string | undefined {
    const { outpoints } = this.known.get(txid) as { outpoints: string[] };
    const competitor = outpoints
      .map((outpoint) => this.spenders.get(outpoint))
      .find((spender) => spender !== undefined && spender !== txid);
    if (competitor === undefined) {
      for (const outpoint of outpoints) this.spenders.set(outpoint, txid);
      this.taken.add(txid);
    }
    return competitor;
  }
}

interface Sent {
  transaction_id: string;
  attempt: number;
  txid: string;
}

describe(`many publish over a chain that loses and twists answers (TEST_SEED=${seed})`, () => {
  const chain = new Chain();
  const sleepers: Sent[] = [];
  let isFaulty = true;

  /** What a worker learns of an attempt: the truth, silence, or a lie; but who looks by the txid sees what is so. */
  function tell(sent: Sent): object | undefined {
    const { transaction_id, attempt: number, txid } = sent;
    const told = (outcome: string, more: object = {}) => ({
      transaction_id,
      attempt: number,
      outcome,
      is_seen: chain.taken.has(txid),
      ...more,
    });
    const fault = isFaulty ? random.integer(12) : 11;
    if (fault === 0) {
      sleepers.push(sent); // Stopped before it has sent anything; it will, one day.
      return undefined;
    }
    if (fault === 1) return told("unknown", { is_seen: null });
    if (fault === 2) return told("rejected", { detail: "A bad day." });
    if (fault === 3) return told("fee_too_low");
    // Strangers like best what somebody else may send yet.
    const isAsleep = isFaulty && sleepers.some((sleeper) => sleeper.txid === txid);
    if (fault === 4 || (isAsleep && random.integer(2) === 0)) {
      const [outpoint] = (chain.known.get(txid) as { outpoints: string[] }).outpoints as [string];
      chain.outrun(outpoint); // A stranger was faster.
    }
    const competitor = chain.submit(txid);
    const outpoints = (chain.known.get(txid) as { outpoints: string[] }).outpoints.filter(
      (outpoint) => chain.spenders.get(outpoint) === competitor,
    );
    if (competitor !== undefined) {
      return told("conflict", { competing_txid: competitor, is_final: chain.mined.has(competitor), outpoints });
    }
    if (fault === 5) return told("unknown"); // It was taken, and the answer lost.
    if (fault === 6) return told(random.pick(["rejected", "conflict", "missing_inputs"])); // A lie, but it is seen.
    if (fault === 7) return told("rejected", { is_seen: null }); // A lie, and nobody could look.
    return told("accepted");
  }

  async function record(worker: pg.Client, outcomes: readonly (object | undefined)[]): Promise<void> {
    const known = outcomes.filter((outcome) => outcome !== undefined);
    if (known.length > 0)
      expect((await attemptUntilAnswered(worker, RECORD, [JSON.stringify(known)])).code).toBeUndefined();
  }

  async function publish(worker: pg.Client): Promise<number> {
    const { rows: claims = [] } = await attemptUntilAnswered<Claimed>(worker, CLAIM, [
      3,
      random.integer(8) === 0 ? 1000 : 0,
    ]);
    for (const claimed of claims) {
      if (isFaulty && random.integer(10) === 0) continue; // It dies before it has stored anything.
      // Before it is stored: from then on others may send it.
      chain.known.set(claimed.txid, {
        outpoints: claimed.inputs.map(({ txid, output_index }) => `${txid}:${output_index}`),
        publications: claimed.publications.map(({ id }) => id),
      });
      const { rows } = await store(worker, claimed);
      if (rows?.[0]?.outcome !== "stored") continue;
      await record(worker, [tell({ transaction_id: claimed.transaction_id, attempt: 1, txid: claimed.txid })]);
    }
    return claims.length;
  }

  async function sendAgain(worker: pg.Client): Promise<void> {
    const { rows = [] } = await attemptUntilAnswered<Sent>(
      worker,
      "select * from press_worker.transactions_to_send(5, 60)",
    );
    await record(worker, rows.map(tell));
  }

  async function look(worker: pg.Client): Promise<void> {
    const { rows = [] } = await attemptUntilAnswered<Sent>(
      worker,
      "select * from press_worker.transactions_to_look_at(5, 0)",
    );
    const sightings = rows.map(({ transaction_id, txid }) => {
      if (chain.taken.has(txid) && random.integer(3) === 0) chain.mined.add(txid);
      const competitor = chain.known
        .get(txid)
        ?.outpoints.map((outpoint) => chain.spenders.get(outpoint))
        .find((spender) => spender !== txid && spender !== undefined);
      if (chain.mined.has(txid))
        return { transaction_id, sighting: "mined", block_hash: "b".repeat(64), block_height: 1 };
      if (chain.taken.has(txid)) return { transaction_id, sighting: "mempool" };
      if (competitor === undefined) return { transaction_id, sighting: "unseen" };
      const outpoints = (chain.known.get(txid) as { outpoints: string[] }).outpoints.filter(
        (outpoint) => chain.spenders.get(outpoint) === competitor,
      );
      return {
        transaction_id,
        sighting: "conflicted",
        competing_txid: competitor,
        competing_is_mined: chain.mined.has(competitor),
        outpoints,
      };
    });
    if (sightings.length > 0) {
      expect(
        (
          await attemptUntilAnswered(worker, "select from press_worker.record_sightings($1)", [
            JSON.stringify(sightings),
          ])
        ).code,
      ).toBeUndefined();
    }
  }

  async function wake(worker: pg.Client): Promise<void> {
    const [sleeper] = sleepers.splice(random.integer(sleepers.length + 1), 1);
    if (sleeper !== undefined && chain.submit(sleeper.txid) === undefined) {
      await record(worker, [{ transaction_id: sleeper.transaction_id, attempt: sleeper.attempt, outcome: "accepted" }]);
    }
  }

  test("no record twice on the chain, none lost, nothing stuck, and every satoshi is there at every moment", async () => {
    const watched = await createTestDatabase();
    const outer = database;
    database = watched;
    try {
      const records = rounds(60, 1000);
      await fund(records, 2000);
      await Promise.all(["alice", "bob", "carol", "dan"].map((subject) => queue(subject, records / 4)));
      const workers = await openSessions(watched, "press_worker", 16);
      let isDone = false;
      let reads = 0;
      const seen = new Set<string>();
      const watching = (async () => {
        const total = await watched
          .pool("superuser")
          .query<{ total: string }>("select sum(satoshis) as total from press.utxos");
        while (!isDone) {
          const { rows } = await watched.pool("superuser").query<{ sum: string }>(`
            select (coalesce(sum(u.satoshis) filter (where u.state in ('available', 'reserved', 'unknown')), 0)
              + coalesce(sum(u.satoshis) filter (where u.state = 'dirty' and (u.from_transaction_id is null or t.state in ('accepted', 'mined'))), 0)
              + coalesce((select sum(x.fee_satoshis) from press.chain_transactions x where x.state in ('accepted', 'mined')), 0))::text as sum
            from press.utxos u left join press.chain_transactions t on t.id = u.from_transaction_id`);
          seen.add(String(Number(rows[0]?.sum) - Number(total.rows[0]?.total)));
          expect(await findings(watched)).toEqual([]);
          reads += 1;
        }
      })();
      await Promise.all(
        workers.map(async (worker, index) => {
          for (let round = 0; round < rounds(12, 60); round += 1) {
            await publish(worker);
            await sendAgain(worker);
            if (index % 2) await look(worker);
            if (index % 3 === 0) await wake(worker);
            if (index % 5 === 0) chain.forgetStrangers();
            if (index % 4 === 3) await letLeasesEnd(watched);
          }
        }),
      );
      isFaulty = false;
      while (sleepers.length > 0) await wake(workers[0] as pg.Client);
      const open = "select count(*)::integer as count from press.publications where state not in ('sent', 'failed')";
      for (let quiet = 0; ; quiet += 1) {
        expect(quiet, "the faults have ended, so all of it ends").toBeLessThan(500);
        chain.forgetStrangers();
        await letLeasesEnd(watched);
        await publish(workers[0] as pg.Client);
        await sendAgain(workers[0] as pg.Client);
        await look(workers[0] as pg.Client);
        const { rows } = await watched.pool("superuser").query<{ count: number }>(open);
        if (rows[0]?.count === 0) break;
      }
      isDone = true;
      await watching;
      expect([...seen]).toEqual(["0"]);
      expect(reads).toBeGreaterThan(3);
      const published = [...chain.taken].flatMap((txid) => chain.known.get(txid)?.publications ?? []);
      expect(new Set(published).size, "nothing is on the chain twice").toBe(published.length);
      const { rows } = await watched
        .pool("superuser")
        .query<{ id: string; state: string }>("select id, state from press.publications");
      expect(rows).toHaveLength(records);
      expect(
        rows
          .filter(({ state }) => state === "sent")
          .map(({ id }) => id)
          .toSorted(),
      ).toEqual(published.toSorted());
      expect(await findings(watched)).toEqual([]);
      await closeSessions(workers);
      await closeSessions([await gate(watched)]);
    } finally {
      database = outer;
      await watched.drop();
    }
  });
});

describe("who slept while others went on sends what they have in hand, and the nodes take it", () => {
  /** Queues one record, has it signed and stored, and then sleeps: attempt 1 is in nobody's hand but this one's. */
  async function sleepOver(on: TestDatabase, worker: pg.Client): Promise<Claimed> {
    await queue("sleeper", 1, on);
    const [claimed] = (await worker.query<Claimed>(CLAIM, [1, 0])).rows as [Claimed];
    expect((await store(worker, claimed)).rows).toEqual([{ outcome: "stored" }]);
    return claimed;
  }

  /** Claims and stores all that is due, as another worker does. */
  async function storeDue(on: TestDatabase, worker: pg.Client): Promise<Claimed[]> {
    await letLeasesEnd(on);
    const { rows } = await worker.query<Claimed>(CLAIM, [10, 0]);
    for (const claimed of rows) expect((await store(worker, claimed)).rows).toEqual([{ outcome: "stored" }]);
    return rows;
  }

  async function tell(worker: pg.Client, sent: Sent, outcome: string, more: object = {}): Promise<string> {
    const { transaction_id, attempt: number } = sent;
    const told = { transaction_id, attempt: number, outcome, is_seen: false, ...more };
    return (await worker.query<{ state: string }>(RECORD, [JSON.stringify([told])])).rows[0]?.state ?? "";
  }

  /** In how many transactions that nodes have the one record stands, and what the audit says. */
  async function expectOnce(on: TestDatabase, takenBySleeper: string): Promise<void> {
    const { rows } = await on.pool("superuser").query(
      `select t.txid from press_private.chain_outputs o join press.chain_transactions t on t.id = o.transaction_id
       where t.state in ('accepted', 'mined')`,
    );
    expect(rows).toEqual([{ txid: takenBySleeper }]);
    expect(await findings(on)).toEqual([]);
  }

  async function inPressOfItsOwn(play: (on: TestDatabase, workers: [pg.Client, pg.Client]) => Promise<void>) {
    const own = await createTestDatabase();
    try {
      const workers = await openSessions(own, "press_worker", 2);
      await play(own, workers as [pg.Client, pg.Client]);
      await closeSessions([...workers, await gate(own)]);
    } finally {
      await own.drop();
    }
  }

  test.each(["told by an answer", "seen by a look"])("a competitor that no block has, %s, vanishes again", (how) =>
    inPressOfItsOwn(async (on, [sleeper, other]) => {
      await fund(2, 1000, on);
      const slept = await sleepOver(on, sleeper);
      await letLeasesEnd(on);
      const [again] = (await other.query<Sent>("select * from press_worker.transactions_to_send(5, 60)")).rows as [
        Sent,
      ];
      expect(again).toMatchObject({ transaction_id: slept.transaction_id, attempt: 2, txid: slept.txid });
      const stranger = { competing_txid: "c".repeat(64), is_final: false, competing_is_mined: false };
      if (how.startsWith("told")) expect(await tell(other, again, "conflict", stranger)).toBe("unknown");
      else {
        const sighting = { transaction_id: slept.transaction_id, sighting: "conflicted", ...stranger };
        await other.query("select from press_worker.record_sightings($1)", [JSON.stringify([sighting])]);
      }
      for (const rebuilt of await storeDue(on, other)) await tell(other, { ...rebuilt, attempt: 1 }, "accepted");
      expect(await tell(sleeper, { ...slept, attempt: 1 }, "accepted")).toBe("accepted");
      await expectOnce(on, slept.txid);
    }),
  );

  test("what took its place has lost the coin that it was given, and not the one that both spend", () =>
    inPressOfItsOwn(async (on, [sleeper, other]) => {
      await fund(1, 45, on);
      const slept = await sleepOver(on, sleeper);
      await letLeasesEnd(on);
      const [again] = (await other.query<Sent>("select * from press_worker.transactions_to_send(5, 60)")).rows as [
        Sent,
      ];
      expect(await tell(other, again, "fee_too_low")).toBe("replaced");
      await fund(1, 50, on);
      const [dearer] = (await storeDue(on, other)) as [Claimed];
      expect(dearer.inputs).toHaveLength(2);
      const [, given] = dearer.inputs as [Claimed["inputs"][number], Claimed["inputs"][number]];
      const outpoints = [`${given.txid}:${given.output_index}`];
      await fund(1, 44, on); // What is queued takes the smallest that suffices.
      const stranger = { competing_txid: "c".repeat(64), outpoints };
      expect(await tell(other, { ...dearer, attempt: 1 }, "conflict", stranger)).toBe("conflicted");
      // The chain takes one of all that spend the coin: the sleeper is faster than what is made now, which it never takes then.
      const made = await storeDue(on, other);
      const shared = slept.inputs.map(({ txid }) => txid);
      for (const next of made.filter(({ inputs }) => !inputs.some(({ txid }) => shared.includes(txid)))) {
        await tell(other, { ...next, attempt: 1 }, "accepted");
      }
      expect(await tell(sleeper, { ...slept, attempt: 1 }, "accepted")).toBe("accepted");
      await expectOnce(on, slept.txid);
    }));
});

/** Parts of functions and what to put in their place. */
type Change = readonly [routine: string, part: string, instead: string];
type Missing = readonly Change[] | string;

/** Instead of the rows' lock: all are held until everybody has picked, and then let go at once. */
const WITHOUT_LOCK: readonly Change[] = [
  ["press_private.pick_coins", "limit 1\n  for no key update of u skip locked", "limit 1"],
  ["press_private.pick_coin_each", "+ 1\n      for no key update of u skip locked", "+ 1"],
  ["press_private.claim_coins", "begin\n", "begin\n  perform pg_advisory_xact_lock_shared(4242, 1);\n"],
];
const WITHOUT_GUARD: readonly Change[] = [["press_private.claim_coins", " and u.state = 'available'", ""]];
const WITHOUT_CONSTRAINTS = `drop index press_private.chain_inputs_one_live_transaction_has_a_coin; drop trigger _200_guard_identity on press.utxos`;
const CLAIMERS = 30;

async function exchange(superuser: pg.Pool, [routine, part, instead]: Change): Promise<void> {
  const { rows } = await superuser.query<{ source: string }>("select pg_get_functiondef($1::regproc) as source", [
    routine,
  ]);
  const source = String(rows[0]?.source);
  expect(source).toContain(part);
  await superuser.query(source.replace(part, instead));
}

/**
 * How many transactions the coin with the most has, when many claim at once in a press without some of the layers, and what they are told.
 *
 * @param each how many each claims: several go another way than one
 */
async function claimWithout(each: number, ...missing: Missing[]) {
  const crippled = await createTestDatabase();
  try {
    const superuser = crippled.pool("superuser");
    await fund(CLAIMERS * each, 1000, crippled);
    await queue("racer", CLAIMERS * each, crippled);
    await superuser.query("grant execute on function pg_advisory_xact_lock_shared(integer, integer) to press_owner");
    for (const item of missing) {
      if (typeof item === "string") await superuser.query(item);
      else for (const change of item) await exchange(superuser, change);
    }
    for (const routine of [
      "press_private.claim_coins(bigint[], bigint[], timestamptz)",
      "press_worker.publications_to_send(text, integer, integer, integer, integer, integer, integer)",
    ]) {
      await superuser.query(`alter function ${routine} set lock_timeout = '60s'`);
    }
    const sessions = await openSessions(crippled, "press_worker", CLAIMERS);
    const holder = await gate(crippled);
    if (missing.includes(WITHOUT_LOCK)) await holder.query("select pg_advisory_lock(4242, 1)");
    const claiming = sessions.map((session) => attempt(session, CLAIM, [each, 0]));
    if (missing.includes(WITHOUT_LOCK)) {
      await untilWaiting(crippled, CLAIMERS);
      await holder.query("select pg_advisory_unlock(4242, 1)");
    }
    const outcomes = tally(await Promise.all(claiming));
    await closeSessions([...sessions, holder]);
    const { rows } = await superuser.query<{ most: number }>(
      "select max(count)::integer as most from (select count(distinct i.transaction_id) from press_private.chain_inputs i group by i.utxo_id) c",
    );
    return { most: rows[0]?.most, outcomes };
  } finally {
    await crippled.drop();
  }
}

describe.each([1, 3])("with the layers that stand, a coin has one transaction, where each claims %i", (each) => {
  test("all three: everybody is given another one", async () => {
    expect(await claimWithout(each)).toEqual({ most: 1, outcomes: { granted: CLAIMERS } });
  });

  test("without the lock: who comes second finds it taken", async () => {
    expect(await claimWithout(each, WITHOUT_LOCK)).toEqual({
      most: 1,
      outcomes: { granted: 1, "40001": CLAIMERS - 1 },
    });
  });

  test("without the guard: nobody picks what another one has locked", async () => {
    expect(await claimWithout(each, WITHOUT_GUARD)).toEqual({ most: 1, outcomes: { granted: CLAIMERS } });
  });

  test("without the lock and the guard: the arrows of a coin refuse", async () => {
    expect(await claimWithout(each, WITHOUT_LOCK, WITHOUT_GUARD)).toEqual({
      most: 1,
      outcomes: { granted: 1, PRDEN: CLAIMERS - 1 },
    });
  });

  test("without the lock, the guard and the arrows: the key of inputs refuses alone", async () => {
    const withoutArrows = "drop trigger _200_guard_identity on press.utxos";
    expect(await claimWithout(each, WITHOUT_LOCK, WITHOUT_GUARD, withoutArrows)).toEqual({
      most: 1,
      outcomes: { granted: 1, "40001": CLAIMERS - 1 },
    });
  });

  test("without the constraints: the lock and the guard hold", async () => {
    expect(await claimWithout(each, WITHOUT_CONSTRAINTS)).toEqual({ most: 1, outcomes: { granted: CLAIMERS } });
  });

  test("without the lock and the constraints: the guard holds alone", async () => {
    expect(await claimWithout(each, WITHOUT_LOCK, WITHOUT_CONSTRAINTS)).toEqual({
      most: 1,
      outcomes: { granted: 1, "40001": CLAIMERS - 1 },
    });
  });
});

test.each([1, 3])("without all three a coin has many, claimed by %i: these tests can fail", async (each) => {
  const { most } = await claimWithout(each, WITHOUT_LOCK, WITHOUT_GUARD, WITHOUT_CONSTRAINTS);
  expect(most).toBeGreaterThan(1);
});
