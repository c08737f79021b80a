/** The thresholds that evidence is held against. */
import type { Configuration } from "../configuration.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { explaining } from "./refusal.ts";
import { type Column, formatTable } from "./table.ts";
import { withPress } from "./withPress.ts";

/** What is to be another; the rest stays. */
export interface RulesOptions {
  readonly repositoryAgeDays?: number;
  readonly repositorySizeKb?: number;
  readonly accountAgeDays?: number;
  readonly checksPerHour?: number;
}

const THRESHOLDS = ["repository_age_days", "repository_size_kb", "account_age_days", "checks_per_hour"] as const;

const COLUMNS: readonly Column[] = [
  { name: "id", isNumeric: true },
  ...THRESHOLDS.map((name) => ({ name, isNumeric: true })),
  { name: "activated_at" },
  { name: "rule_set_hash" },
];

/** `golden-press rules show`: every rule set there was, the latest, which is in force, first. */
export async function showRules(configuration: Configuration): Promise<void> {
  const url = await databaseUrl(configuration, "operator");
  const { rows } = await withPress(url, (client) =>
    client.query<(string | null)[]>({
      rowMode: "array",
      text: `select id::text, ${THRESHOLDS.map((name) => `${name}::text`).join(", ")},
               to_char(activated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), rule_set_hash
             from press.rule_sets order by id desc`,
    }),
  );
  console.log(formatTable(COLUMNS, rows));
}

/** `golden-press rules set`: puts other thresholds in force, for what is decided from now on. */
export async function setRules(configuration: Configuration, options: RulesOptions): Promise<void> {
  const { repositoryAgeDays, repositorySizeKb, accountAgeDays, checksPerHour } = options;
  const values = [repositoryAgeDays, repositorySizeKb, accountAgeDays, checksPerHour].map((value) => value ?? null);
  if (values.every((value) => value === null)) {
    throw new CommandError("Say which threshold is to be another; --help names them.", EXIT.usage);
  }
  const url = await databaseUrl(configuration, "operator");
  const { rows } = await withPress(url, (client) =>
    explaining(
      client.query<{ id: number; rule_set_hash: string } & Record<(typeof THRESHOLDS)[number], number>>(
        "select * from press.set_rules($1, $2, $3, $4)",
        values,
      ),
    ),
  );
  const [inForce] = rows;
  if (inForce === undefined) return;
  const thresholds = THRESHOLDS.map((name) => `${name} ${inForce[name]}`).join(", ");
  console.log(`in force: rule set ${inForce.id}: ${thresholds} (${inForce.rule_set_hash})`);
}
