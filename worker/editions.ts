/** What time does to editions: they are closed when it has come, and a closing is recorded in the ledger when all is signed. */
import type { Queryable } from "./guardedPool.ts";
import { errorDetails, type Log } from "./log.ts";

/** Closes the editions whose time has come. */
export function closeDueEditions(db: Queryable, log: Log): Promise<void> {
  return oneByOne(db, log, {
    due: { name: "due_editions", text: "select id from press_worker.due_editions() as d (id)" },
    act: { name: "close_due_edition", text: "select press_worker.close_due_edition($1) as is_done" },
    done: "Closed an edition whose time had come.",
    failed: "An edition whose time had come could not be closed yet.",
  });
}

/**
 * Drops the entry of each closed edition whose tickets are all signed into the ledger's inbox. That reads every ticket, so the ledger does
 * not wait for it. What takes longer than a query may goes on in the database; the next look finds it locked, and then done.
 */
export function recordClosedEditions(db: Queryable, log: Log): Promise<void> {
  return oneByOne(db, log, {
    due: { name: "editions_to_record", text: "select id from press_worker.editions_to_record() as r (id)" },
    act: { name: "record_closed_edition", text: "select press_worker.record_closed_edition($1) as is_done" },
    done: "Recorded that an edition is closed and complete.",
    failed: "That an edition is closed could not be recorded yet.",
  });
}

interface Work {
  /** Gives the ids of the editions. */
  readonly due: { readonly name: string; readonly text: string };
  /** Takes an id, and tells whether it did anything. */
  readonly act: { readonly name: string; readonly text: string };
  readonly done: string;
  readonly failed: string;
}

/** Each in a transaction of its own: one that is busy keeps no other waiting for ever. */
async function oneByOne(db: Queryable, log: Log, { due, act, done, failed }: Work): Promise<void> {
  const { rows } = await db.query<{ id: number }>(due);
  for (const { id } of rows) {
    try {
      const { rows: answers } = await db.query<{ is_done: boolean }>({ ...act, values: [id] });
      if (answers[0]?.is_done) log.info({ edition: id }, done);
    } catch (error) {
      log.warn({ edition: id, ...errorDetails(error) }, failed);
    }
  }
}
