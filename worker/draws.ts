/**
 * What the worker does for draws: it commits to the secrets of sealed ones before their editions open, and decides those that were asked for.
 * Only random_int is its own choice; of the others it brings what decides, and the database computes the winner. Killed at any point it leaves
 * a draw requested, and whatever it had chosen nobody has seen.
 */
import { createHash, randomInt } from "node:crypto";
import { type BeaconRoundAsked, fetchRound, type ServerClock } from "./beacon.ts";
import type { CheckpointStore } from "./checkpointStore.ts";
import type { Queryable } from "./guardedPool.ts";
import type { SigningKey } from "./keys.ts";
import { errorDetails, type Log } from "./log.ts";

/** What a beacon's server says is to the second, and on its way for some. */
const CLOCK_DIFFERENCE_SECONDS_MAX = 5;

/** After which step the observer is called: the points at which a crash test kills the worker. */
export type DrawStep = "drawCommitted" | "beaconArchived" | "drawChosen" | "drawRecorded";

/** What {@link Draws} need. The observer is awaited, so that a test can hold the worker exactly between two steps. */
export interface DrawOptions {
  readonly db: Queryable;
  /** The secrets of sealed draws are derived from it. */
  readonly key: SigningKey;
  /** The name of the ledger, and where those are kept that it had before. */
  readonly ledger: { readonly origin: string; readonly store: Pick<CheckpointStore, "read"> };
  /** Where rounds of beacons are fetched, the first that has one. */
  readonly beaconUrls: readonly string[];
  readonly log: Log;
  readonly observe?: ((step: DrawStep) => unknown) | undefined;
}

/** A draw whose entries are fixed, as press_worker.draws_to_make tells of it. */
interface DrawToMake {
  readonly edition_id: number;
  readonly attempt: number;
  readonly edition: string;
  readonly mode: string;
  readonly entries_count: number | null;
  readonly commitment: string | null;
  /** What decides, where the database has it: a round that is archived, or the secret that the draw revealed and its replacements rest on. */
  readonly entropy: string | null;
}

/** What decides a draw: the index of an entry, or what the database computes it from; neither: it has that already. */
interface Decision {
  readonly choice: number | null;
  readonly entropy: string | null;
}

/** Commits to, and makes, the draws of one database. Any number of workers do this: a draw is decided by the first. */
export class Draws {
  readonly #options: DrawOptions;
  readonly #observe: (step: DrawStep) => unknown;
  /** What was said already: a draw that cannot be made is tried again and again. */
  readonly #said = new Set<string>();

  constructor(options: DrawOptions) {
    this.#options = options;
    this.#observe = options.observe ?? (() => undefined);
  }

