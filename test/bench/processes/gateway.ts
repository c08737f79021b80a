/** The gateway, as it is in production, in a process of its own. */
import { type Gateway, startGateway } from "../../../gateway/server.ts";
import { serve } from "../harness/children.ts";

export interface GatewayStart {
  readonly databaseUrl: string;
  readonly secret: string;
  readonly audience: string;
}

export type GatewayProcess = typeof actions;
const actions = { start };
let gateway: Gateway | undefined;
if (import.meta.main) serve(actions, async () => gateway?.close());

/** Returns its URL when it serves. */
async function start({ databaseUrl, secret, audience }: GatewayStart): Promise<string> {
  gateway = await startGateway({
    databaseUrl,
    host: "127.0.0.1",
    port: 0,
    jwt: { key: { secret: Buffer.from(secret) }, audience, roleClaim: "role" },
    allowedOrigins: [],
    graphiql: false,
    logLevel: "error",
    development: false,
  });
  return gateway.url;
}
