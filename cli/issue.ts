import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { parse } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Configuration } from "../configuration.ts";
import { CommandError } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { explainRefusal } from "./refusal.ts";
import { withPress } from "./withPress.ts";

export interface IssueOptions {
  readonly to: string;
  readonly quantity: number;
  readonly requestKey?: string;
  readonly out?: string;
  /** Seconds to wait for the signatures; 0 waits for none and prints the ids of the tickets. */
  readonly wait: number;
}

interface Ticket {
  readonly id: string;
  readonly ticket_number: number;
  readonly status: string;
  /** Null until it is signed, and when its holder was forgotten. */
  readonly envelope: string | null;
}

const LOOK_MILLISECONDS = 50;

/**
 * `golden-press issue`: issues tickets as an operator, waits for their signatures, and prints the envelopes, one a line, or writes them to
 * files, byte for byte.
 */
export async function issue(configuration: Configuration, edition: string, options: IssueOptions): Promise<void> {
  const requestKey = options.requestKey ?? randomUUID();
  const url = await databaseUrl(configuration, "operator");
  await withPress(url, async (client) => {
    const issued = await issueTickets(client, edition, requestKey, options);
    console.error(`Issued ${describeTickets(issued, edition)} to ${options.to}.`);
    if (options.wait === 0) return console.log(issued.map((ticket) => ticket.id).join("\n"));
    const signed = await waitForEnvelopes(client, issued, options.wait);
    if (signed === undefined) {
      const again = `the same command with --request-key ${requestKey} fetches it`;
      throw new CommandError(
        `Nothing signed it within ${options.wait} s: is a worker running? It is issued all the same; ${again}.`,
      );
    }
    await deliver(signed, options.out);
    const removed = signed.filter((ticket) => ticket.envelope === null);
    if (removed.length > 0) {
      throw new CommandError(
        `There is no envelope of ${describeTickets(removed, edition)} any more: it was removed when its holder was forgotten.`,
      );
    }
  });
}

async function issueTickets(
  client: pg.Client,
  edition: string,
  requestKey: string,
  options: IssueOptions,
): Promise<Ticket[]> {
  try {
    const text =
      "select id, ticket_number, status, envelope from press.issue_tickets($1, $2, $3, $4) order by ticket_number";
    return (await client.query<Ticket>(text, [edition, options.quantity, requestKey, options.to])).rows;
  } catch (error) {
    if (error instanceof pg.DatabaseError) throw explainRefusal(error);
    throw new CommandError(
      `The connection broke (${(error as Error).message}), and it may have been issued or not: the same command with --request-key ${requestKey} finds out.`,
    );
  }
}

async function waitForEnvelopes(
  client: pg.Client,
  issued: readonly Ticket[],
  seconds: number,
): Promise<Ticket[] | undefined> {
  const ids = issued.map((ticket) => ticket.id);
  const until = performance.now() + seconds * 1000;
  for (;;) {
    const { rows } = await client.query<Ticket>(
      "select id, ticket_number, status, envelope from press.tickets where id = any($1) order by ticket_number",
      [ids],
    );
    if (rows.every((ticket) => ticket.status !== "pending")) return rows;
    if (performance.now() > until) return undefined;
    await sleep(LOOK_MILLISECONDS);
  }
}

async function deliver(signed: readonly Ticket[], out: string | undefined): Promise<void> {
  for (const { envelope, ticket_number: number } of signed) {
    if (envelope === null) continue;
    if (out === undefined) {
      console.log(envelope);
      continue;
    }
    const file = signed.length === 1 ? out : numberedFile(out, number);
    await writeFile(file, envelope, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
      const why = error.code === "EEXIST" ? "it exists already" : error.code;
      throw new CommandError(
        `The envelope cannot be written to ${file} (${why}); it is kept by the press all the same.`,
      );
    });
    console.error(`Wrote ${file}.`);
  }
}

/** `ticket.json` becomes `ticket-3.json` for ticket number 3. */
function numberedFile(file: string, number: number): string {
  const { dir, name, ext } = parse(file);
  return `${dir === "" ? "" : `${dir}/`}${name}-${number}${ext}`;
}

function describeTickets(tickets: readonly Ticket[], edition: string): string {
  const numbers = tickets.map((ticket) => ticket.ticket_number).join(", ");
  return `${tickets.length === 1 ? "ticket" : "tickets"} ${numbers} of ${edition}`;
}
