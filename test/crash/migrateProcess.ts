/* `npm run migrate`, with db/migrations/current, as a process that can be killed. */
import { installDatabase } from "../../db/install.ts";

await installDatabase({
  url: process.env.MIGRATE_URL ?? "",
  own: process.env.MIGRATE_OWN === "true",
  includeCurrent: true,
  log: (message) => console.log(message),
});
