/** Looks, while the press works, whether everything holds that it promises. The database judges, and stops the press; this says it. */
import type { Queryable } from "./guardedPool.ts";
import type { Log } from "./log.ts";
import { retried } from "./retried.ts";

/** How the watch is kept. */
export interface WatchOptions {
  /** From the end of one look to the beginning of the next; a second unless told. */
  readonly pauseMilliseconds?: number | undefined;
  /** After how many seconds what waits is late; ten minutes unless told. */
  readonly overdueSeconds?: number | undefined;
}

export interface WatchNeeds extends WatchOptions {
  readonly db: Queryable;
  readonly log: Log;
}

/** Something that does not hold. */
interface Violation {
  /** I1 to I14. */
  readonly invariant: string;
  /** What should hold, as a clause. */
  readonly promise: string;
  /** Where. */
  readonly subject: string;
  readonly finding: string;
  /** Whether the press does not go on with it. */
  readonly is_stopping: boolean;
  /** What to do. */
  readonly remedy: string;
}

export const WATCH_PAUSE_MILLISECONDS = 1_000;
const OVERDUE_SECONDS = 600;

export class Watch {
  readonly #needs: WatchNeeds;
  /** What the log has been told, and nobody has mended. */
  #known = new Map<string, Violation>();

  constructor(needs: WatchNeeds) {
    this.#needs = needs;
  }

  /** One look: each thing that does not hold is said once, and once more when it holds again. */
  async look(): Promise<void> {
    const { db, log, overdueSeconds = OVERDUE_SECONDS, pauseMilliseconds = WATCH_PAUSE_MILLISECONDS } = this.#needs;
    const violations = await readViolations(db, overdueSeconds, Math.floor(pauseMilliseconds / 2));
    const found = new Map(violations.map((violation) => [`${violation.promise} ${violation.subject}`, violation]));
    for (const [key, violation] of found) {
      if (!this.#known.has(key)) tell(log, violation);
    }
    for (const [key, { invariant, promise, subject }] of this.#known) {
      if (!found.has(key)) log.info({ invariant, promise, subject }, "A promise that was broken holds again.");
    }
    this.#known = found;
  }
}

function tell(log: Log, { is_stopping, ...violation }: Violation): void {
  if (is_stopping) log.error(violation, "A promise is broken, and the press was stopped for it.");
  else if (violation.invariant === "I14") log.warn(violation, "Something waits for longer than it should.");
  else log.error(violation, "A promise is broken, by none of the press's doing: it goes on.");
}

/** @param restMilliseconds where another worker has looked so short a while ago, what that one found is enough */
function readViolations(db: Queryable, overdueSeconds: number, restMilliseconds: number): Promise<Violation[]> {
  return retried(async () => {
    const { rows } = await db.query<Violation>({
      name: "watch_invariants",
      text: `select invariant, promise, subject, finding, is_stopping, remedy from press_worker.watch_invariants($1, $2)`,
      values: [overdueSeconds, restMilliseconds],
    });
    return rows;
  });
}
