/* A mixed load over the front doors, at a rate: who comes next chance decides, and nobody waits for another. */
import { Dice } from "./dice.ts";
import { EDITION, OWN_TICKETS } from "./documents.ts";
import { type Answer, Doors } from "./doors.ts";
import { Editions } from "./editions.ts";
import type { EndurancePress } from "./endurancePress.ts";
import { People } from "./people.ts";
import { granted, Requests, untilSo } from "./requests.ts";
import { type Held, LEVELS, type Level, Tickets, type Tools, type Wish } from "./tickets.ts";

const HOLDERS = 240;
/** Who comes when so many wait already goes away again. */
const WAITING_MAX = 80;
const BEAT_MILLISECONDS = 20;
const READABLE = ["/keys", "/ledger/checkpoint", "/metrics", "/.well-known/did.json"] as const;

type Act = () => Promise<unknown>;

export class Load {
  readonly requests: Requests;
  readonly doors: Doors;
  readonly editions: Editions;
  readonly #tools: Tools;
  readonly #dice: Dice;
  readonly #tickets: Tickets;
  readonly #people: People;
  readonly #rate: number;
  readonly #acts: ReadonlyMap<Act, number>;
  readonly #waiting = new Set<Promise<unknown>>();
  #lateComers = 0;
  #beat: NodeJS.Timeout | undefined;

