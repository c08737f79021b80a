/** What an operator decides about a person: that they take no part any more, that they do again, and that they are forgotten. */
import type { Configuration } from "../configuration.ts";
import { CommandError, EXIT } from "./commandError.ts";
import { databaseUrl } from "./connection.ts";
import { explaining } from "./refusal.ts";
import { withPress } from "./withPress.ts";

/** `golden-press holder deactivate`: the holder is issued, redeems and is minted nothing more. */
export async function deactivateHolder(
  configuration: Configuration,
  id: string,
  { reason }: { reason: string },
): Promise<void> {
  const kept = await ask<{ deactivation_reason: string | null }>(
    configuration,
    "deactivation_reason",
    "deactivate_holder($1, $2)",
    [id, reason],
  );
  console.log(`deactivated: holder ${id}${kept.deactivation_reason === null ? "" : `: ${kept.deactivation_reason}`}`);
}

/** `golden-press holder reactivate`: undoes it. */
export async function reactivateHolder(configuration: Configuration, id: string): Promise<void> {
  await ask(configuration, "id", "reactivate_holder($1)", [id]);
  console.log(`active: holder ${id}`);
}

/** `golden-press holder erase`: forgets a person, for good. */
export async function eraseHolder(configuration: Configuration, id: string, { yes }: { yes?: boolean }): Promise<void> {
  if (yes !== true) {
    throw new CommandError(
      "This removes for good who the holder is, the text of their tickets and their evidence; numbers, limits, credentials and the ledger, which name nobody, stay. Say --yes to do it.",
      EXIT.usage,
    );
  }
  await ask(configuration, "id", "erase_holder($1)", [id]);
  console.log(`forgotten: holder ${id}`);
}

async function ask<Row extends object>(
  configuration: Configuration,
  members: string,
  call: string,
  values: readonly string[],
): Promise<Row> {
  const url = await databaseUrl(configuration, "operator");
  const { rows } = await withPress(url, (client) =>
    explaining(client.query<Row>(`select ${members} from press.${call}`, [...values])),
  );
  return rows[0] as Row;
}
