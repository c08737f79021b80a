/* Operators who open editions, close them, replace those that are sold out, and draw raffles in all three modes. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { CLOSE, CREATE, DRAW, EDITION, type EditionAnswer, OPEN } from "./documents.ts";
import { type Answer, OPERATOR } from "./doors.ts";
import { drawEffect } from "./judge.ts";
import type { Tickets, Tools } from "./tickets.ts";

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
/** A draw by beacon needs the end of a window. */
const WINDOW_MILLISECONDS = 4_000;
const DRAW_MILLISECONDS = 200;

export type DrawMode = "random_int" | "sealed" | "beacon";

/** A place for an edition that is on sale. */
interface Shelf {
  slug: string;
  refusals: number;
  isBeingReplaced: boolean;
}

export class Editions {
  /** No sealed draw is begun: the key that it would be committed to with is about to go. */
  holdsSealedDraws = false;
  /** How many sealed draws are under way. */
  sealedAtWork = 0;
  readonly #tools: Tools;
  readonly #tickets: Tickets;
  readonly #shelves: Shelf[][] = [];
  #editions = 0;
  #raffles = 0;

  constructor(tools: Tools, tickets: Tickets) {
    this.#tools = tools;
    this.#tickets = tickets;
  }

  /** Opens some of each kind. */
  async prepare(): Promise<void> {
    for (const { cap, limit } of CLASSES) {
      const slugs = Array.from({ length: EDITIONS_PER_CLASS }, () => this.#openAnother(cap, limit));
      this.#shelves.push((await Promise.all(slugs)).map((slug) => ({ slug, refusals: 0, isBeingReplaced: false })));
    }
  }

  /** The slug of one that is on sale, or sold out a moment ago. */
  any(): string {
    const index = this.#tools.dice.weighted(new Map(CLASSES.map(({ weight }, place) => [place, weight])));
    return this.#tools.dice.pick(this.#shelves[index] ?? []).slug;
  }

  /** One in which a holder who has nothing gets a ticket: another takes its place long before it is sold out. */
  anyLarge(): string {
    return this.#tools.dice.pick(this.#shelves.at(-1) ?? []).slug;
  }

  /** What somebody heard who asked for a ticket of an edition: when enough have heard that there is nothing, another is opened, and this one perhaps closed. */
  async heard(slug: string, answer: Answer<unknown>): Promise<void> {
    const { dice, requests } = this.#tools;
    if (answer.is !== "refused" || !/^(CAP_REACHED|EDITION_NOT_OPEN)$/.test(answer.name)) return;
    const index = this.#shelves.findIndex((shelves) => shelves.some((shelf) => shelf.slug === slug));
    const shelf = this.#shelves[index]?.find((candidate) => candidate.slug === slug);
    const kind = CLASSES[index];
    if (shelf === undefined || kind === undefined) return; // It was replaced meanwhile, or is a raffle.
    shelf.refusals += 1;
    if (shelf.refusals < SOLD_OUT_ENOUGH || shelf.isBeingReplaced || requests.isStopping) return;
    shelf.isBeingReplaced = true;
    const next = await this.#openAnother(kind.cap, kind.limit);
    if (requests.isStopping) return; // Perhaps it was never opened.
    Object.assign(shelf, { slug: next, refusals: 0, isBeingReplaced: false });
    if (dice.chance(50)) await this.#close(slug);
  }

  /** Reads one that is on sale: there never remain more than its cap, nor less than nothing. */
  async look(): Promise<void> {
    const { requests } = this.#tools;
    const slug = this.any();
    const { cap, remainingCount } = (await this.#read(slug)) ?? { cap: 0, remainingCount: 0 };
    requests.counts.checked += 1;
    if (remainingCount >= 0 && remainingCount <= cap) return;
    requests.findings.push({ what: "beyond the cap", detail: `${slug} says that ${remainingCount} of ${cap} remain` });
  }

  /** A raffle of a mode that chance decides. */
  async raffle(): Promise<void> {
    const modes: readonly DrawMode[] = this.holdsSealedDraws
      ? ["random_int", "beacon"]
      : ["random_int", "sealed", "beacon"];
    const mode = this.#tools.dice.pick(modes);
    if (mode === "sealed") this.sealedAtWork += 1;
    try {
      await this.raffleOf(mode);
    } finally {
      if (mode === "sealed") this.sealedAtWork -= 1;
    }
  }

  /** Opens a raffle, sells some of it, closes it perhaps, and draws it; whether it was drawn, and everybody can read who has won. */
  async raffleOf(mode: DrawMode): Promise<boolean> {
    const { dice, press } = this.#tools;
    const slug = `raffle-${++this.#raffles}`;
    const cap = dice.between(3, 8);
    const closesAt = new Date(Date.now() + WINDOW_MILLISECONDS).toISOString();
    const terms = mode === "beacon" ? { closesAt, delay: 1, chain: press.beacon.chainHash } : {};
    const made = await this.#create(slug, { cap, limit: 2, mode, ...terms });
    if (made.is !== "granted" || !(await this.#open(slug))) return false;
    const buyers = Array.from({ length: dice.between(1, cap + 1) }, (_, index) => `${slug}'s ${index}`);
    await Promise.all(buyers.map((holder) => this.#tickets.buy({ slug, holder }, true)));
    if (mode !== "beacon" && dice.chance(50)) await this.#close(slug);
    return this.#draw(slug);
  }

  async #openAnother(cap: number, limit: number): Promise<string> {
    const slug = `edition-${++this.#editions}-of-${cap}`;
    await this.#create(slug, { cap, limit });
    await this.#open(slug);
    return slug;
  }

  #create(
    slug: string,
    { cap, ...more }: { readonly cap: number } & Readonly<Record<string, unknown>>,
  ): Promise<Answer<unknown>> {
    const { requests } = this.#tools;
    const operation = requests.make("create", "GraphQL", { key: slug });
    const find = async () => {
      const found = await this.#read(slug);
      return found === undefined || found === null ? found : `cap ${found.cap}`;
    };
    return requests.perform<{ edition: { cap: number } }>(operation, {
      // What was made is INVALID_INPUT to whoever asks again: nobody else uses the slug.
      ask: async () => {
        const answer = await this.#mutate<{ edition: { cap: number } }>(CREATE, { slug, cap, ...more });
        if (answer.is !== "refused" || answer.isRetryable || !operation.wasUnknown) return answer;
        const found = await find();
        if (found === undefined) return { is: "unknown", why: "whether the edition is there" };
        return found === null ? answer : { is: "granted", data: { edition: { cap } }, text: "" };
      },
      effectOf: ({ edition }) => `cap ${edition.cap}`,
      find,
      isNeeded: true,
    });
  }

  /** Until it is open; false where it cannot be any more, because its window has ended, or the load ends. */
  async #open(slug: string): Promise<boolean> {
    while (!this.#tools.requests.isStopping) {
      const answer = await this.#mutate(OPEN, { slug });
      if (answer.is === "granted") return true;
      if (answer.is === "refused" && !answer.isRetryable && answer.name !== "DRAW_NOT_READY") return false;
      await sleep(100);
    }
    return false;
  }

  async #close(slug: string): Promise<void> {
    const { requests } = this.#tools;
    const operation = requests.make("close", "GraphQL", { key: slug, edition: slug });
    await requests.perform(operation, {
      ask: () => this.#mutate(CLOSE, { slug }),
      effectOf: () => "closed",
      find: async () => {
        const found = await this.#read(slug);
        if (found === undefined) return undefined;
        return found === null || found.status === "open" ? null : "closed";
      },
    });
  }

  async #draw(slug: string): Promise<boolean> {
    const { requests } = this.#tools;
    const operation = requests.make("draw", "GraphQL", { key: slug, edition: slug });
    const key = randomUUID();
    const answer = await requests.perform(operation, {
      ask: async () => {
        for (;;) {
          const asked = await this.#mutate(DRAW, { slug, key });
          if (asked.is !== "refused" || asked.name !== "DRAW_NOT_READY" || requests.isStopping) return asked;
          await sleep(DRAW_MILLISECONDS);
        }
      },
      effectOf: () => "asked for",
      find: () => this.#drawn(slug),
      isNeeded: true,
    });
    if (answer.is !== "granted") return false;
    for (;;) {
      const result = await this.#drawn(slug);
      if (typeof result === "string") {
        operation.effect = result;
        return true;
      }
      if (requests.isStopping) {
        requests.leaveOpen(operation, () => this.#drawn(slug));
        return false;
      }
      await sleep(DRAW_MILLISECONDS);
    }
  }

  /** The result of its draw; null: nobody has asked for it; undefined: it is not there yet, or there is no answer. */
  async #drawn(slug: string): Promise<string | null | undefined> {
    const edition = await this.#read(slug);
    if (edition === undefined || edition === null) return edition;
    const [draw] = edition.draws.nodes;
    if (draw === undefined) return null;
    return draw.status === "drawn" ? drawEffect(draw.ticketNumber, draw.entriesCount) : undefined;
  }

  /** Null: there is none; undefined: there is no answer. */
  async #read(slug: string): Promise<EditionAnswer | null | undefined> {
    const { doors } = this.#tools;
    const answer = await doors.graphql<EditionAnswer | null>(this.#gateway(), OPERATOR, EDITION, { slug });
    return answer.is === "granted" ? answer.data : undefined;
  }

  #mutate<Data>(query: string, variables: Readonly<Record<string, unknown>>): Promise<Answer<Data>> {
    return this.#tools.doors.graphql<Data>(this.#gateway(), OPERATOR, query, variables);
  }

  #gateway(): number {
    return this.#tools.dice.integer(this.#tools.doors.gatewayCount);
  }
}