  /** Commits to the secret of each draft whose draw is sealed. */
  async commit(): Promise<void> {
    const { db, key, ledger, log } = this.#options;
    const { rows } = await db.query<{ edition_id: number; edition: string }>({
      name: "drafts_to_commit",
      text: "select edition_id, edition from press_worker.drafts_to_commit()",
    });
    for (const { edition_id: id, edition } of rows) {
      await this.#each({ edition }, "The draw of a draft could not be committed to yet.", async () => {
        const { rows: answers } = await db.query<{ is_done: boolean }>({
          name: "commit_draw",
          text: "select press_worker.commit_draw($1, $2) as is_done",
          values: [id, commitmentOf(key.drawSecret(ledger.origin, edition))],
        });
        if (!answers[0]?.is_done) return;
        log.info({ edition }, "Committed to the secret of a draw.");
        await this.#observe("drawCommitted");
      });
    }
  }

  /** Decides each draw that can be decided now, one after the other. */
  async make(): Promise<void> {
    for (const draw of await this.#toMake()) {
      const { edition, attempt } = draw;
      await this.#each({ edition, attempt }, "A draw could not be made yet.", async () => {
        const decision = await this.#decide(draw);
        if (decision !== undefined) await this.#record(draw, decision);
      });
    }
  }

  /**
   * Fetches the rounds that draws wait for, verifies them, and archives them. Apart from {@link make}, because a server that does not answer
   * keeps nothing else waiting.
   *
   * @throws {Error} the reason for the first that could not be had, when all were tried
   */
  async fetchBeacons(): Promise<void> {
    const { db, beaconUrls, log } = this.#options;
    const failures: unknown[] = [];
    for (const asked of await this.#toFetch()) {
      try {
        const { signature, clock } = await fetchRound(beaconUrls, asked);
        const { rows } = await db.query<{ now: number }>({
          name: "archive_beacon_round",
          text: "select extract(epoch from clock_timestamp())::float8 * 1000 as now from press_worker.archive_beacon_round($1, $2, $3)",
          values: [asked.chainHash, asked.round, signature],
        });
        log.info({ round: asked.round }, "Archived a round of a beacon.");
        if (clock !== undefined && rows[0] !== undefined) this.#compareClocks(clock, rows[0].now);
        await this.#observe("beaconArchived");
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  /** When a round is due, and when its sale ends, is by the clock of the database: one that is slow by more than the delay lets buyers know it. */
  #compareClocks(server: ServerClock, databaseNow: number): void {
    const seconds = Math.round((databaseNow - server.now()) / 1000);
    if (Math.abs(seconds) <= CLOCK_DIFFERENCE_SECONDS_MAX) return;
    const difference = `${Math.abs(seconds)} s ${seconds < 0 ? "slow" : "fast"} by that of ${server.host}`;
    this.#options.log.warn(
      { seconds },
      `The clock of the database is ${difference}: set it, draws by beacon rest on it.`,
    );
  }

  async #toMake(): Promise<DrawToMake[]> {
    const { rows } = await this.#options.db.query<DrawToMake>({
      name: "draws_to_make",
      text: "select edition_id, attempt, edition, mode, entries_count, commitment, entropy from press_worker.draws_to_make()",
    });
    return rows;
  }

  async #toFetch(): Promise<BeaconRoundAsked[]> {
    const { rows } = await this.#options.db.query<{ chain_hash: string; public_key: string; round: string }>({
      name: "rounds_to_fetch",
      text: "select chain_hash, public_key, round from press_worker.rounds_to_fetch()",
    });
    return rows.map((row) => ({ chainHash: row.chain_hash, publicKey: row.public_key, round: Number(row.round) }));
  }

  /** Undefined: not by this worker, or not yet. */
  async #decide(draw: DrawToMake): Promise<Decision | undefined> {
    if (draw.mode === "random_int") {
      return { choice: draw.entries_count ? randomInt(draw.entries_count) : null, entropy: null };
    }
    if (draw.entropy !== null) return { choice: null, entropy: null };
    return draw.mode === "sealed" ? this.#reveal(draw) : undefined;
  }

  /** The secret that was committed to, under the present name of the ledger or an earlier one. */
  async #reveal({ edition, attempt, commitment }: DrawToMake): Promise<Decision | undefined> {
    const { key, ledger } = this.#options;
    for await (const origin of originsOf(ledger)) {
      const secret = key.drawSecret(origin, edition);
      if (commitmentOf(secret) === commitment) return { choice: null, entropy: secret.toString("hex") };
    }
    this.#say(
      { edition, attempt, keyId: key.keyId },
      "The secret of a draw is another key's: left to the worker that has it.",
    );
    return undefined;
  }

  async #record(draw: DrawToMake, { choice, entropy }: Decision): Promise<void> {
    await this.#observe("drawChosen");
    await this.#options.db.query({
      name: "record_draw",
      text: "select from press_worker.record_draw($1, $2, $3, $4)",
      values: [draw.edition_id, draw.attempt, choice, entropy],
    });
    // Who won is for the ledger to tell.
    this.#options.log.info({ edition: draw.edition, attempt: draw.attempt }, "A draw was decided.");
    await this.#observe("drawRecorded");
  }

  /** One that fails keeps no other waiting. */
  async #each(details: { edition: string; attempt?: number }, failed: string, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.#say({ ...details, ...errorDetails(error) }, failed);
    }
  }

  /** Once for a draw and a code: the texts of errors vary without end. */
  #say(details: { edition: string; attempt?: number; code?: string; [more: string]: unknown }, sentence: string): void {
    const { edition, attempt = "", code = "" } = details;
    const key = `${edition} ${attempt} ${code} ${sentence}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#options.log.warn(details, sentence);
  }
}

/** SHA-256 of a secret, in hex: what an edition promises. */
function commitmentOf(secret: Uint8Array): string {
  return createHash("sha256").update(secret).digest("hex");
}

async function* originsOf({ origin, store }: DrawOptions["ledger"]): AsyncGenerator<string> {
  yield origin;
  const known = await store.read();
  for (const { checkpoint } of known?.former ?? []) yield checkpoint.origin;
}
