/**
 * What becomes of publications, for everybody here who follows one: one question for all of them, at a hint and each second. A hint is given when a
 * broadcaster has answered or a block was seen; what is taken from the queue is found by looking.
 */
import type { Pool } from "pg";
import type { Logger } from "pino";
import type { Identity } from "./auth.ts";
import type { PublicationEvents } from "./eventSources.ts";
import type { Listener } from "./listener.ts";
import { Looker } from "./looker.ts";

export interface PublicationWatchOptions {
  /** Connections of the login press_gateway, without a role. */
  readonly pool: Pick<Pool, "query">;
  readonly listener: Pick<Listener, "on">;
  readonly log: Logger;
}

/** A publication that somebody follows. */
interface Watched {
  readonly sources: Set<PublicationEvents>;
  /** When it had changed last, when it was looked at; null: it was not there. */
  seen: Date | null;
  /** Whose it is, also when they are forgotten meanwhile; null: a checkpoint's, or not known; empty, and so nobody's: of somebody who was forgotten before. */
  subject: string | null;
}

const LOOK_MILLISECONDS = 1_000;

export class PublicationWatch {
  readonly #pool: Pick<Pool, "query">;
  readonly #looker: Looker;
  readonly #watched = new Map<string, Watched>();

  constructor({ pool, listener, log }: PublicationWatchOptions) {
    this.#pool = pool;
    this.#looker = new Looker({
      name: "publications",
      look: () => this.#look([...this.#watched.keys()]),
      isWanted: () => this.#watched.size > 0,
      pauseMilliseconds: LOOK_MILLISECONDS,
      log,
    });
    listener.on("press_publications", () => this.#looker.look());
  }

  /**
   * Tells a source from now on; when this settles, whatever happens to its publication is told.
   *
   * @throws {Error} when the database cannot be asked
   */
  async watch(source: PublicationEvents): Promise<void> {
    const { publicationId: id } = source;
    const watched = this.#watched.get(id) ?? { sources: new Set(), seen: null, subject: null };
    watched.sources.add(source);
    this.#watched.set(id, watched);
    // Before the first event is read: what changes after this is seen to be later.
    await this.#look([id]);
    this.#looker.lookLater();
  }

  /** Tells it nothing more. */
  leave(source: PublicationEvents): void {
    const watched = this.#watched.get(source.publicationId);
    if (watched?.sources.delete(source) && watched.sources.size === 0) this.#watched.delete(source.publicationId);
  }

  async close(): Promise<void> {
    await this.#looker.close();
  }

  async #look(ids: readonly string[]): Promise<void> {
    const { rows } = await this.#pool.query<{ publication_id: string; subject: string | null; changed_at: Date }>({
      name: "changed_publications",
      text: "select publication_id, subject, changed_at from press_gateway.changed_publications($1, $2)",
      values: [ids, ids.map((id) => this.#watched.get(id)?.seen ?? null)],
    });
    for (const { publication_id, subject, changed_at } of rows) {
      const watched = this.#watched.get(publication_id);
      if (watched === undefined) continue;
      watched.seen = changed_at;
      watched.subject ||= subject;
      for (const source of watched.sources) if (isFor(source.subscriber.identity, watched)) source.change();
    }
  }
}

/** Whoever may not see the row would read nothing in the event; this way they do not even learn when something happens to it. */
function isFor({ role, subject }: Identity, watched: Watched): boolean {
  return role === "press_operator" || watched.subject === null || watched.subject === subject;
}
