/* The part of a worker that makes draws, as a process of its own: it makes what can be made, tells each step to its parent, and waits at the first until
   it is killed. */
import pg from "pg";
import { pino } from "pino";
import { Draws } from "../../worker/draws.ts";
import { readSigningKey } from "../../worker/keys.ts";

const { WORKER_DATABASE_URL = "", SIGNING_KEY_FILE = "", LEDGER_ORIGIN = "" } = process.env;
const draws = new Draws({
  db: new pg.Pool({ connectionString: WORKER_DATABASE_URL, max: 1 }),
  key: await readSigningKey(SIGNING_KEY_FILE),
  ledger: { origin: LEDGER_ORIGIN, store: { read: async () => undefined } },
  beaconUrls: [],
  log: pino(),
  observe(step) {
    process.send?.(step);
    return new Promise(() => undefined);
  },
});
await draws.make();
