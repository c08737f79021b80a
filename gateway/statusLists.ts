/**
 * The lists of revoked credentials, as a worker signed them. Readers of one list share one question, and a list that was read is kept for a
 * moment; whatever number is asked for, no more is kept than there are lists.
 */
import type { Pool } from "pg";
import { fileOf, type LedgerFile } from "./ledger.ts";
import { refusal, TRY_AGAIN } from "./refusals.ts";

export interface StatusListsOptions {
  /** Connections of the login press_gateway, without a role. */
  readonly pool: Pick<Pool, "query">;
  /** Different lists that may be read at once; one more is OVERLOADED. */
  readonly readingMax?: number;
}

/** How long a revocation may go unseen here, at most. */
const KEPT_MILLISECONDS = 1_000;

/** Numbers of lists are integers of the database. */
const LIST_MAX = 2_147_483_647;

export class StatusLists {
  readonly #pool: Pick<Pool, "query">;
  readonly #readingMax: number;
  readonly #reading = new Map<number, Promise<LedgerFile | null>>();
  readonly #kept = new Map<number, { readonly file: LedgerFile; readonly readAt: number }>();

  constructor({ pool, readingMax = 1_000 }: StatusListsOptions) {
    this.#pool = pool;
    this.#readingMax = readingMax;
  }

  /**
   * The list of that number, or how it was a second ago; null when there is none.
   *
   * @throws {SafeError} OVERLOADED when too much is being read
   */
  async list(number: number): Promise<LedgerFile | null> {
    if (number < 1 || number > LIST_MAX) return null;
    const kept = this.#kept.get(number);
    if (kept !== undefined && performance.now() - kept.readAt < KEPT_MILLISECONDS) return kept.file;
    const underWay = this.#reading.get(number);
    if (underWay !== undefined) return underWay;
    if (this.#reading.size >= this.#readingMax) {
      throw refusal("OVERLOADED", "Too many are reading status lists.", { hint: TRY_AGAIN, statusCode: 503 });
    }
    const reading = this.#read(number).finally(() => this.#reading.delete(number));
    this.#reading.set(number, reading);
    return reading;
  }

  async #read(number: number): Promise<LedgerFile | null> {
    const { rows } = await this.#pool.query<{ document: string | null }>({
      name: "status_list",
      text: "select press_gateway.status_list($1) as document",
      values: [number],
    });
    const document = rows[0]?.document ?? null;
    if (document === null) return null;
    const file = fileOf(Buffer.from(document));
    this.#kept.set(number, { file, readAt: performance.now() });
    return file;
  }
}
