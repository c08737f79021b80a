/** Somebody who reads the ledger: woken when a checkpoint is published, and notes what the latest one covers and when that was seen. */
import pg from "pg";
import { serve } from "../harness/children.ts";

/** The checkpoints that were seen, in the order of their sizes. */
export interface Seen {
  readonly sizes: Float64Array;
  /** In milliseconds since 1970. */
  readonly times: Float64Array;
}

export type CheckpointReader = typeof actions;
const actions = { start, seen };
let client: pg.Client | undefined;
if (import.meta.main) serve(actions, async () => client?.end());

const sizes: number[] = [];
const times: number[] = [];

async function start({ url }: { readonly url: string }): Promise<void> {
  const reader = new pg.Client({ connectionString: url });
  client = reader;
  await reader.connect();
  reader.on("notification", () => void note(reader));
  await reader.query("listen press_ledger");
}

async function note(reader: pg.Client): Promise<void> {
  const { rows } = await reader.query<{ size: string }>("select max(tree_size) as size from press.checkpoints");
  const size = Number(rows[0]?.size);
  if (size === sizes.at(-1)) return;
  sizes.push(size);
  times.push(performance.timeOrigin + performance.now());
}

function seen(): Seen {
  return { sizes: Float64Array.from(sizes), times: Float64Array.from(times) };
}
