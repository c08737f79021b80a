/**
 * The gateway: one process that speaks GraphQL (HTTP and WebSocket) to people, and SQL to the database. It knows no rule of issuing.
 */
import type { AddressInfo } from "node:net";
import fastifyWebSocket from "@fastify/websocket";
import fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
  type RouteOptions,
} from "fastify";
import type { Pool } from "pg";
import type { Logger } from "pino";
import { postgraphile } from "postgraphile";
import { grafserv } from "postgraphile/grafserv/fastify/v5";
import { DatabaseSockets } from "../db/databaseSockets.ts";
import { makeLogger } from "../logging.ts";
import { publicIdentity } from "../publicIdentity.ts";
import { type JwtOptions, makeAuthenticate } from "./auth.ts";
import { closeWebSocket } from "./closeWebSocket.ts";
import { addCredentialRoutes } from "./credentialRoutes.ts";
import { addDashboardRoutes } from "./dashboardRoutes.ts";
import { checkDatabase, makePool } from "./database.ts";
import { EnvelopeWaiter } from "./envelopes.ts";
import { addEventRoutes, type EventTimes } from "./eventRoutes.ts";
import type { EvidenceOptions } from "./evidence.ts";
import { addEvidenceRoutes } from "./evidenceRoutes.ts";
import { completeGraphqlRoute } from "./graphqlRoute.ts";
import { addSecurityHeaders } from "./headers.ts";
import { Issuer } from "./issuing.ts";
import { LedgerReader } from "./ledger.ts";
import { LedgerFeed } from "./ledgerFeed.ts";
import { addLedgerRoutes } from "./ledgerRoutes.ts";
import { limits } from "./limits.ts";
import { Listener } from "./listener.ts";
import { httpRefusal } from "./masking.ts";
import { addMetricsRoute, Metrics } from "./metrics.ts";
import { type OpenBounds, OpenConnections } from "./openConnections.ts";
import { guardOrigins } from "./origins.ts";
import { readPersistedOperations } from "./persistedOperations.ts";
import type { IssuingReadBack } from "./plugins/IssuingPlugin.ts";
import { PolicyReports } from "./policyReports.ts";
import { makePreset, paths } from "./preset.ts";
import { PublicationWatch } from "./publicationWatch.ts";
import { addPublishRoutes } from "./publishRoutes.ts";
import { traceRequests } from "./requestSpans.ts";
import { addRoutes, welcome } from "./routes.ts";
import { Sessions } from "./session.ts";
import { addSessionRoutes, type SignIn } from "./sessionRoutes.ts";
import { StatusLists } from "./statusLists.ts";
import { type SubscriptionBounds, Subscriptions } from "./subscriptions.ts";

export interface GatewayOptions {
  /** The database, as the login press_gateway. */
  readonly databaseUrl: string;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly jwt: JwtOptions;
  /** Other origins whose pages may use the gateway; its own always may. */
  readonly allowedOrigins: readonly string[];
  /** Where browsers reach the gateway: its own origin, whatever Host a proxy sends. */
  readonly publicOrigin?: string | undefined;
  /** Addresses or networks of proxies, whose X-Forwarded-For is believed; where it is not said, nobody's is. */
  readonly trustedProxies?: readonly string[];
  /** Whether the GraphQL explorer is served. */
  readonly graphiql: boolean;
  /** The folder with the documents that are answered beside the press's own; where it is not said, any document is. */
  readonly persistedOperations?: string | undefined;
  /** How people sign in at the dashboard; where it is not said, nobody can. */
  readonly signIn?: SignIn | undefined;
  /** The OpenID providers with which people prove who they are; where it is not said, with none. */
  readonly evidence?: EvidenceOptions | undefined;
  /** Where the worker looks at repositories, as people know it; where it is not said, nowhere. */
  readonly repositoryHost?: string | undefined;
  readonly logLevel: string;
  /** Where the tickets of an answer are taken from; "memory" is several times as fast. */
  readonly issuingReadBack?: IssuingReadBack;
  /** WebSockets that may be open at once; where it is not said, as README.md has it. */
  readonly webSockets?: Partial<OpenBounds>;
  /** Readers of events who may be there at once, and how long they may take; the same. */
  readonly eventReaders?: Partial<OpenBounds & EventTimes>;
  /** Subscriptions that may be open at once; the same. */
  readonly subscriptions?: Partial<SubscriptionBounds>;
  /** Without TLS in front: browsers are not told to insist on it. */
  readonly development: boolean;
}

export interface Gateway {
  /** Where it listens, without a final slash. */
  readonly url: string;
  /** Accepts nothing more, answers what is under way, and lets go of every connection; a database that does not answer is given up. */
  close(): Promise<void>;
}

