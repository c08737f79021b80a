import type pg from "pg";
import { CompactTree, equalHashes, verifyConsistency, verifyInclusion } from "../../../verifier/index.ts";
import { readable, short } from "../harness/numbers.ts";
import { BenchPress } from "../harness/press.ts";
import { interleave } from "../harness/rounds.ts";
import type { Bench, Row, RowResult } from "../harness/row.ts";
import { percentile } from "../harness/statistics.ts";

const BATCHES = [
  { batchSize: 1, leaves: 500 },
  { batchSize: 100, leaves: 20_000 },
  { batchSize: 10_000, leaves: 100_000 },
] as const;
const WORKERS_BATCH = 10_000;
/** A proof is measured when the ledger has so many entries. */
const LEAVES = 1_000_000;
const QUICK = { share: 0.02, leaves: 5_000 };
const PROOFS = 1_000;
const QUICK_PROOFS = 20;
const INCLUSION = "inclusion proof";
const CONSISTENCY = "consistency proof";

export const ledger: Row = {
  name: "ledger",
  title: "the ledger: entries given their places, and proofs made, in plain SQL",
  expectedSeconds: { full: 110, quick: 4 },
  run,
};

const batchName = (batchSize: number) => `batches of ${readable(batchSize)}`;

async function run(bench: Bench): Promise<RowResult> {
  const press = await BenchPress.open(bench, "bench_ledger");
  const rates = await interleave(
    bench,
    Object.fromEntries(
      BATCHES.map(({ batchSize, leaves }) => [
        batchName(batchSize),
        () => timeIntegrating(press, bench.isQuick ? Math.ceil(leaves * QUICK.share) : leaves, batchSize),
      ]),
    ),
  );
  bench.progress.step("filling the ledger");
  const { leaves, roots } = await fillLedger(press, bench.isQuick ? QUICK.leaves : LEAVES);
  const timeProofs = (kind: typeof INCLUSION | typeof CONSISTENCY) => () =>
    press.session((client) => timeProving(client, kind, roots, bench.isQuick ? QUICK_PROOFS : PROOFS));
  const times = await interleave(bench, {
    [INCLUSION]: timeProofs(INCLUSION),
    [CONSISTENCY]: timeProofs(CONSISTENCY),
  });
  const [worker, size] = [batchName(WORKERS_BATCH), short(leaves)];
  return {
    figures: [
      {
        what: `leaves integrated per second, in ${worker}`,
        ours: rates.text(worker, "leaves/s"),
        value: rates.spread(worker),
        unit: "leaves/s",
        goal: { better: "higher", first: 30_000, far: 60_000 },
      },
      {
        what: `time to make an inclusion proof in a ledger of ${size} leaves`,
        ours: times.text(INCLUSION, "ms"),
        value: times.spread(INCLUSION),
        unit: "ms",
        goal: { better: "lower", first: 1, far: 0.3 },
      },
      {
        what: "the same of a consistency proof",
        ours: times.text(CONSISTENCY, "ms"),
        value: times.spread(CONSISTENCY),
        unit: "ms",
      },
    ],
    tables: [rates.table("leaves integrated per second"), times.table(`milliseconds of a proof at ${size} leaves`)],
    notes: [
      "From the inbox to the places and the tree, committed after each batch; by one session, because one worker integrates at a time. After every run the places are counted, and in the end the root of all leaves is computed once more by the SDK.",
      "A proof is one call of press.ledger_inclusion_proof or press.ledger_consistency_proof by one session, the way there and back included, for random places and sizes; the value of a round is its median. Every proof is verified by the SDK.",
    ],
  };
}

/** Entries as long as those of tickets that were signed, of tickets that no other entry is about: after a number of them so many more. */
export const FILL_INBOX = `
  insert into press_private.ledger_inbox (type, edition_id, ticket_number, leaf)
  select 'ticket.issued', 1, n, '{"at":"2026-11-21T18:00:00.000Z","edition":"golden-ticket","envelope_hash":"' || encode(sha256(n::text::bytea), 'hex')
    || '","holder":"' || gen_random_uuid() || '","ticket_id":"' || gen_random_uuid() || '","ticket_number":' || n || ',"type":"ticket.issued"}'
  from generate_series($1::integer + 1, $1::integer + $2::integer) n`;

async function treeSize(press: BenchPress): Promise<number> {
  const [row] = await press.query<{ size: number }>("select tree_size::float8 as size from press_private.ledger_head");
  return row?.size ?? 0;
}

