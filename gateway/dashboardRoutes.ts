/**
 * The dashboard: the same page for every path of its own, which finds out by itself what to show, and its assets. Their names change with what is
 * in them, so browsers keep them for ever and ask only for the page anew.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, gzip, constants as zlib } from "node:zlib";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Logger } from "pino";
import { ASSETS_PATH, type Bundle, loadBundle } from "./dashboard/bundle.ts";
import { REPORTS_PATH } from "./headers.ts";
import { acceptsEncoding, acceptsType, hasAlready } from "./negotiation.ts";
import type { PolicyReports } from "./policyReports.ts";
import { refusal } from "./refusals.ts";

export interface DashboardRoutesOptions {
  readonly log: Logger;
  /** What `/` says to those who do not ask for a page. */
  readonly welcome: string;
  readonly policyReports: Pick<PolicyReports, "take">;
  /** Makes the dashboard. */
  readonly load?: () => Promise<Bundle>;
}

/** Where the dashboard is, beside `/`; each is the same page. */
const PAGE_PATHS = [
  "/editions/:slug",
  "/tickets",
  "/tickets/:id",
  "/verify",
  "/ledger",
  "/you",
  "/publications",
  "/operator",
  "/operator/editions/:slug",
  "/operator/gate",
  "/operator/holders",
  "/operator/holders/:id",
];

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  png: "image/png",
  svg: "image/svg+xml",
  woff2: "font/woff2",
};
const FOR_EVER = "public, max-age=31536000, immutable";
/** It is asked for anew each time, and answered with 304 while it is the same. */
const ASK_AGAIN = "no-cache";
/** Trying to make it reads all of its sources. */
const FAILURE_MILLISECONDS = 5_000;
const REPORT_BYTES_MAX = 8_192;
/** An eighth of the time that the smallest takes, for a twelfth more. */
const BROTLI_QUALITY = 9;

const PAGE_PATTERN = new RegExp(`^(/|${PAGE_PATHS.map((path) => path.replace(/:\w+/g, "[^/]+")).join("|")})$`);

/** Whether the page is at this path. */
export function isDashboardPath(path: string): boolean {
  return PAGE_PATTERN.test(path);
}

/** A file as it is sent. */
interface Served {
  readonly type: string;
  readonly body: Buffer;
  readonly etag: string;
  /** Compressed, made when it is first asked for; null where that saves nothing. */
  readonly compressed: Record<"br" | "gzip", () => Promise<Buffer | null>>;
}

interface ServedBundle {
  readonly page: Served;
  readonly assets: ReadonlyMap<string, Served>;
}

/** Serves the dashboard, and takes reports against its policy. */
export function addDashboardRoutes(app: FastifyInstance, options: DashboardRoutesOptions): void {
  const { log, welcome, policyReports, load = loadBundle } = options;
  const bundle = once(async () => {
    try {
      return serve(await load());
    } catch (error) {
      log.error({ err: error }, "the dashboard cannot be made; everything else is served");
      throw refusal("INTERNAL_ERROR", "The dashboard cannot be made here; the log says why.", {
        hint: "Install esbuild (npm ci), or make the dashboard where it is (node gateway/dashboard/bundle.ts).",
        statusCode: 503,
      });
    }
  }, FAILURE_MILLISECONDS);
  const asPage = { config: { page: "dashboard" } } as const;

  app.get("/", asPage, async (request, reply) => {
    reply.header("vary", "accept");
    if (acceptsType(request.headers, "text/html")) return send(request, reply, (await bundle()).page, ASK_AGAIN);
    return reply.type("text/plain; charset=utf-8").send(welcome);
  });
  for (const path of PAGE_PATHS) {
    app.get(path, asPage, async (request, reply) => send(request, reply, (await bundle()).page, ASK_AGAIN));
  }

  app.get<{ Params: { name: string } }>(`${ASSETS_PATH}:name`, async (request, reply) => {
    const asset = (await bundle()).assets.get(request.params.name);
    if (asset !== undefined) return send(request, reply, asset, FOR_EVER);
    // An older page may ask for it, or another gateway may have made a newer one already.
    reply.header("cache-control", "no-store");
    return reply.callNotFound();
  });

  void app.register(async (reports) => {
    reports.removeAllContentTypeParsers();
    reports.addContentTypeParser(
      "application/csp-report",
      { parseAs: "string" },
      reports.getDefaultJsonParser("error", "error"),
    );
    reports.post(REPORTS_PATH, { bodyLimit: REPORT_BYTES_MAX }, async (request, reply) => {
      policyReports.take(request.body);
      return reply.code(204).send();
    });
  });
}

/** Makes a function that does something once and keeps what came of it: a failure for so long only, by default not at all. */
function once<Value>(act: () => Promise<Value>, failureMilliseconds = 0): () => Promise<Value> {
  let value: Promise<Value> | undefined;
  let failedAt: number | null = null;
  return () => {
    if (failedAt !== null && performance.now() - failedAt >= failureMilliseconds) [value, failedAt] = [undefined, null];
    value ??= act().catch((error) => {
      failedAt = performance.now();
      throw error;
    });
    return value;
  };
}

function serve({ page, assets }: Bundle): ServedBundle {
  return {
    page: served("index.html", page),
    assets: new Map([...assets].map(([name, body]) => [name, served(name, body)])),
  };
}

function served(name: string, body: Buffer): Served {
  const isText = !/\.(png|woff2)$/.test(name);
  const made = (compress: () => Promise<Buffer>) =>
    once(async () => {
      const compressed = isText ? await compress() : body;
      return compressed.length < body.length ? compressed : null;
    });
  return {
    type: TYPES[name.split(".").at(-1) ?? ""] ?? "application/octet-stream",
    body,
    etag: createHash("sha256").update(body).digest("base64url").slice(0, 22),
    compressed: {
      br: made(() => promisify(brotliCompress)(body, { params: { [zlib.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY } })),
      gzip: made(() => promisify(gzip)(body)),
    },
  };
}

async function send(
  request: FastifyRequest,
  reply: FastifyReply,
  file: Served,
  cacheControl: string,
): Promise<FastifyReply> {
  const { headers } = request;
  const encoding = (["br", "gzip"] as const).find((one) => acceptsEncoding(headers, one));
  const compressed = encoding === undefined ? null : await file.compressed[encoding]();
  const etag = `"${file.etag}${compressed === null ? "" : `-${encoding}`}"`;
  const vary = [reply.getHeader("vary"), "accept-encoding"].filter((name) => name !== undefined).join(", ");
  reply.headers({ "cache-control": cacheControl, etag, vary });
  if (hasAlready(headers, etag)) return reply.code(304).send();
  if (compressed !== null) reply.header("content-encoding", encoding);
  return reply.type(file.type).send(compressed ?? file.body);
}
