import { createPublicKey, randomBytes, sign } from "node:crypto";
import type pg from "pg";
import { readable } from "../harness/numbers.ts";
import { BenchPress, makeSigningKey, startProcess } from "../harness/press.ts";
import { interleave } from "../harness/rounds.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import type { NobleVerifier, SignedMessages } from "../processes/nobleVerifier.ts";

/** Verified by one statement. */
const BATCH_SIZE = 500;
/** The length of an envelope without its signature. */
const MESSAGE_BYTES = 240;
const REGISTERED = "SQL, registered key";
const OTHER = "SQL, any other key";
const NOBLE = "noble";

export const verify: Row = {
  name: "verify",
  title: "press.ed25519_verify in plain SQL, against noble in JavaScript",
  expectedSeconds: { full: 75, quick: 8 },
  run,
};

async function run(bench: Bench): Promise<RowResult> {
  const press = await BenchPress.open(bench, "bench_verify");
  const noble = startProcess<NobleVerifier>(bench, "nobleVerifier");
  const [known, unknown] = [signMessages(), signMessages()];
  const registerMilliseconds = await register(press, known);
  const inSql = (signed: SignedMessages) => () =>
    press.session((client) => timeVerifying(client, signed, bench.rounds.milliseconds));
  const times = await interleave(bench, {
    [REGISTERED]: inSql(known),
    [OTHER]: inSql(unknown),
    [NOBLE]: () => noble.ask("timeVerifying", { signed: known, milliseconds: bench.rounds.milliseconds }),
  });
  const peer = times.text(NOBLE, "ms by noble");
  return {
    figures: [
      {
        what: "time to verify a signature under a registered key in SQL, against noble in JavaScript",
        ours: times.text(REGISTERED, "ms"),
        peer,
        value: times.ratio(REGISTERED, NOBLE),
        unit: "×",
        goal: { better: "lower", first: 3, far: 0.7 },
      },
      {
        what: "the same under a key that is not registered",
        ours: times.text(OTHER, "ms"),
        peer,
        value: times.ratio(OTHER, NOBLE),
        unit: "×",
      },
    ],
    tables: [times.table("milliseconds to verify a signature")],
    notes: [
      `Messages of ${MESSAGE_BYTES} bytes; ${BATCH_SIZE} signatures a statement, by one session, and as many in turn by noble, on one core each.`,
      `Registering the key, which makes its comb of multiples, took ${readable(registerMilliseconds)} ms, once.`,
    ],
  };
}

function signMessages(): SignedMessages {
  const privateKey = makeSigningKey();
  const messages = Array.from({ length: BATCH_SIZE }, () => randomBytes(MESSAGE_BYTES));
  return {
    publicKey: createPublicKey(privateKey).export({ format: "der", type: "spki" }).subarray(-32),
    messages,
    signatures: messages.map((message) => sign(null, message, privateKey)),
  };
}

/** Returns the milliseconds that it took. */
async function register(press: BenchPress, { publicKey }: SignedMessages): Promise<number> {
  return press.session(async (client) => {
    const since = performance.now();
    await client.query("select from press_worker.register_signing_key(encode($1, 'hex'), 'ticket')", [publicKey]);
    const milliseconds = performance.now() - since;
    await client.query("vacuum analyze press_private.ed25519_comb_points");
    return milliseconds;
  });
}

/** The milliseconds of one verification, once the good signatures were accepted and those of other messages refused. */
async function timeVerifying(client: pg.Client, signed: SignedMessages, milliseconds: number): Promise<number> {
  const forged = { ...signed, signatures: [...signed.signatures.slice(1), ...signed.signatures.slice(0, 1)] };
  if ((await countValid(client, forged)) !== 0) throw new Error("The signature of another message was accepted.");
  const since = performance.now();
  let count = 0;
  for (; performance.now() - since < milliseconds; count += BATCH_SIZE) {
    if ((await countValid(client, signed)) !== BATCH_SIZE) throw new Error("A good signature was refused.");
  }
  return (performance.now() - since) / count;
}

async function countValid(client: pg.Client, { publicKey, messages, signatures }: SignedMessages): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `select count(*) filter (where press.ed25519_verify($1, v.message, v.signature))::integer as count
     from unnest($2::bytea[], $3::bytea[]) v (message, signature)`,
    [publicKey, messages, signatures],
  );
  return rows[0]?.count ?? 0;
}
