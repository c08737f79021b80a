import { createPublicKey, type KeyObject, verify } from "node:crypto";
import type pg from "pg";
import { canonicalEnvelope, readEnvelope, readTicketEntry, Verifier } from "../../verifier/index.ts";
import { mismatch } from "../../verifier/ticketEntry.ts";
import { type Finding, type Look, pages } from "./look.ts";

const PAGE = 500;

interface TicketRow {
  readonly edition_id: number;
  readonly ticket_number: number;
  readonly envelope: string;
  /** Its ticket.issued; null while that has no place in the ledger. */
  readonly leaf: string | null;
  readonly is_valid_in_sql: boolean;
}

const TICKETS = `
  select t.edition_id, t.ticket_number, t.envelope, e.leaf, v.is_canonical and v.is_key_known and v.is_signature_valid as is_valid_in_sql
  from (select * from press.tickets where envelope is not null and (edition_id, ticket_number) > ($1, $2)
        order by edition_id, ticket_number limit ${PAGE}) t
  left join press.ledger_entries e on e.edition_id = t.edition_id and e.ticket_number = t.ticket_number and e.type = 'ticket.issued'
  cross join lateral press.verify_ticket(t.envelope) v
  order by t.edition_id, t.ticket_number`;

/** Has every envelope verified three times over, in SQL, by the SDK and by node's crypto, and holds it to its entry in the ledger. */
export async function auditEnvelopes({ client, report, steps, step }: Look, ticketCount: number): Promise<void> {
  const keys = await ticketKeys(client);
  const tickets = pages(async (last: TicketRow | undefined) => {
    const after = [last?.edition_id ?? -1, last?.ticket_number ?? -1];
    return (await client.query<TicketRow>(TICKETS, after)).rows;
  });
  steps(Math.ceil(ticketCount / PAGE));
  let done = 0;
  for await (const row of tickets) {
    if (done % PAGE === 0) step(`${done} tickets`);
    done += 1;
    const subject = `press.tickets (${row.edition_id},${row.ticket_number})`;
    for (const found of findingsOf(row, keys)) report({ subject, ...found });
  }
}

interface TicketKey {
  readonly verifier: Verifier;
  readonly keyObject: KeyObject;
}

async function ticketKeys(client: pg.Client): Promise<Map<string, TicketKey>> {
  const text = "select public_key from press.signing_keys where purpose = 'ticket'";
  const { rows } = await client.query<{ public_key: string }>(text);
  const keys = rows.map((row) => usableKey(row.public_key)).filter((key) => key !== undefined);
  return new Map(keys.map((key) => [key.verifier.keyId, key]));
}

/** Undefined for what is no public key: its tickets are findings. */
function usableKey(hex: string): TicketKey | undefined {
  try {
    const jwk = { kty: "OKP", crv: "Ed25519", x: Buffer.from(hex, "hex").toString("base64url") };
    return { verifier: new Verifier(hex), keyObject: createPublicKey({ key: jwk, format: "jwk" }) };
  } catch {
    return undefined;
  }
}

function* findingsOf(row: TicketRow, keys: ReadonlyMap<string, TicketKey>): Generator<Omit<Finding, "subject">> {
  const check = "SQL, the SDK and node's crypto find its signature valid";
  const reading = readEnvelope(row.envelope);
  if ("problem" in reading) return yield { check, finding: `The envelope ${reading.problem}.` };
  const { signature, ...unsigned } = reading.envelope;
  const key = keys.get(unsigned.key_id);
  if (key === undefined) return yield { check, finding: `There is no usable key ${unsigned.key_id} for tickets.` };
  const inSdk = key.verifier.verify(row.envelope).isValid;
  const message = Buffer.from(canonicalEnvelope(unsigned));
  const inNode = verify(null, message, key.keyObject, Buffer.from(signature, "hex"));
  if (!row.is_valid_in_sql || !inSdk || !inNode) {
    yield { check, finding: `It is ${row.is_valid_in_sql} in SQL, ${inSdk} by the SDK, ${inNode} by node.` };
  }
  if (row.leaf === null) return;
  const entry = readTicketEntry(row.leaf);
  const problem = "problem" in entry ? entry.problem : mismatch(entry.entry, row.envelope, reading.envelope);
  if (problem !== undefined) yield { check: "its entry is of its envelope", finding: `The entry ${problem}.` };
}
