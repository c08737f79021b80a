/* Looks, while a test is at work, whether everything holds that the press promises, as often as it can. */
import { setTimeout as sleep } from "node:timers/promises";
import type pg from "pg";
import type { TestDatabase, TestLogin } from "./database.ts";

/** Something that does not hold. */
export interface Broken {
  readonly invariant: string;
  readonly check: string;
  readonly subject: string;
  readonly finding: string;
}

export interface LookingOptions {
  /** Who looks: one who may write takes away what was noted, and stops the press; an auditor only reads. An operator unless told. */
  readonly as?: TestLogin;
  /** After how many seconds what waits is late; where nothing is said, nothing is. */
  readonly overdueSeconds?: number;
  readonly pauseMilliseconds?: number;
}

/** What was seen. */
export interface Seen {
  readonly found: readonly Broken[];
  /** How many looks there were that the database has answered. */
  readonly count: number;
}

/** One look. */
export async function brokenInvariants(
  database: TestDatabase,
  { as = "operator", overdueSeconds }: LookingOptions = {},
): Promise<Broken[]> {
  const { rows } = await database.pool(as).query<Broken>(
    `select invariant, "check", subject, finding from press.invariants($1)
     where not is_ok and (invariant <> 'I14' or $2) order by 1, 3`,
    [overdueSeconds ?? 600, overdueSeconds !== undefined],
  );
  return rows;
}

/** What does not hold of all rows that there are, looked at once; of what is late nothing is said. */
export async function brokenRows(owner: Pick<pg.Pool, "query">): Promise<string[]> {
  const { rows } = await owner.query<{ broken: string }>(
    `select concat(f."check", ': ', f.subject, ': ', f.finding) as broken
     from press_private.broken_promises(array(select k from press_private.keys_to_look_at_again(100000) k
       union all select ('press.draws', null, e.id)::press_private.row_key_record from press.editions e), 600) f
     join press_private.invariant_checks() c on c."check" = f."check" and c.invariant <> 'I14'`,
  );
  return rows.map(({ broken }) => broken);
}

/** Looks again and again, from now on until it is told to end; a database that is away, or restarts, is asked again. */
export class Looking {
  #count = 0;
  #isOver = false;
  readonly #found: Broken[] = [];
  readonly #looking: Promise<void>;

  constructor(database: TestDatabase, options: LookingOptions = {}) {
    this.#looking = this.#look(database, options);
    this.#looking.catch(() => undefined); // Who ends it hears of it.
  }

  /** How many looks there were so far. */
  get count(): number {
    return this.#count;
  }

  /** One more look, which begins now, and then none. */
  async end(): Promise<Seen> {
    this.#isOver = true;
    await this.#looking;
    return { found: this.#found, count: this.#count };
  }

  async #look(database: TestDatabase, options: LookingOptions): Promise<void> {
    for (let isLast = false; !isLast; ) {
      isLast = this.#isOver;
      try {
        this.#found.push(...(await brokenInvariants(database, options)));
        this.#count += 1;
      } catch (error) {
        if (!isAway(error)) throw error;
        isLast = false;
      }
      if (!isLast) await sleep(options.pauseMilliseconds ?? 0);
    }
  }
}

/** Whether the database was not there, or others were in the way: it says nothing about what it holds. */
function isAway(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  if (code === undefined) return /connection|timeout/i.test(String((error as Error).message));
  return typeof code === "string" && /^(08|57P|53|PRBSY|40001|ECONN|EPIPE)/.test(code);
}
