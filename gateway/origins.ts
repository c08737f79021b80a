/**
 * Which web pages may use the gateway: its own, and those of the allowed origins. Tokens are never sent by a browser by itself, so this is a
 * second wall; but a WebSocket knows no other, because browsers let any page open one to anywhere.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { errorAnswer, refusal } from "./refusals.ts";

/** Refuses WebSockets of foreign origins, and tells browsers which origins may read answers. */
export function guardOrigins(app: FastifyInstance, allowedOrigins: readonly string[]): void {
  const allowed = new Set(allowedOrigins);

  app.addHook("onRequest", async (request, reply) => {
    const { origin } = request.headers;
    // Only browsers send it, and they cannot be made to leave it out of a WebSocket's request.
    if (origin === undefined || isOwn(origin, request)) return undefined;
    if (allowed.has(origin)) return allow(origin, request, reply);
    if (!request.ws) return undefined;
    const error = refusal("ORIGIN_NOT_ALLOWED", "Pages of this origin may not connect here.", {
      hint: "Add it to ALLOWED_ORIGINS.",
    });
    return reply.code(403).send(errorAnswer(error));
  });
}

function isOwn(origin: string, request: FastifyRequest): boolean {
  return URL.parse(origin)?.host === request.headers.host;
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
