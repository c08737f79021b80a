/** The draws of an edition at the command line: asking for one, replacing its winner, giving it up, and making it again. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import type { Configuration } from "../configuration.ts";
import { hasUrl } from "../urls.ts";
import { type RecomputedDraw, recomputeDraws } from "../verifier/index.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { explainRefusal } from "./refusal.ts";
import { type Column, formatTable } from "./table.ts";
import { withPress } from "./withPress.ts";

export interface DrawOptions {
  readonly requestKey?: string;
  /** Seconds to wait until the worker has drawn; 0 waits for nothing. */
  readonly wait: number;
}

export interface ReplaceOptions extends DrawOptions {
  readonly reason: string;
}

interface Draw {
  readonly edition_id: number;
  readonly attempt: number;
  readonly status: "requested" | "drawn" | "void";
  readonly entries_count: number | null;
  readonly ticket_number: number | null;
  readonly reason: string | null;
}

/** What a draw that was asked for waits for. */
interface Awaited extends Draw {
  readonly issued_count: number;
  readonly pending_count: number;
  readonly is_closing_recorded: boolean;
}

const LOOK_MILLISECONDS = 100;
const MEMBERS = "edition_id, attempt, status, entries_count, ticket_number, reason";

/** It is asked ten times a second, so it reads no ticket that is signed but the last: the numbers have no gap. */
export const AWAITED = `
  select ${MEMBERS},
    (select coalesce(max(t.ticket_number), 0) from press.tickets t where t.edition_id = d.edition_id) as issued_count,
    (select count(*)::integer from press.tickets t where t.status = 'pending' and t.edition_id = d.edition_id) as pending_count,
    exists (select from press.ledger_entries l where l.edition_id = d.edition_id and l.type = 'edition.closed' and l.ticket_number is null)
      as is_closing_recorded
  from press.draws d
  where d.edition_id = $1 and d.attempt = $2`;

/** `golden-press draw`: closes an edition, has its winner drawn, and prints the number of the winning ticket. */
export async function draw(configuration: Configuration, edition: string, options: DrawOptions): Promise<void> {
  const requestKey = options.requestKey ?? randomUUID();
  await askAndWait(configuration, edition, { ...options, requestKey }, `draw_winner($1, $2)`, [edition, requestKey]);
}

/** `golden-press replace-winner`: disqualifies the winner, and has another one drawn over the rest. */
export async function replaceWinner(
  configuration: Configuration,
  edition: string,
  options: ReplaceOptions,
): Promise<void> {
  const requestKey = options.requestKey ?? randomUUID();
  const values = [edition, options.reason, requestKey];
  await askAndWait(configuration, edition, { ...options, requestKey }, `replace_winner($1, $2, $3)`, values);
}

/** `golden-press void-draw`: gives a draw up whose secret or beacon is withheld for good. */
export async function voidDraw(
  configuration: Configuration,
  edition: string,
  { reason }: { reason: string },
): Promise<void> {
  const url = await databaseUrl(configuration, "operator");
  const given = await withPress(url, (client) => ask(client, "void_draw($1, $2)", [edition, reason]));
  console.log(`void: the draw of ${edition} has no winner: ${given.reason}`);
}

async function askAndWait(
  configuration: Configuration,
  edition: string,
  { wait, requestKey }: DrawOptions & { readonly requestKey: string },
  call: string,
  values: readonly string[],
): Promise<void> {
  const url = await databaseUrl(configuration, "operator");
  await withPress(url, async (client) => {
    const again = `the same command with --request-key ${requestKey}`;
    const asked = await ask(client, call, values, again);
    const what = asked.attempt === 1 ? `the draw of ${edition}` : `replacement ${asked.attempt - 1} of ${edition}`;
    console.error(`Asked for ${what}.`);
    if (wait === 0) return console.error(`The worker decides it; ${again} tells.`);
    const drawn = asked.status === "requested" ? await waitForDraw(client, asked, wait) : asked;
    if (drawn === undefined) {
      throw new CommandError(
        `Nothing drew it within ${wait} s: is a worker running? It is asked for all the same; ${again} waits again.`,
      );
    }
    report(drawn, edition);
  });
}

/** Calls a function of the press that answers with a draw. */
async function ask(client: pg.Client, call: string, values: readonly string[], again?: string): Promise<Draw> {
  try {
    return (await client.query<Draw>(`select ${MEMBERS} from press.${call}`, [...values])).rows[0] as Draw;
  } catch (error) {
    if (error instanceof pg.DatabaseError) throw explainRefusal(error);
    const toDo = again === undefined ? "the same command finds out" : `${again} finds out`;
    throw new CommandError(
      `The connection broke (${(error as Error).message}), and it may have been asked for or not: ${toDo}.`,
    );
  }
}

/** Looks until the worker has drawn, and says what it waits for; undefined when the time is over. */
async function waitForDraw(
  client: pg.Client,
  { edition_id, attempt }: Draw,
  seconds: number,
): Promise<Draw | undefined> {
  const until = performance.now() + seconds * 1000;
  let said: string | undefined;
  try {
    for (;;) {
      const { rows } = await client.query<Awaited>(AWAITED, [edition_id, attempt]);
      const [awaited] = rows;
      if (awaited !== undefined && awaited.status !== "requested") return awaited;
      if (awaited !== undefined) said = say(describeAwaited(awaited), said);
      if (performance.now() > until) return undefined;
      await sleep(LOOK_MILLISECONDS);
    }
  } finally {
    if (process.stderr.isTTY) process.stderr.write("\r\x1b[K");
  }
}