/** Leaves a second. What waits in the inbox is made before the clock starts. */
async function timeIntegrating(press: BenchPress, leaves: number, batchSize: number): Promise<number> {
  const before = await treeSize(press);
  await press.query(FILL_INBOX, [before, leaves]);
  await press.query("vacuum analyze press_private.ledger_inbox");
  const seconds = await press.session(async (client) => {
    const since = performance.now();
    while ((await integrate(client, batchSize)) > 0);
    return (performance.now() - since) / 1000;
  });
  const [row] = await press.query<{ size: number; places: number; last: number }>(
    `select h.tree_size::float8 as size, count(e)::float8 as places, max(e.place)::float8 as last
     from press_private.ledger_head h, press.ledger_entries e group by 1`,
  );
  const expected = before + leaves;
  if (row?.size !== expected || row.places !== expected || row.last !== expected - 1) {
    throw new Error(`The ledger should have ${expected} places without a gap, and has ${JSON.stringify(row)}.`);
  }
  return leaves / seconds;
}

async function integrate(client: pg.Client, batchSize: number): Promise<number> {
  const { rows } = await client.query<{ count: number }>({
    name: "integrate",
    text: "select press_worker.integrate_ledger($1)::float8 as count",
    values: [batchSize],
  });
  return rows[0]?.count ?? 0;
}

/** Brings the ledger to its size; returns the root of every size, which the SDK has computed from the leaves. */
async function fillLedger(press: BenchPress, leaves: number): Promise<{ leaves: number; roots: Roots }> {
  const before = await treeSize(press);
  if (before < leaves) await timeIntegrating(press, leaves - before, WORKERS_BATCH);
  return { leaves: Math.max(before, leaves), roots: await computeRoots(press) };
}

/** Some sizes with their roots, and the leaves. */
interface Roots {
  readonly size: number;
  readonly leaves: readonly Buffer[];
  readonly roots: ReadonlyMap<number, Uint8Array>;
}

/** Sizes that a consistency proof begins at: so many, evenly spread. */
const OLD_SIZES = 500;

async function computeRoots(press: BenchPress): Promise<Roots> {
  const rows = await press.query<{ leaf_hash: Buffer }>("select leaf_hash from press.ledger_entries order by place");
  const leaves = rows.map((row) => row.leaf_hash);
  const tree = new CompactTree();
  const roots = new Map<number, Uint8Array>();
  const step = Math.max(Math.floor(leaves.length / OLD_SIZES), 1);
  for (const leaf of leaves) {
    tree.append(leaf);
    if (tree.size % step === 0 || tree.size === leaves.length) roots.set(tree.size, tree.root());
  }
  const [kept] = await press.query<{ root: Buffer }>("select press_private.tree_root($1) as root", [leaves.length]);
  if (kept === undefined || !equalHashes(kept.root, tree.root()))
    throw new Error("The tree is not that of its leaves.");
  return { size: leaves.length, leaves, roots };
}

/** The median of the milliseconds of each proof; all of them are verified afterwards. */
async function timeProving(
  client: pg.Client,
  kind: typeof INCLUSION | typeof CONSISTENCY,
  { size, leaves, roots }: Roots,
  count: number,
): Promise<number> {
  const isInclusion = kind === INCLUSION;
  const text = `select press.ledger_${isInclusion ? "inclusion" : "consistency"}_proof($1, $2) as path`;
  const sizes = [...roots.keys()];
  const ask = async (from: number) => {
    const { rows } = await client.query<{ path: string[] }>({ name: kind, text, values: [from, size] });
    return (rows[0]?.path ?? []).map((hash) => Buffer.from(hash, "base64"));
  };
  const root = roots.get(size) as Uint8Array;
  const times: number[] = [];
  for (let proof = -10; proof < count; proof += 1) {
    const from = isInclusion
      ? Math.floor(Math.random() * size)
      : (sizes[Math.floor(Math.random() * sizes.length)] as number);
    const since = performance.now();
    const path = await ask(from);
    if (proof >= 0) times.push(performance.now() - since);
    const isValid = isInclusion
      ? verifyInclusion(from, size, leaves[from] as Buffer, path, root)
      : verifyConsistency(from, size, roots.get(from) as Uint8Array, root, path);
    if (!isValid) throw new Error(`The ${kind} from ${from} in ${size} does not verify.`);
  }
  return percentile(times, 50);
}
