/* The customers of a drill, who buy and redeem tickets over GraphQL, and write down what they asked for and what they were told. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { makeToken } from "../gateway/makeToken.ts";

/** What a customer asked for. */
export interface Act {
  readonly kind: "issue" | "redeem";
  readonly requestKey: string;
  /** When the answer was there, by the clock of this machine; undefined while there was none, or one that says nothing of the outcome. */
  acknowledgedAt: Date | undefined;
  /** Of a ticket that was acknowledged. */
  ticketNumber: number | undefined;
  /** Whether its customer holds a signed envelope. */
  hasEnvelope: boolean;
}

export interface CustomersOptions {
  readonly count: number;
  /** The slug of the edition they buy in. */
  readonly edition: string;
  /** The secret of the tokens. */
  readonly secret: string;
}

interface Ticket {
  readonly rowId: string;
  readonly ticketNumber: number;
}

const PAUSE_MILLISECONDS = 20;
/** Every so many tickets, one is redeemed. */
const REDEEM_EVERY = 5;

const ISSUE = `mutation ($edition: String!, $key: UUID!) {
  issueTicket(input: { editionSlug: $edition, requestKey: $key }) { ticket { rowId ticketNumber } envelope(waitMilliseconds: 2000) } }`;
const PROOF = "query ($id: UUID!) { ticket(rowId: $id) { envelope timechainProof } }";
const REDEEM = `mutation ($envelope: String!, $proof: String!, $key: UUID!) {
  redeemTicket(input: { envelope: $envelope, timechainProof: $proof, requestKey: $key }) { ticket { ticketNumber } } }`;

export class Customers {
  readonly #options: CustomersOptions;
  readonly #acts: Act[] = [];
  #url = "";
  #stopping = new AbortController();
  #buying: Promise<unknown> = Promise.resolve();

  constructor(options: CustomersOptions) {
    this.#options = options;
  }

  /** All that they ever asked for. */
  get acts(): readonly Act[] {
    return this.#acts;
  }

  /** How many of these were acknowledged. */
  get acknowledged(): number {
    return this.#acts.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined).length;
  }

  /** Has them buy, one request after the other each, until they are stopped; what fails they let be, and ask for another. */
  start(url: string): void {
    this.#url = url;
    this.#stopping = new AbortController();
    this.#buying = Promise.all(
      Array.from({ length: this.#options.count }, (_, index) => this.#buy(`customer ${index}`)),
    );
  }

  /** Has them go, also those who wait for an answer. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#buying;
  }

  /** One request of another customer, while nobody else buys: the code of the refusal; null where it was granted. */
  async tryOnce(url: string): Promise<string | null> {
    [this.#url, this.#stopping] = [url, new AbortController()];
    const { ticket, code } = await this.#issue(await this.#token("a late customer"));
    return ticket === undefined ? code : null;
  }

  async #buy(subject: string): Promise<void> {
    const token = await this.#token(subject);
    for (let count = 1; !this.#stopping.signal.aborted; count += 1) {
      const { ticket } = await this.#issue(token).catch(() => ({ ticket: undefined }));
      if (ticket === undefined) await sleep(PAUSE_MILLISECONDS);
      else if (count % REDEEM_EVERY === 0) await this.#redeem(token, ticket).catch(() => undefined);
    }
  }

  async #issue(token: string): Promise<{ readonly ticket: Ticket | undefined; readonly code: string }> {
    const act = this.#note("issue");
    const { data, errors } = await this.#ask(token, ISSUE, { edition: this.#options.edition, key: act.requestKey });
    const code = errors?.[0]?.extensions?.code ?? "";
    if (!data?.issueTicket) return { ticket: undefined, code };
    act.acknowledgedAt = new Date();
    act.ticketNumber = data.issueTicket.ticket.ticketNumber;
    act.hasEnvelope = data.issueTicket.envelope !== null;
    return { ticket: data.issueTicket.ticket, code };
  }

  /** As soon as a checkpoint covers the ticket. */
  async #redeem(token: string, { rowId }: Ticket): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const { data } = await this.#ask(token, PROOF, { id: rowId });
      const { envelope = null, timechainProof: proof = null } = data?.ticket ?? {};
      if (envelope === null || proof === null) {
        await sleep(PAUSE_MILLISECONDS);
        continue;
      }
      const act = this.#note("redeem");
      const answer = await this.#ask(token, REDEEM, { envelope, proof, key: act.requestKey });
      if (answer.data?.redeemTicket) act.acknowledgedAt = new Date();
      return;
    }
  }

  /** Before it is sent. */
  #note(kind: Act["kind"]): Act {
    const requestKey = randomUUID();
    const act: Act = { kind, requestKey, acknowledgedAt: undefined, ticketNumber: undefined, hasEnvelope: false };
    this.#acts.push(act);
    return act;
  }

  async #ask(token: string, query: string, variables: object): Promise<Answer> {
    const response = await fetch(`${this.#url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query, variables }),
      signal: this.#stopping.signal,
    });
    return (await response.json()) as Answer;
  }

  #token(subject: string): Promise<string> {
    const terms = { secret: Buffer.from(this.#options.secret), audience: "golden-press", roleClaim: "role" };
    return makeToken(terms, { subject, isOperator: false, expires: "12h" });
  }
}

interface Answer {
  readonly data?: {
    readonly issueTicket?: { readonly ticket: Ticket; readonly envelope: string | null } | null;
    readonly ticket?: { readonly envelope: string | null; readonly timechainProof: string | null } | null;
    readonly redeemTicket?: object | null;
  } | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: string } }[];
}
