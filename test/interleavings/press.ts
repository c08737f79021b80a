/* A press in which interleavings are played: rows for each of them that nobody else has, what must hold of these rows at every moment, and what became of them. */
import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { keyIdOf } from "../../verifier/index.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { rounds } from "../random.ts";
import { type Case, FUNCTIONS, type FunctionName, noteOf, STOPS, type TestKey, type Variant } from "./functions.ts";
import { type Caller, type Choose, InterleavingError, type Isolations, type Played, Scheduler } from "./scheduler.ts";

/** Two functions, and what they ask for. */
export interface Pair {
  readonly functions: readonly [FunctionName, FunctionName];
  readonly variant: Variant;
  /** Whether one may have to begin again also at READ COMMITTED. */
  readonly mayBeginAgain?: boolean;
  /** How the transactions end of each that are more than a statement; commit for both unless told. */
  readonly ends?: readonly ["commit" | "rollback", "commit" | "rollback"];
}

/** Part of a function, and what to put in its place; or a statement. Before the stops are put in. */
export type Mutation = readonly [routine: string, part: string, instead: string] | string;

/** What became of one order. */
export interface Outcome extends Played {
  /** What there is afterwards: the same text whenever the same has happened. */
  readonly state: string;
  /** And after the next look of those who pass over what others have locked; undefined: nobody does. */
  readonly settled: string | undefined;
  /** How often somebody looked whether everything holds. */
  readonly reads: number;
}

/** Editions are made so many at a time. */
const BATCH = rounds(10, 40);
const ORIGIN = "press.test/ledger";

type Kind = "open" | "pending" | "closed" | "demanding";
const TICKETS: Readonly<Record<Kind, number>> = { open: 2, pending: 1, closed: 2, demanding: 0 };
type Ready = Pick<Case, "n" | "editionId" | "tickets">;

export class InterleavedPress {
  readonly database: TestDatabase;
  readonly #scheduler: Scheduler;
  /** Makes the cases. */
  readonly #maker: pg.Client;
  /** One that looks again each time, and one whose view is as old as it gets. */
  readonly #readers: readonly [pg.Client, pg.Client];
  readonly #ticketKey: TestKey;
  readonly #checkpointKey: TestKey;
  readonly #ready = new Map<Kind, Ready[]>();
  #cases = 0;

  private constructor(
    database: TestDatabase,
    scheduler: Scheduler,
    clients: readonly [pg.Client, pg.Client, pg.Client],
  ) {
    this.database = database;
    this.#scheduler = scheduler;
    this.#maker = clients[0];
    this.#readers = [clients[1], clients[2]];
    this.#ticketKey = makeKey();
    this.#checkpointKey = makeKey();
  }

  static async start(isolations: Isolations, mutations: readonly Mutation[] = []): Promise<InterleavedPress> {
    const database = await createTestDatabase();
    const superuser = database.pool("superuser");
    await superuser.query(await readFile(join(import.meta.dirname, "interleavings.sql"), "utf8"));
    for (const mutation of mutations) {
      if (typeof mutation === "string") await superuser.query(mutation);
      else await exchange(superuser, ...mutation);
    }
    for (const [routine, before] of STOPS)
      await exchange(superuser, routine, before, `perform tests.stop();\n  ${before}`);
    // Of what has not changed the looks of the press go over a row of each table.
    await superuser.query("update press_private.looked_rows set row_count = 1");
    // Two that wait for each other are found at once.
    await superuser.query(`alter database ${database.name} set deadlock_timeout = '10ms'`);
    const clients = await Promise.all(
      [1, 2, 3].map(async () => {
        const client = new pg.Client({ connectionString: database.url("superuser") });
        await client.connect();
        return client;
      }),
    );
    const scheduler = await Scheduler.start(database, isolations, ["press_gateway", "press_worker"]);
    const press = new InterleavedPress(database, scheduler, clients as [pg.Client, pg.Client, pg.Client]);
    await press.#register(press.#ticketKey, "ticket");
    await press.#register(press.#checkpointKey, "checkpoint");
    return press;
  }

