/* Clients who buy, keep, verify, use and withdraw tickets, over GraphQL and by SQL. */
import { hash, randomUUID } from "node:crypto";
import { type RecordedVerdict, Verifier } from "../../verifier/index.ts";
import type { Dice } from "./dice.ts";
import {
  type EndingAnswer,
  ISSUE,
  ISSUE_MANY,
  type IssueAnswer,
  OUTCOME,
  REDEEM,
  REVOKE,
  type SoldTicket,
  SQL_ISSUE,
  SQL_ISSUE_MANY,
  SQL_OUTCOME,
  type SqlTicket,
  TICKET,
  type TicketAnswer,
  ticketsOf,
} from "./documents.ts";
import { type Answer, type Caller, type Doors, OPERATOR } from "./doors.ts";
import type { EndurancePress } from "./endurancePress.ts";
import type { Finding, Way } from "./history.ts";
import { issueEffect } from "./judge.ts";
import type { Requests } from "./requests.ts";

export type Level = Exclude<Way, "GraphQL" | "HTTP">;
export const LEVELS: readonly Level[] = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];

/** A ticket whose answer a client has. */
export interface Held extends SoldTicket {
  readonly edition: string;
  readonly holder: string;
}

/** Who wants how many tickets of what. */
export interface Wish {
  readonly slug: string;
  readonly holder: string;
  /** One, by the function for one, unless it is said. */
  readonly quantity?: number | undefined;
}

/** What a client heard, and has. */
export interface Bought {
  readonly answer: Answer<unknown>;
  readonly held: readonly Held[];
}

/** What tickets, editions and people are asked for with. */
export interface Tools {
  readonly press: EndurancePress;
  readonly doors: Doors;
  readonly requests: Requests;
  readonly dice: Dice;
}

export class Tickets {
  readonly #tools: Tools;
  readonly #held: Held[] = [];
  /** The hash of the envelope that somebody has got, by the id of the ticket. */
  readonly #envelopes = new Map<string, string>();

  constructor(tools: Tools) {
    this.#tools = tools;
  }

  /** One that is held, and stays so; undefined while there is none. */
  anyHeld(): Held | undefined {
    return this.#held.length === 0 ? undefined : this.#tools.dice.pick(this.#held);
  }

