/* Whether a part of the press has the database and the login that it should. Row-level security and refusals mean nothing to somebody with
   the rights of an owner, so gateway and worker do not begin with more than theirs. Asking needs no rights, on every supported version. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type pg from "pg";
import { requireConnection } from "./connection.ts";
import { UnusableDatabaseError } from "./databaseError.ts";
import { requireSchema, requireSupportedServer, requireWritableServer } from "./schemaVersion.ts";

/** A part of the press and what its login is meant to have. Rights are written as in GRANT: `EXECUTE on routine press_gateway.x(…)`. */
export interface LoginDeclaration {
  readonly part: "gateway" | "worker";
  readonly login: string;
  /** The variable with the URL. */
  readonly variable: string;
  /** Whether it has the rights of its roles without SET ROLE. */
  readonly inherits: boolean;
  /** The roles that it may become. They are judged too. */
  readonly roles: readonly string[];
  /** What the login itself may do, in our schemas and elsewhere. */
  readonly rights: readonly RegExp[];
  /** What its roles may do in our schemas; of what other applications let them do nothing is asked. */
  readonly rightsOfRoles: readonly RegExp[];
}

/** A row of db/loginRights.sql. */
interface Finding {
  readonly kind: "attribute" | "membership" | "ownership" | "right";
  /** The login, one of its roles, or public. */
  readonly holder: string;
  readonly what: string;
  /** The statement that takes it away. */
  readonly mend: string;
}

const FINDINGS_SHOWN_MAX = 5;

/**
 * What gateway and worker ask of their database before they begin: that it answers, takes writes, has this version's schema, and lets them
 * in as what they were declared to be.
 *
 * @throws {UnusableDatabaseError}
 */
export async function requireDatabase(pool: pg.Pool, declared: LoginDeclaration): Promise<void> {
  await requireConnection(pool, declared.part, declared.variable);
  await requireSupportedServer(pool);
  await requireLogin(pool, declared);
  await requireWritableServer(pool);
  await requireSchema(pool);
  await requireDeclaredRights(pool, declared);
}

async function requireLogin(pool: pg.Pool, declared: LoginDeclaration): Promise<void> {
  const { login, variable } = declared;
  const { rows } = await pool.query<{ name: string; role: string }>(
    "select session_user::text as name, current_user::text as role",
  );
  const { name, role } = rows[0] ?? { name: "", role: "" };
  if (name !== login) throw loginError(declared, `${variable} is a URL of ${name}`);
  if (role === login) return;
  const remedy = `see the options in ${variable}; or: alter role ${login} reset role`;
  throw loginError(declared, `its sessions take the role ${role} (${remedy})`);
}

/** A role that it lacks, or everything that it has too much, each with its remedy. */
async function requireDeclaredRights(pool: pg.Pool, declared: LoginDeclaration): Promise<void> {
  const { login, roles } = declared;
  const text = await readFile(join(import.meta.dirname, "loginRights.sql"), "utf8");
  const { rows } = await pool.query<Finding>(text, [login, roles]);
  const missing = roles.filter((role) => !rows.some((finding) => isMembership(finding, login, role))).join(", ");
  if (missing !== "") {
    const remedy = `run "npm run migrate" (or: grant ${missing} to ${login})`;
    throw loginError(declared, `it is not a member of ${missing}: ${remedy}`);
  }
  const tooMany = rows.filter((finding) => !isDeclared(finding, declared));
  if (tooMany.length > 0) throw loginError(declared, `it has more: ${describe(tooMany, login)}`);
}

function loginError({ part, login }: LoginDeclaration, problem: string): UnusableDatabaseError {
  return new UnusableDatabaseError(
    `The ${part} must log in as ${login}, with the rights of that login alone, but ${problem}.`,
  );
}

function isMembership({ kind, holder, what }: Finding, login: string, role: string): boolean {
  return kind === "membership" && holder === login && what === role;
}

function isDeclared(finding: Finding, { login, inherits, roles, rights, rightsOfRoles }: LoginDeclaration): boolean {
  const { kind, holder, what } = finding;
  if (kind === "attribute") return inherits && what === "INHERIT";
  if (kind === "membership") return roles.some((role) => isMembership(finding, login, role));
  if (kind === "ownership" || holder === "public") return false;
  return (holder === login ? rights : rightsOfRoles).some((pattern) => pattern.test(what));
}

const WORDS = {
  attribute: "the attribute",
  membership: "membership in",
  ownership: "ownership of",
  right: "",
} as const;

function describe(findings: readonly Finding[], login: string): string {
  const shown = findings.slice(0, FINDINGS_SHOWN_MAX).map(({ kind, holder, what, mend }) => {
    const by = holder === login ? "" : `by ${holder}`;
    return `${[WORDS[kind], what, by].filter((word) => word !== "").join(" ")} (${mend})`;
  });
  const rest = findings.length - shown.length;
  return `${shown.join("; ")}${rest > 0 ? `; and ${rest} more` : ""}`;
}
