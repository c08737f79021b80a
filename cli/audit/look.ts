import type pg from "pg";

/** Something that does not hold. */
export interface Finding {
  /** What should hold, as a clause. */
  readonly check: string;
  /** The row that is wrong, as `press.audit` names it. */
  readonly subject: string;
  readonly finding: string;
}

/** What a part of the audit works with. */
export interface Look {
  /** In a transaction that only reads. */
  readonly client: pg.Client;
  report(finding: Finding): void;
  /** Says what is not a finding, and should be known all the same. */
  say(sentence: string): void;
  /** In how many steps it will be done. */
  steps(count: number): void;
  /** A step begins. */
  step(what: string): void;
}

/** The rows of one page after the other, until one is empty; each page is asked for by the last row of the one before. */
export async function* pages<Row>(ask: (last: Row | undefined) => Promise<Row[]>): AsyncGenerator<Row, undefined> {
  for (let rows = await ask(undefined); rows.length > 0; rows = await ask(rows.at(-1))) yield* rows;
}
