/** PostgreSQL's own load generator, in C: the fastest client that single-row INSERTs can have. Used where it is installed. */
import { writeFile } from "node:fs/promises";
import { execute, findProgram } from "./programs.ts";

const program = findProgram("pgbench");

export const hasPgbench = program !== undefined;

export interface PgbenchRun {
  readonly url: string;
  /** A file to write the statement to. */
  readonly script: string;
  readonly statement: string;
  readonly clients: number;
  readonly seconds: number;
}

/** Runs one prepared statement by many clients for whole seconds; returns statements a second, without the time to connect. */
export async function runPgbench({ url, script, statement, clients, seconds }: PgbenchRun): Promise<number> {
  await writeFile(script, `${statement};\n`);
  const { hostname, port, username, password, pathname } = new URL(url);
  const { stdout } = await execute(
    program as string,
    [
      ...["--no-vacuum", "--protocol=prepared", `--file=${script}`, `--client=${clients}`, "--jobs=2"],
      ...[`--time=${seconds}`, `--host=${hostname}`, `--port=${port}`, `--username=${username}`, pathname.slice(1)],
    ],
    { env: { PATH: process.env.PATH, PGPASSWORD: decodeURIComponent(password) } },
  );
  const rate = Number(/tps = ([\d.]+)/.exec(stdout)?.[1]);
  if (!(rate > 0)) throw new Error(`pgbench said no rate: ${stdout}`);
  return rate;
}
