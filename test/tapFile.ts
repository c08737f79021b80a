import pg from "pg";
import { Parser } from "tap-parser";

/** What came of one file of pgTAP. */
export interface TapRun {
  assertions: TapAssertion[];
  planned: number | undefined;
  /** Why the file ended early: what PostgreSQL said, with the place in the file. */
  error: string | undefined;
}

export interface TapAssertion {
  ok: boolean;
  title: string;
  diagnosis: string;
  /** A reason where pgTAP says `skip` or `todo`. */
  skip: string | undefined;
  todo: string | undefined;
}

/**
 * Runs the text of a file in a session of its own and one transaction that is rolled back, with search_path press, tests,
 * tap, public.
 */
export async function runTapFile(url: string, text: string): Promise<TapRun> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query("begin");
    await client.query("set local search_path = press, tests, tap, public");
    return await runTap(client, text);
  } finally {
    await client.end();
  }
}

/** The same in a transaction that somebody else has begun, and ends. */
export async function runTap(client: pg.Client, text: string): Promise<TapRun> {
  const { lines, error } = await collectLines(client, text);
  return { ...parse(lines), error: error && describeError(error, text) };
}

/** Sends the whole file as one simple query: the lines before an error arrive all the same. */
function collectLines(client: pg.Client, text: string): Promise<{ lines: string[]; error?: pg.DatabaseError }> {
  const lines: string[] = [];
  return new Promise((done) => {
    const query = new pg.Query<string[]>({ text, rowMode: "array" } as pg.QueryConfig);
    query.on("row", (row: string[]) => lines.push(...row.map((value) => value ?? "")));
    query.on("end", () => done({ lines }));
    query.on("error", (error) => done({ lines, error: error as pg.DatabaseError }));
    client.query(query);
  });
}

function describeError(error: pg.DatabaseError, text: string): string {
  const before = text.slice(0, Math.max(0, Number(error.position ?? 0) - 1)).split("\n");
  const place = error.position ? ` at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}` : "";
  return [`${error.code ?? ""} ${error.message}${place}`, error.detail, error.hint, error.where]
    .filter((line) => line !== undefined)
    .join("\n");
}

function parse(lines: string[]): Pick<TapRun, "assertions" | "planned"> {
  const run: Pick<TapRun, "assertions" | "planned"> = { assertions: [], planned: undefined };
  const parser = new Parser();
  parser.on("plan", ({ end }) => {
    run.planned = end;
  });
  parser.on("assert", ({ ok, name, skip, todo }) => {
    const title = name || `assertion ${run.assertions.length + 1} (give it a description)`;
    run.assertions.push({ ok, title, diagnosis: "", skip: reasonOf(skip), todo: reasonOf(todo) });
  });
  parser.on("comment", (comment) => {
    const last = run.assertions.at(-1);
    if (last !== undefined && !last.ok) {
      last.diagnosis += comment.replace(/^# ?/gm, "");
    }
  });
  parser.end(`${lines.join("\n")}\n`);
  return run;
}

/** tap-parser says true for a directive without a reason. */
function reasonOf(directive: unknown): string | undefined {
  return directive ? (typeof directive === "string" ? directive : "no reason given") : undefined;
}
