/* Counts the tickets of every edition, each of them once, however often an event is delivered: the count and the place of the event are
   written in one transaction. Ended at any moment, it goes on from its own database; let something start it again when it ends. */
import { DatabaseSync } from "node:sqlite";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";

const { NATS_URL: servers, NATS_USER: user, NATS_PASSWORD: pass, COUNTS_FILE = "counts.db" } = process.env;
const database = new DatabaseSync(COUNTS_FILE, { timeout: 5_000 });
database.exec(`pragma journal_mode = wal;
  create table if not exists reached (is_only integer primary key check (is_only = 1), place integer not null);
  insert or ignore into reached values (1, -1);
  create table if not exists counts (edition text primary key, issued integer not null)`);
const reached = () => database.prepare("select place from reached").get()?.place as number;
const reach = database.prepare("update reached set place = ?");
const count = database.prepare("insert into counts values (?, 1) on conflict do update set issued = issued + 1");

const connection = await connect({ servers, user, pass, maxReconnectAttempts: -1 });
const events = await jetstream(connection).consumers.get("GOLDEN_PRESS", { opt_start_seq: reached() + 2 });
for await (const message of await events.consume({ expires: 2_000 })) {
  const { id, data } = message.json<{ id: string; data: { type: string; edition: string } }>();
  const place = Number(id);
  console.log(`Event ${id}: ${data.type}`);
  database.exec("begin immediate");
  if (place > reached() + 1) throw new Error(`Event ${reached() + 1} has not come, but event ${place} has.`);
  if (place === reached() + 1) {
    if (data.type === "ticket.issued") count.run(data.edition);
    reach.run(place);
  } // Else it was delivered again.
  database.exec("commit");
}
