/**
 * The one place where a request gets its identity, whichever way it came.
 *
 * Before anything of an operation runs, its Authorization, or that of its session, is checked, and a refused token ends it with 401. The result waits here, keyed by
 * the request or the socket, until the operation asks for its context. An operation whose identity is not here runs as press_anonymous:
 * there is always an explicit role, because without one PostGraphile would run as the login.
 */
import type { IncomingMessage } from "node:http";
import type { SpanContext } from "@opentelemetry/api";
import type {} from "postgraphile/grafserv/fastify/v5";
import type {} from "postgraphile/grafserv/node";
import { type Authenticate, anonymous, type Identity } from "../auth.ts";
import { addressOfContext } from "../clientAddress.ts";
import { settingsOf } from "../database.ts";
import { refusal } from "../refusals.ts";
import { spanOfRequest } from "../requestSpans.ts";
import { CALLER_HEADER, type CredentialHeaders, requireCaller, type Sessions } from "../session.ts";

declare global {
  namespace Grafast {
    interface Context {
      /** Who calls. */
      identity: Identity;
      /** From which network address. */
      address: string;
      /** What is traced of the request, if anything is. */
      span: SpanContext | undefined;
    }
  }
}

interface IdentityPlugin {
  readonly plugin: GraphileConfig.Plugin;
  /** What every step of an operation can see: who calls, and the database settings that say the same, and from where. */
  readonly contextOf: (request: Partial<Grafast.RequestContext>) => Partial<Grafast.Context>;
}

type WebSocketContext = NonNullable<
  Parameters<NonNullable<GraphileConfig.GrafservMiddleware["processGraphQLRequestBody"]>>[0]["graphqlWsContext"]
>;

export function makeIdentityPlugin(
  authenticate: Authenticate,
  sessions: Pick<Sessions, "authorizationOf">,
): IdentityPlugin {
  const identities = new WeakMap<object, Identity>();

  return {
    plugin: {
      name: "IdentityPlugin",
      version: "1.0.0",
      grafserv: {
        middleware: {
          async processGraphQLRequestBody(next, { request, graphqlWsContext }) {
            if (request !== undefined) {
              const headers = headersOf(request);
              const identity = await authenticate(sessions.authorizationOf(headers));
              if (headers.authorization === undefined) requireCaller(request.getHeader(CALLER_HEADER), identity);
              identities.set(request, identity);
            } else if (graphqlWsContext !== undefined) {
              const authorization = authorizationOfSocket(graphqlWsContext);
              const identity = await authenticate(
                authorization ?? sessions.authorizationOf(upgradeHeadersOf(graphqlWsContext)),
              );
              if (authorization === undefined) requireCaller(graphqlWsContext.connectionParams?.caller, identity);
              identities.set(socketOf(graphqlWsContext), identity);
            }
            return next();
          },
        },
      },
    },
    contextOf(request) {
      const key = request.http ?? request.ws?.socket;
      const identity = (key !== undefined ? identities.get(key) : undefined) ?? anonymous;
      // Requests that wait until their operation has been planned for another go on in that one's turn, and so in its trace, if nobody tells them.
      const span = spanOfRequest(request.fastifyv5?.request);
      const address = addressOfContext(request);
      return { identity, address, span, pgSettings: settingsOf(identity, address) };
    },
  };
}

/** The connection's own socket: the connection stays with one identity, and each operation checks anew that its token still holds. */
function socketOf(context: WebSocketContext): object {
  return (context.extra as { socket: object }).socket;
}

type HttpRequest = NonNullable<
  Parameters<NonNullable<GraphileConfig.GrafservMiddleware["processGraphQLRequestBody"]>>[0]["request"]
>;

function headersOf(request: HttpRequest): CredentialHeaders {
  return {
    authorization: request.getHeader("authorization"),
    cookie: request.getHeader("cookie"),
    host: request.getHeader("host"),
    origin: request.getHeader("origin"),
    "sec-fetch-site": request.getHeader("sec-fetch-site"),
  };
}

/** Pages cannot set headers on a WebSocket, so a token comes with the first message; other clients may use either. Undefined: in neither. */
function authorizationOfSocket(context: WebSocketContext): string | undefined {
  const { connectionParams } = context;
  const given = Object.entries(connectionParams ?? {}).filter(([name]) => name.toLowerCase() === "authorization");
  if (given.length === 0) return upgradeHeadersOf(context).authorization;
  const [authorization] = given.map(([, value]) => value);
  if (given.length === 1 && typeof authorization === "string") return authorization;
  throw refusal("UNAUTHENTICATED", "connectionParams.authorization must be one text.", { statusCode: 401 });
}

function upgradeHeadersOf({ extra }: WebSocketContext): IncomingMessage["headers"] {
  return (extra as { request: IncomingMessage }).request.headers;
}
