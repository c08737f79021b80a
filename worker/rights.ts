import type { Pool } from "pg";
import { type LoginDeclaration, requireDatabase } from "../db/loginRights.ts";

/** It calls press_worker.* and runs jobs, and nothing else: one that could issue would make a stolen signing key worth a printing press. */
const WORKER: LoginDeclaration = {
  part: "worker",
  login: "press_worker",
  variable: "WORKER_DATABASE_URL",
  inherits: true,
  roles: [],
  rights: [
    /^CONNECT on database \S+$/,
    /^USAGE on schema (press_worker|press_hidden|graphile_worker)$/,
    /^EXECUTE on routine (press_worker\.\w+|press_hidden\.schema_version|graphile_worker\.\w+)\(.*\)$/,
    /^(SELECT|INSERT|UPDATE|DELETE) on table graphile_worker\.\w+$/,
    /^(SELECT|USAGE) on sequence graphile_worker\.\w+$/,
  ],
  rightsOfRoles: [],
};

/**
 * Refuses a database that is out of reach, read-only, empty or of another schema, and to work as anybody but `press_worker`, or as a
 * `press_worker` that was given more than its role has.
 *
 * @throws {Error} one sentence that says what is wrong and what to do
 */
export async function checkDatabase(pool: Pool): Promise<void> {
  await requireDatabase(pool, WORKER);
}
