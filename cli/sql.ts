import { createInterface } from "node:readline";
import { text as readAll } from "node:stream/consumers";
import pg from "pg";
import type { Configuration } from "../configuration.ts";
import { withClient } from "../db/connection.ts";
import { EXIT } from "./commandError.ts";
import { databaseUrl, type Login } from "./connection.ts";
import { formatTable } from "./table.ts";

/** OIDs of int8, int2, int4, float4, float8 and numeric. */
const NUMERIC_TYPES = new Set([20, 21, 23, 700, 701, 1700]);
/** Values as the server wrote them: nothing is rounded or turned into an object on the way to the terminal. */
const AS_TEXT = { getTypeParser: () => (value: string) => value };

interface SqlOptions {
  readonly as: Login;
  readonly raw?: boolean;
}

/**
 * `golden-press sql`: runs statements, given as an argument, on the standard input, or one after the other at a prompt.
 *
 * @returns the exit code
 */
export async function sql(
  configuration: Configuration,
  statement: string | undefined,
  options: SqlOptions,
): Promise<number> {
  const url = await databaseUrl(configuration, options.as);
  return withClient(url, async (client) => {
    client.on("notice", ({ severity, message }) => console.error(`${severity}: ${message}`));
    const show = options.raw ? showRaw : showTable;
    if (statement !== undefined) return run(client, statement, show);
    if (process.stdin.isTTY) return prompt(client, options.as, show);
    return run(client, await readAll(process.stdin), show);
  });
}

type Show = (result: pg.QueryArrayResult<(string | null)[]>) => void;

async function run(client: pg.Client, statements: string, show: Show): Promise<number> {
  try {
    const answer = await client.query<(string | null)[]>({ text: statements, rowMode: "array", types: AS_TEXT });
    // Several statements in one text have several results, which the types of pg do not tell.
    for (const result of [answer].flat()) show(result);
    return EXIT.done;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    console.error(describeError(error));
    return EXIT.failed;
  }
}

function showTable({ fields, rows, command, rowCount }: pg.QueryArrayResult<(string | null)[]>): void {
  if (fields.length === 0) {
    if (command) console.log([command, rowCount].filter((part) => part !== null).join(" "));
    return;
  }
  const columns = fields.map(({ name, dataTypeID }) => ({ name, isNumeric: NUMERIC_TYPES.has(dataTypeID) }));
  console.log(formatTable(columns, rows));
  console.log(`(${rows.length} ${rows.length === 1 ? "row" : "rows"})`);
}

/** For scripts: the values alone, byte for byte, columns separated by tabs. */
function showRaw({ rows }: pg.QueryArrayResult<(string | null)[]>): void {
  for (const row of rows) console.log(row.map((value) => value ?? "").join("\t"));
}

function describeError({ code, message, detail, hint }: pg.DatabaseError): string {
  const lines = [`ERROR ${code}: ${message}`];
  if (detail !== undefined) lines.push(`DETAIL: ${detail}`);
  if (hint !== undefined) lines.push(`HINT: ${hint}`);
  return lines.join("\n");
}

/** A small prompt: a statement ends with a semicolon; Ctrl-D or \q ends the session; Ctrl-C drops what was typed. */
async function prompt(client: pg.Client, login: Login, show: Show): Promise<number> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout, prompt: `${login}=> ` });
  let typed = "";
  terminal.on("SIGINT", () => {
    typed = "";
    console.log();
    terminal.setPrompt(`${login}=> `);
    terminal.prompt();
  });
  terminal.prompt();
  for await (const line of terminal) {
    if (line.trim() === "\\q") break;
    typed += `${line}\n`;
    if (isComplete(typed)) {
      await run(client, typed, show);
      typed = "";
    }
    terminal.setPrompt(typed.trim() === "" ? `${login}=> ` : `${" ".repeat(login.length - 1)}...> `);
    terminal.prompt();
  }
  terminal.close();
  return EXIT.done;
}

const QUOTED = /\$(\w*)\$[\s\S]*?\$\1\$|'(?:[^']|'')*'|"[^"]*"|--[^\n]*|\/\*[\s\S]*?\*\//g;

/** Whether the text ends with a semicolon that is not inside a string, a quoted name or a comment. */
export function isComplete(text: string): boolean {
  const bare = text.replaceAll(QUOTED, " ");
  return !/['"]|\$\w*\$|\/\*/.test(bare) && bare.trimEnd().endsWith(";");
}
