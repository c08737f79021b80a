import pg from "pg";
import type { Configuration } from "../configuration.ts";
import { hasUrl } from "../urls.ts";
import { CheckpointStoreError } from "../worker/checkpointStore.ts";
import { auditCredentials } from "./audit/credentials.ts";
import { auditDraws } from "./audit/draws.ts";
import { auditEnvelopes } from "./audit/envelopes.ts";
import { auditHistory, type Kept } from "./audit/history.ts";
import type { Finding, Look } from "./audit/look.ts";
import { auditRecords } from "./audit/records.ts";
import { findCheckpointStore } from "./checkpointStore.ts";
import { EXIT } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { duration, Progress } from "./progress.ts";
import { explainRefusal } from "./refusal.ts";
import { withPress } from "./withPress.ts";

export interface AuditOptions {
  /** Verify no signatures, those of beacons and the draws that rest on them included, which is most of the time. */
  readonly quick?: boolean;
}

/** How many rows there are to look at. */
interface Amounts {
  readonly tickets: number;
  readonly entries: number;
  readonly checkpoints: number;
  readonly keys: number;
  /** Rounds of beacons. */
  readonly rounds: number;
  readonly credentials: number;
  readonly records: number;
}

/** A part of the audit, and how long it is expected to take. */
interface Part {
  readonly name: string;
  readonly expectedSeconds: number;
  look(look: Look): Promise<void>;
}

/** What a login hears that may not audit: NOT_SIGNED_IN, NOT_ALLOWED, and PostgreSQL's own insufficient_privilege. */
const REFUSED = new Set(["PRANO", "PRDEN", "42501"]);

/**
 * `golden-press audit`: checks every promise against the raw rows, in the database (`press.audit`) and from outside, and prints each finding
 * in a line. All of it is one snapshot that is only read, so that a press at work can be audited.
 *
 * @returns the exit code: 0 nothing found, 1 something is wrong
 */
export async function audit(configuration: Configuration, { quick = false }: AuditOptions): Promise<number> {
  const since = performance.now();
  let count = 0;
  const onFinding = (finding: Finding) => {
    count += 1;
    print(finding);
  };
  const kept = await readKept(configuration, onFinding); // Before the snapshot, which then has at least what was published.
  const login = hasUrl(configuration, "databaseUrl") ? "operator" : "auditor";
  const { tickets, entries, checkpoints } = await withPress(await databaseUrl(configuration, login), async (client) => {
    await client.query("begin isolation level repeatable read, read only");
    const amounts = await countRows(client);
    await lookAt(client, partsOf(amounts, kept, quick), onFinding);
    return amounts;
  });
  const scope = [counted(tickets, "ticket"), counted(entries, "entry", "entries"), counted(checkpoints, "checkpoint")];
  const result = count === 0 ? "nothing found" : counted(count, "finding");
  const took = duration(performance.now() - since);
  console.log(`audited ${scope.join(", ")}${quick ? " (no signatures)" : ""} in ${took}: ${result}`);
  return count === 0 ? EXIT.done : EXIT.failed;
}

/** The checkpoint that is kept outside the database; undefined where none is. A store that cannot be read is a finding. */
async function readKept(
  configuration: Configuration,
  onFinding: (finding: Finding) => void,
): Promise<Kept | undefined> {
  const store = await findCheckpointStore(configuration);
  const known = await store?.read().catch((error) => {
    if (!(error instanceof CheckpointStoreError)) throw error;
    onFinding({ check: "the checkpoint store can be read", subject: store.name, finding: error.message });
  });
  if (store !== undefined && known !== undefined) return { name: store.name, checkpoint: known.checkpoint };
  const why = store === undefined ? "CHECKPOINT_STORE is not set" : `there is nothing in the ${store.name}`;
  console.error(`The ledger is not compared with what was published, because ${why}.`);
  return undefined;
}

async function countRows(client: pg.Client): Promise<Amounts> {
  const { rows } = await client.query<Amounts>(
    `select (select count(*)::float8 from press.tickets) as tickets, (select count(*)::float8 from press.ledger_entries) as entries,
            (select count(*)::float8 from press.checkpoints) as checkpoints, (select count(*)::float8 from press.signing_keys) as keys,
            (select count(*)::float8 from press.beacon_rounds) as rounds, (select count(*)::float8 from press.credentials) as credentials,
            (select count(*)::float8 from press.publications where kind = 'record') as records`,
  );
  return rows[0] as Amounts;
}