  /** Drops the database; returns how many deadlocks PostgreSQL has broken in it. */
  async end(): Promise<number> {
    await this.#scheduler.end();
    await Promise.all(this.#readers.map((client) => client.end()));
    // Who has gone has told of it.
    const played = `select from pg_stat_activity where datname = current_database() and usename in ('press_gateway', 'press_worker')`;
    while ((await this.#maker.query(played)).rowCount !== 0);
    const { rows } = await this.#maker.query<{ deadlocks: string }>(
      "select deadlocks from pg_stat_database where datname = current_database()",
    );
    await this.#maker.end();
    await this.database.drop();
    return Number(rows[0]?.deadlocks);
  }

  get isolations(): Isolations {
    return this.#scheduler.isolations;
  }

  /**
   * Plays a pair in one order, with rows of its own.
   *
   * @throws {InterleavingError} when an invariant is broken at any moment, or somebody is told what they must not be
   */
  async play(pair: Pair, options: { readonly choose: Choose; readonly isSerial?: boolean }): Promise<Outcome> {
    const played = await this.arrange(pair);
    const requestKeys = { both: randomUUID(), A: randomUUID(), B: randomUUID() };
    const [one, other] = pair.functions;
    const setting = { played, variant: pair.variant, requestKeys };
    const callers = [
      FUNCTIONS[one]({ ...setting, lane: "A", other }),
      FUNCTIONS[other]({ ...setting, lane: "B", other: one }),
    ].map((caller, lane) => endingIn(caller, pair.ends?.[lane] ?? "commit")) as [Caller, Caller];
    const [, old] = this.#readers;
    await old.query("begin isolation level repeatable read");
    let reads = 0;
    const observe = async (order: string) => {
      const broken = await Promise.all(this.#readers.map((reader) => this.brokenInvariants(reader, played)));
      reads += broken.length;
      const [found] = broken.flat();
      if (found !== undefined) throw new InterleavingError(found, order);
      // The next one opens its view where this order is, so that not all of them have seen nothing.
      if (order.length === 1 + (played.n % 4)) await old.query("commit; begin isolation level repeatable read");
    };
    try {
      await observe("");
      const result = await this.#scheduler.play(callers, { ...options, observe });
      const state = await this.#outcomeOf(played);
      const settled = await this.#settle(pair, played);
      return { ...result, state, settled, reads };
    } catch (error) {
      // Others are to be played that have nothing to do with it.
      await this.#settle(pair, played).catch(() => undefined);
      throw error;
    } finally {
      await old.query("commit");
    }
  }

  /** What does not hold of the rows of a case, as the reader sees them. */
  async brokenInvariants(
    reader: pg.Client,
    { editionId, attestations, walletScript, recordId }: Case,
  ): Promise<string[]> {
    const { rows } = await reader.query<{ broken: string }>({
      name: "broken_invariants",
      text: "select broken from tests.broken_invariants($1, $2, $3, $4) broken",
      values: [editionId, attestations.map(({ id }) => id), walletScript, recordId],
    });
    return rows.map(({ broken }) => broken);
  }

  /**
   * What the press itself finds broken of all that has changed since it was asked last; of no time, since nobody works on what is left.
   */
  async brokenPromises(): Promise<string[]> {
    const { rows } = await this.#maker.query<{ broken: string }>({
      name: "broken_promises",
      text: `select concat(i.invariant, ': ', i.subject, ': ', i.finding) as broken from press.invariants() i
             where not i.is_ok and i.invariant <> 'I14'`,
    });
    return rows.map(({ broken }) => broken);
  }

  async #outcomeOf({ editionId, attestations, walletScript, recordId, rotation }: Case): Promise<string> {
    const keyIds = rotation && [rotation.from.keyId, rotation.to.keyId];
    const { rows } = await this.#maker.query<{ outcome: string }>({
      name: "outcome_of",
      text: "select tests.outcome_of($1, $2, $3, $4, $5) as outcome",
      values: [editionId, attestations.map(({ id }) => id), walletScript, recordId, keyIds],
    });
    return String(rows[0]?.outcome);
  }

  /** Rows that nobody has played with. */
  async arrange({ functions, variant }: Pair): Promise<Case> {
    const has = (name: FunctionName) => functions.includes(name);
    const kind = has("decide")
      ? "closed"
      : has("sign")
        ? "pending"
        : has("issue") && has("verify")
          ? "demanding"
          : "open";
    const { n, editionId, tickets } = await this.#take(kind);
    const query = (text: string, values: unknown[] = []) => this.#maker.query(text, values);

    const pending: Case["tickets"][number][] = [];
    if (kind === "pending") {
      await this.#signPending();
      const { rows } = await query("select id from press.issue_ticket($1, recipient => $2)", [
        `case-${n}`,
        `dave-${n}`,
      ]);
      pending.push({ id: rows[0].id, envelope: null, proof: null });
    }
    const attestations: Case["attestations"][number][] = [];
    for (const subject of has("verify") ? (variant === "same proof" ? ["victor", "vera"] : ["victor"]) : []) {
      const submitted = await query("select id from tests.submit($1)", [`${subject}-${n}`]);
      const { rows } = await query(
        "select $1::uuid as id, tests.oidc_proof($2) as proof, tests.nonce_of($3, 'oidc') as nonce",
        [submitted.rows[0].id, `victor-${n}`, `${subject}-${n}`],
      );
      attestations.push(rows[0]);
    }
    let recordId: string | undefined;
    if (has("claim") || has("release")) {
      const { rows } = await query("select tests.make_record($1, $2) as id", [n, has("release")]);
      recordId = rows[0].id;
    }
    let rotation: Case["rotation"];
    if (has("rotate")) {
      rotation = { from: makeKey(), to: makeKey(), purpose: has("integrate") ? "checkpoint" : "ticket" };
      await query("select tests.note_key($1)", [rotation.to.publicKey]);
      if (rotation.purpose === "ticket") await query("select tests.note_key($1)", [rotation.from.publicKey]);
      await this.#register(rotation.from, rotation.purpose);
    }
    if (has("integrate")) {
      // What others have left is no part of this; and there is something to do.
      await this.#integrate();
      const last = tickets.at(-1);
      if (last !== undefined) await query("select from press.revoke_ticket($1, 'because')", [last.id]);
    }
    const { rows } = await query("select tests.wallet($1) as wallet", [`case-${n}`]);
    return {
      n,
      editionId,
      slug: `case-${n}`,
      tickets: [...tickets, ...pending],
      attestations,
      walletScript: rows[0].wallet,
      recordId,
      ticketKey: rotation?.purpose === "ticket" ? rotation.from : this.#ticketKey,
      checkpointKey: rotation?.purpose === "checkpoint" ? rotation.from : this.#checkpointKey,
      rotation,
      origin: ORIGIN,
    };
  }

  /** Claims and sends what is left, so that the next case has the queue for itself. */
  async #settle({ functions }: Pair, played: Case): Promise<string | undefined> {
    if (!functions.includes("claim") && !functions.includes("release")) return undefined;
    await this.#maker.query("select tests.claim_rest($1)", [played.n]);
    const settled = await this.#outcomeOf(played);
    await this.#maker.query("select tests.accept_all()");
    return settled;
  }

  async #take(kind: Kind): Promise<Ready> {
    const ready = this.#ready.get(kind) ?? [];
    this.#ready.set(kind, ready);
    if (ready.length === 0) ready.push(...(await this.#make(kind)));
    return ready.shift() as Ready;
  }

  /** Editions with tickets that are signed and in the ledger; closed ones wait for the worker to draw. */
  async #make(kind: Kind): Promise<Ready[]> {
    const first = this.#cases + 1;
    this.#cases += BATCH;
    const { rows: editions } = await this.#maker.query<{ n: number; edition_id: number }>(
      "select * from tests.make_cases($1, $2, $3, $4)",
      [first, BATCH, TICKETS[kind], kind === "demanding" ? 1 : 0],
    );
    await this.#signPending();
    await this.#integrate();
    if (kind === "closed") {
      const draw = "select count(press.draw_winner('case-' || n)) from generate_series($1::integer, $2::integer) n";
      await this.#maker.query(draw, [first, first + BATCH - 1]);
      await this.#maker.query("select tests.record_closings()");
      await this.#integrate();
    }
    await this.#publish();
    const { rows } = await this.#maker.query<{ edition_id: number; tickets: Case["tickets"] }>(
      `select t.edition_id, jsonb_agg(jsonb_build_object('id', t.id, 'envelope', t.envelope, 'proof', press.timechain_proof(t.id)) order by t.ticket_number) as tickets
       from press.tickets t where t.edition_id = any ($1) group by 1`,
      [editions.map(({ edition_id }) => edition_id)],
    );
    const ticketsOf = new Map(rows.map(({ edition_id, tickets }) => [edition_id, tickets]));
    return editions.map(({ n, edition_id }) => ({
      n,
      editionId: edition_id,
      tickets: ticketsOf.get(edition_id) ?? [],
    }));
  }

  async #register({ publicKey }: TestKey, purpose: string): Promise<void> {
    await this.#maker.query("select press_worker.register_signing_key($1, $2)", [publicKey, purpose]);
  }

  /** Also what a key has claimed that is out of use. */
  async #signPending(): Promise<void> {
    const { keyId, privateKey } = this.#ticketKey;
    const expire =
      "update press_private.signing_claims set claimed_until = clock_timestamp() where claimed_until > clock_timestamp()";
    for (;;) {
      await this.#maker.query(expire);
      const { rows } = await this.#maker.query<{ ticket_id: string; payload: string }>(
        "select * from press_worker.tickets_to_sign($1, 1000, 60)",
        [keyId],
      );
      if (rows.length === 0) return;
      await this.#maker.query("select press_worker.attach_signatures($1, $2, $3)", [
        keyId,
        rows.map(({ ticket_id }) => ticket_id),
        rows.map(({ payload }) => sign(null, Buffer.from(payload), privateKey).toString("hex")),
      ]);
    }
  }

  async #integrate(): Promise<void> {
    let count = "";
    while (count !== "0") {
      const { rows } = await this.#maker.query<{ count: string }>(
        "select press_worker.integrate_ledger(1000) as count",
      );
      count = rows[0]?.count ?? "0";
    }
  }

  async #publish(): Promise<void> {
    const { rows } = await this.#maker.query<{ tree_size: string; root_hash: Buffer }>(
      "select * from press_worker.checkpoint_to_sign()",
    );
    for (const { tree_size, root_hash } of rows) {
      const checkpointKey = this.#checkpointKey;
      const note = noteOf({ origin: ORIGIN, checkpointKey }, Number(tree_size), root_hash);
      const values = [checkpointKey.keyId, tree_size, root_hash, note];
      await this.#maker.query("select press_worker.publish_checkpoint($1, $2, $3, $4)", values);
    }
  }
}

function endingIn(caller: Caller, end: "commit" | "rollback"): Caller {
  return caller.map((transaction) => ({ ...transaction, end }));
}

function makeKey(): TestKey {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const bytes = Buffer.from(publicKey.export({ format: "jwk" }).x ?? "", "base64url");
  return { privateKey, publicKey: bytes.toString("hex"), keyId: keyIdOf(bytes) };
}

/** Puts something else into a routine of the database. */
async function exchange(superuser: pg.Pool, routine: string, part: string, instead: string): Promise<void> {
  const { rows } = await superuser.query<{ source: string }>("select pg_get_functiondef($1::regproc) as source", [
    routine,
  ]);
  const source = String(rows[0]?.source);
  if (source.split(part).length !== 2) throw new Error(`In ${routine} there is not once: ${part}`);
  await superuser.query(source.replace(part, () => instead));
}