  constructor(press: EndurancePress, { seed, rate }: { readonly seed: number; readonly rate: number }) {
    this.#dice = new Dice(seed, "load");
    this.#rate = rate;
    this.requests = new Requests(this.#dice);
    this.doors = new Doors({
      gatewayUrls: press.gateways.map((_, index) => press.gatewayUrl(index)),
      secret: Buffer.from(press.secret),
      sqlUrl: press.sqlUrl,
    });
    this.#tools = { press, doors: this.doors, requests: this.requests, dice: this.#dice };
    this.#tickets = new Tickets(this.#tools);
    this.editions = new Editions(this.#tools, this.#tickets);
    this.#people = new People(this.#tools);
    this.#acts = new Map<Act, number>([
      [() => this.#buy(false), 22],
      [() => this.#buy(true), 8],
      [() => this.#buy(this.#dice.chance(30), this.#dice.between(2, 5)), 10],
      [() => this.#buyBySql(), 16],
      [() => this.#redeem(), 12],
      [() => this.#revoke(), 3],
      [() => this.#look(), 14],
      [() => this.#people.attest(), 3],
      [() => this.#people.publish(), 8],
      [() => this.editions.raffle(), 1],
    ]);
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Opens editions, and registers keys. */
  async prepare(): Promise<void> {
    await this.#tools.press.database.pool("operator").query("select press.set_rules(checks_per_hour => 1000000)");
    await this.editions.prepare();
    await this.#people.prepare();
  }

  start(): void {
    const began = performance.now();
    let due = 0;
    this.#beat = setInterval(() => {
      const enough = ((performance.now() - began) / 1_000) * this.#rate;
      for (; due < enough; due += 1) this.#begin();
    }, BEAT_MILLISECONDS);
  }

  /** Begins nothing new, and waits until everybody has an answer or has given up. */
  async stop(): Promise<void> {
    clearInterval(this.#beat);
    this.requests.isStopping = true;
    while (this.#waiting.size > 0) await Promise.race(this.#waiting);
  }

  /** Each kind of work, done once; throws where it did not succeed. When to give up is the caller's to say. */
  get probes(): ReadonlyMap<string, () => Promise<void>> {
    const probes = new Map<string, () => Promise<void>>([
      ["a ticket", async () => void (await this.#lateTicket())],
      ["a signed ticket", async () => void (await this.#signed(await this.#lateTicket()))],
      ["a proof, and in by it", () => this.#probeRedeeming()],
      ["a revocation", () => this.#probeRevoking()],
      ["a draw", async () => must(await this.editions.raffleOf("random_int"), "it was not drawn")],
      [
        "a credential",
        () =>
          this.#probePerson(
            () => this.#people.attest(),
            (id) => this.#people.hasCredential(id),
          ),
      ],
      [
        "a record sent",
        () =>
          this.#probePerson(
            () => this.#people.publish(),
            (id) => this.#people.isSent(id),
          ),
      ],
    ]);
    for (const level of LEVELS) probes.set(`SQL, ${level}`, () => this.#probeSql(level));
    for (let gateway = 0; gateway < this.doors.gatewayCount; gateway += 1)
      probes.set(`a query at gateway ${gateway + 1}`, async () => {
        const answer = await this.doors.graphql(gateway, undefined, EDITION, { slug: this.editions.anyLarge() });
        must(granted(answer) !== undefined, answer.is);
      });
    return probes;
  }

  #begin(): void {
    if (this.#waiting.size >= WAITING_MAX) {
      this.requests.counts.heldBack += 1;
      return;
    }
    const act = this.#dice.weighted(this.#acts);
    const work = act().catch((error: Error) => {
      this.requests.findings.push({ what: "process", detail: `A client failed: ${error.stack}` });
    });
    this.#waiting.add(work);
    void work.finally(() => this.#waiting.delete(work));
  }

  async #buy(isByOperator: boolean, quantity?: number): Promise<void> {
    const wish = this.#wish(quantity);
    const { answer } = await this.#tickets.buy(wish, isByOperator);
    await this.editions.heard(wish.slug, answer);
  }

  async #buyBySql(): Promise<void> {
    const wish = this.#wish(this.#dice.chance(25) ? this.#dice.between(2, 5) : undefined);
    const { answer } = await this.#tickets.buyBySql(wish, this.#dice.pick(LEVELS), !this.#dice.chance(10));
    await this.editions.heard(wish.slug, answer);
  }

  async #redeem(): Promise<void> {
    const held = this.#tickets.takeHeld();
    const ticket = held && (await this.#tickets.look(held));
    if (held === undefined || !ticket?.envelope || !ticket.timechainProof) return;
    await this.#tickets.redeem(held, ticket.envelope, ticket.timechainProof);
  }

  async #revoke(): Promise<void> {
    const held = this.#tickets.takeHeld();
    if (held !== undefined) await this.#tickets.revoke(held);
  }

  async #look(): Promise<void> {
    const gateway = this.#dice.integer(this.doors.gatewayCount);
    const ways: readonly Act[] = [
      async () => {
        const held = this.#tickets.anyHeld();
        if (held !== undefined) await this.#tickets.look(held);
      },
      () => this.editions.look(),
      () => this.doors.graphql(gateway, { subject: this.#holder(), isOperator: false }, OWN_TICKETS),
      () => this.doors.read(gateway, this.#dice.pick(READABLE)),
    ];
    await this.#dice.pick(ways)();
  }

  #wish(quantity: number | undefined): Wish {
    return { slug: this.editions.any(), holder: this.#holder(), quantity };
  }

  #holder(): string {
    return `holder ${this.#dice.integer(HOLDERS)}`;
  }

  /** A ticket for somebody who has none. */
  async #lateTicket(): Promise<Held> {
    const wish = { slug: this.editions.anyLarge(), holder: `a late comer ${++this.#lateComers}` };
    const { answer, held } = await this.#tickets.buy(wish, true);
    must(held[0] !== undefined, said(answer));
    return held[0];
  }

  /** The envelope of a ticket, as soon as it is there. */
  async #signed(held: Held): Promise<void> {
    await untilSo(async () => (await this.#tickets.look(held))?.envelope);
  }

  async #probeRedeeming(): Promise<void> {
    const held = await this.#lateTicket();
    const ticket = await untilSo(async () => {
      const found = await this.#tickets.look(held);
      return found?.envelope && found.timechainProof ? found : undefined;
    });
    const answer = await this.#tickets.redeem(held, ticket?.envelope ?? "", ticket?.timechainProof ?? "");
    must(isEnded(answer), said(answer));
  }

  async #probeRevoking(): Promise<void> {
    const held = await this.#lateTicket();
    await this.#signed(held);
    const answer = await this.#tickets.revoke(held);
    must(isEnded(answer), said(answer));
  }

  async #probePerson(ask: () => Promise<string | undefined>, isDone: (id: string) => Promise<boolean>): Promise<void> {
    const id = await ask();
    must(id !== undefined, "it was not taken");
    await untilSo(async () => (await isDone(id)) || undefined);
  }

  async #probeSql(level: Level): Promise<void> {
    const wish = { slug: this.editions.anyLarge(), holder: `a late comer ${++this.#lateComers}` };
    const { answer } = await this.#tickets.buyBySql(wish, level);
    must(answer.is === "granted", said(answer));
  }
}

/** Whether a ticket was used up or withdrawn, by this client or by another who has it in hand. */
function isEnded(answer: Answer<unknown>): boolean {
  return (
    answer.is === "granted" || (answer.is === "refused" && /^(ALREADY_REDEEMED|TICKET_REVOKED)$/.test(answer.name))
  );
}

function said(answer: Answer<unknown>): string {
  return answer.is === "refused" ? answer.name : answer.is;
}

function must(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(sentence);
}