  /** One that nobody has used yet, as far as its client knows; sometimes one that somebody has. */
  takeHeld(): Held | undefined {
    const { dice } = this.#tools;
    if (this.#held.length === 0) return undefined;
    const index = dice.integer(this.#held.length);
    const taken = this.#held[index];
    if (dice.chance(TAKEN_TWICE_PERCENT)) return taken;
    const last = this.#held.pop() as Held;
    if (index < this.#held.length) this.#held[index] = last;
    return taken;
  }

  /** Over GraphQL, by the holder, or by an operator for them. */
  async buy({ slug, holder, quantity }: Wish, isByOperator: boolean): Promise<Bought> {
    const { doors, requests } = this.#tools;
    const caller: Caller = isByOperator ? OPERATOR : { subject: holder, isOperator: false };
    const operation = requests.make("issue", "GraphQL", { edition: slug, holder, quantity: quantity ?? 1 });
    const variables = { edition: slug, key: operation.key, recipient: isByOperator ? holder : null, quantity };
    const query = quantity === undefined ? ISSUE : ISSUE_MANY;
    const ask = () => doors.graphql<IssueAnswer>(this.#gateway(), caller, query, variables);
    const effectOf = (tickets: readonly SoldTicket[]) =>
      issueEffect(
        holder,
        tickets.map(({ ticketNumber }) => ticketNumber),
      );
    const answer = await requests.perform<IssueAnswer>(operation, {
      ask,
      effectOf: (data) => effectOf(ticketsOf(data)),
      find: async () => {
        const found = await doors.graphql<{ nodes: SoldTicket[] }>(this.#gateway(), caller, OUTCOME, variables);
        if (found.is !== "granted") return undefined;
        return found.data.nodes.length === 0 ? null : effectOf(found.data.nodes);
      },
    });
    if (answer.is !== "granted") return { answer, held: [] };
    const held = ticketsOf(answer.data).map((ticket) => ({ ...ticket, edition: slug, holder }));
    this.#held.push(...held);
    const more = { ...variables, quantity: (quantity ?? 1) + 1 };
    await requests.replay(operation, {
      first: JSON.stringify(answer.data),
      ask,
      textOf: (data) => JSON.stringify(data),
      changed: () => doors.graphql(this.#gateway(), caller, ISSUE_MANY, more),
    });
    return { answer, held };
  }

  /**
   * By SQL, by the operator's login.
   *
   * @param isKept false: the transaction is rolled back
   */
  async buyBySql({ slug, holder, quantity }: Wish, level: Level, isKept = true): Promise<Bought> {
    const { doors, requests } = this.#tools;
    const operation = requests.make("issue", level, { edition: slug, holder, quantity: quantity ?? 1 });
    const call = (text: string, ...values: readonly unknown[]) => doors.sql<SqlTicket>(level, text, values, isKept);
    const ask = () =>
      quantity === undefined
        ? call(SQL_ISSUE, slug, operation.key, holder)
        : call(SQL_ISSUE_MANY, slug, quantity, operation.key, holder);
    const effectOf = (rows: readonly SqlTicket[]) =>
      issueEffect(
        holder,
        rows.map(({ ticket_number }) => ticket_number),
      );
    const answer = await requests.perform<readonly SqlTicket[]>(operation, {
      ask,
      effectOf,
      find: async () => {
        const found = await doors.sql<SqlTicket>("READ COMMITTED", SQL_OUTCOME, [slug, operation.key]);
        if (found.is !== "granted") return undefined;
        return found.data.length === 0 ? null : effectOf(found.data);
      },
    });
    if (answer.is !== "granted") return { answer, held: [] };
    const held = answer.data.map((row) => ({ rowId: row.id, ticketNumber: row.ticket_number, edition: slug, holder }));
    this.#held.push(...held);
    await requests.replay(operation, {
      first: JSON.stringify(answer.data),
      ask,
      textOf: (rows) => JSON.stringify(rows),
      changed: () => call(SQL_ISSUE_MANY, slug, (quantity ?? 1) + 1, operation.key, holder),
    });
    return { answer, held };
  }

  /** Reads a ticket, which must be there, and verifies what it has; undefined where there is no answer. */
  async look(held: Held): Promise<TicketAnswer | undefined> {
    const { doors, dice, requests } = this.#tools;
    const caller = dice.chance(50) ? OPERATOR : { subject: held.holder, isOperator: false };
    const answer = await doors.graphql<TicketAnswer | null>(this.#gateway(), caller, TICKET, { id: held.rowId });
    if (answer.is !== "granted") return undefined;
    requests.counts.checked += 1;
    if (answer.data?.ticketNumber !== held.ticketNumber)
      this.#find("acknowledged and lost", `${nameOf(held)} is ${answer.text} when it is asked for`);
    if (answer.data?.envelope) this.#verify(held, answer.data.envelope, answer.data.timechainProof);
    return answer.data ?? undefined;
  }

  /** In by an envelope and its proof. */
  async redeem(held: Held, envelope: string, proof: string): Promise<Answer<EndingAnswer>> {
    const { doors, dice, requests } = this.#tools;
    const caller = dice.chance(60) ? OPERATOR : { subject: held.holder, isOperator: false };
    const operation = requests.make("redeem", "GraphQL", { edition: held.edition, holder: held.holder });
    const variables = { envelope, proof, key: operation.key };
    const ask = () => doors.graphql<EndingAnswer>(this.#gateway(), caller, REDEEM, variables);
    const answer = await requests.perform<EndingAnswer>(operation, {
      ask,
      effectOf: ({ ticket }) => `${held.edition}/${ticket.ticketNumber}`,
      find: async () => {
        const found = await this.look(held);
        if (found === undefined) return undefined;
        return found.redemption?.requestKey === operation.key ? nameOf(held) : null;
      },
    });
    if (answer.is === "granted")
      await requests.replay(operation, {
        first: JSON.stringify(answer.data),
        ask,
        textOf: (data) => JSON.stringify(data),
      });
    return answer;
  }

  async revoke(held: Held): Promise<Answer<EndingAnswer>> {
    const { doors, requests } = this.#tools;
    const reason = `A reason: ${randomUUID()}`;
    const operation = requests.make("revoke", "GraphQL", { key: reason, edition: held.edition, holder: held.holder });
    const find = async () => {
      const found = await this.look(held);
      if (found === undefined) return undefined;
      return found.revocation?.reason === reason ? nameOf(held) : null;
    };
    return requests.perform<EndingAnswer>(operation, {
      // It has no key: what was done says TICKET_REVOKED to whoever asks again, and the reason tells whose it was.
      ask: async () => {
        const variables = { id: held.rowId, reason };
        const answer = await doors.graphql<EndingAnswer>(this.#gateway(), OPERATOR, REVOKE, variables);
        if (answer.is !== "refused" || answer.name !== "TICKET_REVOKED" || !operation.wasUnknown) return answer;
        const found = await find();
        if (found === undefined) return { is: "unknown", why: "whose revocation it is" };
        return found === null
          ? answer
          : { is: "granted", data: { ticket: { ticketNumber: held.ticketNumber } }, text: "" };
      },
      effectOf: ({ ticket }) => `${held.edition}/${ticket.ticketNumber}`,
      find,
    });
  }

  /** Whatever a client was given as an envelope is signed by a key of the press, and is the same for ever; its proof leads to a checkpoint. */
  #verify(held: Held, envelope: string, proof: string | null): void {
    const { press, requests } = this.#tools;
    const digest = hash("sha256", envelope, "base64");
    const before = this.#envelopes.get(held.rowId);
    this.#envelopes.set(held.rowId, digest);
    if (before !== undefined && before !== digest)
      this.#find("envelope", `${nameOf(held)} had another envelope before: ${envelope}`);
    const keyId = (JSON.parse(envelope) as { key_id?: string }).key_id;
    const key = press.keys.find((candidate) => candidate.keyId === keyId);
    if (key === undefined) {
      this.#find("envelope", `${nameOf(held)} is signed by a key that no worker had: ${envelope}`);
      return;
    }
    const verdict =
      proof === null
        ? new Verifier(key.publicKey).verify(envelope)
        : this.#verifyRecorded(key.publicKey, envelope, proof);
    requests.counts.verified += 1;
    if (!verdict.isValid) this.#find("envelope", `${nameOf(held)}: ${verdict.reason}, ${verdict.message}`);
    else if (verdict.ticket.edition !== held.edition || verdict.ticket.ticket_number !== held.ticketNumber)
      this.#find("envelope", `${nameOf(held)} has the envelope of another ticket: ${envelope}`);
  }

  #verifyRecorded(publicKey: string, envelope: string, proof: string): RecordedVerdict {
    const verdicts = this.#tools.press.vkeys.map((ledger) =>
      new Verifier(publicKey, { ledger }).verifyRecorded(envelope, proof),
    );
    return verdicts.find(({ isValid }) => isValid) ?? (verdicts.at(-1) as RecordedVerdict);
  }

  #find(what: Finding["what"], detail: string): void {
    this.#tools.requests.findings.push({ what, detail });
  }

  #gateway(): number {
    return this.#tools.dice.integer(this.#tools.doors.gatewayCount);
  }
}

/** Of those who have a ticket in hand, so many of a hundred race with another for it. */
const TAKEN_TWICE_PERCENT = 10;

function nameOf({ edition, ticketNumber }: Held): string {
  return `${edition}/${ticketNumber}`;
}
