/**
 * Which web pages may use the gateway: its own, and those of the allowed origins. Tokens in a header are never sent by a browser by itself, so for
 * them this is a second wall; but a WebSocket knows no other, because browsers let any page open one to anywhere, and neither does a
 * session's cookie, which browsers send along whichever page asks: session.ts.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { errorAnswer, refusal } from "./refusals.ts";

/** Whose pages may use the gateway. */
export interface Origins {
  /** Others than its own. */
  readonly allowedOrigins: readonly string[];
  /** Where browsers reach it. Undefined: wherever the Host of their requests says. */
  readonly publicOrigin?: string | undefined;
}

/** Refuses WebSockets of foreign origins, and tells browsers which origins may read answers. */
export function guardOrigins(app: FastifyInstance, { allowedOrigins, publicOrigin }: Origins): void {
  const allowed = new Set(allowedOrigins);

  app.addHook("onRequest", async (request, reply) => {
    const { origin } = request.headers;
    // Only browsers send it, and they cannot be made to leave it out of a WebSocket's request.
    if (origin === undefined || isOwn(origin, request.headers, publicOrigin)) return undefined;
    if (allowed.has(origin)) return allow(origin, request, reply);
    if (!request.ws) return undefined;
    const error = refusal("ORIGIN_NOT_ALLOWED", "Pages of this origin may not connect here.", {
      hint: "Add it to ALLOWED_ORIGINS.",
    });
    return reply.code(403).send(errorAnswer(error));
  });
}

/** A proxy may send another Host than the browser did; the public origin is known without it. */
function isOwn(origin: string, { host }: IncomingHttpHeaders, publicOrigin: string | undefined): boolean {
  return origin === publicOrigin || (host !== undefined && URL.parse(origin)?.host === host);
}

/**
 * Whether a page of the gateway's own has sent a request, and no other page, whatever it did to its visitor. Current browsers say so
 * themselves (Fetch Metadata), in words that no page can choose; of others the origin counts, port included.
 */
export function isFromOwnPage(headers: IncomingHttpHeaders, publicOrigin: string | undefined): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined) return site === "same-origin";
  return headers.origin !== undefined && isOwn(headers.origin, headers, publicOrigin);
}

function allow(origin: string, request: FastifyRequest, reply: FastifyReply): FastifyReply | undefined {
  reply.header("access-control-allow-origin", origin).header("vary", "origin");
  if (request.method !== "OPTIONS") return undefined;
  return reply
    .code(204)
    .header("access-control-allow-methods", "GET, POST")
    .header("access-control-allow-headers", "authorization, content-type")
    .header("access-control-max-age", "600")
    .send();
}
