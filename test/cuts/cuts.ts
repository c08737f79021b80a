/* One cut: an operation is asked for, a fault meets the n-th message that belongs to it, it is healed, and everything must be there and at rest
   within ten seconds. */
import { setTimeout as sleep } from "node:timers/promises";
import { seed } from "../random.ts";
import { type Asked, eventsMissing, type Operation } from "./operations.ts";
import type { CutPress, Way } from "./press.ts";
import type { Fate, Met } from "./proxy.ts";

/** The kinds of fault, each with the ways in which it happens. */
export const FAULTS = {
  /** The connection is cut before the message arrives. */
  before: ["lost", "reset"],
  /** The connection is cut when the message has arrived, before anything comes back. */
  after: ["unanswered"],
  /** Nothing passes any more, and no connection is closed. */
  silence: ["silent"],
  /** The process of ours gets SIGKILL. */
  killed: ["killed"],
  /** What happens to the server: its session is ended, or dies and all others with it; it is killed and started again; it sleeps (SIGSTOP). */
  server: ["terminated", "crashed", "restarted", "asleep"],
} as const;

export type Kind = keyof typeof FAULTS;
export type Fault = (typeof FAULTS)[Kind][number];

export const KINDS = Object.keys(FAULTS) as Kind[];

/** The faults of a kind that a way can have. */
export function faultsOn(way: Way, kind: Kind): readonly Fault[] {
  if (kind !== "server") return FAULTS[kind];
  return way.endsWith("–database") ? ["terminated", "crashed", "restarted"] : ["restarted", "asleep"];
}

/** How long an operation has after healing. */
export const RECOVERY_MILLISECONDS = 10_000;
/** What happens before a fault takes no time to speak of, but on a busy machine. */
const PREPARATION_MILLISECONDS = 60_000;
/** How long nothing passes, and nobody answers. */
const SILENCE_MILLISECONDS = 400;

/** What became of a cut. */
export interface Outcome {
  /** Undefined: the operation was done with fewer messages. */
  readonly met: Met | undefined;
  /** From healing until everything was at rest. */
  readonly recoveryMilliseconds: number;
}

export const nameOf = ({ name, way }: Operation) => `${name}, ${way}`;

/**
 * Cuts an operation off at its n-th message.
 *
 * @throws with a sentence that says how to have the same cut again
 */
export async function cut(press: CutPress, operation: Operation, fault: Fault, n: number): Promise<Outcome> {
  const proxy = press.proxy(operation.way);
  let met: Met | undefined;
  let isToBeHealed = false;
  try {
    for (;;) {
      const asked = await within(press, operation.prepare(press), PREPARATION_MILLISECONDS);
      const armed = proxy.arm({ counts: operation.counts, n, fate: fateOf(press, operation.way, fault) });
      const first = asked.begin();
      first.catch(() => undefined); // It is awaited below.
      await within(press, Promise.race([armed.met, first]), PREPARATION_MILLISECONDS);
      isToBeHealed = armed.isReached;
      proxy.disarm();
      if (armed.isReached) {
        met = await within(press, armed.met, PREPARATION_MILLISECONDS);
        await heal(press, operation.way, fault);
        isToBeHealed = false;
      } else if (!(await first)) continue; // Whoever was too busy to answer has not done with fewer messages.
      const healedAt = performance.now();
      await within(press, finish(press, asked, first), RECOVERY_MILLISECONDS);
      const recoveryMilliseconds = performance.now() - healedAt;
      await within(press, asked.check(), RECOVERY_MILLISECONDS);
      return { met, recoveryMilliseconds };
    }
  } catch (error) {
    const where = met === undefined ? "" : `: the ${met.from}'s ${met.kind} of ${met.topic.slice(0, 80)}`;
    const again = `TEST_CUT="${nameOf(operation)}, ${fault}, ${n}" npm test -- test/cuts/cuts.test.ts`;
    throw new Error(
      `${nameOf(operation)}, ${fault} at message ${n}${where} (TEST_SEED=${seed}). ${(error as Error).message}\nAgain: ${again}\n${press.log}`,
      { cause: error },
    );
  } finally {
    proxy.disarm();
    if (isToBeHealed) await heal(press, operation.way, fault); // So that the next one finds it as it should be.
  }
}

