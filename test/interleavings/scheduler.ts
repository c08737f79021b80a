/* Plays two callers against each other, a step at a time, in whatever order it is told: a step is what a caller does until it has an answer, stops inside a function
   (tests.stop), or waits for the other one's lock. That it waits is asked of PostgreSQL, as its own isolation tester does, and never guessed by the time. Which orders there are
   is found by playing: wherever both could have gone on, the other order is played too. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { TestDatabase, TestLogin } from "../database.ts";

export type Isolation = "read committed" | "repeatable read" | "serializable";
/** Of A and of B. */
export type Isolations = readonly [Isolation, Isolation];

/** One statement of a caller. */
export interface Call {
  readonly text: string;
  readonly values?: () => unknown[];
  /** What the caller is told by the rows; undefined: nothing that matters to anybody. */
  readonly hear?: (rows: readonly Row[]) => string | undefined;
}
// biome-ignore lint/suspicious/noExplicitAny: rows of any statement.
type Row = any;

/** What is committed together. */
export interface Transaction {
  readonly login: TestLogin;
  /** What its connection sends before the first call, and takes the snapshot of it; undefined: the call is a statement of its own. */
  readonly begin?: string;
  readonly calls: readonly Call[];
  /** How it ends if nothing is refused and it has begun: commit, unless told. */
  readonly end?: "commit" | "rollback";
}

/** Who calls one of the functions, as its real callers do: one transaction after the other. A refusal ends it. */
export type Caller = readonly Transaction[];

export type Lane = "A" | "B";
const LANES: readonly Lane[] = ["A", "B"];

/** What came of one order. */
export interface Played {
  /** Who took each step: AABB. */
  readonly order: string;
  /** Who could have taken each step. */
  readonly choices: readonly string[];
  /** What each was told. */
  readonly told: readonly string[];
  /** How often a transaction had to begin again, by the code that said so. */
  readonly retries: Readonly<Record<string, number>>;
  /** How often a step ended in waiting for the other one. */
  readonly waits: number;
}

/** Who is next, of these; position: how many steps were taken. */
export type Choose = (able: readonly Lane[], position: number) => Lane;

export interface PlayOptions {
  readonly choose: Choose;
  /** Transactions are not interleaved: who has begun one goes on until it has ended. */
  readonly isSerial?: boolean;
  /** Called after every step, with the order so far. */
  readonly observe?: (order: string) => Promise<void>;
}

/** Something does not hold in an order, or cannot be played. */
export class InterleavingError extends Error {
  override readonly name = "InterleavingError";
  /** Up to where it was seen. */
  readonly order: string;

  constructor(message: string, order: string, options?: ErrorOptions) {
    super(message, options);
    this.order = order;
  }
}

/** Said by PostgreSQL or the press about a transaction that may succeed when it is tried again. */
const RETRYABLE = ["40001", "40P01", "PRBSY"];
const QUERY_CANCELED = "57014";
const TRIES_MAX = 10;
/** As tests.stop has them, in turn: more than are passed by at once. */
const STOPS = 6;
/** Between two questions whether somebody waits. */
const POLL_MILLISECONDS = 2;

/** The connections of both lanes, and one that watches them. */
export class Scheduler {
  readonly isolations: Isolations;
  readonly #control: pg.Client;
  readonly #sessions: Readonly<Record<Lane, ReadonlyMap<TestLogin, Session>>>;

  private constructor(
    isolations: Isolations,
    control: pg.Client,
    sessions: Record<Lane, ReadonlyMap<TestLogin, Session>>,
  ) {
    this.isolations = isolations;
    this.#control = control;
    this.#sessions = sessions;
  }