/**
 * The parts in their order. The last one verifies, ticket by ticket, also in SQL what the part `signatures` of `press.audit` does in one
 * statement, so that it can be seen how far it is. The times are those of a small machine.
 */
function partsOf(
  { tickets, entries, checkpoints, keys, rounds, credentials, records }: Amounts,
  kept: Kept | undefined,
  quick: boolean,
): Part[] {
  const inDatabase = (name: string, milliseconds: number): Part => ({
    name,
    expectedSeconds: (milliseconds + 20) / 1000,
    look: (look) => auditInDatabase(look, name),
  });
  const promises: Part = { name: "promises", expectedSeconds: 0.2, look: auditPromises };
  const history: Part = {
    name: "history",
    expectedSeconds: (20 + entries * 0.02 + checkpoints * (quick ? 1 : 3)) / 1000,
    look: (look) => auditHistory(look, { kept, entries, checkSignatures: !quick }),
  };
  const draws: Part = {
    name: "draws",
    expectedSeconds: (200 + entries * 0.05 + rounds * 30) / 1000,
    look: auditDraws,
  };
  const signatures: Part = {
    name: "signatures",
    expectedSeconds: (20 + tickets * 2.5) / 1000,
    look: (look) => auditEnvelopes(look, tickets),
  };
  const proofs: Part = {
    name: "credentials",
    expectedSeconds: (20 + credentials * 2.5) / 1000,
    look: (look) => auditCredentials(look, credentials),
  };
  const published: Part = {
    name: "records",
    expectedSeconds: (20 + records * 5) / 1000,
    look: (look) => auditRecords(look, records),
  };
  return [
    ...["editions", "tickets", "envelopes", "rows", "entries", "tree", "replay"].map((name) =>
      inDatabase(name, (tickets + entries) * 0.01),
    ),
    inDatabase("keys", 100 + keys * 100),
    inDatabase("checkpoints", checkpoints * 0.5),
    ...(quick ? [history] : [inDatabase("notes", checkpoints * 1.5), history, draws, proofs, published, signatures]),
    promises,
  ];
}

/** What the database says of itself. */
async function auditInDatabase({ client, report }: Look, part: string): Promise<void> {
  const text = "select a.check, a.subject, a.finding from press.audit(part => $1) a where not a.is_ok";
  const { rows } = await client.query<Finding>(text, [part]);
  for (const finding of rows) report(finding);
}

/** What `press.invariants` looks at beside the rows: rights and guards, and the stream of events. What is only late is no finding. */
async function auditPromises({ client, report }: Look): Promise<void> {
  const text =
    "select i.check, i.subject, i.finding from press.invariants() i where not i.is_ok and i.invariant <> 'I14'";
  const { rows } = await client.query<Finding>(text);
  for (const finding of rows) report(finding);
}

async function lookAt(client: pg.Client, parts: readonly Part[], onFinding: (finding: Finding) => void): Promise<void> {
  const progress = new Progress(parts);
  const said = new Set<string>();
  const report = (finding: Finding) => {
    const what = `${finding.check} ${finding.subject} ${finding.finding}`;
    if (said.has(what)) return; // Two parts look at the same.
    said.add(what);
    progress.clear();
    onFinding(finding);
  };
  const look: Look = {
    client,
    report,
    say: (sentence) => progress.say(sentence),
    steps: (count) => progress.steps(count),
    step: (what) => progress.step(what),
  };
  for (const part of parts) {
    progress.begin(part);
    await client.query("savepoint part");
    await part.look(look).catch(async (error) => {
      if (!(error instanceof pg.DatabaseError)) throw error;
      if (REFUSED.has(error.code ?? "")) throw explainRefusal(error);
      await client.query("rollback to savepoint part");
      report({ check: "what is stored can be read", subject: part.name, finding: error.message });
    });
    progress.end();
  }
  progress.clear();
}

/** One line, whatever is in the rows. */
function print({ check, subject, finding }: Finding): void {
  console.log(`${subject}: it does not hold that ${check}. ${finding}`.replaceAll("\n", "↵"));
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : many}`;
}
