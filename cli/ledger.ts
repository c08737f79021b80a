import type { Configuration } from "../configuration.ts";
import { formatVkey } from "../verifier/index.ts";
import { Checkpoints } from "../worker/checkpoints.ts";
import { openCheckpointStore } from "./checkpointStore.ts";
import { databaseUrl } from "./connection.ts";
import { explaining } from "./refusal.ts";
import { makeLog } from "./service.ts";
import { loadKey } from "./signingKey.ts";
import { withPress } from "./withPress.ts";

interface Status {
  readonly size: string;
  readonly checkpoint_size: string | null;
  readonly signed_at: string | null;
  readonly origin: string | null;
  readonly stop_reason: string | null;
  readonly public_keys: readonly string[];
}

const STATUS = `
  select (select coalesce(max(place) + 1, 0) from press.ledger_entries) as size, c.tree_size as checkpoint_size, c.signed_at::text,
         split_part(c.note, E'\\n', 1) as origin, press.press_stop_reason() as stop_reason,
         array(select k.public_key from press.signing_keys k where k.purpose = 'checkpoint' and k.retired_at is null order by k.activated_at) as public_keys
  from (values (1)) v left join lateral (select * from press.checkpoints order by tree_size desc limit 1) c on true`;

/** `golden-press ledger status`: what is in the ledger, what of it is published, and whether the press is stopped. */
export async function showLedger(configuration: Configuration): Promise<void> {
  const url = await databaseUrl(configuration, "owner");
  const status = await withPress(url, async (client) => (await client.query<Status>(STATUS)).rows[0]);
  if (status === undefined) return;
  const origin = status.origin ?? configuration.ledgerOrigin;
  const checkpoint =
    status.checkpoint_size === null ? "none yet" : `${status.checkpoint_size} entries, signed ${status.signed_at}`;
  const lines = [
    ["size", `${status.size} entries`],
    ["checkpoint", checkpoint],
    ["origin", origin],
    ...status.public_keys.map((key) => ["vkey", formatVkey(origin, Buffer.from(key, "hex"))]),
    ["press", status.stop_reason === null ? "runs" : `stopped: ${status.stop_reason}`],
  ];
  console.log(lines.map(([name, value]) => `${name?.padEnd(10)} ${value}`).join("\n"));
}

/** `golden-press ledger adopt`: goes on with the ledger that the database has, under the name that is set now. */
export async function adoptLedger(configuration: Configuration, { reason }: { reason: string }): Promise<void> {
  const checkpoints = new Checkpoints({
    key: await loadKey(configuration, "checkpointKey"),
    origin: configuration.ledgerOrigin,
    store: await openCheckpointStore(configuration),
    log: makeLog("ledger", { logLevel: "silent" }), // What it would say is printed below.
  });
  const url = await databaseUrl(configuration, "worker");
  const { origin, size } = await explaining(withPress(url, (client) => checkpoints.adopt(client, reason)));
  console.log(
    `Adopted ${size} entries as the ledger ${origin}. Start the workers again with this LEDGER_ORIGIN; then, if the press is stopped: golden-press ledger start`,
  );
}

/** `golden-press ledger start`: starts a press that was stopped. */
export async function startPress(configuration: Configuration, { reason }: { reason: string }): Promise<void> {
  const url = await databaseUrl(configuration, "operator");
  const hasChanged = await explaining(
    withPress(url, async (client) => {
      const { rows } = await client.query<{ changed: boolean }>("select press.start_press($1) as changed", [reason]);
      return rows[0]?.changed;
    }),
  );
  console.log(
    hasChanged
      ? "The press runs again. A worker whose checkpoint store still says otherwise will stop it at once."
      : "The press was running already.",
  );
}
