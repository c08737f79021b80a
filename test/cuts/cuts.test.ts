/* Issue, redeem, draw, verify, publish and integrate, cut off at each of their messages, by each kind of fault: whatever was acknowledged is there,
   whatever was not can be asked for by its key, everything that is promised holds all the while, and ten seconds after it is healed nothing is stuck. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { brokenInvariants, Looking } from "../invariants.ts";
import { random, seed } from "../random.ts";
import { missingRequirement, testRequiring } from "../requirements.ts";
import {
  countMessages,
  cut,
  type Fault,
  faultsOn,
  KINDS,
  type Kind,
  nameOf,
  type Outcome,
  RECOVERY_MILLISECONDS,
} from "./cuts.ts";
import { OPERATIONS, type Operation, prepareEditions } from "./operations.ts";
import { CutPress } from "./press.ts";

/** How much is tried: some operations, each kind of fault in each at some messages, or all. */
const SCALE = process.env.TEST_SCALE ?? "";
const IN_ALL_MILLISECONDS = 7_200_000;
/** Of plain `npm test`: so many pairs of an operation and a kind, one cut each. */
const SAMPLED = 10;
/** With TEST_SCALE=ci, of each pair. */
const CUTS_EACH = 3;
/** With TEST_SCALE=full: after so many in a row that were done with fewer messages there is no further one. */
const MISSES = 3;
/** And so many times what an operation takes undisturbed: a worker that was killed looks at all that was published before, which is more each time. */
const MESSAGES_FACTOR = 4;
const PROGRESS_EVERY = 25;

let press: CutPress;
/** All the while. */
let looking: Looking;
const counts = new Map<string, number>();
const done: { readonly operation: Operation; readonly kind: Kind; readonly n: number; readonly outcome: Outcome }[] =
  [];

beforeAll(async () => {
  press = await CutPress.start();
  looking = new Looking(press.database, { pauseMilliseconds: 50 });
  await prepareEditions(press);
}, 600_000);

/** However few of the tests were asked for. */
afterAll(async () => {
  if (press === undefined) return;
  if (done.length > 1) console.info(summary());
  try {
    await expectWhole();
  } finally {
    await press.stop();
  }
}, 600_000);

/** Everything that is promised held all the while, and nothing is late. */
async function expectWhole(): Promise<void> {
  const { found, count } = await looking.end();
  expect(found).toEqual([]);
  expect(count).toBeGreaterThan(0);
  expect(await brokenInvariants(press.database, { overdueSeconds: RECOVERY_MILLISECONDS / 1_000 })).toEqual([]);
  expect(await press.database.ask("operator", "select * from press.audit() where not is_ok")).toEqual([]);
  const stops = await press.database.ask("owner", "select from press_private.press_state");
  expect(stops.length, "the press was never stopped").toBe(0);
}

/** The cuts of an operation by a kind of fault, of which there are as many as the scale says. */
interface Trial {
  readonly operation: Operation;
  readonly kind: Kind;
}

const TRIALS: readonly Trial[] = OPERATIONS.flatMap((operation) => KINDS.map((kind) => ({ operation, kind })));

const asked = process.env.TEST_CUT;
if (asked !== undefined) {
  test(
    `${asked}, again`,
    async () => {
      const parts = asked.split(", ");
      const [fault, n] = [parts.at(-2) as Fault, Number(parts.at(-1))];
      const operation = OPERATIONS.find((one) => asked === `${nameOf(one)}, ${fault}, ${n}`);
      if (operation === undefined) throw new Error("TEST_CUT is a cut as a failing test names it.");
      console.info(await cut(press, operation, fault, n));
    },
    IN_ALL_MILLISECONDS,
  );
} else {
  const chosen = trials();
  for (const operation of new Set(chosen.map((trial) => trial.operation))) {
    const needs = operation.way === "worker–NATS" ? (["nats-server"] as const) : [];
    describe(nameOf(operation), () => {
      for (const trial of chosen.filter((one) => one.operation === operation)) {
        testRequiring(...needs)(`${trial.kind} (TEST_SEED=${seed})`, () => tryAll(trial), {
          timeout: IN_ALL_MILLISECONDS,
        });
      }
    });
  }
}

