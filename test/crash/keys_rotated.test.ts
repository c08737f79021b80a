/* The keys of several workers are rotated while tickets are issued: a new key comes, the old one is retired, in any order or at once, and workers are killed in the
   middle of it. Whatever the moment was, each ticket has one key, which was in use when its signature was stored. `TEST_SEED` repeats the choices. */
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { formatVkey, Verifier } from "../../verifier/index.ts";
import { createSigningKey, type SigningKey } from "../../worker/keys.ts";
import { press } from "../cli/support.ts";
import { createTestDatabase, type TestDatabase } from "../database.ts";
import { Looking } from "../invariants.ts";
import { makeEdition } from "../race/sessions.ts";
import { auditFindings } from "../raffles.ts";
import { random, rounds, seed } from "../random.ts";
import { checkLedger } from "../worker/ledgerChecks.ts";
import { issueMore, until } from "../worker/support.ts";
import { kill, type Launched, launchWorker, makeLedgerIn, ORIGIN } from "./launchWorker.ts";

const WORKERS = 3;
const ROTATIONS = rounds(10, 40, 5);
/** Tickets that are issued at once, and that a worker stores at once: it takes a while, in which much can happen. */
const AT_ONCE = 20;
const SLUG = "rotated";
const ACTS = ["a successor begins", "the key is retired", "the worker is killed"] as const;

/** What happens to one of the workers and its key. */
interface Rotation {
  readonly worker: number;
  readonly acts: readonly (typeof ACTS)[number][];
  readonly isAtOnce: boolean;
  /** Its first worker dies with the first tickets that it has claimed. */
  readonly isSuccessorKilled: boolean;
}

/** A key, and the worker that has it. */
interface Post {
  readonly key: SigningKey;
  readonly launched: Launched;
}

let database: TestDatabase;
let folder: string;
let vkey: string;
/** All that there ever were. */
const keys: SigningKey[] = [];
const launches: Launched[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  folder = await mkdtemp(join(tmpdir(), "golden-press-rotated-"));
  vkey = formatVkey(ORIGIN, Buffer.from((await makeLedgerIn(folder)).checkpointKey.publicKey, "hex"));
});
afterAll(async () => {
  for (const { child } of launches) child.kill("SIGKILL");
  await database.drop();
  await rm(folder, { recursive: true });
});

/** Chosen before anything begins, so that a seed gives the same rotations however quick the workers are. */
function chooseRotations(): Rotation[] {
  return Array.from({ length: ROTATIONS }, () => {
    const rest = [...ACTS];
    const acts = ACTS.map(() => rest.splice(random.integer(rest.length), 1)[0] as (typeof ACTS)[number]);
    return {
      worker: random.integer(WORKERS),
      // Half of the workers live on with a key that is not in use any more, until they are told to stop.
      acts: random.integer(2) === 0 ? acts : acts.filter((act) => act !== "the worker is killed"),
      isAtOnce: random.integer(2) === 0,
      isSuccessorKilled: random.integer(3) === 0,
    };
  });
}

function launch(signingKeyFile: string, holdAt?: "claimed"): Launched {
  const databaseUrl = database.url("press_worker");
  const launched = launchWorker({ folder, databaseUrl, signingKeyFile, batchSize: AT_ONCE, leaseSeconds: 1, holdAt });
  launches.push(launched);
  return launched;
}

/** A worker with a new key, which has begun to sign. */
async function beginPost(isFirstKilled = false): Promise<Post> {
  const file = join(folder, `signing-key-${randomUUID()}.pem`);
  const key = await createSigningKey(file);
  keys.push(key);
  if (isFirstKilled) {
    const first = launch(file, "claimed");
    await until(() => first.steps.includes("claimed"));
    await kill(first.child);
  }
  const launched = launch(file);
  await until(() => launched.steps.includes("claimed"));
  return { key, launched };
}

