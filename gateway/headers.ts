/**
 * The security headers of every answer. They are the same for each request, so helmet makes them once and not for every answer anew.
 */
import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import helmet from "helmet";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether the route serves the explorer, which is a page with scripts. */
    isExplorer?: boolean;
  }
}

type Directives = Readonly<Record<string, readonly string[]>>;

/** Nothing here is a page; and if a browser takes it for one, it may do nothing. */
const strict: Directives = {
  "default-src": ["'none'"],
  "frame-ancestors": ["'none'"],
  "base-uri": ["'none'"],
  "form-action": ["'none'"],
};

/** The explorer is served from here, but starts by an inline script and compiles in workers. */
const explorer: Directives = {
  ...strict,
  "default-src": ["'self'"],
  "script-src": ["'self'", "'unsafe-inline'", "blob:"],
  "style-src": ["'self'", "'unsafe-inline'"],
  "img-src": ["'self'", "data:"],
  "font-src": ["'self'", "data:"],
  "worker-src": ["'self'", "blob:"],
  "connect-src": ["'self'", "ws:", "wss:"],
};

/**
 * Adds the headers to whatever the app answers, errors included.
 *
 * @param isHttpsOnly whether browsers are told to insist on HTTPS
 */
export function addSecurityHeaders(app: FastifyInstance, isHttpsOnly: boolean): void {
  const ofPages = makeHeaders(explorer, isHttpsOnly);
  const ofOthers = makeHeaders(strict, isHttpsOnly);
  app.addHook("onRequest", (request, reply, done) => {
    reply.headers(request.routeOptions.config.isExplorer ? ofPages : ofOthers);
    done();
  });
}

function makeHeaders(directives: Directives, strictTransportSecurity: boolean): OutgoingHttpHeaders {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  const contentSecurityPolicy = { useDefaults: false, directives };
  helmet({ contentSecurityPolicy, strictTransportSecurity })(response.req, response, () => undefined);
  return { ...response.getHeaders() };
}

/** Of what anybody may keep, and pages of any origin may read: whoever verifies something in a page needs it, and it is no secret. */
export function publicHeaders(cacheControl: string): OutgoingHttpHeaders {
  return {
    "cache-control": cacheControl,
    "access-control-allow-origin": "*",
    "cross-origin-resource-policy": "cross-origin",
  };
}
