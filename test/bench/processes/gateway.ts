/** The gateway, as it is in production, in a process of its own. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Gateway, startGateway } from "../../../gateway/server.ts";
import { serve } from "../harness/children.ts";

export interface GatewayStart {
  readonly databaseUrl: string;
  readonly secret: string;
  readonly audience: string;
  /** The documents that it answers; undefined: any. */
  readonly documents?: readonly string[] | undefined;
}

export type GatewayProcess = typeof actions;
const actions = { start };
let gateway: Gateway | undefined;
if (import.meta.main) serve(actions, async () => gateway?.close());

/** Returns its URL when it serves. */
async function start({ databaseUrl, secret, audience, documents }: GatewayStart): Promise<string> {
  const folder = documents && (await folderOf(documents));
  gateway = await startGateway({
    databaseUrl,
    host: "127.0.0.1",
    port: 0,
    jwt: { key: { secret: Buffer.from(secret) }, audience, roleClaim: "role" },
    allowedOrigins: [],
    graphiql: false,
    logLevel: "error",
    development: false,
    persistedOperations: folder,
  });
  if (folder !== undefined) await rm(folder, { recursive: true }); // They are read at the start.
  return gateway.url;
}

async function folderOf(documents: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "press-operations-"));
  await Promise.all(documents.map((document, n) => writeFile(join(folder, `${n}.graphql`), document)));
  return folder;
}