/** The first as a person does it; the others in the moment in which the worker stores what it has signed, if it lives. */
async function retire({ key: { keyId }, launched }: Post): Promise<void> {
  if (keys.length <= WORKERS + 1) {
    const retired = await press(["keys", "retire", keyId], { WORKER_DATABASE_URL: database.url("press_worker") });
    expect(retired).toMatchObject({ code: 0, stdout: expect.stringContaining(`The key ${keyId} is retired.`) });
    return;
  }
  if (!isGone(launched)) await isAboutToStore(launched);
  await database.pool("press_worker").query("select from press_worker.retire_signing_key($1)", [keyId]);
}

/** Its next batch is signed; or it is there no more. */
function isAboutToStore({ child }: Launched): Promise<void> {
  return new Promise((resolve) => {
    child.once("exit", () => resolve());
    child.on("message", (step) => {
      if (step === "signed") resolve();
    });
  });
}

async function stop({ child }: Launched): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, "exit");
  child.disconnect();
  expect(await exit).toEqual([0, null]);
}

/** The ids of the tickets that have an envelope of the key. */
async function signedWith({ keyId }: SigningKey): Promise<string[]> {
  const { rows } = await database
    .pool("owner")
    .query<{ id: string }>("select id from press.tickets where envelope::json ->> 'key_id' = $1 order by id", [keyId]);
  return rows.map(({ id }) => id);
}

const pendingCount = async (upTo = 1_000_000) => {
  const pending = "select from press.tickets where status = 'pending' and ticket_number <= $1";
  return (await database.pool("owner").query(pending, [upTo])).rowCount ?? 0;
};

const lastNumber = async () => {
  const last = "select max(ticket_number) as last from press.tickets";
  return (await database.pool("owner").query<{ last: number }>(last)).rows[0]?.last ?? 0;
};

/** Replaces the key of a post, and returns the new post, and what was signed with the old key as soon as its retirement was committed. */
async function rotate(post: Post, { acts, isAtOnce, isSuccessorKilled }: Rotation) {
  let successor: Post | undefined;
  let signed: string[] = [];
  const act = {
    "a successor begins": async () => {
      successor = await beginPost(isSuccessorKilled);
    },
    "the key is retired": async () => {
      await retire(post);
      signed = await signedWith(post.key);
    },
    "the worker is killed": () => kill(post.launched.child),
  };
  if (isAtOnce) await Promise.all(acts.map((name) => act[name]()));
  else for (const name of acts) await act[name]();
  // Where its worker still lives the retired key is in its hands, and there is work for it: what it makes of that is the point.
  await until(
    async () =>
      isGone(post.launched) ||
      post.launched.output.includes("PRKEY") ||
      (await signedWith(post.key)).length > signed.length,
  );
  expect(await signedWith(post.key)).toEqual(signed);
  return { successor: successor as Post, signed };
}

const isGone = ({ child }: Launched) => child.exitCode !== null || child.signalCode !== null;

async function issueUntil(signal: AbortSignal): Promise<number> {
  let count = 0;
  for (; !signal.aborted; count += AT_ONCE) {
    await issueMore(database, SLUG, AT_ONCE);
    await sleep(80); // So that the workers keep up.
  }
  return count;
}

/** Everything is signed, and under a checkpoint. */
async function isRecorded(): Promise<boolean> {
  const { rows } = await database.pool("owner").query<{ is_recorded: boolean }>(
    `select not exists (select from press.tickets where status = 'pending') and not exists (select from press_private.ledger_inbox)
            and (select count(*) from press.ledger_entries) = (select max(tree_size) from press.checkpoints) as is_recorded`,
  );
  return rows[0]?.is_recorded ?? false;
}

