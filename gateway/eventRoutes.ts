/**
 * The ledger's events for whoever asks over HTTP: server-sent events, public like the ledger itself. They are read as fast as their reader takes
 * them: whoever takes nothing costs one piece of them and a place among the readers, and loses both when the time is up.
 */
import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import type { Authenticate, Identity } from "./auth.ts";
import { eventStream } from "./eventStream.ts";
import { whenExpired } from "./expiry.ts";
import { publicHeaders } from "./headers.ts";
import type { LedgerFeed } from "./ledgerFeed.ts";
import type { OpenConnections } from "./openConnections.ts";
import { parseWhole } from "./parseWhole.ts";
import { refusal } from "./refusals.ts";
import { EventBundles } from "./serverSentEvents.ts";
import { Turnstile } from "./turnstile.ts";

/** How long is long. */
export interface EventTimes {
  /** A reader that takes nothing for so long is cut off. */
  readonly stallMilliseconds: number;
  /** A reader for which there is nothing hears a comment as often, so this is the shorter one. */
  readonly silenceMilliseconds: number;
}

export interface EventRoutesOptions {
  readonly feed: Pick<LedgerFeed, "when" | "leaves" | "isClosed">;
  readonly authenticate: Authenticate;
  readonly readers: OpenConnections;
  readonly log: Logger;
  readonly times?: Partial<EventTimes> | undefined;
}

const TIMES: EventTimes = { stallMilliseconds: 30_000, silenceMilliseconds: 15_000 };
/** A reader that is asked to go and has not taken what was left for it by then is cut off. */
const GOODBYE_MILLISECONDS = 1_000;

/** Serves `/events`. */
export function addEventRoutes(
  app: FastifyInstance,
  { feed, authenticate, readers, log, times }: EventRoutesOptions,
): void {
  const { stallMilliseconds, silenceMilliseconds } = { ...TIMES, ...times };
  const bundles = new EventBundles({ feed, log });
  const turnstile = new Turnstile();
  const endings = new Set<() => void>();
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
    for (const end of endings) end();
  });

  // HEAD would have to read all that there will ever be.
  app.get("/events", { exposeHeadRoute: false, config: { isEndless: true } }, async (request, reply) => {
    const firstPlace = firstPlaceOf(request);
    const identity = unexpired(await authenticate(request.headers.authorization));
    readers.enter(request.ip, reply.raw);

    const { socket } = request.raw;
    const ending = new AbortController();
    const { signal } = ending;
    const events = eventStream({ feed, bundles, firstPlace, signal, silenceMilliseconds });
    const stream = Readable.from(inTurns(turnstile, events), { objectMode: false });
    const end = () => {
      ending.abort();
      socket.setTimeout(GOODBYE_MILLISECONDS);
    };
    // The server destroys a socket whose time is up: nothing came or went, and of what was to go nothing was taken.
    socket.setTimeout(stallMilliseconds);
    const forget = whenExpired(identity, end);
    endings.add(end);
    reply.raw.once("close", () => ending.abort());
    stream.once("close", () => {
      forget();
      endings.delete(end);
    });
    if (isClosing) end();
    return reply
      .headers({ ...publicHeaders("no-store"), "x-accel-buffering": "no", connection: "close" })
      .type("text/event-stream")
      .send(stream);
  });
}

/** However many readers there are, and all of them have something to be sent at the same time. */
async function* inTurns<Item>(turnstile: Turnstile, items: AsyncIterable<Item>): AsyncGenerator<Item, void> {
  for await (const item of items) {
    await turnstile.pass();
    yield item;
  }
}

/** `Last-Event-ID` is what a reader says that comes back, so it goes before the `after` with which it came first. */
function firstPlaceOf({ headers, query }: FastifyRequest): number {
  const given = headers["last-event-id"] ?? (query as { after?: unknown }).after;
  if (given === undefined) return 0;
  const place = parseWhole(given);
  if (place !== null) return place + 1;
  throw refusal("INVALID_INPUT", `"after", or Last-Event-ID, must be the place of the last event that you have.`, {
    hint: "It is a whole number; leave it out to read from the first event on.",
    statusCode: 400,
  });
}

/** The tolerance for clocks begins no stream that would end at once. */
function unexpired(identity: Identity): Identity {
  if (identity.expiresAt === null || identity.expiresAt > Date.now()) return identity;
  throw refusal("UNAUTHENTICATED", "The token has expired.", {
    hint: "Get a new token, or send none: events are public.",
    statusCode: 401,
  });
}