function trials(): readonly Trial[] {
  if (SCALE !== "") return TRIALS;
  const possible = TRIALS.filter(
    ({ operation }) => operation.way !== "worker–NATS" || missingRequirement("nats-server") === undefined,
  );
  return possible
    .map((trial) => ({ trial, turn: random.integer(2 ** 31) }))
    .toSorted((one, other) => one.turn - other.turn)
    .slice(0, SAMPLED)
    .map(({ trial }) => trial);
}

/** How many messages it takes undisturbed; counted once. */
async function messagesOf(operation: Operation): Promise<number> {
  const count = counts.get(nameOf(operation)) ?? (await countMessages(press, operation));
  counts.set(nameOf(operation), count);
  return count;
}

async function tryAll(trial: Trial): Promise<void> {
  if (SCALE === "full") return tryEvery(trial);
  const { operation, kind } = trial;
  const count = await messagesOf(operation);
  const each = SCALE === "ci" ? CUTS_EACH : 1;
  const faults = faultsOn(operation.way, kind);
  for (let index = 0; index < each; index += 1) {
    // One of each part of the operation; whoever has done with fewer messages this time is cut earlier.
    let n = 1 + Math.floor(((index + random.integer(1_000) / 1_000) * count) / each);
    const fault = each === 1 ? random.pick(faults) : (faults[index % faults.length] as Fault);
    while ((await once(trial, fault, n)) === undefined) n = Math.ceil(n / 2);
  }
}

/** Until it is done before it has had as many messages, three times: a worker that looks once more has more of them. */
async function tryEvery({ operation, kind }: Trial): Promise<void> {
  const most = MESSAGES_FACTOR * (await messagesOf(operation));
  for (const fault of faultsOn(operation.way, kind)) {
    let n = 1;
    for (let misses = 0; misses < MISSES && n <= most; ) {
      if ((await once({ operation, kind }, fault, n)) === undefined) misses += 1;
      else [n, misses] = [n + 1, 0];
    }
    const of = done.filter((one) => one.operation === operation && one.kind === kind);
    console.info(`${nameOf(operation)}, ${fault}: cut at each of ${n - 1} messages. ${slowestOf(of)}`);
  }
}

async function once({ operation, kind }: Trial, fault: Fault, n: number): Promise<Outcome["met"]> {
  const outcome = await cut(press, operation, fault, n);
  if (outcome.met !== undefined) {
    done.push({ operation, kind, n, outcome });
    if (SCALE === "full" && done.length % PROGRESS_EVERY === 0)
      console.info(`${done.length} cuts: ${nameOf(operation)}, ${fault}, at message ${n}.`);
  } else if (n === 1) throw new Error(`${nameOf(operation)} has no message on this way.`);
  return outcome.met;
}

function summary(): string {
  const lines = OPERATIONS.map((operation) => {
    const of = done.filter((one) => one.operation === operation);
    const kinds = KINDS.map((kind) => `${kind} ${of.filter((one) => one.kind === kind).length}`);
    return of.length === 0 ? [] : [`${nameOf(operation)}: ${kinds.join(", ")}. ${slowestOf(of)}`];
  });
  return [`${done.length} cuts (TEST_SEED=${seed}). ${slowestOf(done)}`, ...lines.flat()].join("\n  ");
}

function slowestOf(cuts: typeof done): string {
  const slowest = cuts.toSorted(
    (one, other) => other.outcome.recoveryMilliseconds - one.outcome.recoveryMilliseconds,
  )[0];
  if (slowest === undefined) return "";
  const { operation, kind, n, outcome } = slowest;
  return `Slowest: ${Math.round(outcome.recoveryMilliseconds)} ms after healing (${nameOf(operation)}, ${kind}, ${n}).`;
}
