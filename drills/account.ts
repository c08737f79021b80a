/* What customers were told, held against what a database has. */
import type { Act } from "./customers.ts";
import type { DrillDatabase } from "./drillDatabase.ts";
import { must } from "./waitFor.ts";

export interface Account {
  /** Acts that were acknowledged; of these, those that are in the database, and those that are not. */
  readonly acknowledged: number;
  readonly there: number;
  readonly lost: readonly Act[];
  /** Acts without an answer that were done all the same: whoever asks again with the same key hears so. */
  readonly unansweredThere: number;
}

interface Row {
  readonly request_key: string;
  readonly ticket_number: number;
}

const ISSUED = "select request_key, ticket_number from press.tickets where request_key is not null";
const REDEEMED = "select request_key, ticket_number from press.redemptions where request_key is not null";

/**
 * @throws {DrillError} when the database has a ticket that nobody asked for, a ticket under another number than was acknowledged, or a gap
 */
export async function takeAccount(acts: readonly Act[], database: DrillDatabase): Promise<Account> {
  const issued = numbersByKey(await database.query<Row>(ISSUED));
  const redeemed = numbersByKey(await database.query<Row>(REDEEMED));
  const known = new Set(acts.map(({ requestKey }) => requestKey));
  const strangers = [...issued.keys(), ...redeemed.keys()].filter((key) => !known.has(key));
  must(
    strangers.length === 0,
    `The ${database.name} has ${strangers.length} tickets or redemptions that nobody asked for.`,
  );
  const numbers = [...issued.values()].toSorted((one, other) => one - other);
  must(
    numbers.every((number, index) => number === index + 1),
    `The numbers of the tickets in the ${database.name} have a gap.`,
  );
  const isThere = ({ kind, requestKey }: Act) => (kind === "issue" ? issued : redeemed).has(requestKey);
  for (const { requestKey, ticketNumber } of acts) {
    const number = issued.get(requestKey);
    const isSame = ticketNumber === undefined || number === undefined || number === ticketNumber;
    must(
      isSame,
      `A ticket that was acknowledged as number ${ticketNumber} is number ${number} in the ${database.name}.`,
    );
  }
  const acknowledged = acts.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined);
  const lost = acknowledged.filter((act) => !isThere(act));
  const unansweredThere = acts.filter((act) => act.acknowledgedAt === undefined && isThere(act)).length;
  return { acknowledged: acknowledged.length, there: acknowledged.length - lost.length, lost, unansweredThere };
}

function numbersByKey(rows: readonly Row[]): Map<string, number> {
  return new Map(rows.map(({ request_key, ticket_number }) => [request_key, ticket_number]));
}

/** For a person, one line: what was acknowledged, what of it is there, and what is lost, since when. */
export function describeAccount({ acknowledged, there, lost, unansweredThere }: Account): string {
  const more = `${unansweredThere.toLocaleString("en")} more there, done but not answered`;
  return `${counted(acknowledged, "act")} acknowledged, ${there.toLocaleString("en")} there, ${describeLoss(lost)}; ${more}`;
}

function describeLoss(lost: readonly Act[]): string {
  const [first] = lost.map(({ acknowledgedAt }) => acknowledgedAt?.toISOString().slice(11, 23) ?? "").toSorted();
  if (first === undefined) return "nothing lost";
  const tickets = lost.filter(({ kind }) => kind === "issue");
  const envelopes = counted(tickets.filter(({ hasEnvelope }) => hasEnvelope).length, "signed envelope");
  const redemptions = counted(lost.length - tickets.length, "redemption");
  return `${lost.length.toLocaleString("en")} lost: ${counted(tickets.length, "ticket")}, with ${envelopes}, and ${redemptions}, acknowledged from ${first} on`;
}

/** 1 ticket, 1,204 tickets */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}
