/**
 * The security headers of every answer. They are the same for each request, so helmet makes them once and not for every answer anew.
 */
import { IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { FastifyInstance } from "fastify";
import helmet from "helmet";

declare module "fastify" {
  interface FastifyContextConfig {
    /** The page that the route serves, if it serves one: what a browser may do with anything else is nothing. */
    page?: "dashboard" | "explorer";
  }
}

/** Where browsers report what the policy of the dashboard has kept from happening. */
export const REPORTS_PATH = "/dashboard-reports";

type Directives = Readonly<Record<string, readonly string[]>>;

/** Nothing here is a page; and if a browser takes it for one, it may do nothing. */
const strict: Directives = {
  "default-src": ["'none'"],
  "frame-ancestors": ["'none'"],
  "base-uri": ["'none'"],
  "form-action": ["'none'"],
};

/**
 * The dashboard does nothing that is not its own, and nothing inline; what its strings are, no script can be made of. `'self'` covers
 * WebSockets to the same host.
 */
const dashboard: Directives = {
  ...strict,
  "script-src": ["'self'"],
  "style-src": ["'self'"],
  "img-src": ["'self'", "data:", "blob:"],
  "font-src": ["'self'"],
  "connect-src": ["'self'"],
  "form-action": ["'self'"],
  "require-trusted-types-for": ["'script'"],
  "trusted-types": ["'none'"],
  "report-uri": [REPORTS_PATH],
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

/** The gate's scanner needs the camera, and whoever copies a ticket the clipboard; nothing needs the rest. */
const permissions = [
  "camera=(self)",
  "clipboard-write=(self)",
  ...[
    "accelerometer",
    "autoplay",
    "clipboard-read",
    "cross-origin-isolated",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "publickey-credentials-create",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "sync-xhr",
    "usb",
    "window-management",
    "xr-spatial-tracking",
  ].map((feature) => `${feature}=()`),
].join(", ");

/**
 * Adds the headers to whatever the app answers, errors included.
 *
 * @param isHttpsOnly whether browsers are told to insist on HTTPS
 */
export function addSecurityHeaders(app: FastifyInstance, isHttpsOnly: boolean): void {
  const ofOthers = makeHeaders(strict, isHttpsOnly);
  const ofPages = {
    explorer: makeHeaders(explorer, isHttpsOnly),
    dashboard: { ...makeHeaders(dashboard, isHttpsOnly), "permissions-policy": permissions },
  };
  app.addHook("onRequest", (request, reply, done) => {
    const { page } = request.routeOptions.config;
    reply.headers(page === undefined ? ofOthers : ofPages[page]);
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
