/** Where credentials say that their status is: W3C Bitstring Status Lists, for anybody. */
import type { FastifyInstance } from "fastify";
import { publicHeaders } from "./headers.ts";
import { hasAlready } from "./negotiation.ts";
import { parseWhole } from "./parseWhole.ts";
import type { StatusLists } from "./statusLists.ts";

/** How long others may keep a list: a revocation is seen everywhere when it is over. */
const LIST_CACHE_CONTROL = "public, max-age=60";

export function addCredentialRoutes(app: FastifyInstance, lists: StatusLists): void {
  app.get<{ Params: { list: string } }>("/credentials/status/:list", async (request, reply) => {
    const number = parseWhole(request.params.list);
    const file = number === null ? null : await lists.list(number);
    if (file === null) {
      // Tomorrow it may be there.
      reply.code(404).headers(publicHeaders("no-store")).type("text/plain; charset=utf-8");
      return reply.send(
        "There is no such status list, or it was not signed yet; a credential names the URL of its own.\n",
      );
    }
    const etag = `"${file.etag}"`;
    reply.headers({ ...publicHeaders(LIST_CACHE_CONTROL), etag });
    if (hasAlready(request.headers, etag)) return reply.code(304).send();
    return reply.type("application/vc").send(file.body);
  });
}
