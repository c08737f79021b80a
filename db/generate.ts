/* `npm run generate` writes the generated files anew from what they show: db/schema.sql from the SQL, gateway/schema.graphql
   from the gateway on top of it. `npm run generate -- --check` changes nothing and fails when one of them is stale. */
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import { formatCatalogue, readCatalogue } from "./catalogue.ts";
import { createDatabaseIfMissing, installDatabase, setLoginPassword } from "./install.ts";
import { withThrowawayServer } from "./throwaway.ts";

const ROOT = join(import.meta.dirname, "..");

/** What every generated file should contain now, by its path in the repository. */
async function generateFiles(): Promise<Map<string, string>> {
  return withThrowawayServer(async (server) => {
    await createDatabaseIfMissing(server.superuserUrl("postgres"), "press");
    const url = server.superuserUrl("press");
    await installDatabase({ url, own: true, includeCurrent: true });
    const password = randomBytes(24).toString("base64url");
    const schema = await dumpSchema(url, password);
    // Grafast reads this when it is loaded, hence not at the top.
    process.env.GRAPHILE_ENV ??= "development";
    const { exportSchema } = await import("../gateway/exportSchema.ts");
    const gatewayUrl = `postgresql://press_gateway:${password}@127.0.0.1:${server.port}/press`;
    return new Map([
      ["db/schema.sql", schema],
      ["gateway/schema.graphql", await exportSchema(gatewayUrl)],
    ]);
  });
}

/** Also sets the password that the gateway's login has from now on. */
async function dumpSchema(url: string, gatewayPassword: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await setLoginPassword(client, "press_gateway", gatewayPassword);
    await client.query("begin");
    return formatCatalogue(await readCatalogue(client));
  } finally {
    await client.end();
  }
}

async function check(files: Map<string, string>): Promise<void> {
  for (const [path, content] of files) {
    const found = await readFile(join(ROOT, path), "utf8").catch(() => "");
    if (found !== content) {
      console.error(`${path} is stale: run "npm run generate" and commit the file.`);
      process.exitCode = 1;
    }
  }
}

if (import.meta.main) {
  const files = await generateFiles();
  if (process.argv.includes("--check")) {
    await check(files);
  } else {
    for (const [path, content] of files) {
      await writeFile(join(ROOT, path), content);
      console.log(`wrote ${path}`);
    }
  }
}
