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

/** What a ticket is redeemed with. */
interface Papers {
  readonly envelope: string;
  readonly proof: string;
}

const PAUSE_MILLISECONDS = 20;
/** Every second customer redeems one of so many tickets; the others never wait for a checkpoint, so that somebody always asks for a commit. */
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

  /** Has them buy, one request after the other each, until they are stopped; what they have no answer to they ask for again, under the same key. */
  start(url: string): void {
    this.#url = url;
    this.#stopping = new AbortController();
    this.#buying = Promise.all(
      Array.from({ length: this.#options.count }, (_, index) => this.#buy(`customer ${index}`, index % 2 === 1)),
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
    const { ticket, code } = await this.#issue(await this.#token("a late customer"), this.#note("issue"));
    return ticket === undefined ? code : null;
  }

  async #buy(subject: string, redeems: boolean): Promise<void> {
    const token = await this.#token(subject);
    for (let count = 1; !this.#stopping.signal.aborted; count += 1) {
      const act = this.#note("issue");
      const ticket = await this.#untilAnswered(async () => (await this.#issue(token, act)).ticket);
      if (ticket === undefined || !redeems || count % REDEEM_EVERY !== 0) continue;
      const papers = await this.#untilAnswered(() => this.#papers(token, ticket));
      if (papers === undefined) continue;
      const redemption = this.#note("redeem");
      await this.#untilAnswered(() => this.#redeem(token, papers, redemption));
    }
  }

  /** Tries again until there is something; undefined where they were stopped before. */
  async #untilAnswered<Result>(act: () => Promise<Result | undefined>): Promise<Result | undefined> {
    while (!this.#stopping.signal.aborted) {
      const result = await act().catch(() => undefined);
      if (result !== undefined) return result;
      await sleep(PAUSE_MILLISECONDS);
    }
    return undefined;
  }

  async #issue(token: string, act: Act): Promise<{ readonly ticket: Ticket | undefined; readonly code: string }> {
    const { data, errors } = await this.#ask(token, ISSUE, { edition: this.#options.edition, key: act.requestKey });
    const code = errors?.[0]?.extensions?.code ?? "";
    if (!data?.issueTicket) return { ticket: undefined, code };
    act.acknowledgedAt = new Date();
    act.ticketNumber = data.issueTicket.ticket.ticketNumber;
    act.hasEnvelope = data.issueTicket.envelope !== null;
    return { ticket: data.issueTicket.ticket, code };
  }

  /** What a ticket is redeemed with, once a checkpoint covers it. */
  async #papers(token: string, { rowId }: Ticket): Promise<Papers | undefined> {
    const { data } = await this.#ask(token, PROOF, { id: rowId });
    const { envelope, timechainProof: proof } = data?.ticket ?? {};
    return envelope && proof ? { envelope, proof } : undefined;
  }

  /** Whether it was granted: true, or nothing. */
  async #redeem(token: string, papers: Papers, act: Act): Promise<true | undefined> {
    const { data } = await this.#ask(token, REDEEM, { ...papers, key: act.requestKey });
    if (!data?.redeemTicket) return undefined;
    act.acknowledgedAt = new Date();
    return true;
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
