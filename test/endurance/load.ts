/* A mixed load over the front doors. Whoever asks writes down what they asked for before they send it, and what they were told; what stays without an
   answer is asked for again by its key. */
import { hash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import canonicalize from "canonicalize";
import { type RecordedVerdict, Verifier } from "../../verifier/index.ts";
import { Client } from "../chain/client.ts";
import { Dice } from "./dice.ts";
import { type Answer, type Caller, Doors, OPERATOR } from "./doors.ts";
import type { EndurancePress } from "./endurancePress.ts";
import type { Finding, Kind, Operation, Replay, Way } from "./history.ts";
import { issueEffect } from "./judge.ts";

const ISSUE = `mutation ($edition: String!, $key: UUID!, $recipient: String) {
  issueTicket(input: { editionSlug: $edition, requestKey: $key, recipient: $recipient }) { ticket { rowId ticketNumber issuedAt requestKey } } }`;
const ISSUE_MANY = `mutation ($edition: String!, $key: UUID!, $recipient: String, $quantity: Int!) {
  issueTickets(input: { editionSlug: $edition, requestKey: $key, recipient: $recipient, quantity: $quantity }) { tickets { rowId ticketNumber issuedAt requestKey } } }`;
const OUTCOME = `query ($edition: String!, $key: UUID!) { requestOutcome(editionSlug: $edition, requestKey: $key) { nodes { rowId ticketNumber issuedAt requestKey } } }`;
const TICKET =
  "query ($id: UUID!) { ticket(rowId: $id) { ticketNumber status envelope timechainProof redemption { requestKey } revocation { reason } } }";
const REDEEM = `mutation ($envelope: String!, $proof: String!, $key: UUID!) {
  redeemTicket(input: { envelope: $envelope, timechainProof: $proof, requestKey: $key }) { ticket { ticketNumber status redemption { redeemedAt redeemedBy requestKey } } } }`;
const REVOKE = `mutation ($id: UUID!, $reason: String!) { revokeTicket(input: { ticketId: $id, reason: $reason }) { ticket { ticketNumber status } } }`;
const CREATE = `mutation ($slug: String!, $cap: Int!, $limit: Int, $mode: DrawMode, $closesAt: Datetime, $delay: Int, $chain: String) {
  createEdition(input: { slug: $slug, title: "An edition", cap: $cap, perHolderLimit: $limit, drawMode: $mode, closesAt: $closesAt, drawDelaySeconds: $delay,
    beaconChainHash: $chain }) { edition { cap } } }`;
const OPEN = "mutation ($slug: String!) { openEdition(input: { editionSlug: $slug }) { edition { status } } }";
const CLOSE = "mutation ($slug: String!) { closeEdition(input: { editionSlug: $slug }) { edition { status } } }";
const DRAW =
  "mutation ($slug: String!, $key: UUID!) { drawWinner(input: { editionSlug: $slug, requestKey: $key }) { draw { attempt } } }";
const EDITION =
  "query ($slug: String!) { editionBySlug(slug: $slug) { cap status remainingCount draws { nodes { attempt status ticketNumber entriesCount } } } }";
const BEGIN =
  "mutation ($recipient: String!) { beginAttestation(input: { kind: oidc, recipient: $recipient }) { challenge { nonce } } }";
const SUBMIT = `mutation ($evidence: String!, $recipient: String!, $key: UUID!, $address: String!) {
  submitAttestation(input: { kind: oidc, evidence: $evidence, recipient: $recipient, requestKey: $key, clientAddress: $address }) { attestation { rowId } } }`;
const CREDENTIAL = "query ($id: UUID!) { credentialByAttestationId(attestationId: $id) { status document } }";
const RECORD = `mutation ($payload: String!, $signature: String!, $key: String!) {
  submitRecord(input: { signedPayload: $payload, signature: $signature, pubkey: $key }) { publication { rowId } } }`;
const PUBLICATION = "query ($id: UUID!) { publication(rowId: $id) { state } }";
const OWN_TICKETS = "query { tickets(first: 20) { nodes { rowId ticketNumber } } }";

const SQL_ISSUE = "select id, ticket_number, issued_at from press.issue_ticket($1, $2, $3)";
const SQL_ISSUE_MANY = "select id, ticket_number, issued_at from press.issue_tickets($1, $2, $3, $4)";
const SQL_OUTCOME = "select id, ticket_number, issued_at from press.request_outcome($1, $2)";

const LEVELS = ["READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"] as const;
type Level = (typeof LEVELS)[number];

/** What editions are like; the smaller ones sell out again and again. */
const CLASSES = [
  { cap: 1, limit: 1, weight: 4 },
  { cap: 5, limit: 2, weight: 10 },
  { cap: 100, limit: 6, weight: 36 },
  { cap: 10_000, limit: 100, weight: 50 },
] as const;
const EDITIONS_PER_CLASS = 2;
/** After so many people have heard that nothing is left, another edition is opened in its place. */
const SOLD_OUT_ENOUGH = 6;
const HOLDERS = 240;
const WAITING_MAX = 80;
const RETRY_MILLISECONDS_MAX = 1_000;
const TRIES_MAX = 8;
/** Of those who got no answer, so many of a hundred do not ask again, and find out by the key. */
const GIVE_UP_PERCENT = 15;
/** Whatever was asked before and may still be on its way would hear the same. */
const LASTING_REFUSALS = new Set([
  "CAP_REACHED",
  "HOLDER_LIMIT_REACHED",
  "EDITION_NOT_OPEN",
  "ALREADY_REDEEMED",
  "TICKET_REVOKED",
  "ALREADY_DRAWN",
  "EXPIRED",
]);

interface SoldTicket {
  readonly rowId: string;
  readonly ticketNumber: number;
}

/** A ticket whose answer a client has. */
interface Held extends SoldTicket {
  readonly edition: string;
  readonly holder: string;
}

interface Shelf {
  slug: string;
  refusals: number;
  isBeingReplaced: boolean;
}

interface TicketAnswer {
  readonly ticketNumber: number;
  readonly status: string;
  readonly envelope: string | null;
  readonly timechainProof: string | null;
  readonly redemption: { readonly requestKey: string | null } | null;
  readonly revocation: { readonly reason: string } | null;
}

/** An operation whose outcome its client does not know, and how to find it out. */
interface Open {
  readonly operation: Operation;
  /** Its effect; null: there is none; undefined: nobody could say. */
  readonly find: () => Promise<string | null | undefined>;
}

/** Asking once for something, and what its answer means. */
interface Request<Data> {
  readonly ask: () => Promise<Answer<Data>>;
  readonly effectOf: (data: Data) => string;
  readonly find: () => Promise<string | null | undefined>;
  /** Others wait for it: its client never gives up before the load ends. */
  readonly isNeeded?: boolean;
}

/** What clients see of how the press serves them. */
export interface LoadCounts {
  acknowledged: number;
  refused: number;
  checked: number;
  heldBack: number;
  verified: number;
}

type Act = () => Promise<void>;

export class Load {
  readonly operations: Operation[] = [];
  readonly replays: Replay[] = [];
  readonly findings: Finding[] = [];
  readonly counts: LoadCounts = { acknowledged: 0, refused: 0, checked: 0, heldBack: 0, verified: 0 };
  readonly doors: Doors;
  readonly #press: EndurancePress;
  readonly #dice: Dice;
  readonly #rate: number;
  readonly #shelves: Shelf[][] = [];
  readonly #held: Held[] = [];
  readonly #open: Open[] = [];
  readonly #envelopes = new Map<string, string>();
  readonly #clients: { readonly client: Client; readonly subject: string }[] = [];
  readonly #acts: ReadonlyMap<Act, number>;
  readonly #waiting = new Set<Promise<void>>();
  #editions = 0;
  #people = 0;
  #raffles = 0;
  #sealedAtWork = 0;
  #isStopping = false;
  #beat: NodeJS.Timeout | undefined;
  /** No sealed draw is begun: the key that it would be committed to with is about to go. */
  holdsSealedDraws = false;

  constructor(press: EndurancePress, { seed, rate }: { readonly seed: number; readonly rate: number }) {
    this.#press = press;
    this.#dice = new Dice(seed, "load");
    this.#rate = rate;
    this.doors = new Doors({
      gatewayUrls: press.gateways.map((_, index) => press.gatewayUrl(index)),
      secret: Buffer.from(press.secret),
      sqlUrl: press.sqlUrl,
    });
    this.#acts = new Map<Act, number>([
      [() => this.#issueOne(this.#holder(), false), 22],
      [() => this.#issueOne(this.#holder(), true), 8],
      [() => this.#issueMany(), 10],
      [() => this.#issueBySql(), 16],
      [() => this.#redeem(), 12],
      [() => this.#revoke(), 3],
      [() => this.#look(), 14],
      [() => this.#attest(), 3],
      [() => this.#publish(), 8],
      [() => this.#raffle(), 1],
    ]);
  }

  /** How many sealed draws are under way. */
  get sealedAtWork(): number {
    return this.#sealedAtWork;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Opens editions, registers keys, and pays the pool. */
  async prepare(): Promise<void> {
    await this.#press.database.pool("operator").query("select press.set_rules(checks_per_hour => 1000000)");
    for (const { cap, limit } of CLASSES) {
      this.#shelves.push(
        await Promise.all(
          Array.from({ length: EDITIONS_PER_CLASS }, async () => ({
            slug: await this.#openEdition(cap, limit),
            refusals: 0,
            isBeingReplaced: false,
          })),
        ),
      );
    }
    for (let index = 1; index <= 4; index += 1) {
      const client = new Client();
      const subject = `publisher ${index}`;
      while (
        !(await client.register(this.#press.database.pool("operator"), subject).then(
          () => true,
          () => false,
        ))
      )
        await sleep(50); // Until the ledger has its name.
      this.#clients.push({ client, subject });
    }
  }

  start(): void {
    const began = performance.now();
    let due = 0;
    this.#beat = setInterval(() => {
      const enough = ((performance.now() - began) / 1_000) * this.#rate;
      for (; due < enough; due += 1) this.#begin();
    }, 20);
  }

  /** Begins nothing new, and waits until everybody has an answer or has given up. */
  async stop(): Promise<void> {
    clearInterval(this.#beat);
    this.#isStopping = true;
    while (this.#waiting.size > 0) await Promise.race([...this.#waiting]);
  }

  /** Asks by its key for everything that had no answer. To be called when nothing is under way any more. */
  async resolve(): Promise<void> {
    for (const { operation, find } of this.#open.splice(0)) {
      for (let tries = 0; tries < TRIES_MAX && operation.outcome === "unknown"; tries += 1) {
        const effect = await find();
        operation.endedAt = performance.now(); // It may have been done at any time until now.
        if (effect === undefined) await sleep(200);
        else if (effect === null) Object.assign(operation, { outcome: "refused", refusal: "nothing under its key" });
        else Object.assign(operation, { outcome: "acknowledged", effect });
        if (effect !== undefined) operation.resolvedBy = "asking by its key";
      }
    }
  }

  /** Leaves it to the caller when to give up: each of these is done once, and throws when it did not succeed. */
  get probes(): ReadonlyMap<string, Act> {
    const signed = async () => {
      const held = await this.#probeTicket();
      await untilSo(async () => (await this.#ticket(held))?.envelope ?? undefined);
    };
    const probes = new Map<string, Act>([
      ["a ticket", async () => void (await this.#probeTicket())],
      ["a signed ticket", signed],
      ["a proof, and in by it", async () => this.#probeRedeem()],
      ["a revocation", async () => this.#probeRevoke()],
      ["a draw", async () => this.#raffleOf("random_int")],
      ["a credential", async () => this.#probeCredential()],
      ["a record sent", async () => this.#probeRecord()],
    ]);
    for (const level of LEVELS) probes.set(`SQL, ${level}`, async () => this.#probeSql(level));
    this.#press.gateways.forEach((_, gateway) => {
      probes.set(`a query at gateway ${gateway + 1}`, async () => {
        const { slug } = this.#anyShelf();
        await untilSo(async () => granted(await this.doors.graphql(gateway, undefined, EDITION, { slug })));
      });
    });
    return probes;
  }

  #begin(): void {
    if (this.#waiting.size >= WAITING_MAX) {
      this.counts.heldBack += 1;
      return;
    }
    const work = this.#dice
      .weighted(this.#acts)()
      .catch((error: Error) => {
        this.findings.push({ what: "process", detail: `A client failed: ${error.stack}` });
      });
    this.#waiting.add(work);
    void work.finally(() => this.#waiting.delete(work));
  }

  /** Sends a request until its outcome is known, or its client gives up. The answer, where it was granted. */
  async #perform<Data>(
    operation: Operation,
    { ask, effectOf, find, isNeeded = false }: Request<Data>,
  ): Promise<Answer<Data>> {
    this.operations.push(operation);
    for (;;) {
      operation.attempts += 1;
      const answer = await ask();
      operation.endedAt = performance.now();
      if (answer.is === "granted") {
        Object.assign(operation, { outcome: "acknowledged", effect: effectOf(answer.data) });
        if (operation.wasUnknown) operation.resolvedBy = "sending it again";
        this.counts.acknowledged += 1;
        return answer;
      }
      if (answer.is === "unknown") operation.wasUnknown = true;
      const isSettled =
        answer.is === "refused" &&
        (operation.wasUnknown
          ? LASTING_REFUSALS.has(answer.name)
          : !answer.isRetryable || (operation.attempts >= TRIES_MAX && !isNeeded));
      if (answer.is === "refused" && isSettled) {
        Object.assign(operation, { outcome: "refused", refusal: answer.name });
        if (operation.wasUnknown) operation.resolvedBy = "sending it again";
        this.counts.refused += 1;
        return answer;
      }
      const givesUp =
        this.#isStopping || (answer.is === "unknown" ? this.#dice.chance(GIVE_UP_PERCENT) : !answer.isRetryable);
      if (givesUp) {
        // Of an attempt that never had an answer nobody knows; all others said that there is nothing.
        if (!operation.wasUnknown && answer.is === "refused")
          Object.assign(operation, { outcome: "refused", refusal: answer.name });
        else this.#open.push({ operation, find });
        return answer;
      }
      await sleep(Math.min(50 * 2 ** operation.attempts, RETRY_MILLISECONDS_MAX));
    }
  }

  /** Sends what was granted once more, and something else under its key. */
  async #replay<Data>(
    { kind, key }: Operation,
    first: string,
    again: () => Promise<Answer<Data>>,
    comparable: (data: Data) => string,
    changed: (() => Promise<Answer<unknown>>) | undefined,
  ): Promise<void> {
    if (this.#dice.chance(25)) {
      const [one, other] = await Promise.all([again(), again()]);
      for (const answer of [one, other]) this.#noteReplay(kind, key, first, answer, comparable);
    } else if (this.#dice.chance(20)) this.#noteReplay(kind, key, first, await again(), comparable);
    if (changed === undefined || !this.#dice.chance(10)) return;
    const answer = await changed();
    if (answer.is === "unknown" || (answer.is === "refused" && answer.isRetryable)) return;
    this.counts.checked += 1;
    const detail = answer.is === "refused" ? answer.name : answer.text;
    this.replays.push({ kind, key, asked: "something else", is: answer.is, detail });
  }

  #noteReplay<Data>(
    kind: Kind,
    key: string,
    first: string,
    answer: Answer<Data>,
    comparable: (data: Data) => string,
  ): void {
    if (answer.is === "unknown" || (answer.is === "refused" && answer.isRetryable)) return;
    this.counts.checked += 1;
    const text = answer.is === "granted" ? comparable(answer.data) : answer.name;
    const is = answer.is === "refused" ? "refused" : text === first ? "the same answer" : "another answer";
    const detail = is === "the same answer" ? "" : `${first}, then ${text}`;
    this.replays.push({ kind, key, asked: "the same", is, detail });
  }

  // Issuing.

  #issueOne(holder: string, isByOperator: boolean, shelf = this.#anyShelf()): Promise<void> {
    return this.#issueByGraphQL(holder, isByOperator, undefined, shelf);
  }

  #issueMany(): Promise<void> {
    return this.#issueByGraphQL(this.#holder(), this.#dice.chance(30), this.#dice.between(2, 5), this.#anyShelf());
  }

  async #issueByGraphQL(
    holder: string,
    isByOperator: boolean,
    quantity: number | undefined,
    shelf: Shelf,
  ): Promise<void> {
    const { slug } = shelf;
    const caller: Caller = isByOperator ? OPERATOR : { subject: holder, isOperator: false };
    const operation = this.#operation("issue", "GraphQL", { edition: slug, holder, quantity: quantity ?? 1 });
    const { answer } = await this.#issueUnder(operation, caller, slug, holder, quantity);
    this.#noteShelf(shelf, answer);
    if (answer.is !== "granted") return;
    const recipient = isByOperator ? holder : null;
    const variables = { edition: slug, key: operation.key, recipient, quantity };
    const query = quantity === undefined ? ISSUE : ISSUE_MANY;
    await this.#replay(
      operation,
      JSON.stringify(answer.data),
      () => this.doors.graphql<IssueAnswer>(this.#gateway(), caller, query, variables),
      (data) => JSON.stringify(data),
      () => this.doors.graphql(this.#gateway(), caller, ISSUE_MANY, { ...variables, quantity: (quantity ?? 1) + 1 }),
    );
  }

  async #issueUnder(
    operation: Operation,
    caller: Caller,
    slug: string,
    holder: string,
    quantity: number | undefined,
  ): Promise<{ readonly answer: Answer<IssueAnswer>; readonly held: readonly Held[] }> {
    const variables = { edition: slug, key: operation.key, recipient: caller.isOperator ? holder : null, quantity };
    const answer = await this.#perform<IssueAnswer>(operation, {
      ask: () => this.doors.graphql(this.#gateway(), caller, quantity === undefined ? ISSUE : ISSUE_MANY, variables),
      effectOf: (data) =>
        issueEffect(
          holder,
          ticketsOf(data).map(({ ticketNumber }) => ticketNumber),
        ),
      find: async () => {
        const found = await this.doors.graphql<{ nodes: SoldTicket[] }>(this.#gateway(), caller, OUTCOME, variables);
        if (found.is !== "granted") return undefined;
        const numbers = found.data.nodes.map(({ ticketNumber }) => ticketNumber);
        return numbers.length === 0 ? null : issueEffect(holder, numbers);
      },
    });
    const tickets = answer.is === "granted" ? ticketsOf(answer.data) : [];
    const held = tickets.map((ticket) => ({ ...ticket, edition: slug, holder }));
    this.#held.push(...held);
    return { answer, held };
  }

  async #issueBySql(): Promise<void> {
    const shelf = this.#anyShelf();
    const level = this.#dice.pick(LEVELS);
    const quantity = this.#dice.chance(25) ? this.#dice.between(2, 5) : undefined;
    const answer = await this.#issueAtLevel(level, shelf.slug, this.#holder(), quantity, !this.#dice.chance(10));
    this.#noteShelf(shelf, answer);
  }

  async #issueAtLevel(level: Level, slug: string, holder: string, quantity: number | undefined, isKept = true) {
    const operation = this.#operation("issue", level, { edition: slug, holder, quantity: quantity ?? 1 });
    const ask = (more = 0) =>
      quantity === undefined && more === 0
        ? this.doors.sql<SqlTicket>(level, SQL_ISSUE, [slug, operation.key, holder], isKept)
        : this.doors.sql<SqlTicket>(
            level,
            SQL_ISSUE_MANY,
            [slug, (quantity ?? 1) + more, operation.key, holder],
            isKept,
          );
    const effectOf = (rows: readonly SqlTicket[]) =>
      issueEffect(
        holder,
        rows.map(({ ticket_number }) => ticket_number),
      );
    const answer = await this.#perform<readonly SqlTicket[]>(operation, {
      ask,
      effectOf,
      find: async () => {
        const found = await this.doors.sql<SqlTicket>("READ COMMITTED", SQL_OUTCOME, [slug, operation.key]);
        if (found.is !== "granted") return undefined;
        return found.data.length === 0 ? null : effectOf(found.data);
      },
    });
    if (answer.is === "granted") {
      this.#held.push(
        ...answer.data.map(({ id, ticket_number }) => ({
          rowId: id,
          ticketNumber: ticket_number,
          edition: slug,
          holder,
        })),
      );
      await this.#replay(
        operation,
        JSON.stringify(answer.data),
        () => ask(),
        (rows) => JSON.stringify(rows),
        () => ask(1),
      );
    }
    return answer;
  }

  // What happens to tickets.

  async #ticket(held: Held): Promise<TicketAnswer | undefined> {
    const caller = this.#dice.chance(50) ? OPERATOR : { subject: held.holder, isOperator: false };
    const answer = await this.doors.graphql<TicketAnswer | null>(this.#gateway(), caller, TICKET, { id: held.rowId });
    if (answer.is !== "granted") return undefined;
    this.counts.checked += 1;
    if (answer.data?.ticketNumber !== held.ticketNumber)
      this.findings.push({
        what: "acknowledged and lost",
        detail: `${held.edition}/${held.ticketNumber} is ${answer.text} when it is asked for`,
      });
    if (answer.data?.envelope) this.#verify(held, answer.data.envelope, answer.data.timechainProof);
    return answer.data ?? undefined;
  }

  /** Whatever a client was given as an envelope is signed by a key of the press, and is the same for ever; and so is its proof. */
  #verify(held: Held, envelope: string, proof: string | null): void {
    const digest = hash("sha256", envelope, "base64");
    const before = this.#envelopes.get(held.rowId);
    this.#envelopes.set(held.rowId, digest);
    const name = `${held.edition}/${held.ticketNumber}`;
    if (before !== undefined && before !== digest)
      this.findings.push({ what: "envelope", detail: `${name} had another envelope before: ${envelope}` });
    const keyId = (JSON.parse(envelope) as { key_id?: string }).key_id;
    const key = this.#press.keys.find((candidate) => candidate.keyId === keyId);
    if (key === undefined) {
      this.findings.push({ what: "envelope", detail: `${name} is signed by a key that no worker had: ${envelope}` });
      return;
    }
    const verdict =
      proof === null
        ? new Verifier(key.publicKey).verify(envelope)
        : this.#verifyRecorded(key.publicKey, envelope, proof);
    this.counts.verified += 1;
    if (!verdict.isValid)
      this.findings.push({ what: "envelope", detail: `${name}: ${verdict.reason}, ${verdict.message}` });
    else if (verdict.ticket.edition !== held.edition || verdict.ticket.ticket_number !== held.ticketNumber)
      this.findings.push({ what: "envelope", detail: `${name} has the envelope of another ticket: ${envelope}` });
  }

  #verifyRecorded(publicKey: string, envelope: string, proof: string): RecordedVerdict {
    const verdicts = this.#press.vkeys.map((ledger) =>
      new Verifier(publicKey, { ledger }).verifyRecorded(envelope, proof),
    );
    return verdicts.find(({ isValid }) => isValid) ?? (verdicts.at(-1) as RecordedVerdict);
  }

  /** One that nobody has used yet, as far as its client knows; sometimes one that somebody has. */
  #takeHeld(): Held | undefined {
    if (this.#held.length === 0) return undefined;
    const index = this.#dice.integer(this.#held.length);
    if (this.#dice.chance(10)) return this.#held[index];
    const last = this.#held.pop() as Held;
    if (index === this.#held.length) return last;
    const taken = this.#held[index];
    this.#held[index] = last;
    return taken;
  }

  async #redeem(): Promise<void> {
    const held = this.#takeHeld();
    const ticket = held && (await this.#ticket(held));
    if (held === undefined || !ticket?.envelope || !ticket.timechainProof) return;
    await this.#redeemWith(held, ticket.envelope, ticket.timechainProof);
  }

  async #redeemWith(held: Held, envelope: string, proof: string): Promise<Answer<RedeemAnswer>> {
    const caller = this.#dice.chance(60) ? OPERATOR : { subject: held.holder, isOperator: false };
    const operation = this.#operation("redeem", "GraphQL", { edition: held.edition, holder: held.holder });
    const variables = { envelope, proof, key: operation.key };
    const ask = () => this.doors.graphql<RedeemAnswer>(this.#gateway(), caller, REDEEM, variables);
    const answer = await this.#perform<RedeemAnswer>(operation, {
      ask,
      effectOf: ({ ticket }) => `${held.edition}/${ticket.ticketNumber}`,
      find: async () => {
        const found = await this.#ticket(held);
        if (found === undefined) return undefined;
        return found.redemption?.requestKey === operation.key ? `${held.edition}/${held.ticketNumber}` : null;
      },
    });
    if (answer.is === "granted")
      await this.#replay(operation, JSON.stringify(answer.data), ask, (data) => JSON.stringify(data), undefined);
    return answer;
  }

  async #revoke(): Promise<void> {
    const held = this.#takeHeld();
    if (held !== undefined) await this.#revokeOf(held);
  }

  async #revokeOf(held: Held): Promise<Answer<RedeemAnswer>> {
    const reason = `A reason: ${randomUUID()}`;
    const operation = this.#operation("revoke", "GraphQL", { key: reason, edition: held.edition, holder: held.holder });
    const effect = `${held.edition}/${held.ticketNumber}`;
    const find = async () => {
      const found = await this.#ticket(held);
      if (found === undefined) return undefined;
      return found.revocation?.reason === reason ? effect : null;
    };
    return this.#perform<RedeemAnswer>(operation, {
      // It has no key: one that has been done says so to whoever asks again, and the reason tells whose it was.
      ask: async () => {
        const answer = await this.doors.graphql<RedeemAnswer>(this.#gateway(), OPERATOR, REVOKE, {
          id: held.rowId,
          reason,
        });
        const isDone =
          answer.is === "refused" &&
          answer.name === "TICKET_REVOKED" &&
          operation.wasUnknown &&
          (await find()) === effect;
        return isDone ? { is: "granted", data: { ticket: { ticketNumber: held.ticketNumber } }, text: "" } : answer;
      },
      effectOf: ({ ticket }) => `${held.edition}/${ticket.ticketNumber}`,
      find,
    });
  }

  // Reading.

  async #look(): Promise<void> {
    const gateway = this.#gateway();
    const ways: Act[] = [
      async () => {
        const held = this.#held.length === 0 ? undefined : this.#dice.pick(this.#held);
        if (held !== undefined) await this.#ticket(held);
      },
      async () => {
        const { slug } = this.#anyShelf();
        const answer = await this.doors.graphql<EditionAnswer | null>(gateway, undefined, EDITION, { slug });
        if (answer.is !== "granted" || answer.data === null) return; // A draft is there for operators only.
        const { cap, remainingCount } = answer.data;
        this.counts.checked += 1;
        if (!(remainingCount >= 0 && remainingCount <= cap))
          this.findings.push({
            what: "beyond the cap",
            detail: `${slug} says that ${remainingCount} of ${cap} remain`,
          });
      },
      async () => {
        const holder = this.#holder();
        await this.doors.graphql(gateway, { subject: holder, isOperator: false }, OWN_TICKETS);
      },
      async () =>
        void (await this.doors.read(
          gateway,
          this.#dice.pick(["/keys", "/ledger/checkpoint", "/metrics", "/.well-known/did.json"]),
        )),
    ];
    await this.#dice.pick(ways)();
  }

  // Editions and draws.

  async #openEdition(cap: number, limit: number): Promise<string> {
    const slug = `edition-${++this.#editions}-of-${cap}`;
    await this.#create(slug, { cap, limit });
    await this.#openSlug(slug);
    return slug;
  }

  #create(
    slug: string,
    { cap, ...more }: { cap: number; limit: number } & Readonly<Record<string, unknown>>,
  ): Promise<Answer<unknown>> {
    const operation = this.#operation("create", "GraphQL", { key: slug });
    const find = async () => {
      const found = await this.doors.graphql<EditionAnswer | null>(this.#gateway(), OPERATOR, EDITION, { slug });
      if (found.is !== "granted") return undefined;
      return found.data === null ? null : `cap ${found.data.cap}`;
    };
    return this.#perform<{ edition: { cap: number } }>(operation, {
      ask: async () => {
        const answer = await this.doors.graphql<{ edition: { cap: number } }>(this.#gateway(), OPERATOR, CREATE, {
          slug,
          cap,
          ...more,
        });
        const isDone = answer.is === "refused" && operation.wasUnknown && typeof (await find()) === "string";
        return isDone ? { is: "granted", data: { edition: { cap } }, text: "" } : answer;
      },
      effectOf: ({ edition }) => `cap ${edition.cap}`,
      find,
      isNeeded: true,
    });
  }

  /** Until it is open; false where it cannot be any more, because its window has ended, or the load ends. */
  async #openSlug(slug: string): Promise<boolean> {
    while (!this.#isStopping) {
      const answer = await this.doors.graphql(this.#gateway(), OPERATOR, OPEN, { slug });
      if (answer.is === "granted") return true;
      if (answer.is === "refused" && !answer.isRetryable && answer.name !== "DRAW_NOT_READY") return false;
      await sleep(100);
    }
    return false;
  }

  async #close(slug: string): Promise<void> {
    const operation = this.#operation("close", "GraphQL", { key: slug, edition: slug });
    await this.#perform<{ edition: { status: string } }>(operation, {
      ask: () => this.doors.graphql(this.#gateway(), OPERATOR, CLOSE, { slug }),
      effectOf: () => "closed",
      find: async () => {
        const found = await this.doors.graphql<EditionAnswer>(this.#gateway(), OPERATOR, EDITION, { slug });
        if (found.is !== "granted") return undefined;
        return found.data.status === "open" ? null : "closed";
      },
    });
  }

  #noteShelf(shelf: Shelf, answer: Answer<unknown>): void {
    if (answer.is !== "refused" || (answer.name !== "CAP_REACHED" && answer.name !== "EDITION_NOT_OPEN")) return;
    shelf.refusals += 1;
    if (shelf.refusals < SOLD_OUT_ENOUGH || shelf.isBeingReplaced || this.#isStopping) return;
    shelf.isBeingReplaced = true;
    const index = this.#shelves.findIndex((shelves) => shelves.includes(shelf));
    const { cap, limit } = CLASSES[index] as (typeof CLASSES)[number];
    const old = shelf.slug;
    const work = (async () => {
      shelf.slug = await this.#openEdition(cap, limit);
      shelf.refusals = 0;
      shelf.isBeingReplaced = false;
      if (this.#dice.chance(50)) await this.#close(old);
    })().catch((error: Error) => {
      this.findings.push({ what: "process", detail: `A client failed: ${error.stack}` });
    });
    this.#waiting.add(work);
    void work.finally(() => this.#waiting.delete(work));
  }

  async #raffle(): Promise<void> {
    const modes = this.holdsSealedDraws
      ? (["random_int", "beacon"] as const)
      : (["random_int", "sealed", "beacon"] as const);
    const mode = this.#dice.pick(modes);
    if (mode === "sealed") this.#sealedAtWork += 1;
    try {
      await this.#raffleOf(mode);
    } finally {
      if (mode === "sealed") this.#sealedAtWork -= 1;
    }
  }

  async #raffleOf(mode: "random_int" | "sealed" | "beacon"): Promise<void> {
    const slug = `raffle-${++this.#raffles}`;
    const cap = this.#dice.between(3, 8);
    const closesAt = new Date(Date.now() + 4_000).toISOString();
    const terms = mode === "beacon" ? { closesAt, delay: 1, chain: this.#press.beacon.chainHash } : {};
    const made = await this.#create(slug, { cap, limit: 2, mode, ...terms });
    if (made.is !== "granted" || !(await this.#openSlug(slug))) return;
    const shelf = { slug, refusals: 0, isBeingReplaced: true };
    const holders = Array.from({ length: this.#dice.between(1, cap + 1) }, () => this.#holder());
    await Promise.all(holders.map((holder) => this.#issueOne(holder, true, shelf)));
    if (mode !== "beacon" && this.#dice.chance(50)) await this.#close(slug);
    await this.#draw(slug);
  }

  /** Until it is drawn, and everybody can read who has won. */
  async #draw(slug: string): Promise<void> {
    const operation = this.#operation("draw", "GraphQL", { key: slug, edition: slug });
    const key = randomUUID();
    const answer = await this.#perform<{ draw: { attempt: number } }>(operation, {
      ask: async () => {
        for (;;) {
          const asked = await this.doors.graphql<{ draw: { attempt: number } }>(this.#gateway(), OPERATOR, DRAW, {
            slug,
            key,
          });
          if (asked.is !== "refused" || asked.name !== "DRAW_NOT_READY" || this.#isStopping) return asked;
          await sleep(300);
        }
      },
      effectOf: () => "asked for",
      isNeeded: true,
      find: async () => {
        const found = await this.doors.graphql<EditionAnswer>(this.#gateway(), undefined, EDITION, { slug });
        if (found.is !== "granted") return undefined;
        return found.data.draws.nodes.length === 0 ? null : await this.#drawnResult(slug);
      },
    });
    if (answer.is !== "granted") return;
    for (;;) {
      const result = await this.#drawnResult(slug);
      if (result !== undefined) {
        if (operation.effect === "asked for") operation.effect = result;
        return;
      }
      if (this.#isStopping) {
        this.#open.push({ operation, find: async () => (await this.#drawnResult(slug)) ?? undefined });
        Object.assign(operation, { outcome: "unknown", wasUnknown: true });
        return;
      }
      await sleep(200);
    }
  }

  async #drawnResult(slug: string): Promise<string | undefined> {
    const answer = await this.doors.graphql<EditionAnswer>(this.#gateway(), undefined, EDITION, { slug });
    const [draw] = answer.is === "granted" ? answer.data.draws.nodes : [];
    return draw?.status === "drawn" ? drawEffect(draw.ticketNumber, draw.entriesCount) : undefined;
  }

  // Who somebody is, and what they publish.

  async #attest(): Promise<void> {
    await this.#attestPerson();
  }

  /** The attestation; undefined where it was not taken. */
  async #attestPerson(): Promise<string | undefined> {
    const number = ++this.#people;
    const recipient = `person ${number}`;
    const begun = await untilSo(
      async () =>
        granted(
          await this.doors.graphql<{ challenge: { nonce: string } }>(this.#gateway(), OPERATOR, BEGIN, { recipient }),
        ),
      () => this.#isStopping,
    );
    if (begun === undefined) return undefined;
    const evidence = await this.#press.provider.sign({ sub: `account ${number}`, nonce: begun.challenge.nonce });
    const operation = this.#operation("attest", "GraphQL", { holder: recipient });
    const address = `10.${(number >> 16) & 255}.${(number >> 8) & 255}.${number & 255}`;
    const ask = () =>
      this.doors.graphql<{ attestation: { rowId: string } }>(this.#gateway(), OPERATOR, SUBMIT, {
        evidence,
        recipient,
        key: operation.key,
        address,
      });
    const answer = await this.#perform(operation, {
      ask,
      effectOf: ({ attestation }) => attestation.rowId,
      // Asking again is what the key is for: it takes it, or says that it has.
      find: async () => granted(await ask())?.attestation.rowId,
    });
    if (answer.is !== "granted") return undefined;
    await this.#replay(operation, JSON.stringify(answer.data), ask, (data) => JSON.stringify(data), undefined);
    return answer.data.attestation.rowId;
  }

  async #publish(): Promise<void> {
    await this.#publishRecord();
  }

  /** The publication; undefined where it was not taken. */
  async #publishRecord(): Promise<string | undefined> {
    const { client, subject } = this.#dice.pick(this.#clients);
    const caller = { subject, isOperator: false };
    const record = client.record({ text: "What a client says." });
    const { nonce, expires_at } = JSON.parse(record.payload) as { nonce: string; expires_at: string };
    const way = this.#dice.pick(["GraphQL", "HTTP"] as const);
    const operation = this.#operation("record", way, { key: nonce, holder: subject });
    const send = async ({ payload, signature }: { payload: string; signature: string }): Promise<Answer<string>> => {
      const gateway = this.#gateway();
      if (way === "HTTP") {
        const submission = { signed_payload: payload, signature, pubkey: client.publicKey };
        return mapped(
          await this.doors.publish<{ job_id: string }>(gateway, caller, submission),
          ({ job_id }) => job_id,
        );
      }
      const variables = { payload, signature, key: client.publicKey };
      const answer = await this.doors.graphql<{ publication: { rowId: string } }>(gateway, caller, RECORD, variables);
      return mapped(answer, ({ publication }) => publication.rowId);
    };
    const answer = await this.#perform<string>(operation, {
      ask: () => send(record),
      effectOf: (id) => id,
      find: async () => granted(await send(record)),
    });
    if (answer.is !== "granted") return undefined;
    const payload = canonicalize({ nonce, expires_at, text: "Something else." }) ?? "";
    const changed = { payload, signature: client.sign(payload) };
    await this.#replay(
      operation,
      answer.data,
      () => send(record),
      (id) => id,
      () => send(changed),
    );
    return answer.data;
  }

  // Whether it is alive.

  async #probeTicket(): Promise<Held> {
    const holder = `a late customer ${++this.#people}`;
    const operation = this.#operation("issue", "GraphQL", { edition: this.#largeSlug(), holder, quantity: 1 });
    const { held } = await this.#issueUnder(operation, OPERATOR, operation.edition ?? "", holder, undefined);
    if (held[0] === undefined) throw new Error(`${operation.outcome} ${operation.refusal ?? ""}`);
    return held[0];
  }

  async #probeRedeem(): Promise<void> {
    const held = await this.#probeTicket();
    const ticket = await untilSo(async () => {
      const found = await this.#ticket(held);
      return found?.envelope && found.timechainProof ? found : undefined;
    });
    const answer = await this.#redeemWith(held, ticket?.envelope ?? "", ticket?.timechainProof ?? "");
    if (
      answer.is === "unknown" ||
      (answer.is === "refused" && answer.name !== "ALREADY_REDEEMED" && answer.name !== "TICKET_REVOKED")
    )
      throw new Error(answer.is);
  }

  async #probeRevoke(): Promise<void> {
    const held = await this.#probeTicket();
    await untilSo(async () => (await this.#ticket(held))?.envelope ?? undefined);
    const answer = await this.#revokeOf(held);
    if (
      answer.is !== "granted" &&
      !(answer.is === "refused" && /^(ALREADY_REDEEMED|TICKET_REVOKED)$/.test(answer.name))
    )
      throw new Error(answer.is);
  }

  async #probeCredential(): Promise<void> {
    const id = await this.#attestPerson();
    if (id === undefined) throw new Error("not taken");
    await untilSo(async () => {
      const found = await this.doors.graphql<{ document: string | null } | null>(
        this.#gateway(),
        OPERATOR,
        CREDENTIAL,
        { id },
      );
      return granted(found)?.document ?? undefined;
    });
  }

  async #probeRecord(): Promise<void> {
    const id = await this.#publishRecord();
    if (id === undefined) throw new Error("not taken");
    await untilSo(async () => {
      const found = await this.doors.graphql<{ state: string } | null>(this.#gateway(), OPERATOR, PUBLICATION, { id });
      return granted(found)?.state === "sent" ? true : undefined;
    });
  }

  async #probeSql(level: Level): Promise<void> {
    const answer = await this.#issueAtLevel(level, this.#largeSlug(), `a late caller ${++this.#people}`, undefined);
    if (answer.is !== "granted") throw new Error(answer.is);
  }

  // Chance.

  #operation(kind: Kind, way: Way, more: Partial<Operation>): Operation {
    const now = performance.now();
    return {
      kind,
      way,
      key: randomUUID(),
      beganAt: now,
      endedAt: now,
      attempts: 0,
      outcome: "unknown",
      wasUnknown: false,
      ...more,
    };
  }

  #gateway(): number {
    return this.#dice.integer(this.doors.gatewayCount);
  }

  #holder(): string {
    return `holder ${this.#dice.integer(HOLDERS)}`;
  }

  #anyShelf(): Shelf {
    const index = this.#dice.weighted(new Map(CLASSES.map(({ weight }, place) => [place, weight])));
    return this.#dice.pick(this.#shelves[index] as Shelf[]);
  }

  /** Where a holder who has nothing gets a ticket: another one comes long before it is sold out. */
  #largeSlug(): string {
    return (this.#shelves.at(-1) as [Shelf]).at(0)?.slug ?? "";
  }
}

