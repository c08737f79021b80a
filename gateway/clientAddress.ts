/**
 * From which network address a request comes, for the database: what Fastify makes of the socket and TRUSTED_PROXIES, by which the limits for one
 * address count too. GraphQL over HTTP, over a WebSocket, and the routes all ask here.
 */
import { isIP } from "node:net";
import type { FastifyRequest } from "fastify";

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

/** Which interface an address was seen on says nothing of who has it. */
function withoutZone(address: string): string {
  return address.split("%")[0] ?? "";
}
