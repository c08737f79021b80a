/**
 * The routes of the ledger: C2SP tlog-tiles under the prefix `/ledger/`, for readers that know nothing of us, proofs to keep, and the schemas
 * that its events name. What is under a checkpoint never changes, so everything but the checkpoint and its key may be kept for a year.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { publicHeaders } from "./headers.ts";
import type { LedgerFile, LedgerReader, Tile } from "./ledger.ts";
import { acceptsEncoding, hasAlready } from "./negotiation.ts";
import { parseWhole } from "./parseWhole.ts";

const TEXT = "text/plain; charset=utf-8";
/** For what never changes. */
const FOR_EVER = "public, max-age=31536000, immutable";
/** For what may be another the next second. */
const BRIEFLY = "public, max-age=1";

/** How long the schemas may be kept; another version of the press may describe events in other words. */
const A_MINUTE = "public, max-age=60";

/** Serves the ledger. */
export function addLedgerRoutes(app: FastifyInstance, ledger: LedgerReader): void {
  app.get("/ledger/vkey", async (request, reply) => send(request, reply, await ledger.vkey(), TEXT, BRIEFLY));

  app.get("/ledger/checkpoint", async (request, reply) =>
    send(request, reply, await ledger.checkpoint(), TEXT, BRIEFLY),
  );

  app.get<{ Params: { "*": string } }>("/ledger/tile/*", async (request, reply) => {
    const tile = parseTilePath(request.params["*"]);
    const file = tile && (await ledger.tile(tile));
    return send(request, reply, file, "application/octet-stream", FOR_EVER);
  });

  app.get<{ Params: { place: string }; Querystring: { size?: unknown } }>(
    "/ledger/proof/:place",
    async (request, reply) => {
      const place = parseWhole(request.params.place);
      const size = request.query.size === undefined ? null : parseWhole(request.query.size);
      const isAsked = place !== null && (size !== null || request.query.size === undefined);
      const file = isAsked ? await ledger.proof(place, size) : null;
      if (file !== null) reply.header("content-disposition", `inline; filename="${place}.tlog-proof"`);
      return send(request, reply, file, TEXT, size === null ? BRIEFLY : FOR_EVER);
    },
  );

  app.get<{ Params: { file: string } }>("/ledger/schemas/:file", async (request, reply) => {
    const [, type] = /^(.+)\.json$/.exec(request.params.file) ?? [];
    const file = type === undefined ? null : await ledger.schema(type);
    return send(request, reply, file, "application/schema+json", A_MINUTE);
  });
}

/**
 * Reads what follows `tile/` in the path of a tile (c2sp.org/tlog-tiles): the level or `entries`, the index in groups of three digits, all
 * but the last after an `x`, and the width of one that is not full. Null for whatever else, such as another writing of the same index.
 */
export function parseTilePath(path: string): Tile | null {
  const [, level = "", groups = "", width] = TILE_PATH.exec(path) ?? [];
  const index = Number(groups.replace(/[x/]/g, ""));
  if (groups === "" || !Number.isSafeInteger(index)) return null;
  if (level !== "entries" && Number(level) > 63) return null;
  if (width !== undefined && Number(width) > 255) return null;
  return { level: level === "entries" ? level : Number(level), index, width: Number(width ?? 256) };
}

const TILE_PATH = /^(entries|0|[1-9]\d?)\/((?!x000)(?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  file: LedgerFile | null,
  type: string,
  cacheControl: string,
): FastifyReply {
  if (file === null) {
    // Tomorrow it may be there.
    reply.code(404).headers(publicHeaders("no-store")).type(TEXT);
    return reply.send("The ledger has nothing here, or no published checkpoint covers it yet.\n");
  }
  const gzip = acceptsEncoding(request.headers, "gzip") ? file.gzip : null;
  const etag = `"${file.etag}${gzip === null ? "" : "-gzip"}"`;
  reply.headers({ ...publicHeaders(cacheControl), etag });
  if (file.gzip !== null) reply.header("vary", "accept-encoding");
  if (hasAlready(request.headers, etag)) return reply.code(304).send();
  if (gzip !== null) reply.header("content-encoding", "gzip");
  return reply.type(type).send(gzip ?? file.body);
}