type IssueAnswer = { readonly ticket: SoldTicket } | { readonly tickets: readonly SoldTicket[] };
type RedeemAnswer = { readonly ticket: { readonly ticketNumber: number } };

interface SqlTicket {
  readonly id: string;
  readonly ticket_number: number;
  readonly issued_at: Date;
}

interface EditionAnswer {
  readonly cap: number;
  readonly status: string;
  readonly remainingCount: number;
  readonly draws: {
    readonly nodes: readonly {
      readonly status: string;
      readonly ticketNumber: number | null;
      readonly entriesCount: number | null;
    }[];
  };
}

/** The effect of a draw: its result. */
export function drawEffect(ticketNumber: number | null, entriesCount: number | null): string {
  return `${ticketNumber ?? "nobody"} of ${entriesCount}`;
}

function ticketsOf(data: IssueAnswer): readonly SoldTicket[] {
  return "tickets" in data ? data.tickets : [data.ticket];
}

function granted<Data>(answer: Answer<Data>): Data | undefined {
  return answer.is === "granted" ? answer.data : undefined;
}

function mapped<Data, Other>(answer: Answer<Data>, map: (data: Data) => Other): Answer<Other> {
  return answer.is === "granted" ? { ...answer, data: map(answer.data) } : answer;
}

/** What comes at last, however often it has to be asked for; undefined where nobody waits for it any more. */
async function untilSo<Result>(
  ask: () => Promise<Result | undefined>,
  isOver: () => boolean = () => false,
): Promise<Result | undefined> {
  while (!isOver()) {
    const result = await ask();
    if (result !== undefined && result !== null) return result;
    await sleep(40);
  }
  return undefined;
}
