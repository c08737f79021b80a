/**
 * The ledger, as C2SP tlog-tiles has it: a checkpoint that changes, and tiles that never do.
 *
 * The database says what is published: whatever no checkpoint covers does not exist here. Full tiles are remembered by the ledger's name,
 * readers of one thing share one question, and its connections are its own, so that nobody who reads the ledger keeps a ticket waiting.
 */
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { Pool, QueryConfig } from "pg";
import { eventSchema } from "../events/schemas.ts";
import { formatVkey, parseEntryBundle } from "../verifier/index.ts";
import { ByteCache } from "./byteCache.ts";
import { kept } from "./kept.ts";
import { refusal, TRY_AGAIN } from "./refusals.ts";

/** A tile of hashes or, with the level `entries`, a bundle of entries. */
export interface Tile {
  /** Of the tile, from 0 to 63; that of the leaves is 0. */
  readonly level: number | "entries";
  /** From 0, within its level. */
  readonly index: number;
  /** How many hashes or entries: 256 of a full one, fewer of one at the right end of the tree. */
  readonly width: number;
}

/** Something that is served. */
export interface LedgerFile {
  readonly body: Buffer;
  /** The same in gzip; null for hashes, which do not get smaller. */
  readonly gzip: Buffer | null;
  /** Of the body, without quotes. */
  readonly etag: string;
  /** What it takes to keep it. */
  readonly byteLength: number;
}

/** The ledger under its latest checkpoint. */
export interface LedgerState {
  /** Its name: the first line of the checkpoint. */
  readonly origin: string;
  /** How many entries the checkpoint covers. */
  readonly size: number;
  /** The checkpoint, a signed note. */
  readonly note: string;
  /** 64 hex characters; verifies the note. */
  readonly publicKey: string;
}

export interface LedgerReaderOptions {
  /** Connections of the login press_gateway, without a role. */
  readonly pool: Pick<Pool, "query">;
  /** Different things that may be read at once; one more is OVERLOADED. */
  readonly readingMax?: number;
  /** For full tiles and bundles. */
  readonly cacheBytesMax?: number;
}

/** The hashes of a full tile; the entries of a full bundle, which lies beneath one. */
export const TILE_WIDTH = 256;
const HASH_BYTES = 32;
/** A checkpoint is signed a few times a second; readers need not cost more than this. */
const CHECKPOINT_KEPT_MILLISECONDS = 100;
const MEBIBYTE = 1_048_576;

const compress = promisify(gzip);

export class LedgerReader {
  readonly #pool: Pick<Pool, "query">;
  readonly #readingMax: number;
  readonly #fullTiles: ByteCache<LedgerFile>;
  readonly #reading = new Map<string, Promise<LedgerFile | null>>();
  /** How the ledger stands, or stood a tenth of a second ago; null before the first checkpoint. */
  readonly latest: () => Promise<LedgerState | null>;

  constructor({ pool, readingMax = 1_000, cacheBytesMax = 64 * MEBIBYTE }: LedgerReaderOptions) {
    this.#pool = pool;
    this.#readingMax = readingMax;
    this.#fullTiles = new ByteCache(cacheBytesMax);
    this.latest = kept(() => this.readLatest(), CHECKPOINT_KEPT_MILLISECONDS);
  }

  /** The latest checkpoint, a signed note; null before the first. */
  async checkpoint(): Promise<LedgerFile | null> {
    const latest = await this.latest();
    return latest && fileOf(Buffer.from(latest.note));
  }

  /** The key (C2SP vkey, a line) that the latest checkpoint was signed with; null before the first. */
  async vkey(): Promise<LedgerFile | null> {
    const latest = await this.latest();
    return latest && fileOf(Buffer.from(`${formatVkey(latest.origin, Buffer.from(latest.publicKey, "hex"))}\n`));
  }

  /**
   * A tile or a bundle; null when no published checkpoint covers all of it, or when the ledger of that name is another one's by now.
   *
   * @param origin the name of the ledger; the present one unless it is said
   * @throws {SafeError} OVERLOADED when too much is being read
   */
  async tile(tile: Tile, origin?: string): Promise<LedgerFile | null> {
    // 256^7 entries are more than there can be, and more than the database counts.
    if (tile.level !== "entries" && tile.level > 6) return null;
    const name = origin ?? (await this.latest())?.origin ?? "";
    // A ledger that goes on under another name, after its database was lost, may have other entries in the same tile.
    const key = `${name} ${tile.level}/${tile.index}/${tile.width}`;
    return this.#fullTiles.get(key) ?? this.#share(key, () => this.#readTile(tile, name, key));
  }