/** Connections of one gateway to the database; one more listens. An edition that somebody holds keeps one of those for issuing. */
const POOL_SIZES = { requests: 10, issuing: 10, ledger: 2, system: 2 } as const;

const WEBSOCKET_BOUNDS: OpenBounds = { max: limits.webSocketsMax, perAddressMax: limits.webSocketsPerAddressMax };
const EVENT_READER_BOUNDS: OpenBounds = {
  max: limits.eventReadersMax,
  perAddressMax: limits.eventReadersPerAddressMax,
};

/**
 * Starts a gateway and returns when it serves.
 *
 * @throws {Error} with one clear sentence when the database cannot be used as it should: out of reach, nothing installed, or a login other
 *   than press_gateway or with more rights than it
 */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const log = makeLogger("gateway", options.logLevel);
  const sockets = new DatabaseSockets();
  const endings: Ending[] = [];
  let closing: Promise<void> | undefined;
  const close = () => {
    closing ??= sockets.whileEnding(
      () => endAll(endings),
      () => log.warn("the database does not answer and is given up, to stop"),
    );
    return closing;
  };
  try {
    return { url: await start(options, { log, sockets, endings }), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Lets go of one thing that was started. */
type Ending = () => unknown;

/** What was started last ends first: whoever uses something is gone before it. */
async function endAll(endings: readonly Ending[]): Promise<void> {
  for (const end of endings.toReversed()) await end();
}

interface Frame {
  readonly log: Logger;
  readonly sockets: DatabaseSockets;
  readonly endings: Ending[];
}

async function start(options: GatewayOptions, { log, sockets, endings }: Frame): Promise<string> {
  const { databaseUrl, jwt, graphiql, signIn, issuingReadBack = "memory" } = options;
  const persistedOperations =
    options.persistedOperations === undefined ? undefined : await readPersistedOperations(options.persistedOperations);
  const authenticate = makeAuthenticate(jwt);
  const sessions = new Sessions({
    allowedOrigins: options.allowedOrigins,
    publicOrigin: options.publicOrigin,
    isHttpsOnly: !options.development,
  });

  const pools = new Map<string, Pool>();
  const openPool = (purpose: keyof typeof POOL_SIZES) => {
    // PostGraphile has its own way with the connections for requests.
    const answerMilliseconds = purpose === "requests" ? undefined : limits.answerMilliseconds;
    const pool = makePool({ databaseUrl, sockets, purpose, size: POOL_SIZES[purpose], log, answerMilliseconds });
    endings.push(() => pool.end());
    pools.set(purpose, pool);
    return pool;
  };
  const system = openPool("system");
  await checkDatabase(system);

  const metrics = new Metrics({ pool: system, log });
  const onBatch = (requests: number) => metrics.observeBatch(requests);
  const issuer = new Issuer({ pool: openPool("issuing"), log, onBatch });
  endings.push(() => issuer.close());
  const listener = new Listener({ databaseUrl, sockets, log });
  endings.push(() => listener.close());
  const publicReaders = openPool("ledger");
  const ledger = new LedgerReader({ pool: publicReaders });
  const feed = new LedgerFeed({ ledger, listener, log });
  endings.push(() => feed.close());
  const envelopes = new EnvelopeWaiter({ pool: system, listener, log });
  const pool = openPool("requests");
  const publications = new PublicationWatch({ pool: system, listener, log });
  endings.push(() => publications.close());
  const bounds = options.subscriptions;
  const subscriptions = new Subscriptions({ pool: system, ledger, feed, publications, log, bounds });
  endings.push(() => subscriptions.close());
  const parts = { sessions, issuer, issuingReadBack, envelopes, subscriptions };
  const preset = makePreset({ pool, log, authenticate, graphiql, persistedOperations, ...parts });
  const instance = postgraphile(preset);
  endings.push(() => instance.release());

  const webSockets = new OpenConnections("WebSockets", { ...WEBSOCKET_BOUNDS, ...options.webSockets });
  const eventReaders = new OpenConnections("streams of events", { ...EVENT_READER_BOUNDS, ...options.eventReaders });
  const app = await makeApp(options, { log, webSockets, sessions });
  endings.push(() => app.close());
  metrics.observeRequests(app);
  traceRequests(app);
  metrics.addPools(pools);
  const policyReports = new PolicyReports(log);
  addCounts(metrics, { webSockets, eventReaders, subscriptions, issuer, policyReports });
  const served = instance.createServ(grafserv);
  await served.addTo(app);
  addRoutes(app, system, () => didOf(app, options));
  addDashboardRoutes(app, { log, welcome: welcome(graphiql), policyReports });
  addSessionRoutes(app, { sessions, authenticate, jwt, signIn, log });
  const { evidence, repositoryHost } = options;
  addEvidenceRoutes(app, { pool, sessions, authenticate, evidence, repositoryHost, log });
  addPublishRoutes(app, { pool, sessions, authenticate });
  addLedgerRoutes(app, ledger);
  addCredentialRoutes(app, new StatusLists({ pool: publicReaders }));
  addEventRoutes(app, { feed, authenticate, log, readers: eventReaders, times: options.eventReaders });
  addMetricsRoute(app, metrics);
  await Promise.all([served.ready(), instance.getSchema()]);

  // Who waits for an envelope is let go first, or the others would wait for them.
  endings.push(() => envelopes.close());
  listener.listen();
  return app.listen({ host: options.host, port: options.port });
}

/** The same whoever asks, however they have reached the gateway. */
function didOf(app: FastifyInstance, { publicOrigin, host }: GatewayOptions): string {
  const { port } = app.server.address() as AddressInfo;
  return publicIdentity({ publicUrl: publicOrigin, host, port }).did;
}

interface Counted {
  readonly webSockets: OpenConnections;
  readonly eventReaders: OpenConnections;
  readonly subscriptions: Subscriptions;
  readonly issuer: Issuer;
  readonly policyReports: PolicyReports;
}

function addCounts(metrics: Metrics, counted: Counted): void {
  const { webSockets, eventReaders, subscriptions, issuer, policyReports } = counted;
  metrics.addCount("web_sockets", "WebSockets that are open.", () => webSockets.count);
  metrics.addCount("event_readers", "Readers of events who are there.", () => eventReaders.count);
  metrics.addCount("subscriptions", "GraphQL subscriptions that are open.", () => subscriptions.count);
  metrics.addCount("issuing_requests_waiting", "Requests that wait for their tickets.", () => issuer.waitingCount);
  metrics.addCount("policy_reports", "What browsers report against the dashboard's policy.", () => policyReports.count);
}

interface AppParts {
  readonly log: Logger;
  readonly webSockets: OpenConnections;
  readonly sessions: Sessions;
}

async function makeApp(options: GatewayOptions, { log, webSockets, sessions }: AppParts): Promise<FastifyInstance> {
  const app: FastifyInstance = fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // What does not fit is refused, never made to fit.
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false, useDefaults: false } },
    bodyLimit: limits.bodyBytesMax,
    requestTimeout: limits.uploadMilliseconds,
    connectionTimeout: limits.stallMilliseconds,
    forceCloseConnections: "idle",
    // What a request's `ip` is: the last address of X-Forwarded-For that is no proxy's.
    trustProxy: [...(options.trustedProxies ?? [])],
  });
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler(answerError);
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).type("text/plain").send("Nothing is here; / says where things are.\n"),
  );

  addSecurityHeaders(app, !options.development);
  // Before the plugins, so that they see what this adds to the routes of others.
  const arePersisted = options.persistedOperations !== undefined;
  app.addHook("onRoute", (route) => completeRoute(route, arePersisted));
  endKeepAliveOnClose(app);
  await app.register(fastifyWebSocket, { options: { maxPayload: limits.bodyBytesMax }, preClose: closeWebSockets });
  guardOrigins(app, options);
  // After the hook that refuses them for their origin.
  app.addHook("onRequest", async ({ ws, ip, headers, raw }) => {
    if (!ws) return;
    sessions.authorizationOf(headers);
    webSockets.enter(ip, raw.socket);
  });
  return app;
}

/** Adds to the routes of GraphQL and its explorer what they come without. */
function completeRoute(route: RouteOptions, arePersisted: boolean): void {
  if (route.url.startsWith(paths.graphiql) || route.url.startsWith(paths.graphiqlStatic)) {
    route.config = { ...route.config, page: "explorer" };
  }
  if (route.url === paths.graphql) completeGraphqlRoute(route, arePersisted);
}

/** Idle connections are closed at once; those of requests under way end with their answers, or closing would wait for the clients. */
function endKeepAliveOnClose(app: FastifyInstance): void {
  let isClosing = false;
  app.addHook("preClose", async () => {
    isClosing = true;
  });
  app.addHook("onSend", async (_request, reply) => {
    if (isClosing) reply.header("connection", "close");
  });
}

function closeWebSockets(this: FastifyInstance, done: () => void): void {
  for (const client of this.websocketServer.clients) closeWebSocket(client, 1001, "The gateway is being shut down.");
  this.websocketServer.close(() => done());
}

/** Errors of the HTTP layer, before GraphQL: a body that is too large, of another type, or no JSON. */
function answerError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, answer } = httpRefusal(error, request.log);
  return reply.code(status).send(answer);
}
