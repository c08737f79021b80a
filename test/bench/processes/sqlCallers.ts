/**
 * Callers of SQL, each with a connection of its own and one statement under way: what a gateway process is to the core, and what a client is
 * to a plain table.
 */
import { randomUUID } from "node:crypto";
import pg from "pg";
import { serve } from "../harness/children.ts";

/** What all callers of a run do, until the time is up. */
export interface IssueRun {
  readonly url: string;
  /** The n-th caller writes in the n-th of these, and begins anew where they end. */
  readonly slugs: readonly string[];
  readonly callers: number;
  /** Requests of one call; each has a holder and a key of its own, and asks for one ticket. */
  readonly batchSize: number;
  readonly milliseconds: number;
  /** Holders are named by this and a number that counts from 1. */
  readonly holderPrefix: string;
}

export interface InsertRun {
  readonly url: string;
  readonly statement: string;
  readonly callers: number;
  readonly milliseconds: number;
}

export interface RunResult {
  /** From the first call until the last answer. */
  readonly milliseconds: number;
  readonly granted: number;
  /** By request key, the id of its ticket. */
  readonly acknowledged: ReadonlyMap<string, string>;
}

export interface TimedRun {
  /** One edition of the same slug in each of these databases. */
  readonly urls: readonly string[];
  readonly slug: string;
  readonly batchSize: number;
  /** Holders are `holder-1` to this number, for each database. */
  readonly holders: readonly number[];
  /** Calls in each database, one after the other in turns. */
  readonly calls: number;
}

export interface TimedResult {
  /** For each database, how long each call took, in milliseconds. */
  readonly times: readonly Float64Array[];
  readonly acknowledged: readonly ReadonlyMap<string, string>[];
}

export interface RedeemRun {
  readonly url: string;
  readonly callers: number;
  readonly tickets: readonly { readonly envelope: string; readonly proof: string }[];
}

const ISSUE = {
  name: "issue_tickets",
  text: "select request_index, refusal_message, (ticket).id from press_gateway.issue_tickets($1, $2, $3, $4, $5, $6)",
};

/** A session plans the statements of its functions during their first five calls; sessions of a gateway are older than that. */
const WARM_UP_CALLS = 6;
/** A prime, so that it meets every holder before it meets one again. */
const FAR_APART = 7919;

interface Outcome {
  readonly request_index: number;
  readonly refusal_message: string | null;
  readonly id: string | null;
}

export type SqlCallers = typeof actions;
const actions = { issue, insert, time, redeem };
if (import.meta.main) serve(actions);

async function issue(run: IssueRun): Promise<RunResult> {
  const acknowledged = new Map<string, string>();
  let holders = 0;
  let warmedUp = 0;
  const call = async (client: pg.Client, caller: number, batchSize: number) => {
    const subjects = Array.from({ length: batchSize }, () => `${run.holderPrefix}${++holders}`);
    await issueOnce(client, run.slugs[caller % run.slugs.length] as string, subjects, acknowledged);
  };
  const milliseconds = await inClosedLoop(run, {
    async warmUp(client, caller) {
      await call(client, caller, 1);
      warmedUp += 1;
    },
    call: (client, caller) => call(client, caller, run.batchSize),
  });
  return { milliseconds, granted: acknowledged.size - warmedUp, acknowledged };
}

async function insert(run: InsertRun): Promise<RunResult> {
  let granted = 0;
  const insertOnce = (client: pg.Client) =>
    client.query({ name: "insert", text: run.statement, values: [randomUUID(), randomUUID()] });
  const milliseconds = await inClosedLoop(run, {
    warmUp: insertOnce,
    async call(client) {
      await insertOnce(client);
      granted += 1;
    },
  });
  return { milliseconds, granted, acknowledged: new Map() };
}

/** Turns: one call in the first database, one in the second and so on, so that whatever disturbs the machine disturbs all alike. */
async function time({ urls, slug, batchSize, holders, calls }: TimedRun): Promise<TimedResult> {
  const clients = await connect(urls);
  const times = urls.map(() => new Float64Array(calls));
  const acknowledged = urls.map(() => new Map<string, string>());
  for (let call = -WARM_UP_CALLS; call < calls; call += 1) {
    for (const [index, client] of clients.entries()) {
      const subjects = someHolders(batchSize, holders[index] as number);
      const since = performance.now();
      await issueOnce(client, slug, subjects, acknowledged[index] as Map<string, string>);
      if (call >= 0) (times[index] as Float64Array)[call] = performance.now() - since;
    }
  }
  await disconnect(clients);
  return { times, acknowledged };
}

/** Each caller redeems the next ticket as soon as it has its answer. Returns how many milliseconds all of them took. */
async function redeem({ url, callers, tickets }: RedeemRun): Promise<number> {
  const clients = await connect(Array.from({ length: callers }, () => url));
  const left = tickets.values();
  const since = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      for (const { envelope, proof } of left) {
        const values = [envelope, proof, randomUUID()];
        await client.query({ name: "redeem", text: "select press.redeem_ticket($1, $2, $3)", values });
      }
    }),
  );
  const elapsed = performance.now() - since;
  await disconnect(clients);
  return elapsed;
}

/** So many different ones of all that are known, far apart from each other. */
function someHolders(count: number, known: number): string[] {
  const first = Math.floor(Math.random() * known);
  return Array.from({ length: count }, (_, next) => `holder-${((first + next * FAR_APART) % known) + 1}`);
}

async function issueOnce(
  client: pg.Client,
  slug: string,
  subjects: readonly string[],
  acknowledged: Map<string, string>,
): Promise<void> {
  const keys = subjects.map(() => randomUUID());
  const values = [slug, subjects, subjects.map(() => false), subjects.map(() => null), subjects.map(() => 1), keys];
  const { rows } = await client.query<Outcome>({ ...ISSUE, values });
  for (const { request_index, refusal_message, id } of rows) {
    if (id === null) throw new Error(`A request was refused: ${refusal_message}`);
    acknowledged.set(keys[request_index - 1] as string, id);
  }
}

/** What a caller does. */
interface Loop {
  readonly warmUp: (client: pg.Client, caller: number) => Promise<unknown>;
  readonly call: (client: pg.Client, caller: number) => Promise<unknown>;
}

/** Every caller calls again as soon as it has its answer, until the time is up. Returns how many milliseconds that was. */
async function inClosedLoop(
  { url, callers, milliseconds }: Pick<InsertRun, "url" | "callers" | "milliseconds">,
  { warmUp, call }: Loop,
): Promise<number> {
  const clients = await connect(Array.from({ length: callers }, () => url));
  await Promise.all(clients.map((client, caller) => repeat(WARM_UP_CALLS, () => warmUp(client, caller))));
  const since = performance.now();
  await Promise.all(
    clients.map(async (client, caller) => {
      while (performance.now() - since < milliseconds) await call(client, caller);
    }),
  );
  const elapsed = performance.now() - since;
  await disconnect(clients);
  return elapsed;
}

async function repeat(times: number, act: () => Promise<unknown>): Promise<void> {
  for (let time = 0; time < times; time += 1) await act();
}

async function connect(urls: readonly string[]): Promise<pg.Client[]> {
  const clients = urls.map((url) => new pg.Client({ connectionString: url }));
  await Promise.all(clients.map((client) => client.connect()));
  return clients;
}

async function disconnect(clients: readonly pg.Client[]): Promise<void> {
  await Promise.all(clients.map((client) => client.end()));
}
