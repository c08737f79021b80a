import type { Configuration } from "../configuration.ts";
import { type Login, databaseUrl as urlOf } from "./connection.ts";

/** `golden-press database-url`: prints the URL of a login, password included, for psql and the like. */
export async function databaseUrl(configuration: Configuration, options: { as: Login }): Promise<void> {
  console.log(await urlOf(configuration, options.as));
}