/** Where the ledger has each key's coming and going, and the first and the last of the tickets that it signed, if it came to sign any. */
async function placesOfKeys() {
  const { rows } = await database.pool("owner").query<Record<"activated" | "first" | "last" | "retired", number>>(
    `select activated.place::integer as activated, retired.place::integer as retired, t.first, t.last
     from press.signing_keys k
     join press.ledger_entries activated on activated.type = 'key.activated' and activated.leaf::json ->> 'key_id' = k.key_id
     left join press.ledger_entries retired on retired.type = 'key.retired' and retired.leaf::json ->> 'key_id' = k.key_id
     cross join lateral (
       select min(press.tickets_ledger_place(t))::integer as first, max(press.tickets_ledger_place(t))::integer as last
       from press.tickets t where t.envelope::json ->> 'key_id' = k.key_id) t
     where k.purpose = 'ticket' and t.first is not null`,
  );
  return rows;
}

/** What the database says of the last tickets of each key; the audit says it of all. */
async function lastVerdicts(): Promise<object[]> {
  const { rows } = await database.pool("owner").query<{ verdict: object }>(
    `select to_json(press.verify_ticket(t.envelope)) as verdict from (
       select t.envelope, row_number() over (partition by t.envelope::json ->> 'key_id' order by t.ticket_number desc) as index
       from press.tickets t) t
     where t.index <= $1`,
    [AT_ONCE],
  );
  return rows.map(({ verdict }) => verdict);
}

test(`${ROTATIONS} rotations under load: every ticket is signed once, by a key that was in use (seed ${seed})`, {
  timeout: 600_000,
}, async () => {
  const looking = new Looking(database, { pauseMilliseconds: 50 });
  await makeEdition(database, SLUG, 1_000_000, 1_000_000);
  const stopIssuing = new AbortController();
  const issuing = issueUntil(stopIssuing.signal);
  issuing.catch(() => undefined); // It is awaited below.
  const posts = await Promise.all(Array.from({ length: WORKERS }, () => beginPost()));
  const signedAtRetirement = new Map<SigningKey, string[]>();
  const rotating = async () => {
    for (const rotation of chooseRotations()) {
      const post = posts[rotation.worker] as Post;
      const { successor, signed } = await rotate(post, rotation);
      signedAtRetirement.set(post.key, signed);
      posts[rotation.worker] = successor;
      await stop(post.launched);
      // Others have keys that are in use: what was issued until now is not left to the one that is gone.
      const issued = await lastNumber();
      await until(async () => (await pendingCount(issued)) === 0);
    }
  };
  await Promise.race([rotating(), issuing]); // Whoever issues hears first that the press was stopped.
  stopIssuing.abort();
  const count = await issuing;
  await until(isRecorded);
  for (const { launched } of posts) await stop(launched);
  expect((await looking.end()).found).toEqual([]);

  expect(keys.length).toBe(WORKERS + ROTATIONS);
  expect(signedAtRetirement.size).toBe(ROTATIONS);
  for (const [key, signed] of signedAtRetirement) expect(await signedWith(key)).toEqual(signed);
  const places = await placesOfKeys();
  expect(places.length).toBeGreaterThan(WORKERS);
  for (const { activated, first, last, retired } of places) {
    expect(activated).toBeLessThan(first);
    if (retired !== null) expect(last).toBeLessThan(retired);
  }

  const { rows } = await database
    .pool("owner")
    .query<{ number: number; envelope: string }>(
      "select ticket_number as number, envelope from press.tickets order by 1",
    );
  expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, index) => index + 1));
  const verifiers = new Map(keys.map(({ keyId, publicKey }) => [keyId, new Verifier(publicKey)]));
  for (const { envelope } of rows) {
    const { key_id: keyId } = JSON.parse(envelope) as { key_id: string };
    expect(verifiers.get(keyId)?.verify(envelope)).toMatchObject({ isValid: true, verdict: "signed" });
  }
  const verdicts = await lastVerdicts();
  expect(verdicts.length).toBeGreaterThan(keys.length);
  for (const verdict of verdicts)
    expect(verdict).toMatchObject({
      is_key_known: true,
      is_signature_valid: true,
      is_ticket_known: true,
      refusal: null,
    });
  await checkLedger(database.pool("owner"), [vkey]);
  expect(await auditFindings(database)).toEqual([]);
});