  /**
   * The proof that the entry at a place is in the ledger (C2SP tlog-proof), under the checkpoint of that size, or the latest one (null).
   * Null when there is no such checkpoint, or it does not cover the place.
   *
   * @throws {SafeError} OVERLOADED when too much is being read
   */
  async proof(place: number, size: number | null): Promise<LedgerFile | null> {
    return this.#share(`proof/${place}/${size}`, async () => {
      const proof = await this.#ask<string>({
        name: "ledger_proof",
        text: "select press_gateway.ledger_proof($1, $2) as answer",
        values: [place, size],
      });
      return proof === null ? null : fileOf(Buffer.from(proof));
    });
  }

  /** The JSON Schema of the `data` of a type of event; null where there is no such type, or no checkpoint yet that names the ledger. */
  async schema(type: string): Promise<LedgerFile | null> {
    const latest = await this.latest();
    const schema = latest && eventSchema(latest.origin, type);
    return schema ? fileOf(Buffer.from(`${JSON.stringify(schema, null, 2)}\n`)) : null;
  }

  /** Whoever asks for what is being read already gets the same answer. */
  #share(key: string, read: () => Promise<LedgerFile | null>): Promise<LedgerFile | null> {
    const underWay = this.#reading.get(key);
    if (underWay !== undefined) return underWay;
    if (this.#reading.size >= this.#readingMax) {
      throw refusal("OVERLOADED", "Too many are reading the ledger.", { hint: TRY_AGAIN, statusCode: 503 });
    }
    const reading = read().finally(() => this.#reading.delete(key));
    this.#reading.set(key, reading);
    return reading;
  }

  async #readTile(tile: Tile, origin: string, key: string): Promise<LedgerFile | null> {
    const { rows } = await this.#pool.query<{ answer: Buffer | null; origin: string | null }>(questionOf(tile));
    const body = rows[0]?.answer ?? null;
    if (body === null || rows[0]?.origin !== origin) return null;
    checkComplete(tile, body);
    const file = fileOf(body, tile.level === "entries" ? await compress(body) : null);
    if (tile.width === TILE_WIDTH) this.#fullTiles.set(key, file);
    return file;
  }

  /** How the ledger stands at this moment; null before the first checkpoint. */
  async readLatest(): Promise<LedgerState | null> {
    const { rows } = await this.#pool.query<{ note: string; publicKey: string }>({
      name: "ledger_checkpoint",
      text: `select note, public_key as "publicKey" from press_gateway.ledger_checkpoint()`,
    });
    const [latest] = rows;
    if (latest === undefined) return null;
    const [origin = "", size] = latest.note.split("\n", 2);
    return { ...latest, origin, size: Number(size) };
  }

  async #ask<Value>(question: QueryConfig): Promise<Value | null> {
    const { rows } = await this.#pool.query<{ answer: Value | null }>(question);
    return rows[0]?.answer ?? null;
  }
}

/** In the statement that reads something of the ledger, so that it is its name at that very moment. */
const ORIGIN = "(select split_part(c.note, e'\\n', 1) from press_gateway.ledger_checkpoint() c) as origin";

function questionOf({ level, index, width }: Tile): QueryConfig {
  if (level === "entries") {
    return {
      name: "ledger_entries",
      text: `select press_gateway.ledger_entries($1, $2) as answer, ${ORIGIN}`,
      values: [index, width],
    };
  }
  return {
    name: "ledger_tile",
    text: `select press_gateway.ledger_tile($1, $2, $3) as answer, ${ORIGIN}`,
    values: [level, index, width],
  };
}

/** A ledger with a hole is a fault of ours to look into, and nothing that others may keep for a year. */
function checkComplete({ level, index, width }: Tile, body: Buffer): void {
  const count = level === "entries" ? parseEntryBundle(body)?.length : body.byteLength / HASH_BYTES;
  if (count === width) return;
  throw new Error(
    `The tile ${index} of the ledger's level ${level} has ${count} of ${width} parts: run "npm run press -- audit".`,
  );
}

/** What is served of a body, and of the same in gzip. */
export function fileOf(body: Buffer, compressed: Buffer | null = null): LedgerFile {
  const etag = createHash("sha256").update(body).digest("base64url");
  return { body, gzip: compressed, etag, byteLength: body.byteLength + (compressed?.byteLength ?? 0) };
}