/** How many messages an operation takes when nothing happens to it. */
export async function countMessages(press: CutPress, operation: Operation): Promise<number> {
  const proxy = press.proxy(operation.way);
  const asked = await within(press, operation.prepare(press), PREPARATION_MILLISECONDS);
  const armed = proxy.arm({ counts: operation.counts, n: 0, fate: "lost" });
  await within(press, asked.begin(), PREPARATION_MILLISECONDS);
  proxy.disarm();
  await within(press, finish(press, asked, Promise.resolve(true)), PREPARATION_MILLISECONDS);
  await asked.check();
  return armed.count;
}

async function finish(press: CutPress, asked: Asked, first: Promise<boolean>): Promise<void> {
  if (!(await first)) await asked.finish();
  await atRest(press);
}

function fateOf(press: CutPress, way: Way, fault: Fault): Fate {
  const { database } = press;
  switch (fault) {
    case "killed":
      return async () => {
        await press.killProcess(way);
        return false;
      };
    case "terminated":
      return async ({ serverPid }) => {
        if (serverPid !== undefined) await database.terminate(serverPid);
        return serverPid !== undefined;
      };
    case "crashed":
      return async ({ serverPid }) => {
        if (serverPid === undefined) await database.kill();
        else await database.crash(serverPid);
        return false;
      };
    case "restarted":
      return async () => {
        await serverOf(press, way).kill();
        return false;
      };
    case "asleep":
      return async () => {
        serverOf(press, way).pause();
        return true;
      };
    default:
      return fault;
  }
}

interface TestedServer {
  kill(): Promise<void>;
  start(): Promise<void>;
  pause(): void;
  resume(): void;
}

function serverOf({ database, node, nats }: CutPress, way: Way): TestedServer {
  const server = way === "worker–node" ? node : nats;
  if (way.endsWith("–database") || server === undefined) {
    const nothing = () => undefined;
    return { kill: () => database.kill(), start: async () => undefined, pause: nothing, resume: nothing };
  }
  return server;
}

async function heal(press: CutPress, way: Way, fault: Fault): Promise<void> {
  const server = serverOf(press, way);
  if (fault === "silent" || fault === "asleep") await sleep(SILENCE_MILLISECONDS);
  if (fault === "silent") press.proxy(way).heal();
  if (fault === "asleep") server.resume();
  if (fault === "restarted") await server.start();
  if (fault === "killed") await press.startProcess(way);
}

/** Nothing waits any more: for a signature, a place, a checkpoint, a decision, the chain; nobody has left a transaction open. */
async function atRest(press: CutPress): Promise<void> {
  const text = `
    select concat_ws(', ',
      (select 'tickets to sign' where exists (select from press.tickets where status = 'pending')),
      (select 'entries without a place' where exists (select from press_private.ledger_inbox)),
      (select 'entries without a checkpoint'
       where (select count(*) from press.ledger_entries) <> (select coalesce(max(tree_size), 0) from press.checkpoints)),
      (select 'draws' where exists (select from press.draws where status = 'requested')),
      (select 'attestations' where exists (select from press.attestations where status = 'submitted')),
      (select 'credentials' where exists (select from press.credentials where status = 'pending')),
      (select 'publications' where exists (select from press.publications where state not in ('sent', 'failed'))),
      (select 'open transactions' where exists (
        select from pg_stat_activity
        where usename in ('press_gateway', 'press_worker') and state like 'idle in transaction%'))) as waiting`;
  for (;;) {
    const [row] = await press.database.ask<{ waiting: string }>("superuser", text);
    const missing = row?.waiting === "" ? await eventsMissing(press) : 0;
    waitingFor = missing > 0 ? `${missing} events` : (row?.waiting ?? "");
    if (waitingFor === "") return;
    await sleep(30);
  }
}

let waitingFor = "";

async function within<Result>(press: CutPress, act: Promise<Result>, milliseconds: number): Promise<Result> {
  const over = new AbortController();
  waitingFor = "the operation itself";
  const late = sleep(milliseconds, undefined, { signal: over.signal }).then((): never => {
    throw new Error(`${milliseconds / 1_000} seconds later it is not over: what waits is ${waitingFor}.`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([act, late, press.fallen]);
  } finally {
    over.abort();
  }
}
