/**
 * From which network address a request comes, for the database: what Fastify makes of the socket and TRUSTED_PROXIES, by which the limits for one
 * address count too. GraphQL over HTTP, over a WebSocket, and the routes all ask here.
 */
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";
import type {} from "postgraphile/grafserv/fastify/v5";
import type {} from "postgraphile/grafserv/node";

/**
 * The address, as PostgreSQL reads one.
 *
 * @param request also the one with which a WebSocket was opened
 */
export function addressOf({ ip, socket }: Pick<FastifyRequest, "ip" | "socket">): string {
  const address = withoutZone(ip);
  // A trusted proxy may forward something else than an address ("unknown"): all of those share the proxy's.
  return isIP(address) === 0 ? withoutZone(socket.remoteAddress ?? "") : address;
}

/** The same of an operation. Over a WebSocket it is the request that opened it, which Fastify has made for both ways; nobody has sent what has neither. */
export function addressOfContext({ fastifyv5, ws }: Partial<Pick<Grafast.RequestContext, "fastifyv5" | "ws">>): string {
  const request = fastifyv5?.request ?? (ws?.request as FastifyRequest | undefined);
  return request === undefined ? "" : addressOf(request);
}

/** Which interface an address was seen on says nothing of who has it. */
function withoutZone(address: string): string {
  return address.split("%")[0] ?? "";
}
