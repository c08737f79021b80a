/* Editions with a draw, as operators make them, and what became of their draws. */
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { BeaconServer } from "./beacon.ts";
import type { TestDatabase } from "./database.ts";

/** A draw, from the raw row. */
export interface Draw {
  readonly attempt: number;
  readonly status: "requested" | "drawn" | "void";
  readonly entries_count: number | null;
  readonly entropy: string | null;
  readonly beacon_round: string | null;
  readonly ticket_number: number | null;
}

/** What a raffle is made of. */
export interface Raffle {
  readonly mode: "random_int" | "sealed" | "beacon";
  /** How many tickets are issued, each to a holder of its own. */
  readonly tickets: number;
  /** Of a draw by beacon: which; the edition closes by itself in a moment. */
  readonly beacon?: Pick<BeaconServer, "chainHash">;
}

/** Making and opening the edition and issuing its tickets has to fit in, on a busy machine too. */
const CLOSES_IN = "8 seconds";

/** Makes an edition, opens it when its worker has committed to what it must, and issues its tickets. */
export async function makeRaffle(database: TestDatabase, slug: string, raffle: Raffle): Promise<void> {
  const operator = database.pool("operator");
  const { mode, tickets, beacon } = raffle;
  const [name, title, cap] = [pg.escapeLiteral(slug), pg.escapeLiteral(`The raffle ${slug}`), tickets + 1];
  const open = `select press.open_edition(${name})`;
  const issue = `select press.issue_ticket(${name}, recipient => 'holder ' || n) from generate_series(1, ${tickets}) n`;
  if (beacon !== undefined) {
    // In one message, so that nobody is waited for while the time runs.
    await operator.query(`
      select press.create_edition(${name}, ${title}, ${cap}, null, 'beacon', null, clock_timestamp() + interval '${CLOSES_IN}',
        draw_delay_seconds => 1, beacon_chain_hash => '${beacon.chainHash}');
      ${open}; ${issue}`);
    return;
  }
  await operator.query(`select press.create_edition(${name}, ${title}, ${cap}, null, '${mode}')`);
  await untilReady(() => operator.query(open));
  await operator.query(issue);
}

/** Asks for the draw of an edition, as soon as it can be asked for. */
export function drawWhenReady(database: TestDatabase, slug: string): Promise<void> {
  return untilReady(() => database.pool("operator").query("select press.draw_winner($1)", [slug]));
}

/** Tries again for as long as the answer is DRAW_NOT_READY. */
export async function untilReady(act: () => Promise<pg.QueryResult>): Promise<void> {
  for (;;) {
    try {
      await act();
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== "PRNDR") throw error;
      await sleep(20);
    }
  }
}

/** The draws of an edition, by attempt. */
export async function drawsOf(database: TestDatabase, slug: string): Promise<Draw[]> {
  const { rows } = await database.pool("operator").query<Draw>(
    `select d.attempt, d.status, d.entries_count, d.entropy, d.beacon_round, d.ticket_number
     from press.draws d join press.editions e on e.id = d.edition_id where e.slug = $1 order by 1`,
    [slug],
  );
  return rows;
}

/** The entries of the ledger that are about an edition, in their order. */
export async function leavesOf(database: TestDatabase, slug: string): Promise<string[]> {
  const { rows } = await database.pool("operator").query<{ leaf: string }>(
    `select l.leaf from press.ledger_entries l join press.editions e on e.id = l.edition_id
     where e.slug = $1 order by l.place`,
    [slug],
  );
  return rows.map(({ leaf }) => leaf);
}

/** What the audit finds. */
export async function auditFindings(database: TestDatabase): Promise<unknown[]> {
  const { rows } = await database.pool("operator").query("select * from press.audit() where not is_ok");
  return rows;
}