  /** @param logins of the callers that will be played */
  static async start(database: TestDatabase, isolations: Isolations, logins: readonly TestLogin[]): Promise<Scheduler> {
    const control = new pg.Client({ connectionString: database.url("superuser") });
    await control.connect();
    const { rows } = await control.query<{ lanes: [number, number] }>(
      "select array[2 * pg_backend_pid(), 2 * pg_backend_pid() + 1] as lanes",
    );
    const numbers = rows[0]?.lanes as [number, number];
    const text =
      "select pg_advisory_lock(4242, 10 * lane + stop) from unnest($1::integer[]) lane, generate_series(1, $2) stop";
    await control.query(text, [numbers, STOPS]);
    const sessions = { A: new Map<TestLogin, Session>(), B: new Map<TestLogin, Session>() };
    for (const [index, lane] of LANES.entries()) {
      for (const login of logins) {
        sessions[lane].set(
          login,
          await Session.open(database, login, numbers[index] as number, isolations[index] as Isolation),
        );
      }
    }
    return new Scheduler(isolations, control, sessions);
  }

  async end(): Promise<void> {
    for (const lane of LANES) await Promise.all([...this.#sessions[lane].values()].map(({ client }) => client.end()));
    await this.#control.end();
  }

  /**
   * Plays the callers until both have ended.
   *
   * @throws {InterleavingError} about an error that is no refusal, a transaction that never succeeds, or a caller who is to go on and waits
   */
  async play(callers: readonly [Caller, Caller], { choose, isSerial = false, observe }: PlayOptions): Promise<Played> {
    const players = LANES.map((lane, index) => {
      return new Player(lane, callers[index] as Caller, this.#sessions[lane], this.isolations[index] as Isolation);
    });
    let order = "";
    const choices: string[] = [];
    let last: Player | undefined;
    try {
      while (players.some((player) => !player.isOver)) {
        const able = players.filter((player) => player.isAble);
        const isHeld = isSerial && last?.isAble && !last.isBetweenTransactions;
        const lanes = (isHeld ? [last as Player] : able).map(({ lane }) => lane);
        const lane = choose(lanes, order.length);
        last = able.find((player) => player.lane === lane);
        if (last === undefined) throw new Error(`${lane} cannot go on now: it waits, or has ended.`);
        choices.push(lanes.join(""));
        order += lane;
        await last.step(this.#control);
        await this.#settle(players);
        await observe?.(order);
      }
    } catch (error) {
      await Promise.all(players.map((player) => player.abandon(this.#control)));
      if (error instanceof InterleavingError) throw error;
      throw new InterleavingError((error as Error).message, order, { cause: error });
    }
    const retries: Record<string, number> = {};
    for (const code of players.flatMap((player) => player.retries)) retries[code] = (retries[code] ?? 0) + 1;
    return {
      order,
      choices,
      told: players.map(({ told }) => told.join(", ")),
      retries,
      waits: players.reduce((sum, player) => sum + player.waits, 0),
    };
  }

  /** Waits until each has an answer, has stopped, or waits for the other. Where each waits for the other, PostgreSQL ends one of them. */
  async #settle(players: readonly Player[]): Promise<void> {
    const rivals = LANES.flatMap((lane) => [...this.#sessions[lane].values()].map(({ pid }) => pid));
    for (;;) {
      const flying = players.filter((player) => player.isFlying);
      if (flying.length === 0) break;
      const events = flying.map((player) => player.event);
      await Promise.race([...events, sleep(POLL_MILLISECONDS)]);
      if (flying.some((player) => !player.isFlying)) continue;
      const areWaiting = await this.#areWaiting(
        flying.map(({ pid }) => pid),
        rivals,
      );
      // What was heard while the question was under way makes the answer an old one.
      if (!areWaiting || flying.some((player) => !player.isFlying)) continue;
      for (const player of flying) player.noteWaiting();
      if (flying.length < 2) break;
    }
    for (const player of players) await player.closeStop(this.#control);
    for (const player of players) player.throwIfFailed();
  }

  async #areWaiting(pids: readonly number[], rivals: readonly number[]): Promise<boolean> {
    const { rows } = await this.#control.query<{ are_waiting: boolean }>({
      name: "are_waiting",
      text: "select bool_and(pg_blocking_pids(p) && $2::integer[]) as are_waiting from unnest($1::integer[]) p",
      values: [pids, rivals],
    });
    return rows[0]?.are_waiting ?? false;
  }
}

/** One connection of a lane. */
class Session {
  readonly client: pg.Client;
  readonly pid: number;
  /** By which its stops are known. */
  readonly lane: number;

  private constructor(client: pg.Client, pid: number, lane: number) {
    this.client = client;
    this.pid = pid;
    this.lane = lane;
  }

  static async open(database: TestDatabase, login: TestLogin, lane: number, isolation: Isolation): Promise<Session> {
    const client = new pg.Client({ connectionString: database.url(login) });
    await client.connect();
    const { rows } = await client.query<{ pid: number }>(
      // Whom the scheduler holds up is neither slow nor idle.
      `select pg_backend_pid() as pid, set_config('tests.lane', $1, false), set_config('default_transaction_isolation', $2, false),
              set_config('statement_timeout', '0', false), set_config('idle_in_transaction_session_timeout', '0', false)`,
      [String(lane), isolation],
    );
    return new Session(client, rows[0]?.pid as number, lane);
  }
}

/** A caller under way. */
class Player {
  readonly lane: Lane;
  readonly told: string[] = [];
  readonly retries: string[] = [];
  waits = 0;
  readonly #caller: Caller;
  readonly #sessions: ReadonlyMap<TestLogin, Session>;
  readonly #isBeginAStep: boolean;
  #state: "ready" | "flying" | "stopped" | "over" = "ready";
  #transaction = 0;
  /** Of the transaction: 0 before it has begun, then 1 and the calls that were answered. */
  #step = 0;
  #stops = 0;
  #openStop: number | undefined;
  #toldBefore = 0;
  #tries = 1;
  #isWaitNoted = false;
  #failure: Error | undefined;
  #event: Promise<void> = Promise.resolve();
  #heard: () => void = () => undefined;
  readonly #notice: (notice: { message?: string | undefined }) => void;

  constructor(lane: Lane, caller: Caller, sessions: ReadonlyMap<TestLogin, Session>, isolation: Isolation) {
    this.lane = lane;
    this.#caller = caller;
    this.#sessions = sessions;
    // At READ COMMITTED nothing is fixed by it.
    this.#isBeginAStep = isolation !== "read committed";
    this.#notice = ({ message }) => {
      const stop = /^stopped (\d+)$/.exec(message ?? "")?.[1];
      if (stop === undefined) return;
      this.#stops = Number(stop);
      this.#hear("stopped");
    };
    for (const { client } of sessions.values()) client.on("notice", this.#notice);
  }

  /** That of the transaction. */
  get pid(): number {
    return this.#session.pid;
  }
  get #session(): Session {
    return this.#sessions.get(this.#current.login) as Session;
  }
  get #current(): Transaction {
    return this.#caller[Math.min(this.#transaction, this.#caller.length - 1)] as Transaction;
  }

  get isOver(): boolean {
    return this.#state === "over";
  }
  /** Whether it can take a step. */
  get isAble(): boolean {
    return this.#state === "ready" || this.#state === "stopped";
  }
  get isFlying(): boolean {
    return this.#state === "flying";
  }
  get isBetweenTransactions(): boolean {
    return this.#state === "ready" && this.#step === 0;
  }
  /** Ends with the next thing that is heard of the statement. */
  get event(): Promise<void> {
    return this.#event;
  }

  noteWaiting(): void {
    if (!this.#isWaitNoted) this.waits += 1;
    this.#isWaitNoted = true;
  }

  throwIfFailed(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  /** Begins the next step. */
  async step(control: pg.Client): Promise<void> {
    const isStopped = this.#state === "stopped";
    this.#fly();
    if (isStopped) {
      this.#openStop = this.#stops;
      await control.query("select pg_advisory_unlock(4242, $1)", [this.#keyOfStop(this.#stops)]);
    } else {
      void this.#send();
    }
  }

  /** Whoever has passed a stop has let go of its lock. */
  async closeStop(control: pg.Client): Promise<void> {
    if (this.#openStop === undefined) return;
    await control.query("select pg_advisory_lock(4242, $1)", [this.#keyOfStop(this.#openStop)]);
    this.#openStop = undefined;
  }

  /** Ends what is under way, after a failure. */
  async abandon(control: pg.Client): Promise<void> {
    while (this.isFlying || this.#state === "stopped") {
      await control.query("select pg_cancel_backend($1)", [this.pid]);
      await Promise.race([this.#event, sleep(POLL_MILLISECONDS)]);
    }
    await this.closeStop(control);
    await this.#rollBack();
    this.#end();
  }

  /** Again where a cancellation that was meant for the statement before comes to this one. */
  async #rollBack(): Promise<void> {
    try {
      await this.#session.client.query("rollback");
    } catch (error) {
      if (!(error instanceof pg.DatabaseError && error.code === QUERY_CANCELED)) throw error;
      await this.#rollBack();
    }
  }

  #keyOfStop(stop: number): number {
    return 10 * this.#session.lane + stop;
  }

  #fly(): void {
    this.#state = "flying";
    this.#isWaitNoted = false;
    this.#event = new Promise((resolve) => {
      this.#heard = resolve;
    });
  }

  #hear(state: "ready" | "stopped"): void {
    this.#state = state;
    this.#heard();
  }

  /** Sends what comes next; never rejects. */
  async #send(): Promise<void> {
    const transaction = this.#current;
    const { client } = this.#session;
    try {
      if (this.#step === 0) {
        this.#toldBefore = this.told.length;
        this.#step = 1;
        if (transaction.begin !== undefined) {
          await client.query(`begin; ${transaction.begin}`);
          if (this.#isBeginAStep) return this.#hear("ready");
        }
      }
      const call = transaction.calls[this.#step - 1];
      if (call === undefined) {
        await client.query(transaction.end ?? "commit");
        this.#goOn();
      } else {
        const { rows } = await client.query(call.text, call.values?.() ?? []);
        const told = call.hear?.(rows);
        if (told !== undefined) this.told.push(told);
        this.#step += 1;
        if (transaction.begin === undefined) this.#goOn();
      }
    } catch (error) {
      await this.#fail(error as Error);
    }
    if (!this.isOver) this.#hear("ready");
  }

  #goOn(): void {
    this.#transaction += 1;
    this.#step = 0;
    this.#tries = 1;
    if (this.#transaction === this.#caller.length) this.#end();
  }

  #end(): void {
    this.#state = "over";
    for (const { client } of this.#sessions.values()) client.off("notice", this.#notice);
    this.#heard();
  }

  /** A transaction that may succeed is begun again at the next turn; a refusal is an answer; and anything else is a failure. */
  async #fail(error: Error): Promise<void> {
    const code = error instanceof pg.DatabaseError ? error.code : undefined;
    if (this.#current.begin !== undefined) await this.#rollBack();
    if (code !== undefined && RETRYABLE.includes(code)) {
      this.retries.push(code);
      this.told.length = this.#toldBefore;
      this.#step = 0;
      this.#tries += 1;
      if (this.#tries > TRIES_MAX)
        this.#failure = new Error(`${this.lane} has tried ${TRIES_MAX} times: ${error.message}`);
    } else if (code?.startsWith("PR")) {
      this.told.push(code);
      this.#end();
    } else {
      this.#failure = new Error(`${this.lane} has an error that is no refusal: ${code ?? ""} ${error.message}`, {
        cause: error,
      });
    }
  }
}

/**
 * Plays every order there is, once. Where one does not come out as it was asked for, because PostgreSQL refuses a transaction at SERIALIZABLE for what happens to stand on the same
 * page, the one that did counts.
 */
export async function everyOrder(play: (choose: Choose) => Promise<Played>): Promise<void> {
  const seen = new Set<string>();
  const prefixes = [""];
  for (let prefix = prefixes.pop(); prefix !== undefined; prefix = prefixes.pop()) {
    const asked = prefix;
    const { order, choices } = await play(
      (able, position) => able.find((lane) => lane === asked[position]) ?? (able[0] as Lane),
    );
    if (seen.has(order)) continue;
    seen.add(order);
    for (let position = prefix.length; position < order.length; position++) {
      const other = choices[position]?.replace(order[position] as string, "");
      if (other) prefixes.push(order.slice(0, position) + other);
    }
  }
}

/** As the order says, and no other; then whoever comes first. */
export function inOrder(order: string): Choose {
  return (able, position) => (order[position] ?? able[0]) as Lane;
}