/** On a terminal one line that stays in place; elsewhere a line when something else is waited for than was said last. */
function say([what, count]: readonly [string, string], said: string | undefined): string {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${count}${what} …`);
  else if (what !== said) process.stderr.write(`${count}${what} …\n`);
  return what;
}

/** What has to happen next, and how much of it is left. */
function describeAwaited({ issued_count: issued, pending_count: pending, is_closing_recorded: isRecorded }: Awaited) {
  if (pending > 0) return ["tickets await their signatures", `${pending} of ${issued} `] as const;
  return [isRecorded ? "The worker draws" : "The closing awaits its place in the ledger", ""] as const;
}

/** The number alone goes to the standard output, for programs. */
function report({ status, ticket_number: number, entries_count: count, reason }: Draw, edition: string): void {
  if (status === "void") {
    console.error(`The draw of ${edition} is void, and nobody won: ${reason}`);
  } else if (number === null) {
    console.error(`There was no ticket of ${edition} to draw from, and nobody won.`);
  } else {
    console.error(`Drew from ${count} ${count === 1 ? "ticket" : "tickets"} of ${edition}; the number of the winner:`);
    console.log(number);
  }
}

/** What `press.recompute_draw` says of a draw. */
interface DatabaseAnswer {
  readonly attempt: number;
  readonly recorded_number: number | null;
  readonly recomputed_number: number | null;
  readonly agrees: boolean;
  readonly finding: string | null;
}

const COLUMNS: readonly Column[] = [
  { name: "attempt", isNumeric: true },
  { name: "mode" },
  { name: "recorded", isNumeric: true },
  { name: "SDK", isNumeric: true },
  { name: "SQL", isNumeric: true },
  { name: "" },
];

/**
 * `golden-press recompute-draw`: makes the draws of an edition again from the entries of the ledger, with the SDK, and prints beside it what the
 * database makes of them. Both look at one snapshot.
 *
 * @returns the exit code: 0 each draw is what its inputs give, and both say so; 1 not
 */
export async function recomputeDraw(configuration: Configuration, edition: string): Promise<number> {
  const login = hasUrl(configuration, "databaseUrl") ? "operator" : "auditor";
  const { leaves, answers } = await withPress(await databaseUrl(configuration, login), (client) =>
    readDraws(client, edition),
  );
  const recomputed = recomputeDraws(leaves);
  if (!recomputed.isValid) {
    console.log(`invalid: ${recomputed.reason}: ${recomputed.message}`);
    return EXIT.failed;
  }
  const { draws } = recomputed;
  const count = Math.max(draws.length, answers.length);
  const rows = Array.from({ length: count }, (_, index) => compare(draws[index], answers[index]));
  console.log(
    formatTable(
      COLUMNS,
      rows.map(({ cells }) => cells),
    ),
  );
  for (const { cells, messages } of rows) for (const message of messages) console.log(`${cells[0]}: ${message}`);
  return rows.every(({ isRight }) => isRight) ? EXIT.done : EXIT.failed;
}

async function readDraws(client: pg.Client, edition: string): Promise<{ leaves: string[]; answers: DatabaseAnswer[] }> {
  await client.query("begin isolation level repeatable read, read only");
  try {
    const answers = await client.query<DatabaseAnswer>("select * from press.recompute_draw($1) order by attempt", [
      edition,
    ]);
    const entries = await client.query<{ leaf: string }>(
      "select l.leaf from press.ledger_entries l join press.editions e on e.id = l.edition_id where e.slug = $1 order by l.place",
      [edition],
    );
    return { leaves: entries.rows.map(({ leaf }) => leaf), answers: answers.rows };
  } catch (error) {
    throw error instanceof pg.DatabaseError ? explainRefusal(error) : error;
  }
}

/** A row of the table, and what is to be said below it. */
function compare(draw: RecomputedDraw | undefined, answer: DatabaseAnswer | undefined) {
  const isSame =
    draw?.attempt === answer?.attempt &&
    draw?.recorded === answer?.recorded_number &&
    draw?.recomputed === answer?.recomputed_number &&
    draw?.agrees === answer?.agrees;
  const isRight = isSame && draw?.agrees === true;
  const verdict = isRight ? (draw.isRecomputable ? "agrees" : "not recomputable") : isSame ? "WRONG" : "DIFFERENT";
  const show = (number: number | null | undefined) => (number === null || number === undefined ? null : String(number));
  const cells = [
    show(draw?.attempt ?? answer?.attempt),
    draw?.mode ?? null,
    show(draw?.recorded ?? answer?.recorded_number),
    show(draw?.recomputed),
    show(answer?.recomputed_number),
    verdict,
  ];
  const finding = isRight ? null : answer?.finding;
  const messages = [draw?.message, finding === null || finding === undefined ? undefined : `SQL: ${finding}`];
  return { isRight, cells, messages: messages.filter((message) => message !== undefined) };
}
