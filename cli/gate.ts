/**
 * What an operator does with a ticket that is shown: `golden-press proof` fetches its proof, `golden-press anchor` the proof that goes on to the public
 * chain, `golden-press redeem` uses it up.
 */
import { randomUUID } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Configuration } from "../configuration.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { explainRefusal } from "./refusal.ts";
import { withPress } from "./withPress.ts";

export interface ProofOptions {
  readonly out?: string;
  /** Seconds to wait until a checkpoint covers the ticket; of an anchor, until one that is on the chain does. */
  readonly wait: number;
}

export interface RedeemOptions {
  /** The file of the ticket's proof; without it the press is asked for it. */
  readonly proof?: string;
  readonly requestKey?: string;
}

type ProofFunction = "timechain_proof" | "anchored_proof";

const LOOK_MILLISECONDS = 50;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Also what a ticket without a checkpoint is refused with, for the moment until there is one. */
const TICKET_NOT_SIGNED = "PRUNS";

/** `golden-press proof`: the proof that the ledger holds a ticket, for offline verification and for redeeming. */
export async function fetchProof(configuration: Configuration, file: string, options: ProofOptions): Promise<void> {
  const id = ticketId(await readEnvelope(file));
  const url = await databaseUrl(configuration, "operator");
  await deliver(await withPress(url, (client) => waitForProof(client, "timechain_proof", id, options.wait)), options);
}

/**
 * `golden-press anchor`: the proof that the ledger holds a ticket under a checkpoint that is on the public chain, for offline verification.
 *
 * @param ticket its id, or the file of its envelope
 */
export async function fetchAnchor(configuration: Configuration, ticket: string, options: ProofOptions): Promise<void> {
  const id = UUID.test(ticket) ? ticket : ticketId(await readEnvelope(ticket));
  const url = await databaseUrl(configuration, "operator");
  const anchor = await withPress(url, (client) => waitForProof(client, "anchored_proof", id, options.wait));
  const { block } = JSON.parse(anchor) as { block: { height: number } | null };
  console.error(
    block === null
      ? "Its transaction is with the nodes of the chain, and in no block yet: ask again when it is."
      : `Its transaction is in the block of height ${block.height}.`,
  );
  await deliver(options.out === undefined ? `${anchor}\n` : anchor, options);
}

/** Writes a proof to the file that was named, which must be new, or to the standard output. */
async function deliver(proof: string, { out }: ProofOptions): Promise<void> {
  if (out === undefined) return void process.stdout.write(proof);
  await writeFile(out, proof, { flag: "wx" }).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "EEXIST" ? "it exists already" : error.code;
    throw new CommandError(`The proof cannot be written to ${out} (${why}).`);
  });
  console.error(`Wrote ${out}.`);
}

/** `golden-press redeem`: uses a ticket up, as an operator at the gate who was shown it. */
export async function redeem(configuration: Configuration, file: string, options: RedeemOptions): Promise<void> {
  const envelope = await readEnvelope(file);
  const shown = options.proof === undefined ? undefined : await readText(options.proof);
  const requestKey = options.requestKey ?? randomUUID();
  const url = await databaseUrl(configuration, "operator");
  await withPress(url, async (client) => {
    const proof = shown ?? (await waitForProof(client, "timechain_proof", ticketId(envelope), 0));
    const { ticket_number: number, edition } = await redeemOnce(client, envelope, proof, requestKey);
    console.log(`redeemed: ticket ${number} of ${edition}`);
  });
}

async function redeemOnce(
  client: pg.Client,
  envelope: string,
  proof: string,
  requestKey: string,
): Promise<{ ticket_number: number; edition: string }> {
  try {
    const { rows } = await client.query<{ ticket_number: number; edition: string }>(
      `select t.ticket_number, e.slug as edition
       from press.redeem_ticket($1, $2, $3) t join press.editions e on e.id = t.edition_id`,
      [envelope, proof, requestKey],
    );
    return rows[0] as { ticket_number: number; edition: string };
  } catch (error) {
    if (error instanceof pg.DatabaseError) throw explainRefusal(error);
    throw new CommandError(
      `The connection broke (${(error as Error).message}), and it may be redeemed or not: the same command with --request-key ${requestKey} finds out.`,
    );
  }
}

async function waitForProof(
  client: pg.Client,
  proofFunction: ProofFunction,
  id: string,
  seconds: number,
): Promise<string> {
  const until = performance.now() + seconds * 1000;
  for (;;) {
    try {
      const { rows } = await client.query<{ proof: string }>(`select press.${proofFunction}($1) as proof`, [id]);
      return rows[0]?.proof ?? "";
    } catch (error) {
      if (!(error instanceof pg.DatabaseError)) throw error;
      if (error.code !== TICKET_NOT_SIGNED || performance.now() > until) throw explainRefusal(error);
    }
    await sleep(LOOK_MILLISECONDS);
  }
}

/** Only to ask the press about it: what it says is believed by nobody here. */
function ticketId(envelope: string): string {
  try {
    const { ticket_id: id } = JSON.parse(envelope) as { ticket_id?: unknown };
    if (typeof id === "string" && UUID.test(id)) return id;
  } catch {
    // Said below: it is no ticket, whatever else it may be.
  }
  throw new CommandError("This is no ticket: it has no ticket_id. Pass the envelope byte for byte as it was issued.");
}

/** The one line feed that ends the last line of a file is not part of the envelope; nothing else is forgiven. */
async function readEnvelope(file: string): Promise<string> {
  return (await readText(file)).replace(/\n$/, "");
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new CommandError(`${file} cannot be read (${error.code}).`, EXIT.usage);
  });
}
